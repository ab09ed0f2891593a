"""A model's words as plain text: markup taken away, images dropped, links held against the allow-list."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass

from nutgraf.detection import Marked
from nutgraf.trust.output.links import Allowed, trailing

#: More rounds than any nesting that a sentence can hold; what is left after them is broken up by spaces.
_ROUNDS = 8
_KEPT_SIGNS = "\n\t"

_LINK = r"\[(?P<{0}text>[^\[\]]*)\](?:\(\s*<?(?P<{0}url>[^()\s<>]*(?:\([^()\s]*\)[^()\s<>]*)*)>?[^()]*\)|\[[^\[\]]*\])"
_SWALLOWED = r"script|style|iframe|object|embed|svg|math|template|noscript|form|textarea|title|video|audio"
_TOPS = "com|org|net|io|co|dev|app|info|biz|ru|cn|xyz|site|online|top|me|link|ly|gg|sh|ai"
_SCAN = re.compile(
    "|".join(
        (
            rf"(?P<image>!{_LINK.format('i')}|!\[[^\[\]]*\])",
            rf"(?P<link>{_LINK.format('l')})",
            r"(?P<define>^[ ]{0,3}\[[^\[\]\n]+\]:[ \t]*\S.*$)",
            r"(?P<auto><(?P<autourl>(?:https?://|mailto:)[^<>\s]+)>)",
            rf"(?P<swallowed><(?P<tag>{_SWALLOWED})\b[^<>]*>.*?</(?P=tag)\s*>)",
            r"(?P<comment><!--.*?-->|<!\[CDATA\[.*?\]\]>|<[!?][^<>]*>)",
            r"(?P<html></?[a-z][^<>]*>)",
            r"(?P<url>(?:https?|ftp|wss?|file)://[^\s<>\"`{}|\\^\[\]]+|(?<![\w.@/-])//[\w-]+(?:\.[\w-]+)+[^\s<>\"`\[\]]*)",
            r"(?P<script>\b(?:javascript|vbscript|data|blob|about|intent)\s*:\s*(?=[\w(%/;,+.])[^\s<>\"]*[(;,/=][^\s<>\"]*)",
            rf"(?P<bare>(?<![\w@.:/-])(?:www\.[\w-]+(?:\.[\w-]+)+|(?:[\w-]+\.)+(?:{_TOPS})(?=[/?]))[^\s<>\"`\[\]]*)",
            r"(?P<fence>^[ \t]*(?:```+|~~~+)[\w+-]*[ \t]*$\n?)",
            r"(?P<heading>^[ ]{0,3}#{1,6}[ \t]+|^[ ]{0,3}>[ \t]?|^[ ]{0,3}(?:-{3,}|\*{3,}|_{3,})[ \t]*$)",
            r"(?P<strong>\*\*(?=\S)(?P<strongtext>[^*\n]+?)(?<=\S)\*\*|(?<!\w)__(?=\S)(?P<strongtext2>[^_\n]+?)(?<=\S)__(?!\w))",
            r"(?P<em>(?<![\w*])\*(?=\S)(?P<emtext>[^*\n]+?)(?<=\S)\*(?![\w*])|(?<!\w)_(?=\S)(?P<emtext2>[^_\n]+?)(?<=\S)_(?!\w))",
            r"(?P<strike>~~(?=\S)(?P<striketext>[^~\n]+?)(?<=\S)~~)",
            r"(?P<code>`+(?P<codetext>[^`\n]*)`+)",
        )
    ),
    re.IGNORECASE | re.MULTILINE | re.DOTALL,
)
#: Without any of these nothing in a printable text can be markup, a link or hidden.
_TRIGGER = re.compile(r"[<>\[\]`*_#~:\ufe0e\ufe0f]|//|---|\.[a-z]", re.IGNORECASE)
#: Names of elements that browsers know; a word between angle brackets that is none of them is set apart and kept.
_ELEMENTS = frozenset(
    """a abbr acronym address applet area article aside audio b base basefont bdi bdo bgsound big blink blockquote body
    br button canvas caption center cite code col colgroup command content data datalist dd del details dfn dialog dir
    div dl dt element em embed fieldset figcaption figure font footer form frame frameset h1 h2 h3 h4 h5 h6 head header
    hgroup hr html i iframe image img input ins isindex kbd keygen label legend li link listing main map mark marquee
    math menu menuitem meta meter multicol nav nextid nobr noembed noframes noscript object ol optgroup option output p
    param picture plaintext portal pre progress q rb rp rt rtc ruby s samp script search section select shadow slot
    small source spacer span strike strong style sub summary sup svg table tbody td template textarea tfoot th thead
    time title tr track tt u ul use var video wbr xml xmp""".split()
)
_OPEN = re.compile(r"<(?=[a-z/!?])", re.IGNORECASE)
_BRACKETS = re.compile(r"\](?=[\[(:])|!(?=\[)")
_ESCAPE = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?)?")


@dataclass(frozen=True, slots=True)
class Cleaned:
    """Plain text to show, and what was changed: marks in the text as it came, labelled by kind with the reason."""

    text: str
    marks: tuple[Marked, ...] = ()

    @property
    def hostile(self) -> bool:
        """Whether something was taken out that honest words do not hold: an image, a strange link, code, the hidden."""
        return any(mark.label != "markdown" for mark in self.marks)


def clean(text: str, allowed: Allowed) -> Cleaned:
    """What may be shown of `text`: no image, no markup, no link that is not allowed, no hidden character.

    Cleaning what was cleaned changes nothing.
    """
    if text.isprintable() and not _TRIGGER.search(text):
        return Cleaned(text)
    shown, places, marks = _seen(text)
    for number in range(_ROUNDS):
        before = shown
        shown, found = _once(shown, allowed)
        if number == 0:
            marks += [_moved(mark, places) for mark in found]
        elif found:
            marks.append(Marked(0, len(text), "markup", 1.0, "markup inside of markup"))
        if shown == before:
            break
    else:
        shown = re.sub(r"([<\[(!:/])", r"\1 ", shown)
    return Cleaned(shown, tuple(marks))


def _seen(text: str) -> tuple[str, list[int], list[Marked]]:
    """The text without hidden characters, where each kept one stood, and marks of the others."""
    kept: list[int] = []
    marks: list[Marked] = []
    escapes = {i for match in _ESCAPE.finditer(text) for i in range(*match.span())}
    for at, sign in enumerate(text):
        if at in escapes or _hidden(text, at, sign):
            marks.append(Marked(at, at + 1, "hidden", 1.0, "a character that nobody sees"))
        else:
            kept.append(at)
    return "".join(text[at] for at in kept), kept, marks


def _hidden(text: str, at: int, sign: str) -> bool:
    if sign.isascii():
        return (sign < " " and sign not in _KEPT_SIGNS and sign != "\r") or sign == "\x7f"
    if sign in "\u200c\u200d\ufe0e\ufe0f":
        around = text[max(0, at - 1) : at] + text[at + 1 : at + 2]
        return not around or around.isascii()
    return unicodedata.category(sign) in ("Cf", "Cc", "Co", "Cs", "Zl", "Zp")


def _moved(mark: Marked, places: list[int]) -> Marked:
    """A mark of the kept text in the text as it came."""
    if mark.start >= len(places):
        return Marked(0, 0, mark.label, mark.score, mark.because)
    return Marked(places[mark.start], places[max(mark.start, mark.end - 1)] + 1, mark.label, mark.score, mark.because)


def _once(text: str, allowed: Allowed) -> tuple[str, list[Marked]]:
    marks: list[Marked] = []

    def change(match: re.Match[str]) -> str:
        new, label, because = _change(match, allowed)
        if new != match[0]:
            marks.append(Marked(match.start(), match.end(), label, 1.0, because))
        return new

    shown = _SCAN.sub(change, text)
    for pattern, broken in ((_OPEN, "< "), (_BRACKETS, None)):
        shown = pattern.sub(lambda match, broken=broken: broken or f"{match[0]} ", shown)  # type: ignore[misc]
    return shown, marks


def _change(match: re.Match[str], allowed: Allowed) -> tuple[str, str, str]:
    """What a construct becomes, its label, and why."""
    kind = match.lastgroup or ""
    kind = next(name for name in _KINDS if match[name] is not None) if kind not in _KINDS else kind
    return _KINDS[kind](match, allowed)


def _image(match: re.Match[str], allowed: Allowed) -> tuple[str, str, str]:
    return (match["itext"] or "").strip("!"), "image", "an image would be fetched from somewhere"


def _link(match: re.Match[str], allowed: Allowed) -> tuple[str, str, str]:
    text, url = match["ltext"].strip(), match["lurl"] or ""
    if url and allowed.allows(url):
        return (url if text in ("", url) else f"{text} ({url})"), "markdown", "a link is shown as plain text"
    return text, "link", f"the address {url[:80]!r} is not on the allow-list"


def _auto(match: re.Match[str], allowed: Allowed) -> tuple[str, str, str]:
    url = match["autourl"]
    if allowed.allows(url):
        return url, "markdown", "a link is shown as plain text"
    return "", "link", f"the address {url[:80]!r} is not on the allow-list"


def _url(match: re.Match[str], allowed: Allowed) -> tuple[str, str, str]:
    whole = match[0]
    end = len(whole) - trailing(whole)
    url = whole[:end]
    return (
        (whole, "link", "")
        if allowed.allows(url)
        else (whole[end:], "link", f"the address {url[:80]!r} is not on the allow-list")
    )


def _bare(match: re.Match[str], allowed: Allowed) -> tuple[str, str, str]:
    whole = match[0]
    end = len(whole) - trailing(whole)
    return (
        (whole, "link", "")
        if allowed.allows(f"https://{whole[:end]}")
        else (whole[end:], "link", f"the address {whole[:80]!r} is not on the allow-list")
    )


def _gone(label: str, because: str) -> Callable[[re.Match[str], Allowed], tuple[str, str, str]]:
    return lambda match, allowed: ("", label, because)


def _html(match: re.Match[str], allowed: Allowed) -> tuple[str, str, str]:
    """An element goes; what only looks like one, such as the type in `Vec<String>`, is set apart and stays."""
    inside = match[0][1:-1].strip("/ ")
    name = re.split(r"[\s/]", inside, maxsplit=1)[0].lower()
    if name in _ELEMENTS or "=" in inside or "-" in name or ":" in name:
        return "", "html", "raw markup"
    return f"< {match[0][1:]}", "markdown", "shown as plain text"


def _inner(match: re.Match[str], allowed: Allowed) -> tuple[str, str, str]:
    names = ("strongtext", "strongtext2", "emtext", "emtext2", "striketext", "codetext")
    return next((match[name] for name in names if match[name] is not None), ""), "markdown", "shown as plain text"


_KINDS: dict[str, Callable[[re.Match[str], Allowed], tuple[str, str, str]]] = {
    "image": _image, "link": _link, "define": _gone("link", "a link's address, given apart"), "auto": _auto,
    "swallowed": _gone("html", "markup that runs or loads something"), "comment": _gone("html", "a hidden comment"),
    "html": _html, "url": _url, "bare": _bare,
    "script": _gone("link", "an address that runs or holds something"),
    "fence": _gone("markdown", "shown as plain text"), "heading": _gone("markdown", "shown as plain text"),
    "strong": _inner, "em": _inner, "strike": _inner, "code": _inner,
}  # fmt: skip
