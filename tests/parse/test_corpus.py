"""What models really write, and what a careful reader takes from it."""

import json
from collections import Counter

import pytest

from nutgraf.parse.auto import AutoParser
from nutgraf.parse.fields import drafts_of, finals
from nutgraf.parse.schemas import answer_schema, takeaways_schema
from tests.parse.malformations import MALFORMATIONS, corpus
from tests.parse.reading import broken_order, cases, cuts, parser_for, read, said, wanted

CASES = list(cases())


def test_the_corpus_is_what_its_maker_makes() -> None:
    """The stored cases are those of the catalogue, and there are enough of them."""
    stored = [case for case in CASES if case["how"][:1] != ["model"]]

    assert json.loads(json.dumps(corpus())) == stored
    assert len(CASES) >= 700
    assert Counter(name for case in CASES for name in case["how"]).keys() >= MALFORMATIONS.keys()


@pytest.mark.parametrize("part", range(8))
def test_a_careful_reader_agrees(part: int) -> None:
    """Sentences, evidence and starters of every case are those it was made from, whole and in pieces."""
    for number, case in enumerate(CASES[part::8]):
        for pieces in [*cuts(case["raw"], number)][:: 5 if number % 4 else 1]:
            events = read(parser_for(case), pieces)
            assert broken_order(events) is None, case["raw"]
            assert said(events) == wanted(case), case["raw"]


TALK = {
    "Sure! Here are the points:\n- The wait fell [1].\n- Two rose [2].\nLet me know if you need more!": [
        "The wait fell.",
        "Two rose.",
    ],
    "<think>First [1] {x}</think>\nThe wait fell [1].": ["The wait fell."],
    "<think>for ever": [],
    "Sources say that the wait fell [1].": ["Sources say that the wait fell."],
    "The wait fell [1].\n\nSources:\n[1] The clinic moved.": ["The wait fell."],
    "Okay, the wait fell [1].": ["Okay, the wait fell."],
    "**Key takeaways**\n1. The wait fell [1].\n\n**Questions:**\n- Why?": ["The wait fell."],
    "[1] The wait fell.": ["The wait fell."],
    '["The wait fell [1]."]': ["The wait fell."],
    '"We won," she said [1].': ['"We won," she said.'],
    "It costs <50 euros and > 20 [1].": ["It costs <50 euros and > 20."],
    "Evidence 2: The wait fell.": ["The wait fell."],
}


@pytest.mark.parametrize("text", TALK, ids=lambda text: repr(text)[:40])
def test_talk_around_an_answer_is_left_out(text: str) -> None:
    """What a model says about its answer is not the answer, and words that only begin like it are."""
    whole = read(AutoParser(), [text])

    assert [draft.text for draft in drafts_of(whole)] == TALK[text]
    for at in range(len(text)):
        assert finals(read(AutoParser(), [text[:at], text[at:]])) == finals(whole)
    assert finals(read(AutoParser(), list(text))) == finals(whole)


def test_a_thought_that_began_unseen_is_left_out_where_json_was_asked_for() -> None:
    """Some models' opening tag is part of the prompt, and only the closing one is seen."""
    text = 'The plan: two {points}.</think>{"text":"The wait fell."}'
    for pieces in ([text], list(text)):
        assert [draft.text for draft in drafts_of(read(AutoParser(expects="json"), pieces))] == ["The wait fell."]


def test_prose_waits_only_where_json_was_asked_for() -> None:
    """Lines are told at once; before JSON that was asked for, they wait whether it comes."""
    lines, json_form = AutoParser(), AutoParser(expects="json")

    assert drafts_of(lines.feed("The wait fell.\nTwo"))
    assert not json_form.feed("The wait fell.\nTwo")
    assert [draft.text for draft in drafts_of(json_form.close())] == ["The wait fell.", "Two"]


def test_what_is_too_long_is_cut_off() -> None:
    """A model that never stops costs no more than the limit."""
    parser = AutoParser(at_most_chars=50)
    events = read(parser, ["The wait fell. " * 100])

    assert len(drafts_of(events)) == 4


def test_schemas_are_json_and_name_their_evidence() -> None:
    """A model held to a schema can cite only evidence there is."""
    for text in (takeaways_schema(3, 2), answer_schema(3)):
        schema = json.loads(text)
        (points, *_) = schema["properties"].values()
        assert points["items"]["properties"]["evidence"]["items"] == {"enum": [1, 2, 3]}
        assert list(points["items"]["properties"]) == ["evidence", "text"]
