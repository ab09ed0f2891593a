"""The catalogue of malformations: each by name, put on a clean answer; and the corpus made from it.

`python -m tests.parse.malformations` writes tests/parse/corpus/made.jsonl again.
"""

from __future__ import annotations

import json
import random as randoms
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.parse.answers import Answer, Point, Style, an_answer, write

CORPUS = Path(__file__).parent / "corpus"
ALONE, PAIRS, SEED = 7, 160, 20_261_008

Malform = Callable[[Style, randoms.Random], None]


def _with(**changes: Any) -> Malform:
    return lambda style, random: vars(style).update(changes)


def _choice(*options: dict[str, Any]) -> Malform:
    return lambda style, random: vars(style).update(random.choice(options))


def _around(*changes: Callable[[str], str]) -> Malform:
    def malform(style: Style, random: randoms.Random) -> None:
        inner, outer = style.wrap, random.choice(changes)
        style.wrap = lambda text, again: outer(inner(text, again))

    return malform


def _within(change: Callable[[str, randoms.Random], str]) -> Malform:
    def malform(style: Style, random: randoms.Random) -> None:
        inner = style.in_string
        style.in_string = lambda text, again: change(inner(text, again), again)

    return malform


def _before_a_word(text: str, random: randoms.Random, sign: str) -> str:
    places = [match.start() for match in re.finditer(" ", text)]
    place = random.choice(places)
    return text[:place] + sign + text[place + (sign != "\x07") :]


def _tagged(text: str, random: randoms.Random) -> str:
    words = text.split(" ")
    place = random.randrange(1, len(words) - 1)
    tag = random.choice(("b", "em", "strong"))
    words[place] = f"<{tag}>{words[place]}</{tag}>"
    return " ".join(words)


def _call(text: str) -> str:
    return json.dumps({"name": "answer", "arguments": "@"}).replace('"@"', text)


def _without_end(text: str) -> str:
    return text.rstrip("]}\n ,")


INTRO = "Here is the JSON that you asked for:\n"
THOUGHT = "<think>The reader wants {two} points. I'll cite [1] and [2].</think>\n"
ALIASES = (
    {"takeaways": "key_takeaways", "text": "sentence", "evidence": "sources", "starters": "follow_ups"},
    {"takeaways": "points", "text": "point", "evidence": "citations", "starters": "questions"},
    {"takeaways": "Takeaways", "text": "takeaway", "evidence": "refs", "starters": "Follow-up questions"},
    {"takeaways": "answer", "text": "content", "evidence": "source", "starters": "suggested_questions"},
)
EXTRAS = ('"id":#', '"title":"Point #"', '"confidence":0.9', '"final":true', '"note":null')

MALFORMATIONS: dict[str, Malform] = {
    "prose-before": _around(lambda t: INTRO + t, lambda t: f"Sure! {t}", lambda t: f"Certainly, the answer is:\n\n{t}"),
    "prose-after": _around(lambda t: f"{t}\n\nI hope this helps! See [1] {{ok}}.", lambda t: f"{t} Let me know."),
    "code-fence": _around(
        lambda t: f"```json\n{t}\n```", lambda t: f"```\n{t}\n```", lambda t: f"{INTRO}```json\n{t}```"
    ),
    "thinking": _around(lambda t: THOUGHT + t, lambda t: f"The plan: two points.</think>{t}"),
    "chat-signs": _around(lambda t: f"<|assistant|>{t}<|im_end|>", lambda t: f"{t}</s>"),
    "tool-call": _around(_call, lambda t: f"<tool_call>{_call(t)}</tool_call>", lambda t: f"<answer>\n{t}\n</answer>"),
    "nested-result": _around(lambda t: f'{{"result":{t}}}', lambda t: f'{{"status":"ok","data":{{"output":{t}}}}}'),
    "json-in-a-string": _around(json.dumps, lambda t: f'{{"output":{json.dumps(t)}}}'),
    "escaped-document": _around(lambda t: json.dumps(t)[1:-1]),
    "two-documents": _around(
        lambda t: t + t, lambda t: f"{t}\n\n{t}", lambda t: f"{t}\nAgain:\n{t[: len(t) * 2 // 3]}"
    ),
    "missing-end": _around(_without_end, lambda t: t.rstrip().removesuffix("}")),
    "stray-end": _around(lambda t: f"{t}}}", lambda t: f"{t}]}}"),
    "single-quotes": _with(quotes=("'", "'")),
    "smart-quotes": _choice({"quotes": ("“", "”")}, {"quotes": ("“", '"')}),
    "unquoted-keys": _with(quoted_keys=False),
    "missing-comma": _choice({"comma": " "}, {"comma": "\n"}),
    "trailing-comma": _with(trailing_comma=True),
    "missing-colon": _with(colon=" "),
    "comments": _choice({"comments": "// @"}, {"comments": "/* @ */"}, {"comments": "# @"}),
    "python-literals": _choice({"quotes": ("'", "'"), "extra": "'final':True"}, {"extra": '"note":None'}),
    "doubled-braces": _with(braces=("{{", "}}")),
    "doubled-quotes": _with(quotes=('""', '""'), escape_quotes=True),
    "aliases": _choice(*ALIASES),
    "list": _with(shape="list"),
    "list-of-strings": _with(shape="strings", in_text=True),
    "numbered": _with(shape="numbered"),
    "ndjson": _with(shape="ndjson"),
    "early-end": _with(shape="early"),
    "numbers-as-strings": _choice(
        {"numbers": lambda n: f'"{n}"'}, {"numbers": lambda n: f'"[{n}]"'}, {"numbers": lambda n: f'"e{n}"'}
    ),
    "one-number": _with(one_number=True),
    "citations-in-text": _with(in_text=True),
    "unknown-keys": lambda style, random: vars(style).update(extra=random.choice(EXTRAS)),
    "repeated-keys": _with(repeat_key=True),
    "open-evidence": _with(close_evidence=""),
    "missing-quote": _with(close_text=False),
    "unescaped-quotes": _with(escape_quotes=False),
    "line-breaks": _within(lambda t, r: _before_a_word(t, r, "\n")),
    "control-characters": _within(lambda t, r: _before_a_word(t, r, r.choice(("\t", "\x07", "\x0b")))),
    "bad-escapes": _within(lambda t, r: t.replace("'", "\\'").replace("-", "\\-").replace(",", "\\,")),
    "ascii-escapes": _with(ascii_only=True),
    "tags-in-text": _within(_tagged),
    "indented": _with(indent=True),
    "evidence-after": _with(evidence_first=False),
}
#: What JSON allows: no malformation, but it must be read all the same.
CLEAN = ("ascii-escapes", "indented", "evidence-after")
#: Pairs that say nothing sensible together, or where no reader could tell what was meant.
AMBIGUOUS = (
    {"missing-quote", "missing-comma"}, {"missing-quote", "missing-colon"}, {"missing-quote", "list-of-strings"},
    {"missing-quote", "single-quotes"}, {"missing-quote", "python-literals"}, {"missing-quote", "unquoted-keys"},
    {"missing-quote", "smart-quotes"}, {"missing-quote", "doubled-quotes"}, {"missing-quote", "comments"},
    {"doubled-quotes", "escaped-document"}, {"missing-comma", "open-evidence"}, {"missing-colon", "unquoted-keys"},
    {"missing-colon", "numbered"}, {"missing-end", "two-documents"}, {"unescaped-quotes", "escaped-document"},
    {"unescaped-quotes", "json-in-a-string"}, {"early-end", "unquoted-keys"}, {"list-of-strings", "ndjson"},
    {"two-documents", "nested-result"}, {"escaped-document", "smart-quotes"}, {"escaped-document", "comments"},
)  # fmt: skip


def expected(answer: Answer, names: set[str]) -> dict[str, Any]:
    """What a careful reader takes from the answer."""
    shapeless = names & {"list", "ndjson"}
    return {
        "blocks": [{"sentences": list(point.sentences), "evidence": list(point.evidence)} for point in answer.points],
        "starters": [] if shapeless else list(answer.starters),
    }


def made(names: tuple[str, ...], random: randoms.Random) -> dict[str, Any]:
    """One case: an answer with these malformations on it, in the order of the catalogue."""
    answer, style = an_answer(random), Style()
    for name in sorted(names, key=list(MALFORMATIONS).index, reverse=True):
        MALFORMATIONS[name](style, random)
    return {"how": list(names), "expects": "json", "raw": write(answer, style, random), **expected(answer, set(names))}


def cut(random: randoms.Random) -> dict[str, Any]:
    """A clean answer that ends anywhere."""
    answer, style = an_answer(random), Style(escape_quotes=True)
    raw = write(answer, style, random)
    end = random.randrange(len('{"takeaways":[{"evi'), len(raw))
    blocks, starters = [], []
    for point in answer.points:
        opening = raw.index(json.dumps(point.text, ensure_ascii=False)) + 1
        if opening < end:
            text = _so_far(raw[opening:end], point.text)
            if any(map(str.isalpha, text)):
                blocks.append({"sentences": _sentences_so_far(point, text), "evidence": list(point.evidence)})
    at = raw.index('"starters"')
    for starter in answer.starters:
        opening = raw.index(json.dumps(starter, ensure_ascii=False), at) + 1
        text = _so_far(raw[opening:end], starter) if opening < end else ""
        if any(map(str.isalpha, text)):
            starters.append(text)
    return {"how": ["cut"], "expects": "json", "raw": raw[:end], "blocks": blocks, "starters": starters}


def _so_far(written: str, whole: str) -> str:
    """What a cut string says of `whole`."""
    text = written.replace('\\"', '"').removesuffix("\\")
    return (whole if len(text) >= len(whole) else text).strip()


def _sentences_so_far(point: Point, text: str) -> list[str]:
    said, rest = [], text
    for sentence in point.sentences:
        if rest.strip():
            said.append(rest[: len(sentence)].strip())
        rest = rest[len(sentence) + 1 :]
    return [sentence for sentence in said if any(map(str.isalpha, sentence))]


LINE_STYLES: dict[str, Callable[[Answer], str]] = {
    "lines": lambda a: "\n".join(_cited(point) for point in a.points),
    "bullets": lambda a: "\n".join(f"- {_cited(point)}" for point in a.points),
    "bullets-with-heading": lambda a: "Here are the key takeaways:\n\n" + "\n".join(f"* {_cited(p)}" for p in a.points),
    "numbered-list": lambda a: "\n".join(f"{n}. {_cited(point)}" for n, point in enumerate(a.points, 1)),
    "markdown": lambda a: (
        "### Takeaways\n\n"
        + "\n".join(f"- **{_cited(point)}**" for point in a.points)
        + "\n\n**Follow-up questions:**\n"
        + "\n".join(f"- {starter}" for starter in a.starters)
    ),
    "xml": lambda a: "<takeaways>\n" + "\n".join(
        f'<takeaway evidence="{",".join(map(str, p.evidence))}">{p.text}</takeaway>' for p in a.points
    ) + "\n</takeaways>",
    "named": lambda a: "\n".join(f"Takeaway {n}: {_cited(point)}" for n, point in enumerate(a.points, 1)),
    "fenced-lines": lambda a: "```\n" + "\n".join(_cited(point) for point in a.points) + "\n```",
    "thinking-lines": lambda a: THOUGHT + "\n".join(_cited(point) for point in a.points),
}  # fmt: skip


def _cited(point: Point) -> str:
    marks = "".join(f"[{n}]" for n in point.evidence)
    return f"{point.text[:-1]} {marks}{point.text[-1]}"


def in_lines(name: str, expects: str, random: randoms.Random) -> dict[str, Any]:
    """An answer in lines instead of JSON."""
    answer = an_answer(random)
    found = expected(answer, set())
    starters = found["starters"] if name == "markdown" else []
    raw = LINE_STYLES[name](answer)
    return {"how": [name], "expects": expects, "raw": raw, **found, "starters": starters}


def corpus(seed: int = SEED) -> list[dict[str, Any]]:
    """Every malformation alone, seeded pairs of them, answers in lines, and answers cut anywhere."""
    random = randoms.Random(seed)
    cases = [made((), random)]
    cases += [made((name,), random) for name in MALFORMATIONS for _ in range(ALONE)]
    names = list(MALFORMATIONS)
    while len(cases) < 1 + ALONE * len(names) + PAIRS:
        pair = random.sample(names, 2)
        if set(pair) not in AMBIGUOUS and not _same_part(*pair):
            cases.append(made(tuple(pair), random))
    cases += [
        in_lines(name, expects, random) for name in LINE_STYLES for expects in ("json", "lines") for _ in range(3)
    ]
    return cases + [cut(random) for _ in range(60)]


def _same_part(one: str, other: str) -> bool:
    """Whether both write the same part of the answer, so that the later one would undo the earlier."""
    parts = (
        {"single-quotes", "smart-quotes", "doubled-quotes", "python-literals", "unescaped-quotes"},
        {"list", "list-of-strings", "numbered", "ndjson", "early-end"},
        {"numbers-as-strings", "citations-in-text", "list-of-strings", "open-evidence", "one-number"},
        {"unknown-keys", "python-literals"},
        {"missing-comma", "trailing-comma"},
    )
    return any(one in part and other in part for part in parts)


if __name__ == "__main__":
    made_cases = corpus()
    CORPUS.mkdir(exist_ok=True)
    lines = [json.dumps(case, ensure_ascii=False) + "\n" for case in made_cases]
    (CORPUS / "made.jsonl").write_text("".join(lines), "utf-8")
    sys.stdout.write(f"{len(made_cases)} cases\n")
