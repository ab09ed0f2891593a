"""Each metric on small recorded answers: what counts, what does not, and what is not measured, with the reason."""

from __future__ import annotations

from typing import Any

import pytest

from nutgraf.evals.answers import Answer, answer_of, holds
from nutgraf.evals.cases import Case, Expect
from nutgraf.evals.metrics.base import Score, Tools, score
from nutgraf.evals.metrics.mechanics import boilerplate
from nutgraf.evals.metrics.personal import contradictions, match
from nutgraf.evals.metrics.specificity import is_specific, kept
from nutgraf.evals.metrics.table import METRICS
from nutgraf.evals.stats import rate
from tests.evals.world import NAMED, tools

BOARD = NAMED["article-board"]
RECORD = ("Charge nurse at Bayou Ridge", "triage", "I want to move into clinical informatics.")


def sentence(text: str, source: str = "item", quote: str = "", verdict: str = "supported") -> dict[str, Any]:
    """A sentence of a document."""
    return {"text": text, "verdict": verdict, "evidence": [{"source": source, "ref": "x", "quote": quote or text}]}


def answer(*sentences: dict[str, Any], action: dict[str, Any] | None = None, **more: Any) -> Answer:
    """An answer about the board, told in one takeaway."""
    block = {"block": "b1", "form": "takeaway", "sentences": list(sentences), "because": None, "action": action}
    item = {"id": BOARD.id, "title": BOARD.title, "text": BOARD.text}
    document = {"item": item, "takeaways": [block] if sentences else [], "ending": "done"} | more.pop("document", {})
    values = {"case": "c", "repeat": 0, "agent": "takeaways", "group": BOARD.id, "kinds": (), "record": RECORD}
    return Answer(**{**values, "document": document, **more})


def of(metric: str, told: Answer, case: Case | None = None, means: Tools | None = None) -> Score:
    """What a metric says."""
    found = score(METRICS[metric], case or Case(id="c", agent="takeaways", item=BOARD.id, member="m"), told,
                  means or tools())  # fmt: skip
    assert found is not None
    return found


def test_a_sentence_word_for_word_needs_no_detector() -> None:
    """What stands in the item is supported, whatever a detector would say, and without one."""
    told = answer(
        sentence("The hospital should not repeat the trial in two other departments before the end of the year.")
    )

    assert of("unsupported_item", told, means=Tools()).outcome == "pass"


def test_an_invented_sentence_counts_once_a_sentence_and_once_an_answer() -> None:
    """One of two sentences is invented: half of the sentences, the whole answer."""
    told = answer(sentence("Nurse Gloria Tran now updates the board every ten minutes, and a second nurse checks each "
                           "entry."), sentence("A study of Norway praises 900 hospitals."))  # fmt: skip
    by_sentence, by_answer = of("unsupported_item", told), of("unsupported_answer", told)

    assert (by_sentence.hits, by_sentence.of, by_sentence.outcome) == (1, 2, "fail")
    assert (by_answer.hits, by_answer.of) == (1, 1)
    assert by_sentence.findings[0].text == "A study of Norway praises 900 hospitals."


def test_what_an_answer_calls_its_evidence_is_no_evidence() -> None:
    """A quote that stands in no source does not support its sentence."""
    invented = "The hospital in Oslo closed its doors."

    assert of("unsupported_item", answer(sentence(invented, quote=invented))).outcome == "fail"


def test_the_sides_are_kept_apart() -> None:
    """A quotation from the reader's record is of their side, and not looked for in the item."""
    told = answer(sentence("Charge nurse at Bayou Ridge", "member", verdict="quoted"))

    assert of("unsupported_member", told).of == 1
    assert of("unsupported_item", told).of == 0


def test_without_a_detector_it_is_not_measured() -> None:
    """A written sentence without a detector is neither good nor bad."""
    found = of("unsupported_item", answer(sentence("The wait got shorter.")), means=Tools())

    assert found.outcome == "not measured"
    assert "no detector was given" in found.because


def test_an_answer_that_fails_counts_against_coverage() -> None:
    """A failed or empty answer is not measured; one that rightly says nothing is not asked."""
    declined = Case(id="c", agent="takeaways", item=BOARD.id, expect=Expect(ending="declined"))
    empty = answer(document={"ending": "declined", "reason": "too thin"})

    assert of("specificity", answer(failed="ModelError: gone")).because == "the answer failed: ModelError: gone"
    assert of("specificity", empty).because == "the answer says nothing: too thin"
    assert score(METRICS["specificity"], declined, empty, tools()) is None
    assert of("ending", empty, declined).outcome == "pass"
    assert of("ending", empty).outcome == "fail"


@pytest.mark.parametrize("text", ["You are a superstar.", "Now you must act now, dear reader."])
def test_tone(text: str) -> None:
    """A sentence that the tone detector flags counts, a plain one does not."""
    found = of("wrong_tone", answer(sentence(text), sentence("The wait fell.")))

    assert (found.hits, found.of) == (1, 2)


def test_policy_looks_at_everything_that_is_shown() -> None:
    """A forbidden text counts wherever a reader could see it, a starter included."""
    case = Case(id="c", agent="takeaways", item=BOARD.id, expect=Expect(never=("OWL-58",)))

    assert of("policy", answer(sentence("The wait fell.")), case).outcome == "pass"
    told = answer(sentence("The wait fell."), document={"starters": ["What is owl-58?"]})
    assert of("policy", told, case).findings[0].text == "OWL-58"


@pytest.mark.parametrize(
    ("text", "specific"),
    [
        ("The median wait fell from 41 minutes to 29 minutes.", True),
        ("Gloria Tran updates the board every ten minutes.", True),
        ("The rollback failed because the tool wrote into the database that was refusing connections.", True),
        ("Good communication is important for every successful team.", False),
        ("This article offers valuable insights into many aspects of growth.", False),
        ("Change is a journey.", False),
    ],
)
def test_specificity(text: str, specific: bool) -> None:
    """Numbers, names and turns make a sentence specific; words of no content do not."""
    assert is_specific(text) is specific


def test_how_much_of_the_evidence_is_kept() -> None:
    """Of the numbers and names of a quotation those are counted that the sentence keeps."""
    assert kept("The wait fell to 29 minutes.", "In May the wait fell from 41 to 29 minutes.")[0] == 1


def test_starters() -> None:
    """A starter counts when this item answers it; one for anything, or one it does not answer, does not."""
    starters = ["How far did the median wait fell at the front desk?", "What is this about?", "Who owns the car park?"]
    found = of("starters", answer(sentence("The wait fell."), document={"starters": starters}),
               Case(id="c", agent="takeaways", item=BOARD.id))  # fmt: skip

    assert (found.hits, found.of) == (1, 3)
    assert [one.because for one in found.findings] == ["could be asked of anything", "the item does not say"]


@pytest.mark.parametrize(
    ("action", "told"),
    [
        ({"kind": "engage", "label": "Look at the bread", "item": "post-loaves"}, None),
        ({"kind": "engage", "label": "Learn more", "item": "post-loaves"}, "does not say what it does"),
        ({"kind": "learn", "label": "Take it", "item": "course-nowhere"}, "not there"),
        ({"kind": "connect", "label": "Meet", "item": "post-loaves"}, "a step to connect leads to a post"),
        ({"kind": "engage", "label": "Read", "item": "article-board"}, "leads to the item the reader is on"),
        ({"kind": "engage", "label": "Go"}, "leads nowhere"),
        ({"kind": "engage", "label": "Read", "item": "post-loaves", "facts": [{"text": "Astronaut"}]},
         "not in the reader's record"),
    ],
)  # fmt: skip
def test_actions(action: dict[str, Any], told: str | None) -> None:
    """A step is good when it opens a real record of its kind for a reason that holds."""
    found = of("actions", answer(sentence("The wait fell."), action=action))

    assert found.outcome == ("pass" if told is None else "fail")
    assert told is None or told in found.findings[0].because


def test_recall_and_answer() -> None:
    """What is needed is looked for in the passages, what was asked in the answer; one of several wordings is enough."""
    case = Case(id="c", agent="general", item=BOARD.id, expect=Expect(finds=("29 minutes",), says=("29|twenty-nine",)))
    told = answer(
        sentence("It fell to twenty-nine.", quote="a"), passages=({"text": "to 29 minutes", "origin": "item"},)
    )

    assert of("recall", told, case).outcome == of("answered", told, case).outcome == "pass"
    assert of("answered", answer(sentence("It fell to 290.")), case).outcome == "fail"


def test_repetition() -> None:
    """A sentence that is said twice counts once, a phrase of no content counts, a quotation of the item does not."""
    again = "Families asked fewer questions at the desk."
    told = answer(sentence(again), sentence(again), sentence("Overall, this post highlights the key takeaway."))

    assert of("repetition", told).hits == 2
    assert boilerplate("In today's fast-paced world, boards move.") == "In today's fast-paced"
    assert boilerplate("The board moved.") is None


def test_time_and_cost() -> None:
    """Times come from the answer, money and tokens from its calls."""
    told = answer(sentence("x"), document={"timing": {"first_useful_ms": 320.0, "complete_ms": None}},
                  calls=({"micro_usd": 40, "input_tokens": 5, "output_tokens": 2, "ending": "done", "prompt": "p",
                          "version": "1", "repairs": {"fence": 1}},))  # fmt: skip

    assert of("first_useful_ms", told).hits == 320
    assert of("complete_ms", told).outcome == "not measured"
    assert (of("cost", told).hits, of("tokens", told).hits, of("format", told).hits) == (40, 7, 1)


def test_the_blind_match() -> None:
    """An answer that speaks of its reader's trade is matched to them, one for anybody is a tie."""
    baker = ("Baker who prices wholesale bread",)
    one = answer(sentence("As a charge nurse you know triage."), case="a")
    other = answer(sentence("Wholesale bread needs a price."), case="b", record=baker)
    nobody = answer(sentence("Something happened."), case="d", record=baker)

    assert match([one, other]) == {("a", 0): 1, ("b", 0): 1}
    assert match([one, nobody])["d", 0] == 0.5


def test_a_contradiction_between_readers_is_found() -> None:
    """Two answers that tell one fact with two numbers contradict each other."""
    one = answer(sentence("The median wait at the desk fell to 29 minutes."))
    other = answer(sentence("The median wait at the desk fell to 31 minutes."))

    assert len(contradictions(one, other)) == 1
    assert contradictions(one, one) == []


def test_texts_are_held_as_whole_words() -> None:
    """A number is not found inside another; shapes of quotation marks and dashes do not count."""
    assert holds("It’s 31 – of 40", "it's 31 - of")
    assert not holds("131 of 40", "31")
    assert holds("Costs $47,300.", "$47,300")


def test_an_answer_survives_its_line() -> None:
    """Writing an answer down and reading it again changes nothing that is measured."""
    told = answer(sentence("The wait fell."), calls=({"prompt": "p"},))

    assert answer_of(told.as_json()) == told
    assert rate([of("specificity", told).tally]).n == 1
