"""Clean answers of an invented model, and how they are written as JSON with any malformation we know of."""

from __future__ import annotations

import json
import random as randoms
from collections.abc import Callable
from dataclasses import dataclass, field

#: Invented sentences with what trips parsers: quotation marks, apostrophes, commas, numbers, brackets, other scripts.
SENTENCES = """
The clinic moved its pharmacy window next to the exit.
The average wait fell from 19 to 11 minutes within six weeks.
Dr. Amara Osei said "we should have asked the porters first" at the review.
The members' fees rose by 3.5 percent, to $1,240 a year.
It's the third time that Harbor Loop, a logistics firm, has hired trainers.
Applicants don't need a degree: a portfolio of three projects is enough.
The U.S. office opened in March, and the Lisbon office follows in May.
Three of five teams (the ones in Leeds, York and Hull) work four days.
Renée Dubois led 26 people at Café Tallow before she founded Copperline.
The course costs €480; half of it is paid back after the exam.
Nobody at the bakery, not even the owner, knew the price of a loaf.
A usual month holds two talks, three articles and about 60 answers.
The note reads "closed until further notice", which surprised the staff.
Sales grew 9% in the north and fell 2% in the south.
The grid connection takes 14 weeks, so the roof waits until autumn.
The new rule, for members and guests, begins on 1 July 2026.
Ingrid Vos calls the method "slow hiring" and has used it since 2019.
What does the plan leave out?
The team's motto is 'ship small, ship often', and it shows.
The workshop in Kraków was full: 48 of 48 seats were taken.
Bukola Simmons made a mark each time someone left without being seen.
The refund was paid within 9 days, two days sooner than promised.
""".strip().splitlines()
STARTERS = [
    "Why did the clinic move the window?",
    "How many people are in the team?",
    "Which skills does the job ask for?",
    "What would a first week look like?",
    'What does "slow hiring" mean?',
    "Who pays for the course?",
]


@dataclass(frozen=True)
class Point:
    """One takeaway: its sentences, and the numbers of its evidence."""

    sentences: tuple[str, ...]
    evidence: tuple[int, ...]

    @property
    def text(self) -> str:
        """The sentences as one text."""
        return " ".join(self.sentences)


@dataclass(frozen=True)
class Answer:
    """What a model meant to write."""

    points: tuple[Point, ...]
    starters: tuple[str, ...]


def an_answer(random: randoms.Random) -> Answer:
    """An answer of two to four takeaways."""
    pool = random.sample(SENTENCES, 8)
    points = []
    for _ in range(random.randint(2, 4)):
        sentences = tuple(pool.pop() for _ in range(random.choice((1, 1, 1, 2))))
        points.append(Point(sentences, tuple(sorted(random.sample(range(1, 10), random.choice((1, 1, 2)))))))
    return Answer(tuple(points), tuple(random.sample(STARTERS, random.randint(1, 2))))


def _same(text: str, random: randoms.Random) -> str:
    return text


Change = Callable[[str, randoms.Random], str]


@dataclass
class Style:
    """How an answer is written; the defaults are clean JSON."""

    quotes: tuple[str, str] = ('"', '"')
    escape_quotes: bool = True
    quoted_keys: bool = True
    comma: str = ","
    trailing_comma: bool = False
    colon: str = ":"
    comments: str = ""
    braces: tuple[str, str] = ("{", "}")
    indent: bool = False
    evidence_first: bool = True
    takeaways: str = "takeaways"
    text: str = "text"
    evidence: str = "evidence"
    starters: str = "starters"
    shape: str = "object"
    numbers: Callable[[int], str] = str
    one_number: bool = False
    in_text: bool = False
    extra: str = ""
    repeat_key: bool = False
    close_evidence: str = "]"
    close_text: bool = True
    in_string: Change = _same  # what happens to the text between its marks
    ascii_only: bool = False
    wrap: Change = _same  # what happens to the whole
    names: list[str] = field(default_factory=list)


def write(answer: Answer, style: Style, random: randoms.Random) -> str:
    """The answer in that style, malformations and all."""
    items = [_point(point, style, random, number) for number, point in enumerate(answer.points, 1)]
    if style.shape == "ndjson":
        body = "\n".join(items)
    elif style.shape == "list":
        body = _list(items, style)
    elif style.shape == "numbered":
        pairs = [f"{_key(str(n), style)}{item}" for n, item in enumerate(items, 1)]
        body = _object([f"{_key(style.takeaways, style)}{_object(pairs, style)}", _starters(answer, style)], style)
    elif style.shape == "early":  # the object closes before its starters
        body = f'{{"takeaways":{_list(items, style)}}},{_starters(answer, style)}}}'
    else:
        body = _object([f"{_key(style.takeaways, style)}{_list(items, style)}", _starters(answer, style)], style)
    return style.wrap(body, random)


def _point(point: Point, style: Style, random: randoms.Random, number: int) -> str:
    marks = "".join(f" [{n}]" for n in point.evidence) if style.in_text else ""
    text = point.text
    text = f"{text[:-1]}{marks}{text[-1]}" if marks and len(point.sentences) == 1 else text + marks
    written = _string(text, style, random)
    if style.shape in ("strings", "list-of-strings"):
        return written
    pair = f"{_key(style.text, style)}{written}"
    if style.repeat_key:
        pair += f"{style.comma}{pair}"
    if style.in_text:
        return _object([pair], style)
    numbers = style.comma.join(map(style.numbers, point.evidence))
    if style.one_number and len(point.evidence) == 1:
        listed = style.numbers(point.evidence[0])
    else:
        listed = f"[{numbers}{style.close_evidence}"
    evidence = f"{_key(style.evidence, style)}{listed}"
    pairs = [evidence, pair] if style.evidence_first else [pair, evidence]
    if style.extra:
        pairs.insert(1, style.extra.replace("#", str(number)))
    return _object(pairs, style)


def _starters(answer: Answer, style: Style) -> str:
    plain = Style(**{**vars(style), "in_string": _same, "close_text": True})
    strings = [_string(text, plain, randoms.Random(0)) for text in answer.starters]
    return f"{_key(style.starters, style)}{_list(strings, style)}"


def _key(name: str, style: Style) -> str:
    written = f"{style.quotes[0]}{name}{style.quotes[1]}" if style.quoted_keys else name
    return f"{written}{style.colon}" + (" " if style.indent else "")


def _string(text: str, style: Style, random: randoms.Random) -> str:
    opening, closing = style.quotes
    written = json.dumps(text, ensure_ascii=style.ascii_only)[1:-1]
    if not style.escape_quotes or opening != '"':
        written = written.replace('\\"', '"')
    written = style.in_string(written, random)
    return f"{opening}{written}{closing if style.close_text else ''}"


def _object(pairs: list[str], style: Style) -> str:
    return _joined(pairs, style, *style.braces)


def _list(items: list[str], style: Style) -> str:
    return _joined(items, style, "[", "]")


def _joined(parts: list[str], style: Style, opening: str, closing: str) -> str:
    line = "\n" if style.indent or style.comments else ""
    comment = style.comments.replace("@", "it is so") if style.comments else ""
    inside = (style.comma + line).join(parts) + (style.comma if style.trailing_comma else "")
    return f"{opening}{comment}{line}{inside}{line}{closing}"
