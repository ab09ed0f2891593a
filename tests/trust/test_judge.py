"""The one place where a draft becomes a sentence."""

from collections.abc import Sequence
from dataclasses import FrozenInstanceError

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nutgraf.registry import specs
from nutgraf.retrieve.hashing import HashEncoder
from nutgraf.trust.judge import Judge
from nutgraf.types import Draft, Evidence, Vectors, Verdict

SOURCE = "The clinic moved its window in March, and the average wait fell from 19 to 11 minutes."
GOOD = Draft(SOURCE, (1,))


def evidence(*quotes: str) -> list[Evidence]:
    """Quotes as evidence."""
    return [Evidence(f"e{i}", "item", "item", 0, len(quote), quote) for i, quote in enumerate(quotes, 1)]


class BrokenEncoder:
    """Fails when asked."""

    name, dims = "broken", 3

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Never returns."""
        raise RuntimeError("secret detail")


class EmptyEncoder:
    """Gives figures that are none."""

    name, dims = "empty", 3

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Rows of not-a-number."""
        return np.full((len(texts), 3), np.nan, dtype=np.float32)


class FarEncoder:
    """Finds every text far from every other."""

    name, dims = "far", 64

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Rows at right angles."""
        return np.eye(len(texts), 64, dtype=np.float32)


def test_what_passes_every_check_is_supported() -> None:
    """A sentence of the source is said as it stands."""
    said = Judge.standard(HashEncoder()).verdict(GOOD, evidence(SOURCE))

    assert (said.verdict, said.check) == ("supported", "all")


def test_the_first_refusal_decides() -> None:
    """The verdict names the check that refused first, with its reason, and later checks are not asked."""
    asked: list[str] = []

    def says(name: str, refusal: str | None) -> object:
        return lambda draft, pieces: asked.append(name) or refusal

    checks = {"a": says("a", None), "b": says("b", "no"), "c": says("c", "never asked")}
    said = Judge(HashEncoder(), checks).verdict(GOOD, evidence(SOURCE))  # type: ignore[arg-type]

    assert (said.verdict, said.check, said.because) == ("quoted", "b", "no")
    assert asked == ["a", "b"]


def test_a_check_that_breaks_has_refused() -> None:
    """Silence is never consent, and the exception's text stays inside."""

    def broken(draft: Draft, pieces: Sequence[Evidence]) -> str | None:
        raise ValueError("secret detail")

    said = Judge(HashEncoder(), {"broken": broken}).verdict(GOOD, evidence(SOURCE))

    assert (said.verdict, said.check, said.because) == ("quoted", "broken", "broke: ValueError")


@pytest.mark.parametrize("encoder", [BrokenEncoder(), EmptyEncoder(), FarEncoder()], ids=lambda e: e.name)
def test_an_encoder_that_breaks_has_refused(encoder: BrokenEncoder | EmptyEncoder | FarEncoder) -> None:
    """Without a sound figure of closeness nothing is supported."""
    said = Judge.standard(encoder).verdict(GOOD, evidence(SOURCE))

    assert (said.verdict, said.check) == ("quoted", "close-in-meaning")
    assert "secret" not in said.because


def test_nothing_to_rest_on_is_dropped() -> None:
    """A draft without evidence is not said and not replaced."""
    assert Judge.standard(HashEncoder()).verdict(GOOD, []).verdict == "dropped"


def test_the_closest_piece_is_quoted() -> None:
    """A refused draft is replaced by what it came nearest to."""
    judge = Judge.standard(HashEncoder())
    pieces = evidence("Bread is baked at night.", SOURCE, "Solar panels need a licence.")

    assert judge.closest(Draft("The wait at the clinic fell to 9 minutes."), pieces) is pieces[1]
    assert judge.closest(Draft(""), pieces) is pieces[0]
    assert judge.closest(Draft("anything"), pieces[2:]) is pieces[2]


def test_no_check_can_be_left_out() -> None:
    """The standard judge has every registered check, and cannot be changed."""
    judge = Judge.standard(HashEncoder())

    assert set(judge.checks) == {spec.name for spec in specs("check")}
    with pytest.raises(FrozenInstanceError):
        judge.checks = {}  # type: ignore[misc]
    with pytest.raises(TypeError):
        del judge.checks["numbers"]  # type: ignore[attr-defined]
    with pytest.raises(TypeError):
        judge.checks["numbers"] = lambda draft, pieces: None  # type: ignore[index]
    with pytest.raises(AttributeError):
        judge.checks.clear()  # type: ignore[attr-defined]


def test_a_judge_keeps_its_own_copy_of_the_checks() -> None:
    """What is done later to the checks it was made with changes nothing."""
    checks = dict(Judge.standard(HashEncoder()).checks)
    judge = Judge(HashEncoder(), checks)
    checks.clear()

    assert judge.verdict(Draft("The wait fell to 9 minutes at the clinic."), evidence(SOURCE)).check == "numbers"


@pytest.mark.parametrize("answer", [Verdict("supported", "mine"), Verdict("quoted", "mine"), True, False, 0, ["no"]])
def test_a_check_that_gives_no_reason_in_words_is_broken(answer: object) -> None:
    """Only None lets a draft through: anything else that is not a reason refuses, and says that the check broke."""
    checks = {"mine": lambda draft, pieces: answer}
    said = Judge(HashEncoder(), checks).verdict(GOOD, evidence(SOURCE))  # type: ignore[arg-type]

    assert (said.verdict, said.check, said.because) == ("quoted", "mine", f"broke: returned {type(answer).__name__}")


def test_the_piece_that_supports_is_named() -> None:
    """A supported draft names the one piece that it rests on; a refused one names none."""
    judge = Judge.standard(HashEncoder())
    pieces = evidence("Bread is baked at night.", SOURCE, "Solar panels need a licence.")

    assert judge.verdict(GOOD, pieces).evidence == (pieces[1],)
    assert judge.verdict(Draft("The wait fell to 9 minutes at the clinic."), pieces).evidence == ()


def test_every_piece_is_judged_alone() -> None:
    """A check sees one piece at a time, and the piece that came furthest says why a draft is refused."""
    seen: list[list[str]] = []

    def only_b(draft: Draft, pieces: Sequence[Evidence]) -> str | None:
        seen.append([piece.quote for piece in pieces])
        return None if pieces[0].quote == "b" else "not b"

    checks = {"first": only_b, "second": lambda draft, pieces: "never"}
    said = Judge(HashEncoder(), checks).verdict(GOOD, evidence("a", "b", "c"))

    assert (said.check, said.because, seen) == ("second", "never", [["a"], ["b"], ["c"]])


@settings(deadline=None, max_examples=150)
@given(st.text(max_size=120), st.lists(st.text(max_size=80), max_size=3))
def test_any_text_gets_a_verdict(text: str, quotes: list[str]) -> None:
    """Whatever a model or a page says, the judge answers, and never supports what is not in the evidence."""
    said = Judge.standard(HashEncoder()).verdict(Draft(text), evidence(*quotes))

    assert said.verdict in (("quoted", "supported") if quotes else ("dropped",))
    if said.verdict == "supported":
        assert any(set(text.lower().split()) & set(quote.lower().split()) for quote in quotes)


@pytest.mark.parametrize(
    ("question", "may"),
    [
        ("Why did the clinic move its window?", True),
        ("How far did the average wait fell from 19 minutes?", True),
        ("How did the wait fall to 7 minutes?", False),
        ("Did Dr Orban move the clinic window?", False),
        ("Why is your average wait so long?", False),
        ("Was the manager fired for fraud?", False),
        ("The clinic moved its window.", False),
        ("The manager is a fraud. Why did the clinic move its window?", False),
        ("?", False),
    ],
)
def test_a_question_of_a_model_keeps_to_the_evidence(question: str, may: bool) -> None:
    """Figures, names and most words of a proposed question stand in the evidence, and it asks one thing."""
    assert Judge.standard(None).may_ask(question, evidence(SOURCE)) is may


def test_a_broken_check_lets_no_question_pass() -> None:
    """A check that raises has refused."""

    def broken(draft: Draft, evidence: Sequence[Evidence]) -> str | None:
        raise RuntimeError("secret detail")

    assert not Judge(None, {"names": broken}).may_ask("Why did the clinic move its window?", evidence(SOURCE))
