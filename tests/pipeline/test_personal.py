"""Personal data that came from nowhere is never shown, wherever a stream is cut; names are masked and put back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import pytest

from nutgraf.pipeline.parts import Rooms
from nutgraf.retrieve.hashing import HashEncoder
from nutgraf.testing import ScriptedModel
from nutgraf.trust.desk import Desk
from nutgraf.trust.judge import Judge
from nutgraf.trust.policy.rules import Policy, Rule, Steps
from nutgraf.trust.review import Reviewer
from nutgraf.types import Draft, Evidence, Prompt, Verdict
from tests.pipeline.told import Json, only, sentences, told
from tests.pipeline.world import BAKER, ITEMS, NURSE, Shelf, rooms_with
from tests.trust.reviewers import POLICY, Fake, reviewer

CARD = "4111 1111 1111 1111"
UPDATES = "How often does Gloria Tran update the board?"
WHOLE = f"Nurse Gloria Tran pays with the card {CARD} for the board today."
APART = f"Nurse Gloria Tran pays with the card {CARD[:9]}. {CARD[10:]} is the rest of it today, they say."


def with_steps(**steps: float) -> Policy:
    """A policy with these steps for personal data and no others."""
    made: Steps = dict(steps)  # type: ignore[assignment]
    return replace(POLICY, rules={**POLICY.rules, "pii": Rule("pii", made)})


@dataclass(frozen=True, eq=False)
class Believing(Judge):
    """Rules that let everything pass."""

    def verdict(self, draft: Draft, evidence: Sequence[Evidence]) -> Verdict:
        """Supported, by whatever comes first."""
        return Verdict("supported", "all", evidence=tuple(evidence[:1]))


def lax(model: ScriptedModel, by: Reviewer | None) -> Rooms:
    """Rooms whose rules let everything pass, so that what is tested stands alone."""
    made = replace(rooms_with(model, Shelf(HashEncoder(), ITEMS), writing="at-once"), reviewer=by)
    object.__setattr__(made, "judge", Believing(made.encoder, made.judge.checks))
    return made


def answered(by: Reviewer | None, *pieces: str) -> str:
    """Every text of the sentences of an answer whose model says these pieces."""
    events = told(lax(ScriptedModel(lambda prompt: pieces), by), ITEMS[0], None, UPDATES)
    return " ".join(sentence["text"] for sentence in sentences(events))


def cuts(text: str) -> list[tuple[str, ...]]:
    """A text in two pieces, cut at every point, and letter by letter."""
    return [*((text[:at], text[at:]) for at in range(1, len(text))), tuple(text)]


@pytest.mark.parametrize("said", [WHOLE, APART])
def test_a_card_number_never_leaks_at_any_cut(said: str) -> None:
    """Cut at every point, and across the end of a sentence, the number is shown by its kind alone."""
    by = reviewer(with_steps(mask=0.5))
    for pieces in cuts(f"{said} [1]\n"):
        shown = answered(by, *pieces)

        assert "Gloria Tran" in shown
        assert CARD[10:] not in shown, pieces
        assert "[card]" in shown


def test_with_the_check_off_it_leaks() -> None:
    """Control: without a step for personal data the same number is shown, whole or in two."""
    by = reviewer(with_steps())
    for said in (WHOLE, APART):
        assert CARD[10:] in answered(by, f"{said} [1]\n")
        assert CARD[10:] in answered(None, f"{said} [1]\n")


def test_a_policy_may_withhold_the_sentence() -> None:
    """With the step `drop` nothing of such a sentence is shown, and the check that decided is told."""
    model = ScriptedModel(lambda prompt: (f"{WHOLE} [1]\n",))
    events = told(lax(model, reviewer(with_steps(drop=0.5))), ITEMS[0], None, UPDATES)

    assert [event["check"] for event in only(events, "sentence-dropped")] == ["pii"]
    assert CARD not in str(events)


def test_what_the_evidence_or_the_reader_holds_is_shown() -> None:
    """A number that stands in the evidence, however it is spaced, is no secret of anybody else."""
    by = reviewer(with_steps(drop=0.5))

    assert by.redacted(f"The desk takes {CARD}.", [f"It takes {CARD.replace(' ', '-')} at the desk."])[1] == "commit"
    assert by.redacted(f"The desk takes {CARD}.", ["It takes 4242 4242 4242 4242 at the desk."])[1] == "drop"


def test_a_broken_check_withholds() -> None:
    """When looking breaks nothing is shown, as the policy fails closed."""

    class Broken(Reviewer):
        def _personal(self, text: str) -> Sequence[object]:  # type: ignore[override]
            raise RuntimeError(text)

    by = Broken(reviewer(with_steps(mask=0.5))._desk)
    assert by.redacted("Words.", [])[1] == "drop"


def naming(masked: frozenset[str]) -> Reviewer:
    """A reviewer with the tagger that ships, over detectors that find nothing else."""
    fakes = {name: Fake() for name in ("grounding", "member", "attack", "tone")}
    return Reviewer(Desk(replace(POLICY, masked=masked), detectors=fakes))


def copying(prompt: Prompt) -> tuple[str, ...]:
    """A model that copies its first line of evidence with a nurse in it, letter by letter."""
    line = next(line for line in prompt.messages[-1].content.split("\n") if "updates the board" in line)
    return tuple(f"{line[4:]} [{line[1]}]\n")


@pytest.mark.parametrize("masked", [frozenset({"person", "card"}), frozenset({"card"})])
def test_names_are_masked_before_a_model_reads_them(masked: frozenset[str]) -> None:
    """Where the policy says so a name is in no prompt and is put back letter by letter; the control sends it."""
    model = ScriptedModel(copying)
    made = replace(rooms_with(model, Shelf(HashEncoder(), ITEMS), writing="at-once"), reviewer=naming(masked))
    events = told(made, ITEMS[0], None, "How often is the board updated in the corridor?")
    read = "\n".join(message.content for prompt in model.seen for message in prompt.messages)

    assert ("Tran" not in read) == ("person" in masked)
    assert any("Gloria Tran" in sentence["text"] for sentence in sentences(events))
    assert "PERSON_1" not in str(events)


def of_another(lax_too: bool) -> list[Json]:
    """A panel for one member by a model that tells another one's record and number."""
    told_of = f"Jonas Becker of {BAKER.work[0].organisation} is a Master baker, and his card is {CARD}."
    model = ScriptedModel(lambda prompt: (f"{told_of} [1]\n",))
    by = reviewer(with_steps(drop=0.5))
    made = replace(rooms_with(model, Shelf(HashEncoder(), ITEMS)), reviewer=by)
    return told(lax(model, reviewer(with_steps())) if lax_too else made, ITEMS[0], NURSE)


def test_another_members_facts_are_never_told() -> None:
    """What a model says of another member is in no event; the control, with the checks off, tells it."""
    for text in ("Jonas Becker", "Becker & Son", CARD):
        assert text not in str(of_another(lax_too=False))
        assert text in str(of_another(lax_too=True))
