"""What a reader cannot see is taken out."""

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nutgraf.text.clean import visible


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("soft\xadhyphen", "softhyphen"),
        ("zero\u200bwidth\ufeff", "zerowidth"),
        ("left\u202eright\u2066", "leftright"),
        ("bell\x07 nul\x00 escape\x1b[1m del\x7f", "bell nul escape[1m del"),
        ("tags\U000e0041\U000e0042\U000e007f", "tags"),
        ("half\ud83d", "half"),
        ("a\tb\nc\rd e\u2028f\x0cg\x85h", "a\tb\nc\rd e\u2028f\x0cg\x85h"),
        ("می‌خواهم 👩‍⚕️ élan 病院", "می‌خواهم 👩‍⚕️ élan 病院"),
    ],
)
def test_unseen_characters_go(text: str, left: str) -> None:
    """Control, format and tag characters and halves of pairs go; white space, joiners and every letter stay."""
    assert visible(text) == left


@settings(deadline=None)
@given(st.text())
def test_what_is_left_can_be_written_down(text: str) -> None:
    """The rest is encodable, in order, and taking out twice changes nothing."""
    left = visible(text)
    left.encode()

    assert visible(left) == left
    assert [char for char in text if unicodedata.category(char)[0] in "LNPSZM"] == [
        char for char in left if unicodedata.category(char)[0] in "LNPSZM"
    ]
