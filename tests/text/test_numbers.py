"""Numbers that mean the same are equal, and no others."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from nutgraf.text.numbers import Number, numbers

#: Each row is one amount, written in several ways.
EQUAL = [
    ["1,200", "1200", "1.2k", "1.2K", "twelve hundred", "one thousand two hundred", "1.2 thousand"],
    ["4:30 PM", "4:30 p.m.", "16:30", "4:30pm"],
    ["5 p.m.", "5 PM", "5pm", "17:00", "5:00 p.m."],
    ["12 a.m.", "midnight", "00:00", "0:00"],
    ["12 p.m.", "noon", "12:00"],
    ["three", "3", "third", "3rd", "3.0"],
    ["40%", "40 %", "40 percent", "40 per cent", "forty percent", "40-percent", "forty per cent"],
    ["5 percentage points", "5 pp", "five percentage points"],
    ["$20", "20 dollars", "US$20", "twenty dollars", "20 USD", "20 US dollars"],
    ["€3.50", "3.50 euros", "3.5 EUR"],
    ["£2 million", "£2m", "two million pounds", "£2,000,000"],
    ["$1.5bn", "$1.5 billion", "1.5 billion dollars", "$1,500 million"],
    ["half", "0.5", ".5", "½", "one half", "a half"],
    ["two-thirds", "two thirds"],
    ["a quarter", "one quarter", "0.25", "¼", "one-fourth"],
    ["half a million", "500,000", "0.5 million", "500k"],
    ["three and a half million", "3.5 million", "3½ million", "3,500,000"],
    ["one and a half", "1.5", "1½"],
    ["twenty-one", "21", "twenty one", "twenty-first", "21st"],
    ["two hundred and fifty thousand", "250,000", "250k"],
    ["a hundred", "100", "one hundred"],
    ["a dozen", "12", "twelve", "dozen"],
    ["two dozen", "24"],
    ["half a dozen", "six", "6"],
    ["two thousand twenty-four", "2024"],
    ["twice", "2", "two"],
    ["zero", "0"],
    ["-5", "−5"],
    ["1990s", "1990’s"],
    ["007", "7"],
]
#: Pairs that look alike and are not the same.
APART = [
    ("3.1", "3.10"), ("3.11", "3.11.2"), ("40%", "40"), ("$40", "40"), ("$40", "€40"), ("5%", "5 percentage points"),
    ("-5", "5"), ("0.5", "5"), (".5", "5"), ("1990s", "1990"), ("4:30 AM", "4:30 PM"), ("1.2k", "1.2"),
    ("1,200", "1.200"), ("12345678901234567", "12345678901234568"), ("three million", "three"), ("thirteen", "thirty"),
    ("two-thirds", "two"), ("1,5", "1.5"), ("16:30", "16.30"), ("noon", "midnight"),
]  # fmt: skip
FOUND: dict[str, list[object]] = {
    "from 10-20% of them": [(10.0, "%"), (20.0, "%")],
    "10% to 20%": [(10.0, "%"), (20.0, "%")],
    "between 10 and 20 percent": [(10.0, "%"), (20.0, "%")],
    "$10-20 each": [(10.0, "$"), (20.0, "$")],
    "$5-7 million": [(5e6, "$"), (7e6, "$")],
    "$5 to $7 million": [(5e6, "$"), (7e6, "$")],
    "five to seven million": [5e6, 7e6],
    "5 to 7 people": [5.0, 7.0],
    "5-6 p.m.": ["17:00", "18:00"],
    "9:30–11 a.m.": ["09:30", "11:00"],
    "5 nurses and 20 percent of beds": [5.0, (20.0, "%")],
    "3 and 5 million": [3.0, 5e6],
    "on March 4, 2024": [4.0, 2024.0],
    "the first two weeks": [1.0, 2.0],
    "five six": [5.0, 6.0],
    "one of them": [1.0],
    "19 to 11 minutes": [19.0, 11.0],
    "1.234,56": [1.234, 56.0],
    "1 234 567": [1.0, 234.0, 567.0],
    "A-10 and COVID-19": [10.0, 19.0],
    "B2B with 18F": [2.0, 18.0],
    "(-3 to 4)": [-3.0, 4.0],
    "5 km, 5km, 5 m": [5.0, 5.0, 5.0],
    "401(k)": [401.0],
    "ask someone often; no tension, phones or money": [],
    "a second look, ten seconds": [10.0],
    "millions of dollars": [],
    "5 people. Ten more": [5.0, 10.0],
    "25 pm": [25.0],
    "12:75": [12.0, 75.0],
    "٣ apples": [3.0],
    "$ and %": [],
    "": [],
}


def seen(text: str) -> list[object]:
    """The values in a text, with their units where they have one."""
    return [(number.value, number.unit) if number.unit else number.value for number in numbers(text)]


@pytest.mark.parametrize("row", EQUAL, ids=lambda row: row[0])
@pytest.mark.parametrize("frame", ["{}", "It was {} then.", "({})"])
def test_one_amount_many_spellings(row: list[str], frame: str) -> None:
    """However it is written, an amount is one number."""
    values = {written: seen(frame.format(written)) for written in row}

    assert all(len(value) == 1 for value in values.values()), values
    assert len({str(value) for value in values.values()}) == 1, values


@pytest.mark.parametrize(("one", "other"), APART)
def test_lookalikes_are_not_equal(one: str, other: str) -> None:
    """A point, a unit or a sign makes another number."""
    assert seen(one) != seen(other)


@pytest.mark.parametrize(("text", "values"), FOUND.items())
def test_numbers_in_a_text(text: str, values: list[object]) -> None:
    """Ranges share unit and scale; words and signs that hold no number give none."""
    assert seen(text) == values


@settings(deadline=None, max_examples=200)
@given(st.integers(0, 999_999_999))
@example(1_000)
def test_thousands_separators_change_nothing(value: int) -> None:
    """1234567 and 1,234,567 are one number."""
    assert seen(f"{value:,}") == seen(str(value)) == [float(value)]


PIECES = (
    "3|1,200|half|a|million|and|hundred|-|%| |$|:|p.m.|.|twenty|one|½|k|percent|to|dozen|third|s|5 |–|\x00"
).split("|")


@settings(deadline=None, max_examples=300)
@given(st.lists(st.sampled_from(PIECES)).map("".join) | st.text(max_size=60))
@example("five to half a hundred")
def test_numbers_point_into_the_text(text: str) -> None:
    """Any text can be read; numbers are in order, never overlap, and stand where they say."""
    found = numbers(text)
    ends = [0, *(number.end for number in found)]

    assert all(end <= number.start < number.end <= len(text) for end, number in zip(ends, found, strict=False))
    assert all(number.written.strip() in text for number in found)


def test_written_tells_digits_from_words() -> None:
    """A number knows how it was written."""
    assert [(n.written, n.digits) for n in numbers("three of 40%")] == [("three", False), ("40%", True)]
    assert isinstance(numbers("3")[0], Number)
