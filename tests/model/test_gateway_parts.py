"""The pure parts of the gateway: cache key, cache, quota, budget, gate."""

from collections.abc import Callable
from dataclasses import fields, make_dataclass, replace
from typing import Any, get_type_hints

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nutgraf.errors import ModelBusy, QuotaSpent
from nutgraf.model.budget import AttemptBudget, Backoff, HedgeShare, RetryTokens
from nutgraf.model.cache import AnswerCache, CacheKey, cache_key
from nutgraf.model.call import result_of
from nutgraf.model.gate import Gate, Target
from nutgraf.model.ledger import Price, added, input_tokens, output_tokens
from nutgraf.model.quota import Quota, QuotaRules
from nutgraf.orchestration import Usage
from nutgraf.testing import ScriptedModel
from nutgraf.types import Deadline, Message, Prompt, Scope
from tests.model.contract import prompt

SCOPE = Scope(tenant="t", member="m", purposes=frozenset("p"), consent_version=1, rights=frozenset("r"))
KEY = cache_key(SCOPE, prompt(), ("a",), locale="en", policy="1")

#: Another value for each type that a field of a key, a scope or a prompt may have.
OTHERS: dict[Any, Callable[[Any], Any]] = {
    str: lambda value: f"{value}x",
    str | None: lambda value: None if value else "x",
    int: lambda value: value + 1,
    float: lambda value: value + 0.5,
    tuple[str, ...]: lambda value: (*value, "x"),
    tuple[tuple[str, str], ...]: lambda value: (*value, ("user", "x")),
    tuple[Message, ...]: lambda value: (*value, Message("user", "x")),
    frozenset[str]: lambda value: value | {"x"},
}


def changed(value: Any, name: str) -> Any:
    """The same dataclass with one field changed."""
    return replace(value, **{name: OTHERS[get_type_hints(type(value))[name]](getattr(value, name))})


@pytest.mark.parametrize("name", [knob.name for knob in fields(CacheKey)])
def test_every_field_changes_the_key(name: str) -> None:
    """No field can be overlooked: another value of any of them is another key."""
    assert changed(KEY, name).digest != KEY.digest


@pytest.mark.parametrize("name", [knob.name for knob in fields(Scope)])
def test_every_field_of_a_scope_is_in_the_key(name: str) -> None:
    """Whoever asks, whatever they agreed to and may do: each is part of the key, and a new field would have to be."""
    assert cache_key(changed(SCOPE, name), prompt(), ("a",), locale="en", policy="1").digest != KEY.digest


@pytest.mark.parametrize("name", [knob.name for knob in fields(Prompt)])
def test_every_field_of_a_prompt_is_in_the_key(name: str) -> None:
    """Text, template, version and parameters: each is part of the key, and a new field would have to be."""
    assert cache_key(SCOPE, changed(prompt(), name), ("a",), locale="en", policy="1").digest != KEY.digest


@pytest.mark.parametrize("name", [knob.name for knob in fields(CacheKey)])
def test_a_key_without_a_field_would_be_noticed(name: str) -> None:
    """Control: with any field taken away two readers or questions that differ only there would share an answer."""
    kept = [knob.name for knob in fields(CacheKey) if knob.name != name]
    shorter = make_dataclass("Shorter", [(key, object) for key in kept], frozen=True)
    one, other = (shorter(**{key: getattr(full, key) for key in kept}) for full in (KEY, changed(KEY, name)))

    assert one == other


texts = st.lists(st.text(max_size=4), max_size=3).map(tuple)


@given(one=texts, other=texts)
def test_texts_cannot_run_into_each_other(one: tuple[str, ...], other: tuple[str, ...]) -> None:
    """Two keys are equal only when their fields are: no text can look like the boundary of a field."""
    assert (replace(KEY, stop=one).digest == replace(KEY, stop=other).digest) is (one == other)


def test_a_kept_answer_knows_its_owner() -> None:
    """An entry of somebody else under one's own key is a miss, is dropped, and is counted."""
    cache = AnswerCache(10_000)
    cache.put(KEY, "mine")
    foreign = replace(KEY, member="n")
    cache._entries[foreign.digest] = cache._entries[KEY.digest]

    assert cache.get(foreign) is None
    assert cache.foreign == 1
    assert foreign.digest not in cache._entries
    assert cache.get(KEY) == "mine"


@given(sizes=st.lists(st.integers(0, 3000), max_size=40))
def test_the_cache_is_bounded(sizes: list[int]) -> None:
    """However much is put in, it stays within its bytes, and its count of them is true."""
    cache = AnswerCache(10_000)
    for number, size in enumerate(sizes):
        cache.put(replace(KEY, prompt_name=str(number)), "x" * size)

        assert cache.size_bytes == sum(entry.size for entry in cache._entries.values()) <= 10_000


def test_the_answer_used_longest_ago_makes_room() -> None:
    """What was asked for lately stays."""
    cache = AnswerCache(2_000)
    keys = [replace(KEY, prompt_name=str(number)) for number in range(5)]
    for key in keys[:4]:
        cache.put(key, "x" * 50)
    assert cache.get(keys[0]) is not None
    cache.put(keys[4], "x" * 50)

    assert cache.get(keys[0]) is not None
    assert cache.get(keys[1]) is None


def test_forgetting_a_member_drops_only_theirs() -> None:
    """Erasure reaches what is kept in memory."""
    cache = AnswerCache(10_000)
    other = replace(KEY, member="n")
    cache.put(KEY, "mine")
    cache.put(other, "theirs")
    cache.forget("t", "m")

    assert cache.get(KEY) is None
    assert cache.get(other) == "theirs"


RULES = QuotaRules(tenant_tokens=100, member_tokens=60, window_s=10.0)


def test_a_quota_is_reserved_then_settled() -> None:
    """What is set aside counts until it is settled; then only what was used does, once."""
    quota = Quota(RULES)
    held = quota.reserve(SCOPE, 50, 0.0)
    with pytest.raises(QuotaSpent, match="this member has 10 tokens left and this needs 20") as caught:
        quota.reserve(SCOPE, 20, 4.0)
    assert caught.value.retry_after_s == 6.0
    quota.settle(held, 30, 5.0)
    quota.settle(held, 30, 5.0)

    assert quota.spent("t", "m", 5.0) == quota.spent("t", None, 5.0) == 30
    quota.settle(quota.reserve(SCOPE, 30, 5.0), 30, 5.0)
    with pytest.raises(QuotaSpent):
        quota.reserve(SCOPE, 1, 9.9)
    assert quota.spent("t", "m", 10.0) == 0
    quota.reserve(SCOPE, 60, 10.0)


def test_members_share_their_tenant() -> None:
    """A member has a limit, and all members of a tenant have one together; readers without a profile count there."""
    quota = Quota(RULES)
    quota.reserve(SCOPE, 60, 0.0)
    quota.reserve(replace(SCOPE, member=None), 40, 0.0)
    with pytest.raises(QuotaSpent, match="tenant t"):
        quota.reserve(replace(SCOPE, member="n"), 1, 0.0)
    quota.reserve(replace(SCOPE, tenant="u"), 1, 0.0)


def test_a_reservation_may_outlive_its_window() -> None:
    """A call that began before the window ended is booked in the one in which it ends."""
    quota = Quota(RULES)
    held = quota.reserve(SCOPE, 50, 9.0)
    with pytest.raises(QuotaSpent):
        quota.reserve(SCOPE, 50, 11.0)
    quota.settle(held, 20, 12.0)

    assert quota.spent("t", "m", 12.0) == 20


def test_quotas_of_people_who_left_take_no_memory() -> None:
    """Accounts of old windows are swept when many have gathered."""
    quota = Quota(RULES)
    for number in range(5000):
        scope = replace(SCOPE, tenant=str(number))
        quota.settle(quota.reserve(scope, 1, number * 10.0), 1, number * 10.0)

    assert len(quota._accounts) < 1100
    quota.settle(quota.reserve(SCOPE, 1, 1e6), 1, 1e6)
    quota.forget("t", "m")
    assert quota.spent("t", "m", 1e6) == 0
    assert quota.spent("t", None, 1e6) == 1


def test_budgets_run_out() -> None:
    """Two further attempts a request; ten retries of a target, and one more for ten successes; few hedges."""
    budget = AttemptBudget()
    assert [budget.again() for _ in range(3)] == [True, True, False]

    tokens = RetryTokens()
    assert sum(tokens.spend() for _ in range(20)) == 10
    for _ in range(11):
        tokens.succeeded()
    assert [tokens.spend(), tokens.spend()] == [True, False]

    hedges = HedgeShare()
    allowed = 0
    for _ in range(10_000):
        hedges.asked()
        allowed += hedges.take()
    assert 300 < allowed <= 500


def test_retries_do_not_come_in_waves() -> None:
    """A thousand retries after one moment spread out: no tenth of a second has three times its share."""
    bins = [0] * 4
    for number in range(1000):
        bins[int(Backoff(first_s=0.4).wait_s(0, number / 1000) / 0.1)] += 1

    assert max(bins) / (sum(bins) / len(bins)) <= 3
    assert Backoff().wait_s(50, 0.999) <= 2.0


def gate(connections: int = 4) -> Gate:
    """A gate before a model that is never asked."""
    return Gate(Target(name="a", model=ScriptedModel([]), connections_at_most=connections))


def test_a_gate_knows_how_long_its_target_takes() -> None:
    """First tokens are known by rank, over the last 64, once there are eight."""
    one = gate()
    for number in range(7):
        one.succeeded(0.0, 1.0, float(number))
    assert one.first_token_s(0.5) == 0.0
    for number in range(200):
        one.succeeded(0.0, 1.0, float(number))

    assert one.first_token_s(0.0) == 136.0
    assert one.first_token_s(0.5) == 168.0
    assert one.first_token_s(1.0) == 199.0
    assert not one.room(Deadline(100.0), 0.0)
    assert one.room(Deadline(169.0), 0.0)


def test_a_wait_that_is_asked_for_is_bounded() -> None:
    """A provider cannot lock itself out for a day by mistake."""
    one, busy = gate(), ModelBusy("later")
    busy.retry_after_s = 86_400.0
    one.failed(1.0, 0.1, busy)

    assert one.not_before == 61.0
    assert not one.room(Deadline(30.0), 2.0)
    assert one.free_at(2.0) == 61.0


def test_tokens_and_money() -> None:
    """Counts are estimates that say so, a sum is an estimate when a part is, and cached tokens have their price."""
    assert input_tokens(prompt("x" * 100)) == 29
    assert output_tokens(24, 96) == 24
    assert output_tokens(3, 400) == 100
    usage = Usage(input_tokens=100, output_tokens=10, cached_tokens=40, estimated=False)
    assert Price(input_usd=1.0, output_usd=4.0).of(usage).micro_usd == 140
    assert Price(input_usd=1.0, output_usd=4.0, cached_usd=0.25).of(usage).micro_usd == 110
    assert added(usage, Usage(estimated=True)).estimated
    assert result_of(RuntimeError()) == "broken"
