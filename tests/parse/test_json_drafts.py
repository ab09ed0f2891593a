"""JSON is read while it is written, wherever it is cut and whatever is wrong with it."""

import random as randoms
import re
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nutgraf.parse.drafts import LineParser
from nutgraf.parse.fields import FieldDelta, FieldEvent, FieldFinal, FieldStarted, drafts_of, finals
from nutgraf.parse.json_drafts import JsonParser
from nutgraf.types import Draft
from tests.parse.reading import broken_order, read
from tests.text.cuts import calls, every_cut

CLEAN = (
    '{"takeaways":[{"evidence":[1,3],"text":"The wait fell. It stays low."},'
    '{"text":"Two \\"rose\\" \\u00e9 \\ud83c\\udf89.","evidence":[2]}],"starters":["Why did it fall?"]}'
)
BITS = (
    '{|}|[|]|,|:|"|\'|“|”|\\|\\"|\\u00e9|\\ud83c|\\udf89|\\n|\n| |"takeaways":|"text":|"evidence":|"starters":|text:|1'
    "|[1]|,3|The wait fell.|It's low|“so”|<think>|</think>|```json|```|//|/*|*/|#|None|<b>|<|>|(|)|;|=|é|🎉|\x00|\u200b"
).split("|")
MESS = st.lists(st.sampled_from(BITS), max_size=40).map("".join)


def test_fields_come_in_order() -> None:
    """Evidence before its text is in the drafts; after it, it is told by itself."""
    assert [(event.field, event.block, event.index, event.value) for event in finals(read(JsonParser(), [CLEAN]))] == [
        ("evidence", 0, 0, (1, 3)),
        ("sentence", 0, 0, Draft("The wait fell.", (1, 3))),
        ("sentence", 0, 1, Draft("It stays low.", (1, 3))),
        ("sentence", 1, 0, Draft('Two "rose" é 🎉.')),
        ("evidence", 1, 0, (2,)),
        ("starter", 0, 0, "Why did it fall?"),
    ]


def test_a_sentence_is_told_while_it_is_written() -> None:
    """The page hears of a sentence with its first letter, and has it when the next one begins."""
    parser = JsonParser()

    assert list(parser.feed('{"takeaways":[{"evidence":[1],"text":"O')) == [
        FieldFinal("evidence", 0, 0, (1,)),
        FieldStarted("sentence", 0, 0),
    ]
    assert list(parser.feed("ne wait fell ")) == [FieldDelta("sentence", 0, 0, "One wait fell")]
    assert finals(parser.feed("twice. It")) == [FieldFinal("sentence", 0, 0, Draft("One wait fell twice.", (1,)))]


def test_the_deltas_of_a_sentence_make_up_its_text() -> None:
    """Nothing is told twice and nothing is left out."""
    events = read(JsonParser(), list(CLEAN))
    told: dict[tuple[int, int], str] = {}
    for event in events:
        if isinstance(event, FieldDelta) and event.field == "sentence":
            told[event.block, event.index] = told.get((event.block, event.index), "") + event.text

    assert list(told.values()) == [draft.text for draft in drafts_of(events)]


@pytest.mark.parametrize("text", [CLEAN, CLEAN.replace('"', "'"), '"The wait fell [1]."', '{"text":"A fell."}\n' * 3])
def test_pauses_change_nothing(text: str) -> None:
    """Where the model draws breath never changes what is final, in characters or in bytes."""
    whole = finals(read(JsonParser(), [text]))
    data = text.encode()

    assert whole
    for pieces in every_cut(text):
        assert finals(read(JsonParser(), pieces)) == whole
    assert finals(read(JsonParser(), [data[at : at + 1] for at in range(len(data))])) == whole


def test_ids_become_numbers() -> None:
    """A model may cite evidence by its id, in a field or in the text; what is unknown stays as it is."""
    labels = {"item:s4": 4, "skill:s7": 7}
    text = '{"takeaways":[{"evidence":["item:s4","nobody"],"text":"The wait fell [skill:s7]."}]}'

    assert finals(read(JsonParser(labels), [text])) == [
        FieldFinal("evidence", 0, 0, (4, "nobody")),
        FieldFinal("sentence", 0, 0, Draft("The wait fell.", (4, 7))),
    ]


@settings(deadline=None, max_examples=400)
@given(MESS | st.text(max_size=60), st.integers(0, 2**32))
def test_any_text_is_read_the_same_however_it_is_cut(text: str, seed: int) -> None:
    """No text raises, and none is read differently in other pieces."""
    random = randoms.Random(seed)
    cuts = sorted(random.randrange(len(text) + 1) for _ in range(4))
    parsers = JsonParser(), JsonParser(), JsonParser()
    events = read(parsers[0], [text])
    bounds = zip([0, *cuts], [*cuts, len(text)], strict=True)

    assert broken_order(events) is None
    assert finals(read(parsers[1], list(text))) == finals(events)
    assert finals(read(parsers[2], [text[a:b] for a, b in bounds])) == finals(events)


#: Half of a pair of surrogates is no character, and is left out.
HALF = re.compile(r"\\u[dD][89a-fA-F][0-9a-fA-F]{2}")


@settings(deadline=None, max_examples=300)
@given(st.lists(st.sampled_from(BITS), max_size=30).map("".join))
def test_nothing_is_invented(middle: str) -> None:
    """Every word of a sentence and every number cited stood in the text."""
    text = '{"takeaways":[{"evidence":[1],"text":"The wait fell ' + middle
    plain = text.replace("\x00", "").replace("\u200b", "")
    for draft in drafts_of(read(JsonParser(), [text])):
        for word in "".join(char if char.isascii() and char.isalnum() else " " for char in draft.text).split():
            assert word in plain or word in _unescaped(plain) or word in HALF.sub("", plain)
        assert all(str(number) in plain for number in draft.citations)


def _unescaped(text: str) -> str:
    for tag in ("<b>", "</think>", "<think>", "[1]", "\\"):
        text = text.replace(tag, "")
    return text


@pytest.mark.parametrize(
    "unit",
    [
        '{"text":"The wait fell. It is low."},',
        '"',
        "{",
        "[",
        "\\",
        '\\"',
        " ",
        "\n",
        "a",
        ",",
        '","',
        "'",
        "}",
        "“",
        "/",
    ],
)
@pytest.mark.parametrize("opening", ['{"takeaways":[{"text":"', '{"takeaways":[', "[", "so "])
def test_work_is_linear(unit: str, opening: str) -> None:
    """Twice the text is twice the work, whatever it is made of."""

    def work(size: int) -> int:
        text = opening + unit * (size // len(unit))
        parser = JsonParser()
        return calls(lambda: read(parser, list(text)))

    assert work(6_000) <= 2.4 * work(3_000) + 400


def test_what_is_put_right_is_counted() -> None:
    """Each repair has a name and a count, and clean JSON has none."""
    clean, broken = JsonParser(), JsonParser()
    read(clean, [CLEAN])
    read(broken, ["Sure: {takeaways: [{'text': 'The wait fell.',}], // so\n"])

    assert clean.repairs == Counter()
    assert set(broken.repairs) == {
        "prose", "unquoted-key", "single-quotes", "trailing-comma", "comment", "missing-bracket",
    }  # fmt: skip


def test_lines_and_json_tell_the_same_events() -> None:
    """A sentence starts, grows and is final in the same way in both forms."""
    lines = read(LineParser(), list("The wait fell [1]. It stays low [2]."))

    def kinds(events: list[FieldEvent]) -> list[tuple[type, int]]:
        return [(type(event), event.index) for event in events if event.field == "sentence"]

    inside = read(JsonParser(), list('{"text":"The wait fell [1]. It stays low [2]."}'))
    assert kinds(lines) == kinds(inside)
