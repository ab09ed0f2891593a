"""Hedges, quotas, kept answers, steps and money of the gateway, on a virtual clock."""

from dataclasses import replace

import anyio
import pytest

from nutgraf.errors import ModelBusy, ModelCut, ModelError, ModelRefused, QuotaSpent
from nutgraf.model.gate import Target
from nutgraf.model.gateway import Gateway
from nutgraf.model.ledger import Price
from nutgraf.model.quota import QuotaRules
from nutgraf.testing import ScriptedModel
from tests.model.contract import prompt, within
from tests.model.doors import GOOD, SCOPE, ask, gateway, model, session, told, virtual


@virtual
async def test_a_late_first_token_is_hedged() -> None:
    """A second target is asked when the first token is late; the loser is closed at once and booked as waste."""
    slow = ScriptedModel([0.1, "It ", "fell."], "a")
    other = ScriptedModel([0.1, "It ", "rose."], "b")
    price = Price(input_usd=1.0, output_usd=2.0)
    door = Gateway(
        [Target(name="a", model=slow, hedge=True, price=price), Target(name="b", model=other, price=price)], seed=1
    )
    for _ in range(60):
        await ask(session(door))
    assert len(other.calls) == 0

    slow.pieces = [30.0, "late"]
    asked = session(door)
    assert await ask(asked) == "It rose."
    assert [(a.target, a.because, a.result) for a in asked.attempts] == [
        ("a", "first", "waste"),
        ("b", "hedge", "done"),
    ]
    assert slow.open_calls == other.open_calls == 0
    assert slow.calls[-1].closed_at == pytest.approx(other.calls[-1].opened_at + 0.1)
    assert door.totals["a"].wasted.micro_usd > 0


@virtual
async def test_hedges_stay_few() -> None:
    """When every first token is late, no more than one request in twenty is hedged."""
    slow = ScriptedModel([0.1, "It ", "fell."], "a")
    other = ScriptedModel(["It ", "rose."], "b")
    door = Gateway([Target(name="a", model=slow, hedge=True), Target(name="b", model=other)], seed=1)
    for number in range(90):
        slow.pieces = [0.001 * 1.1**number, "It ", "fell."]
        await ask(session(door, 500.0), deadline=within(500.0))

    assert 0 < len(other.calls) <= 0.05 * 90


@virtual
async def test_a_hedge_that_fails_changes_nothing() -> None:
    """The first target is still heard when the second one fails; when both fail the next one is asked."""
    slow, bad, good = ScriptedModel([0.1, "It"], "a"), model("b", [ModelBusy("no")]), model("c", GOOD)
    door = Gateway([Target(name=m.name, model=m, hedge=m is slow) for m in (slow, bad, good)], seed=1)
    for _ in range(60):
        await ask(session(door))
    slow.pieces = [1.0, "It was late."]
    asked = session(door)
    assert await ask(asked) == "It was late."
    assert [a.result for a in asked.attempts] == ["done", "busy"]

    for _ in range(60):
        await ask(session(door))
    slow.pieces = [1.0, ModelCut("no")]
    bad.pieces = [2.0, ModelBusy("no")]
    asked = session(door)
    assert await ask(asked) == "It fell."
    assert [(a.target, a.result) for a in asked.attempts] == [("a", "cut"), ("b", "busy"), ("c", "done")]
    assert slow.open_calls == bad.open_calls == good.open_calls == 0


@virtual
async def test_two_hundred_at_once_keep_to_a_budget_for_ten() -> None:
    """Reserve before, settle after: together they spend no more than the budget, and the rest is refused at once."""
    one = model("a", ["word "] * 24)
    need = 6 + 24
    door = gateway(one, quotas=QuotaRules(member_tokens=10 * need))
    waits: list[float | None] = []

    async def member() -> None:
        try:
            await ask(session(door))
        except QuotaSpent as spent:
            waits.append(spent.retry_after_s)

    async with anyio.create_task_group() as tasks:
        for _ in range(200):
            tasks.start_soon(member)
    assert door.quota.spent("t", "m", anyio.current_time()) <= 11 * need
    assert len(one.calls) == 10
    assert len(waits) == 190
    assert all(waits)


@virtual
async def test_a_cancelled_answer_is_charged_for_what_it_said() -> None:
    """The reservation is given back, and the words that came are spent."""
    talker = ScriptedModel(["word ", 1.0] * 20, "a")
    door = gateway(talker, quotas=QuotaRules(member_tokens=10_000))
    with anyio.move_on_after(4.5):
        await ask(session(door))

    assert door.quota.spent("t", "m", anyio.current_time()) == 6 + 5


@virtual
async def test_a_whole_answer_is_given_again_to_the_same_reader_only() -> None:
    """The same question of the same member costs no call; others ask anew; a cut one is not kept."""
    one = model("a", ["Cut ", ModelRefused("no")], GOOD)
    door = gateway(one, cache_at_most_bytes=100_000)
    with pytest.raises(ModelRefused):
        await ask(session(door))
    for _ in range(3):
        assert await ask(session(door)) == "It fell."
    assert len(one.calls) == 2
    other = door.session(replace(SCOPE, member="n"), "r2", within())
    assert await ask(other) == "It fell."
    assert len(one.calls) == 3
    door.forget("t", "m")
    asked = session(door)
    assert await ask(asked) == "It fell."
    assert told(asked)[0][1] == "first"


@virtual
async def test_an_answer_that_was_left_is_not_kept() -> None:
    """Half an answer is never given as a whole one later."""
    one = model("a", GOOD)
    door = gateway(one, cache_at_most_bytes=100_000)
    async with session(door).stream(prompt(), within()) as pieces:
        await anext(pieces)
    await ask(session(door))

    assert len(one.calls) == 2


@virtual
async def test_steps_have_their_own_models() -> None:
    """A small model routes while a larger one writes; a step without any model says so."""
    small, large = model("small", ["learning"]), model("large", GOOD)
    targets = [Target(name=m.name, model=m) for m in (small, large)]
    door = Gateway(targets, {"write": ["large"], "route": ["small"]})
    asked = session(door)

    assert await ask(asked, step="route") == "learning"
    assert await ask(asked) == "It fell."
    assert [a.step for a in asked.attempts] == ["route", "write"]
    assert door.name == "large"
    lone = Gateway(targets, {"route": []})
    with pytest.raises(ModelError):
        await ask(session(lone), step="route")


@virtual
async def test_money_is_counted() -> None:
    """What was used is priced, and the sums of the gateway are those of its sessions."""
    one = Target(name="a", model=model("a", GOOD), price=Price(input_usd=3.0, output_usd=15.0))
    door = Gateway([one])
    asked = session(door)
    await ask(asked)

    assert asked.usage.micro_usd == 6 * 3 + 2 * 15
    assert door.totals["a"].usage == asked.usage
    assert door.totals["a"].results == {"done": 1}
