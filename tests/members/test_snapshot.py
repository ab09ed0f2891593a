"""From a member's record to the facts that may be used: consent, purpose, owner, nothing sensitive."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nutgraf.conversation import Remembered
from nutgraf.errors import NotAllowed
from nutgraf.members.snapshot import (
    FACTS_AT_MOST,
    GUESSES_AT_MOST,
    HIGHLIGHTS_AT_MOST,
    REMEMBERED_AT_MOST,
    snapshot,
)
from nutgraf.types import CONSENT_FIELDS, Position, Snapshot, Study
from nutgraf.vocabulary.match import Vocabulary, load
from tests.members.people import ana, scope


@pytest.fixture(scope="module")
def vocabulary() -> Vocabulary:
    """The vocabulary that comes with the package."""
    return load()


def told(text: str, name: str = "m1", **more: Any) -> Remembered:
    """A fact that the member stated."""
    about: dict[str, Any] = {"kind": "constraint", "at": "2026-05-01T09:00:00Z", **more}
    return Remembered(id=name, topic="t", text=text, quote=text, **about)


def texts(known: Snapshot) -> str:
    """All that a snapshot says of its member's record."""
    return " | ".join(fact.text for fact in known.facts)


@settings(deadline=None, max_examples=200)
@given(st.frozensets(st.sampled_from(CONSENT_FIELDS)))
def test_no_fact_without_consent(fields: frozenset[str]) -> None:
    """Every fact comes from a field the member agreed to, and every such field gives facts."""
    known = snapshot(ana(fields), scope(), load(), [told("the memory of it")])
    said = " | ".join(fact.text for fact in known.facts if not fact.guess)

    assert {field for field in CONSENT_FIELDS if field in said} == set(fields)
    assert "hidden" not in said
    assert all(not fact.guess or {"work", "skills"} <= fields for fact in known.facts)


def test_a_headline_without_consent_makes_no_guess(vocabulary: Vocabulary) -> None:
    """Guesses rest on consented fields only: a headline kept back tells nothing of its skills either."""
    member = ana(work=(), headline="Registered nurse", skills=())
    everything = snapshot(member, scope(), vocabulary)
    without = snapshot(
        ana(frozenset(CONSENT_FIELDS) - {"headline"}, work=(), headline="Registered nurse", skills=()),
        scope(),
        vocabulary,
    )

    assert [fact for fact in everything.facts if fact.guess]
    assert [fact for fact in without.facts if fact.guess] == []


def test_guesses_are_marked_and_never_double_a_stated_skill(vocabulary: Vocabulary) -> None:
    """What we infer from a job title says so, has its own kind, and gives way to what the member wrote."""
    guesses = [fact for fact in snapshot(ana(skills=()), scope(), vocabulary).facts if fact.guess]
    assert guesses
    assert len(guesses) <= GUESSES_AT_MOST
    assert all(fact.kind == "guessed-skill" and fact.id.startswith("guess.") for fact in guesses)

    stated = snapshot(ana(skills=(guesses[0].text,)), scope(), vocabulary)

    assert guesses[0].text not in [fact.text for fact in stated.facts if fact.guess]
    assert all(not fact.guess for fact in stated.facts if fact.kind != "guessed-skill")


def test_another_members_scope_is_refused(vocabulary: Vocabulary) -> None:
    """Control: with the member's own scope the same call gives facts."""
    with pytest.raises(NotAllowed, match="'bo'"):
        snapshot(ana(), scope("bo"), vocabulary)
    with pytest.raises(NotAllowed):
        snapshot(ana(), scope(None), vocabulary)

    assert snapshot(ana(), scope("ana"), vocabulary).facts


def test_without_the_purpose_nothing_is_known(vocabulary: Vocabulary) -> None:
    """A member who did not agree to personalising is nobody, by name too."""
    known = snapshot(ana(), scope("ana", "measure"), vocabulary)

    assert (known.name, known.facts) == (None, ())


def test_nobody_has_no_facts(vocabulary: Vocabulary) -> None:
    """A reader without a profile is not an error."""
    assert snapshot(None, scope(None), vocabulary).facts == ()


def test_nothing_sensitive_becomes_a_fact(vocabulary: Vocabulary) -> None:
    """Whatever field it stands in, a sensitive statement is left out, and its neighbours stay."""
    member = ana(
        headline="Deaf engineer",
        summary="I build wards. I am deaf. I like trains.",
        goals=("I need visa sponsorship.", "Lead a ward"),
        interests=("I am a Muslim.", "Bread"),
        skills=("Union steward", "Wound care"),
        work=(Position(title="Shop steward", highlights=("I am 54.", "Cut waits.")),),
    )
    known = snapshot(member, scope(), vocabulary)
    said = texts(known)

    assert not any(word in said for word in ("Deaf", "deaf", "visa", "Muslim", "steward", "54"))
    assert all(
        word in said for word in ("I build wards. I like trains.", "Lead a ward", "Bread", "Wound care", "Cut waits")
    )


def test_every_fact_has_its_own_id(vocabulary: Vocabulary) -> None:
    """Ids are unique, stable when a neighbour is blank, and lead back to their fact."""
    known = snapshot(ana(goals=("", " ", "Lead a ward")), scope(), vocabulary)

    assert len({fact.id for fact in known.facts}) == len(known.facts)
    assert all(known.fact(fact.id) is fact for fact in known.facts)
    assert known.fact("goal.2") is not None
    assert known.fact("nothing") is None


def test_facts_are_single_clean_lines(vocabulary: Vocabulary) -> None:
    """White space of any kind reads as one space; what is blank is no fact."""
    member = ana(
        headline=" A \n\t nurse ",
        summary=" \n ",
        work=(Position(title=" Ward \n nurse ", organisation="  "), Position(title="", organisation="Clinic")),
        education=(Study(), Study(degree="BSc"), Study(institution="College"), Study(area="Law", institution="Uni")),
        skills=("  ",),
    )
    known = snapshot(member, scope(), vocabulary)
    by_kind = {
        kind: [fact.text for fact in known.facts if fact.kind == kind] for kind in ("position", "education", "skill")
    }

    assert known.facts[0].text == "A nurse"
    assert by_kind["position"] == ["Ward nurse", "Clinic"]
    assert by_kind["education"] == ["BSc", "College", "Law at Uni"]
    assert by_kind["skill"] == []
    assert all(fact.text == " ".join(fact.text.split()) != "" for fact in known.facts)


def test_a_long_record_is_bounded(vocabulary: Vocabulary) -> None:
    """A snapshot never grows beyond its limits, newest work first."""
    work = tuple(Position(title=f"Job {i}", highlights=tuple(f"did {i} {j}" for j in range(20))) for i in range(50))
    known = snapshot(ana(work=work, skills=tuple(f"skill {i}" for i in range(500))), scope(), vocabulary)

    assert len(known.facts) == FACTS_AT_MOST
    assert [sum(f.id.startswith(f"work.{i}.highlight") for f in known.facts) for i in range(3)] == [
        HIGHLIGHTS_AT_MOST,
        HIGHLIGHTS_AT_MOST,
        2,
    ]


def test_what_was_stated_comes_first(vocabulary: Vocabulary) -> None:
    """Goals before constraints, newest before older; only so many, and nothing sensitive."""
    many = [told(f"I can't work day {n}", f"d{n}", at=f"2026-05-01T09:{n:02}:00Z") for n in range(30)]
    known = snapshot(
        ana(), scope(), vocabulary, [*many, told("I am a Muslim", "s"), told("I want to lead", "g", kind="goal")]
    )

    stated = [fact for fact in known.facts if fact.kind == "memory"]
    assert known.facts[: len(stated)] == tuple(stated)
    assert [fact.id for fact in stated[:3]] == ["memory.g", "memory.d29", "memory.d28"]
    assert len(stated) == REMEMBERED_AT_MOST
    assert "Muslim" not in texts(known)
    assert snapshot(None, scope(None), vocabulary, many).facts == ()
