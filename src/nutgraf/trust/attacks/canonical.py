"""A text as a model would read it: look-alikes folded, unseen characters out, one round of decoding, offsets kept."""

from __future__ import annotations

import base64
import binascii
import codecs
import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import unquote

#: Cyrillic, Greek and other letters that look like a Latin one; folded only in words that also hold Latin letters.
_ALIKE = dict(
    zip(
        "аеорсухіјѕԁһӏԛԝвкмнтАВЕКМНОРСТУХІЈЅαεικνορτυχωγηΑΒΕΖΗΙΚΜΝΟΡΤΥΧıɑɡʟᴀᴄᴅᴇᴏʀᴛᴜꜱɪɴ",
        "aeopcyxijsdhlqwbkmhtABEKMHOPCTYXIJSaeiknoptuxwynABEZHIKMNOPTYXiaglacdeortusin",
        strict=True,
    )
)
_UNSEEN = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff]"
)
_LEET = str.maketrans("013457@$!", "oieastasi")
_LEET_WORD = re.compile(
    r"(?<![\w@$])(?=[a-z@$!\d]*[013457@$!])(?=[a-z@$!\d]*[a-z][a-z@$!\d]*[a-z])[a-z@$!\d]{4,}(?![\w@$])", re.IGNORECASE
)
_SPACED = re.compile(r"(?<![^\s\"'(])(?:[^\W\d_]([ .\-_*|]))(?:[^\W\d_]\1){2,}[^\W\d_](?!\w)")
_BASE64 = re.compile(r"(?<![A-Za-z0-9+/=_-])[A-Za-z0-9+/_-]{16,}={0,2}(?![A-Za-z0-9+/=_-])")
_HEX = re.compile(r"(?<![0-9A-Za-z])(?:(?:0x|\\x)?[0-9A-Fa-f]{2}[ ,:]?){10,}(?![0-9A-Za-z])")
_PERCENT = re.compile(r"\S*(?:%[0-9A-Fa-f]{2}\S*){3,}")
_JOINED = re.compile(r"\w[\w\u200b-\u200d\u2060\u00ad]*")
_LATIN = re.compile(r"[A-Za-z]")
_WORD = re.compile(r"[^\W\d_]+")
_COMMON = frozenset(
    "the and you your all ignore previous instructions prompt system this that with for are not from what how tell me"
    " make write show reveal print say do in of to is answer any rules der die und alle vorherigen anweisungen".split()
)
CHARS_DECODED_AT_MOST = 4000


@dataclass(frozen=True, slots=True)
class Reading:
    """One way a text can be read. `origin[i]` is where character i of `text` begins in the original; one entry more
    closes it. `how` is empty for the text itself, else the encoding that was undone.
    """

    text: str
    origin: tuple[int, ...] | range
    how: str = ""

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Offsets in the original of the characters `start`..`end` of this reading."""
        last = len(self.origin) - 1
        first = self.origin[min(start, last)]
        return first, max(first, self.origin[min(max(end, start), last)])


def canonical(text: str) -> str:
    """`text` in NFKC, look-alikes folded, without unseen characters, tag characters written out as letters."""
    return reading(text).text


def reading(text: str) -> Reading:
    """The canonical form of `text` with the way back to its offsets."""
    if text.isascii():
        return Reading(text, range(len(text) + 1))
    out: list[str] = []
    origin: list[int] = []
    mixed = _mixed_places(text)
    for at, char in enumerate(text):
        for piece in _plain(char, at in mixed):
            out.append(piece)
            origin.append(at)
    return Reading("".join(out), (*origin, len(text)))


def readings(text: str) -> list[Reading]:
    """The canonical text first, then what is found by undoing spacing, leetspeak or one encoding."""
    base = reading(text)
    found = [base]
    for undo in (_unspaced, _unleeted, _unrotated, _reversed_back):
        found += undo(base)
    found += _decoded(base)
    return found


def hidden(text: str) -> list[tuple[int, int]]:
    """Where runs of tag characters or five and more unseen characters in a row stand."""
    if text.isascii():
        return []
    return [m.span() for m in re.finditer("[\U000e0020-\U000e007e]{4,}|[\u200b-\u200f\u2060-\u2064]{5,}", text)]


def _mixed_places(text: str) -> set[int]:
    """Places inside words that mix Latin letters with look-alikes, or in a Latin text have look-alikes alone."""
    places: set[int] = set()
    latin = 2 * sum(char.isascii() for char in text) > len(text)
    for word in _JOINED.finditer(text):
        shown = word.group()
        if not shown.isascii() and (_LATIN.search(shown) or (latin and all(c in _ALIKE for c in shown if c.isalpha()))):
            places.update(range(*word.span()))
    return places


@lru_cache(maxsize=4096)
def _plain(char: str, mixed: bool) -> str:
    if "\U000e0020" <= char <= "\U000e007e":
        return chr(ord(char) - 0xE0000)
    if _UNSEEN.match(char) or "\ud800" <= char <= "\udfff" or "\U000e0000" <= char <= "\U000e0fff":
        return ""
    if mixed and char in _ALIKE:
        return _ALIKE[char]
    return unicodedata.normalize("NFKC", char).replace("\u2019", "'").replace("\u2018", "'")


def _unspaced(base: Reading) -> Iterator[Reading]:
    runs = [m for m in _SPACED.finditer(base.text) if len(m.group()) >= 9]
    if runs:
        drop = {at for m in runs for at in range(m.start(), m.end()) if (at - m.start()) % 2}
        yield _without(base, drop, "spaced letters")


def _without(base: Reading, drop: set[int], how: str) -> Reading:
    keep = [at for at in range(len(base.text)) if at not in drop]
    origin = (*(base.origin[at] for at in keep), base.origin[-1])
    return Reading("".join(base.text[at] for at in keep), origin, how)


def _unleeted(base: Reading) -> Iterator[Reading]:
    if sum(1 for _ in _LEET_WORD.finditer(base.text)) >= 2:
        folded = _LEET_WORD.sub(lambda m: m.group().translate(_LEET), base.text)
        if _common(folded) > _common(base.text):
            yield Reading(folded, base.origin, "leetspeak")


def _unrotated(base: Reading) -> Iterator[Reading]:
    if _common(base.text) <= 0.05 and len(base.text) <= CHARS_DECODED_AT_MOST:
        turned = codecs.decode(base.text, "rot13")
        if _common(turned) >= 0.25:
            yield Reading(turned, base.origin, "rot13")


def _reversed_back(base: Reading) -> Iterator[Reading]:
    if _common(base.text) <= 0.05 and len(base.text) <= CHARS_DECODED_AT_MOST:
        turned = base.text[::-1]
        if _common(turned) >= 0.25:
            yield Reading(
                turned, (*(base.origin[at] for at in range(len(turned) - 1, -1, -1)), base.origin[-1]), "reversed"
            )


def _common(text: str) -> float:
    """The share of very common words among the first sixty."""
    words = _WORD.findall(text[:400].lower())[:60]
    return sum(word in _COMMON for word in words) / len(words) if len(words) >= 3 else 0.0


def _decoded(base: Reading) -> Iterator[Reading]:
    for how, pattern, undo in _ENCODINGS:
        for match in pattern.finditer(base.text):
            plain = undo(match.group()[:CHARS_DECODED_AT_MOST])
            if plain is not None and _speaks(plain):
                start, end = base.span(*match.span())
                yield Reading(reading(plain).text, (*(start for _ in reading(plain).text), end), how)


def _speaks(text: str) -> bool:
    letters = sum(char.isalpha() or char == " " for char in text)
    return len(text) >= 8 and text.isprintable() and letters >= 0.8 * len(text) and len(_WORD.findall(text)) >= 2


def _from_base64(blob: str) -> str | None:
    try:
        padded = blob.rstrip("=").translate(str.maketrans("-_", "+/"))
        return base64.b64decode(padded + "=" * (-len(padded) % 4), validate=True).decode("utf-8").strip()
    except (binascii.Error, ValueError):
        return None


def _from_hex(blob: str) -> str | None:
    try:
        return bytes.fromhex(re.sub(r"0x|\\x|[ ,:]", "", blob)).decode("utf-8").strip()
    except ValueError:
        return None


def _from_percent(blob: str) -> str | None:
    return unquote(blob, errors="replace").replace("+", " ").strip()


_ENCODINGS: tuple[tuple[str, re.Pattern[str], Callable[[str], str | None]], ...] = (
    ("base64", _BASE64, _from_base64),
    ("hex", _HEX, _from_hex),
    ("percent encoding", _PERCENT, _from_percent),
)
