"""A digest: deterministic, public, honest about thin items."""

import json
from dataclasses import replace
from importlib.resources import files

import numpy as np
import pytest

from nutgraf.read.digest import digest, version
from nutgraf.read.features import NAMES, features
from nutgraf.read.questions import questions, varied
from nutgraf.read.salience import GATE_NAMES, Salience, shipped
from nutgraf.read.spans import readings
from nutgraf.retrieve.hashing import HashEncoder
from nutgraf.types import Block, Item
from nutgraf.vocabulary.match import load

STORY = [
    "In January we timed 64 handovers on the 38-bed ward in Houston, and the average took 27 minutes.",
    "Nurses left late on 41 of those 64 shifts, and the overtime came to $9,200 in the month.",
    "Our analyst, Teodora Vasile, compared the printed report with recordings of what nurses told each other.",
    "The first sheet failed because it had six pages and nobody could find the drug list.",
    "The average handover time fell to 16 minutes by week five, and the ward kept the sheet.",
    "Next time we would ask the night shift before the printer is bought.",
]
THIN = ["So excited to announce that I am starting a new position!", "Thanks to everyone who made this possible."]


def _item(sentences: list[str], **more: object) -> Item:
    text, blocks = "", []
    for sentence in sentences:
        blocks.append(Block("paragraph", len(text), len(text) + len(sentence)))
        text += sentence + "\n\n"
    item = Item(id="x", kind="post", title="Shift handover in eleven minutes", text=text, blocks=tuple(blocks))
    return replace(item, **more)  # type: ignore[arg-type]


def test_reading_twice_gives_the_same_digest() -> None:
    """Nothing in reading is left to chance."""
    first, second = (digest(_item(STORY), HashEncoder(), load()) for _ in range(2))
    assert first.spans == second.spans
    assert np.array_equal(first.vectors, second.vectors)


def test_a_story_is_worth_a_panel_and_a_thin_post_is_not() -> None:
    """Facts make an item worth showing; an announcement without any is declined with a reason."""
    assert digest(_item(STORY), HashEncoder(), load()).declined is None
    declined = digest(_item(THIN), HashEncoder(), load()).declined
    assert declined is not None
    assert "short" in declined


def test_general_talk_is_declined_however_long_it_is() -> None:
    """Length alone is not worth: sentences without a figure or a name hold nothing to take away."""
    talk = ["Communication is one of the most important parts of any organization that wants to do well."] + [
        f"Good teams listen to each other {how}, and people feel better when their leaders explain decisions."
        for how in ("often", "with patience", "in meetings", "after meetings", "in writing", "with respect")
    ]
    declined = digest(_item(talk), HashEncoder(), load()).declined
    assert declined is not None
    assert "specific" in declined


def test_an_author_can_opt_out() -> None:
    """`ai: false` is respected before anything else; the same item without it is read."""
    declined = digest(_item(STORY, ai=False), HashEncoder(), load()).declined
    assert declined is not None
    assert "author" in declined


def test_a_repeated_sentence_is_quoted_once() -> None:
    """Near-duplicates inside an item cannot both be quoted."""
    spans = digest(_item([*STORY, STORY[0]]), HashEncoder(), load()).spans
    assert spans[0].quotable
    assert not spans[-1].quotable


def test_the_version_names_reader_encoder_and_weights() -> None:
    """Another encoder or other weights make another digest."""
    other = Salience("other", shipped().story, shipped().lesson, shipped().gate, 0.0)
    words = load()
    names = {version(HashEncoder(), words), version(HashEncoder(), words, other), version(HashEncoder(dims=64), words)}
    assert len(names) == 3
    assert str(len(words)) in version(HashEncoder(), words)


def test_shipped_weights_fit_the_features() -> None:
    """The weights in the package were trained for exactly the features that are computed, and say on what."""
    record = json.loads(files("nutgraf.read").joinpath("salience.json").read_text("utf-8"))
    assert tuple(record["story"]) == NAMES
    assert tuple(record["gate"]) == GATE_NAMES
    assert record["trained_on"]["documents"] > 100
    assert set(record["trained_on"]["licences"]) == set(record["trained_on"]["data_sha256"])


def test_features_have_a_column_a_name() -> None:
    """One row a sentence, one column a name, all finite."""
    found = readings(_item(STORY))
    vectors = HashEncoder().encode([reading.span.text for reading in found])
    table = features("Title", found, vectors, vectors[0], np.zeros_like(vectors))
    assert table.shape == (len(STORY), len(NAMES))
    assert np.isfinite(table).all()


@pytest.mark.parametrize(
    ("sentence", "question"),
    [
        (STORY[4], "Why did the average handover time fall to 16 minutes by week five?"),
        (STORY[2], "What did Teodora Vasile do, and what came of it?"),
        (STORY[5], "What would be done differently next time?"),
        (STORY[3], "What went wrong, and what was changed?"),
    ],
)
def test_starters_are_made_from_the_sentence_that_answers_them(sentence: str, question: str) -> None:
    """Each pattern gives a grammatical question whose row is the sentence it came from."""
    read = digest(_item(STORY), HashEncoder(), load())
    made = {q.text: read.spans[q.row].text for q in questions(_item(STORY), read)}
    assert made.get(question) == sentence


def test_starters_differ_in_kind_and_sentence() -> None:
    """Two starters never rest on the same sentence."""
    read = digest(_item(STORY), HashEncoder(), load())
    chosen = varied(questions(_item(STORY), read), 3)
    assert len({q.row for q in chosen}) == len(chosen) == 3
    assert len({q.pattern for q in chosen}) == 3


def test_general_talk_has_no_starters() -> None:
    """A text without facts gives no question that only it could answer."""
    item = _item(["Good teams listen to each other often and people feel better when leaders explain decisions."])
    assert questions(item, digest(item, HashEncoder(), load())) == []
