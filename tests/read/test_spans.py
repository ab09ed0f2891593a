"""Sentences of an item: where they stand, and which can be quoted alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nutgraf.read.spans import readings, standing
from nutgraf.types import Block, Item

STANDS = [
    "The team cut the average wait from 52 to 31 minutes within six weeks.",
    "Nurses left late on 41 of those 64 shifts, and the overtime came to $9,200 in the month.",
    "This course takes nine hours over three evenings and needs no laptop.",
    "For example, a survey of 212 clinics shows that most forms are never read again.",
    "Progressive enhancement doesn’t demand that users have modern, updated browsers.",
    "Dr. Okafor asked for a sheet of paper that she could read at seven in the morning.",
]
DOES_NOT_STAND = [
    "It did not work as planned, and that was that for the whole quarter.",
    "They asked for six more weeks and a second ward to try the sheet on.",
    "This means that the whole plan has to wait until the permit arrives in spring.",
    "Three things went wrong in the first week of the trial on the ward:",
    "Did they test the page on the cheap tablet that they sold in their own stores?",
    "Click here to register for the next session of the series in Columbus.",
    "Read more about the project in our last post about the county budget.",
    "Applicants receive consideration without regard to anything that the law protects.",
    "Thanks to all.",
    "the end of a sentence that somebody cut in the middle of its line.",
    "He said “we never tested that page and moved on to the next one.",
]


@pytest.mark.parametrize("text", STANDS)
def test_whole_sentences_can_be_quoted(text: str) -> None:
    """A sentence that names what it speaks of stands alone."""
    assert standing(text, "paragraph") >= 0.5


@pytest.mark.parametrize("text", DOES_NOT_STAND)
def test_fragments_and_leaning_sentences_cannot(text: str) -> None:
    """A sentence that leans on its neighbours, asks, lures or is cut off does not stand alone."""
    assert standing(text, "paragraph") < 0.5


def _item(*paragraphs: str) -> Item:
    text, blocks = "", []
    for paragraph in paragraphs:
        blocks.append(Block("paragraph", len(text), len(text) + len(paragraph)))
        text += paragraph + "\n\n"
    return Item(id="x", kind="article", title="Title", text=text, blocks=tuple(blocks))


@given(st.lists(st.text(min_size=1, max_size=200), max_size=6))
def test_offsets_always_point_at_the_words(paragraphs: list[str]) -> None:
    """Whatever the text, each span's offsets give back the words it shows."""
    item = _item(*paragraphs)
    found = readings(item)
    assert all(reading.span.text == item.shown(reading.span.start, reading.span.end) for reading in found)
    assert [r.span.start for r in found] == sorted(r.span.start for r in found)


def test_headings_code_and_tables_are_not_sentences() -> None:
    """Only paragraphs, list items and quotations hold sentences; a heading is remembered for what stands under it."""
    text = "What it cost\n\nThe sheet cost $7,500 in all. run(this)"
    blocks = (Block("heading", 0, 12), Block("paragraph", 14, 44), Block("code", 44, 53))
    found = readings(Item(id="x", kind="article", title="T", text=text, blocks=blocks))
    assert [(reading.span.text, reading.heading) for reading in found] == [
        ("The sheet cost $7,500 in all.", "What it cost")
    ]


def test_a_long_item_is_read_up_to_a_limit() -> None:
    """An endless item costs no more than its first sentences."""
    assert len(readings(_item(*["The clinic moved 12 beds in June."] * 50), at_most=10)) == 10
