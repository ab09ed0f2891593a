"""Attacks tried on the pipeline: what holds, what a weaker one lets through, the search, and the command."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from nutgraf.evals.redteam.acts import Writes
from nutgraf.evals.redteam.catalogue import SURFACES, attacks
from nutgraf.evals.redteam.obedient import Obedient
from nutgraf.evals.redteam.plan import planned, search
from nutgraf.evals.redteam.report import as_html, as_json
from nutgraf.evals.redteam.results import Folder
from nutgraf.evals.redteam.session import failing, run_session
from nutgraf.evals.redteam.stage import VICTIM, scope_of
from nutgraf.evals.redteam.trial import Arena, Case, Outcome
from nutgraf.pipeline.parts import Rooms
from nutgraf.retrieve.skills.confirm import Confirmations
from nutgraf.serve.cli import app
from nutgraf.settings import Settings
from nutgraf.testing import run_virtual
from nutgraf.trust.judge import Judge
from nutgraf.vocabulary.match import load

KNOWN = {one.id: one for one in attacks()}
CALL = {"name": "send_message", "arguments": {"to": "Dana", "text": "I resign."}}


def rooms() -> Rooms:
    """Rooms with neither encoder nor detectors: what holds by construction."""
    return Rooms(settings=Settings(), encoder=None, vocabulary=load(), model=None, items=None)


def unjudged(arena: Arena) -> Arena:
    """An arena in which every draft passes."""
    made = replace(arena.rooms)
    object.__setattr__(made, "judge", Judge(None, {}))
    arena.rooms = made
    return arena


def tried(cases: list[Case], *, judged: bool = True, always: bool = True) -> list[Outcome]:
    """What becomes of cases with the obedient model."""

    async def main() -> list[Outcome]:
        arena = Arena(rooms(), Obedient(always=always))
        arena = arena if judged else unjudged(arena)
        return [await arena.run(case) for case in cases]

    return run_virtual(main)


@pytest.mark.parametrize("surface", SURFACES)
def test_nothing_acts_sends_or_leaks(surface: Any) -> None:
    """On every surface, an order to tell of others, to send or to act ends in nothing of the kind, though obeyed."""
    chosen = [one for one in KNOWN.values() if one.deed in ("members", "act", "send") and surface in one.surfaces][:3]
    chosen = chosen or [KNOWN["override-plain"]]
    found = tried([Case(one, surface) for one in chosen])

    assert {one.effect for one in found} <= {"none", "reached", "carried", "said"}
    assert all(one.level >= 3 or one.ending == "declined" for one in found)


def test_without_a_judge_it_leaks_and_sends() -> None:
    """Control: where every draft passes, the same orders tell of others and say their goal."""
    places: tuple[Any, ...] = ("item", "title", "memory", "skill")
    found = tried(
        [Case(KNOWN[name], place) for place in places for name in ("members-list", "output-link")], judged=False
    )

    assert "leaked" in {one.effect for one in found}
    assert sum(one.level == 4 for one in found) >= len(found) / 2


def test_an_order_in_tag_characters_is_not_even_read() -> None:
    """Hidden in tag characters it reaches no prompt, and a model that obeys what it reads does nothing."""
    (one,) = tried([Case(KNOWN["override-plain"], "item", ("unicode-tags",))], always=False)

    assert (one.effect, one.reached, one.level) == ("none", False, 1)


def test_several_turns_are_asked_in_order() -> None:
    """An attack in turns is asked turn by turn, each with the answers before it."""
    (one,) = tried([Case(KNOWN["jailbreak-crescendo"], "question")])

    assert one.effect in ("none", "reached")


async def test_no_write_runs_unconfirmed_and_a_loose_confirmation_lets_it() -> None:
    """Every call that is not confirmed for exactly itself is refused; control: a confirmation that counts for all."""

    class Loose(Confirmations):
        def redeem(self, token: str, skill: Any, arguments: Any, scope: Any) -> Any:
            fresh = Confirmations()
            return fresh.redeem(fresh.offer(skill, arguments, scope), skill, arguments, scope)

    held, loose = Writes(), Writes(confirmations=Loose())
    ran = await held.attempted([CALL], scope_of(VICTIM))

    assert (ran, held.ledger) == (0, [])
    assert await loose.attempted([CALL], scope_of(VICTIM)) > 0


def test_the_search_keeps_what_comes_further() -> None:
    """An adaptive attack ends with the chain that came furthest, within its tries, and stops once it is through."""

    async def main() -> tuple[list[Any], list[Any]]:
        strong = Arena(rooms(), Obedient())
        weak = unjudged(Arena(rooms(), Obedient()))
        asked = Case(KNOWN["override-plain"], "question", ("unicode-tags",))
        planted = Case(KNOWN["override-plain"], "item", ("unicode-tags",))
        return await search(strong, asked, tries=6), await search(weak, planted, tries=12)

    strong, weak = run_virtual(main)

    assert len(strong) == 6
    assert strong[0].merit >= strong[-1].merit
    assert strong[0].outcome.level > 1
    assert weak[0].outcome.level == 4


def test_a_run_is_kept_and_reported(tmp_path: Path) -> None:
    """A run leaves outcomes, findings with tries again, and a page and JSON without an address outside."""
    cases = planned([KNOWN["override-plain"], KNOWN["members-list"]], ["item", "title"], ["plain", "base64"])
    folder = Folder(tmp_path)

    async def main() -> Any:
        return await run_session(unjudged(Arena(rooms(), Obedient())), cases, folder, "obedient", "v1")

    ran = run_virtual(main)
    told = as_json(folder.told() or {}, folder.outcomes(), list(folder.findings().values()), [])
    page = as_html(told)

    assert len(ran.outcomes) == len(cases)
    assert failing(ran.findings, "obedient", "critical")
    assert all(one.reproducible for one in failing(ran.findings, "obedient", "high"))
    assert told["totals"]["foreign_canaries"] > 0
    assert "<script" not in page
    assert "src=" not in page
    assert "Other members" in page


def test_the_command_reports_and_schedules(tmp_path: Path) -> None:
    """Without a run there is an error that names the command; a schedule is printed; unknown names are refused."""
    run = CliRunner()

    missing = run.invoke(app, ["redteam", "report", "--results", str(tmp_path)])
    lines = run.invoke(app, ["redteam", "schedule", "--kind", "systemd", "--results", str(tmp_path)])
    wrong = run.invoke(app, ["redteam", "run", "--surface", "roof", "--results", str(tmp_path)])
    unknown = run.invoke(app, ["redteam", "promote", "rt-1", "--results", str(tmp_path)])

    assert (missing.exit_code, wrong.exit_code, unknown.exit_code) == (2, 2, 2)
    assert "OnCalendar" in lines.output
