"""A confirmation is for one call, by one person, once, and soon."""

from collections.abc import Iterator
from typing import Any

import pytest

from nutgraf.errors import InputError, NotAllowed
from nutgraf.registry import skill
from nutgraf.retrieve.skills.confirm import Confirmations
from nutgraf.retrieve.skills.python_skill import python_skill
from nutgraf.retrieve.skills.skill import Call, Skill
from nutgraf.types import Scope
from tests.retrieve.skills.made import NOBODY, SCOPE, forgotten, soon

SENT: list[tuple[str, int, str]] = []


@pytest.fixture
def send() -> Iterator[Skill]:
    """A skill that changes something."""

    def send(text: str, times: int = 1, idempotency_key: str = "") -> str:
        """Sends a message."""
        SENT.append((text, times, idempotency_key))
        return "sent"

    SENT.clear()
    with forgotten():
        yield python_skill(skill(name="send", side_effects=True)(send))


async def test_a_confirmed_call_runs_with_a_key(send: Skill) -> None:
    """Defaults count as given; a repeat of the same confirmed call carries the same key."""
    confirmations = Confirmations()
    token = confirmations.offer(send, {"text": "hello"}, SCOPE)
    confirmed = confirmations.redeem(token, send, {"times": 1, "text": "hello"}, SCOPE)
    for _ in range(2):
        (told,) = await send.call({"text": "hello"}, Call(scope=SCOPE, deadline=soon(), confirmed=confirmed))
        assert told.text == "sent"

    assert [("hello", 1, confirmed.idempotency_key)] * 2 == SENT
    assert len(confirmed.idempotency_key) > 30


@pytest.mark.parametrize(
    ("arguments", "scope"),
    [
        ({"text": "hello!"}, SCOPE),
        ({"text": "hello", "times": 2}, SCOPE),
        ({"text": "hello"}, NOBODY),
    ],
)
def test_it_is_bound_to_arguments_and_person(send: Skill, arguments: dict[str, Any], scope: Scope) -> None:
    """Anything else than what was confirmed needs a confirmation of its own."""
    confirmations = Confirmations()
    token = confirmations.offer(send, {"text": "hello"}, SCOPE)

    with pytest.raises(NotAllowed, match="not for this call"):
        confirmations.redeem(token, send, arguments, scope)


async def test_what_was_redeemed_covers_no_other_call(send: Skill) -> None:
    """Neither other arguments nor another skill."""
    confirmations = Confirmations()
    confirmed = confirmations.redeem(confirmations.offer(send, {"text": "a"}, SCOPE), send, {"text": "a"}, SCOPE)

    with pytest.raises(NotAllowed, match="exactly these arguments"):
        await send.call({"text": "b"}, Call(scope=SCOPE, deadline=soon(), confirmed=confirmed))
    assert not confirmed.covers("other", {"text": "a", "times": 1})
    assert SENT == []


def test_it_is_redeemed_once(send: Skill) -> None:
    """A second time it is refused."""
    confirmations = Confirmations()
    token = confirmations.offer(send, {"text": "a"}, SCOPE)
    confirmations.redeem(token, send, {"text": "a"}, SCOPE)

    with pytest.raises(NotAllowed, match="was used"):
        confirmations.redeem(token, send, {"text": "a"}, SCOPE)


def test_it_expires(send: Skill) -> None:
    """After its time it is refused; what was used is forgotten then."""
    now = [1_000.0]
    confirmations = Confirmations(clock=lambda: now[0])
    used, late = (confirmations.offer(send, {"text": "a"}, SCOPE) for _ in range(2))
    confirmations.redeem(used, send, {"text": "a"}, SCOPE)
    now[0] += 300.0

    for token in (late, used):
        with pytest.raises(NotAllowed, match="has expired"):
            confirmations.redeem(token, send, {"text": "a"}, SCOPE)
    confirmations.redeem(confirmations.offer(send, {"text": "a"}, SCOPE), send, {"text": "a"}, SCOPE)
    assert len(confirmations._used) == 1


@pytest.mark.parametrize("token", ["", "~~", "a~b~c", "~9999999999~", "\udc80~1~\udc80", "a~nan~b"])
def test_a_made_up_token_is_refused(send: Skill, token: str) -> None:
    """Whatever it looks like."""
    with pytest.raises(NotAllowed):
        Confirmations().redeem(token, send, {"text": "a"}, SCOPE)


def test_a_later_moment_or_another_process_is_no_help(send: Skill) -> None:
    """The moment is part of the seal, and the key is the process's own."""
    confirmations = Confirmations()
    nonce, _, seal = confirmations.offer(send, {"text": "a"}, SCOPE).split("~")

    with pytest.raises(NotAllowed, match="not for this call"):
        confirmations.redeem(f"{nonce}~9999999999.000~{seal}", send, {"text": "a"}, SCOPE)
    with pytest.raises(NotAllowed, match="not for this call"):
        confirmations.redeem(Confirmations().offer(send, {"text": "a"}, SCOPE), send, {"text": "a"}, SCOPE)


def test_only_a_call_that_fits_can_be_confirmed(send: Skill) -> None:
    """The argument that does not fit is named before anybody is asked."""
    with pytest.raises(InputError, match="times must be integer"):
        Confirmations().offer(send, {"text": "a", "times": "2"}, SCOPE)
