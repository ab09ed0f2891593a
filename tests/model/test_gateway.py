"""Failover, retries, breakers and limits of the gateway, on a virtual clock."""

import anyio
import pytest

from nutgraf.errors import MissingPart, ModelBusy, ModelCut, ModelDenied, ModelRefused, ModelSilent
from nutgraf.model.call import Patience
from nutgraf.model.gate import Target
from nutgraf.model.gateway import Gateway
from nutgraf.testing import ScriptedModel, run_virtual
from tests.model.contract import prompt, within
from tests.model.doors import GOOD, ask, gateway, model, session, told, virtual


@virtual
async def test_one_model_is_passed_through() -> None:
    """Without trouble there is one attempt, and its text comes through piece by piece."""
    only = model("a", GOOD)
    asked = session(Gateway.single(only))
    async with asked.stream(prompt(), within()) as pieces:
        assert [piece async for piece in pieces] == GOOD

    assert told(asked) == [("a", "first", "first-token", "done")]
    assert asked.usage.estimated
    assert asked.usage.output_tokens == 2
    assert only.open_calls == 0


FAILURES = {
    "busy": ([ModelBusy("no")], "busy"),
    "silent": ([ModelSilent("no")], "silent"),
    "cut": ([ModelCut("no")], "cut"),
    "cut after words": (["The price ", ModelCut("no")], "cut"),
    "denied": ([ModelDenied("no")], "denied"),
    "crashed": (["The ", ValueError("no")], "broken"),
    "missing": ([MissingPart("no")], "denied"),
    "hanging": ([1000.0], "silent"),
    "stalling": (["The ", 1000.0], "silent"),
}


@pytest.mark.parametrize("kind", FAILURES)
def test_before_anything_is_shown_another_target_answers(kind: str) -> None:
    """Whatever the first one does, the reader gets the second one's text alone, from its beginning."""
    script, result = FAILURES[kind]

    async def run() -> None:
        bad, good = model("a", script), model("b", GOOD)  # type: ignore[arg-type]
        asked = session(gateway(bad, good))

        assert await ask(asked) == "It fell."
        assert [(a.target, a.because, a.result) for a in asked.attempts] == [
            ("a", "first", result),
            ("b", "next", "done"),
        ]
        assert bad.open_calls == good.open_calls == 0

    run_virtual(run)


@virtual
async def test_restarted_is_called_once_before_the_first_new_piece() -> None:
    """The reader is told to begin anew when words were handed out, just before others come, and not otherwise."""
    heard: list[str] = []
    asked = session(gateway(model("a", ["One ", ModelCut("no")]), model("b", [ModelBusy("no")]), model("c", GOOD)))
    async with asked.stream(prompt(), within(), restarted=lambda: heard.append("!")) as pieces:
        async for piece in pieces:
            heard.append(piece)  # noqa: PERF401 - others write to it meanwhile

    assert heard == ["One ", "!", "It ", "fell."]

    quiet = session(gateway(model("a", [ModelCut("no")]), model("b", GOOD)))
    async with quiet.stream(prompt(), within(), restarted=lambda: heard.append("!!")) as pieces:
        assert [piece async for piece in pieces] == GOOD
    assert "!!" not in heard


@virtual
async def test_after_something_was_shown_a_failure_is_raised() -> None:
    """There is never a silent restart under a reader's eyes; the rest may come from another target if asked for."""
    bad, good = model("a", ["One. ", ModelCut("no")]), model("b", GOOD)
    asked = session(gateway(bad, good))
    with pytest.raises(ModelCut):
        await ask(asked, shown=lambda: True)
    assert told(asked) == [("a", "first", "visible", "cut")]
    assert good.calls == []

    assert await ask(asked) == "It fell."
    assert told(asked)[1:] == [("b", "first", "first-token", "done")]


@virtual
async def test_a_request_has_three_attempts_in_all() -> None:
    """Retries, failovers and continuations share two further attempts, however many targets there are."""
    models = [model(name, [ModelBusy("no")]) for name in "abcde"]
    asked = session(gateway(*models))
    with pytest.raises(ModelBusy):
        await ask(asked)
    assert len(asked.attempts) == 3

    with pytest.raises(ModelBusy, match="3 attempts"):
        await ask(asked)
    assert sum(len(m.calls) for m in models) == 3


@virtual
async def test_a_refusal_is_final() -> None:
    """What a provider will never accept is asked once, and of nobody else."""
    bad, good = model("a", [ModelRefused("no")]), model("b", GOOD)
    with pytest.raises(ModelRefused):
        await ask(session(gateway(bad, good)))

    assert (len(bad.calls), len(good.calls)) == (1, 0)


@virtual
async def test_a_target_that_does_not_serve_us_is_not_asked_again() -> None:
    """A bad key is no reason for a second try at the same target."""
    bad = model("a", [ModelDenied("no")])
    with pytest.raises(ModelDenied):
        await ask(session(gateway(bad)))

    assert len(bad.calls) == 1


@virtual
async def test_the_same_target_is_tried_again_while_its_tokens_last() -> None:
    """A lone target is retried after a short random wait; ten retries without a success use up its tokens."""
    bad = model("a", [ModelBusy("no")])
    door = gateway(bad)
    for _ in range(2):
        with pytest.raises(ModelBusy):
            await ask(session(door))
        await anyio.sleep(6.0)
    door.gates["a"].tokens.tokens = 0.9
    before = len(bad.calls)
    await anyio.sleep(60.0)
    with pytest.raises(ModelBusy):
        await ask(session(door))

    assert before > 3
    assert len(bad.calls) == before + 1


@virtual
async def test_a_retry_keeps_the_wait_that_was_asked_for() -> None:
    """Retry-After is obeyed when it fits into the deadline, and otherwise there is no second call."""
    busy = ModelBusy("later")
    busy.retry_after_s = 3.0
    one = model("a", [busy], GOOD)
    assert await ask(session(gateway(one))) == "It fell."
    assert 3.0 <= one.calls[1].opened_at - one.calls[0].opened_at <= 4.5

    two = model("a", [busy], GOOD)
    with pytest.raises(ModelBusy):
        await ask(session(gateway(two)), deadline=within(2.0))
    assert len(two.calls) == 1


@virtual
async def test_others_keep_the_wait_too() -> None:
    """A target that asked for a pause is passed over by every request until then."""
    busy = ModelBusy("later")
    busy.retry_after_s = 3.0
    one, two = model("a", [busy], GOOD), model("b", GOOD)
    door = gateway(one, two)
    for _ in range(3):
        assert await ask(session(door)) == "It fell."
    assert len(one.calls) == 1
    await anyio.sleep(3.0)
    await ask(session(door))
    assert len(one.calls) == 2


@virtual
async def test_a_breaker_opens_and_everybody_goes_elsewhere() -> None:
    """After five failures in a row the target is left alone, and asked again when it has rested."""
    bad, good = model("a", *[[ModelBusy("no")]] * 5, GOOD), model("b", GOOD)
    door = gateway(bad, good)
    for _ in range(20):
        assert await ask(session(door)) == "It fell."
    assert len(bad.calls) == 5
    await anyio.sleep(5.0)
    for _ in range(5):
        await ask(session(door))
    assert len(bad.calls) > 8
    assert door.gates["a"].breaker.closed


@virtual
async def test_with_everything_open_one_probe_a_second() -> None:
    """In a total outage requests fail at once, with the time to wait, and each target is probed once a second."""
    bad, worse = model("a", [ModelBusy("no")]), model("b", [ModelBusy("no")])
    door = gateway(bad, worse)
    for _ in range(10):
        with pytest.raises(ModelBusy):
            await ask(session(door))
    await anyio.sleep(1.0)
    before = len(bad.calls) + len(worse.calls)
    began = anyio.current_time()
    for _ in range(100):
        asked = anyio.current_time()
        with pytest.raises(ModelBusy) as caught:
            await ask(session(door))
        assert anyio.current_time() - asked < 0.05
        await anyio.sleep(0.05)
    probes = len(bad.calls) + len(worse.calls) - before

    assert caught.value.retry_after_s is not None
    assert 5 <= probes <= 2 * (anyio.current_time() - began + 1)


@virtual
async def test_a_full_target_is_passed_over() -> None:
    """A request that would wait longer than it has time goes to the next target at once."""
    slow, other = model("a", [4.0, "Slow."]), model("b", GOOD)
    door = Gateway([Target(name="a", model=slow, connections_at_most=1), Target(name="b", model=other)], seed=1)
    assert await ask(session(door)) == "Slow."
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(ask, session(door))
        await anyio.sleep(0.1)
        quick = session(door)
        assert await ask(quick, deadline=within(2.0)) == "It fell."
    assert told(quick) == [("b", "first", "first-token", "done")]


@virtual
async def test_a_lone_full_target_refuses_at_once() -> None:
    """When no place will be free in time the request fails now, not at its deadline, and nothing is sent."""
    slow = model("a", [4.0, "Slow."])
    door = Gateway([Target(name="a", model=slow, connections_at_most=1)], seed=1)
    await ask(session(door))
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(ask, session(door))
        await anyio.sleep(0.1)
        began = anyio.current_time()
        with pytest.raises(ModelBusy):
            await ask(session(door), deadline=within(2.0))
        assert anyio.current_time() == began
    assert len(slow.calls) == 2


@virtual
async def test_places_are_given_back_by_leavers() -> None:
    """A reader who leaves, is cancelled or breaks gives its place back, and what was generated is booked."""
    talker = ScriptedModel(lambda _: (piece for _ in range(10_000) for piece in ("and ", 0.01)), "a")
    door = Gateway([Target(name="a", model=talker, connections_at_most=2)], seed=1)
    for how in ("leave", "cancel", "break", "before"):
        asked = session(door)
        with anyio.move_on_after(1.0 if how == "cancel" else 1000.0):
            try:
                async with asked.stream(prompt(), within()) as pieces:
                    if how != "before":
                        await anext(pieces)
                    if how == "break":
                        raise KeyError
                    if how == "cancel":
                        async for _ in pieces:
                            pass
            except KeyError:
                pass
        assert asked.attempts[0].result == "left"
        assert asked.usage.output_tokens == asked.attempts[0].pieces
        assert talker.open_calls == 0
        assert door.gates["a"].open_calls == 0
    assert [call.ending for call in talker.calls] == ["left", "cancelled", "left", "left"]


@virtual
async def test_a_foreign_model_is_watched() -> None:
    """A model that has no limits of its own is left when it is silent, before its first word and between two."""
    patience = Patience(first_token_s=2.0, between_tokens_s=1.0)
    for script, seconds in (([500.0], 2.0), (["One ", 500.0], 1.0)):
        asked = session(gateway(model("a", script), patience=patience), 3.5)  # type: ignore[arg-type]
        began = anyio.current_time()
        with pytest.raises(ModelSilent):
            await ask(asked, shown=lambda: True)
        assert anyio.current_time() - began == pytest.approx(seconds)


@virtual
async def test_a_hanging_first_target_leaves_time_for_the_second() -> None:
    """With another target at hand the first one may be silent for half of the time that is left."""
    began = anyio.current_time()
    asked = session(gateway(model("a", [500.0]), model("b", GOOD)))

    assert await ask(asked, deadline=within(4.0)) == "It fell."
    assert anyio.current_time() - began == pytest.approx(2.0)
