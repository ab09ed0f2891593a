"""Cases from elsewhere: other people's JSON lines, and what members asked, masked."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from nutgraf.conversation import Feedback
from nutgraf.errors import InputError
from nutgraf.evals.cases import Case, Expect, Json, case_of, parsed
from nutgraf.text.words import as_written

#: Names under which others keep what we need, the first that is there counts.
NAMES: Mapping[str, tuple[str, ...]] = {
    "id": ("id", "_id", "qid", "uid", "example_id"),
    "question": ("question", "query", "input", "prompt", "user_input", "instruction"),
    "text": ("context", "contexts", "document", "documents", "passage", "passages", "source", "article", "text",
             "retrieved_contexts"),
    "title": ("title", "name", "headline"),
    "says": ("answer", "answers", "expected", "expected_output", "reference", "target", "ground_truth", "output"),
    "kinds": ("kinds", "tags", "category", "type", "labels"),
}  # fmt: skip
SAYS_AT_MOST_WORDS, TITLE_WORDS = 12, 10
Mask = Callable[[str], str]


def import_cases(
    lines: Iterable[str], name: str, agent: str, names: Mapping[str, str] | None = None
) -> Iterator[Case | str]:
    """A case for each line, or in words why a line is of no use. Lines that are cases of ours stay as they are.

    `names` maps our fields (`id`, `question`, `text`, `title`, `says`, `kinds`) to those of the file, where the usual
    names do not fit. An expected answer of more than SAYS_AT_MOST_WORDS words is kept as a note, since no answer would
    hold it word for word. Raises InputError for a field in `names` that is not ours.
    """
    if unknown := [ours for ours in names or {} if ours not in NAMES]:
        raise InputError(f"map: {unknown[0]!r} is no field of ours; use {', '.join(NAMES)}")
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        where = f"{name}, line {number}"
        try:
            found = parsed(line, where)
            yield case_of(found, where) if {"agent", "id"} <= found.keys() else _imported(found, where, agent, names)
        except InputError as exc:
            yield str(exc)


def case_from_trace(trace: Mapping[str, Any], mask: Mask, feedback: Sequence[Feedback] = ()) -> Case:
    """A case from what a trace says was asked, without the member: their record stays where it is.

    `mask` takes personal data out of the question and the earlier turns. The passages of the item that were used are no
    expectation: what was found once need not be right. Raises InputError for a trace without texts, or about nothing
    that is kept under an id.
    """
    if not trace.get("texts", True):
        raise InputError("trace: holds no texts; see the knob trace_texts")
    asked = next((note for note in trace["notes"] if note["kind"] == "request"), None)
    if asked is None or not (asked.get("item") or asked.get("question")):
        raise InputError(f"trace: {trace['stream']} says of nothing that it was asked")
    route: Mapping[str, Any] = next((note for note in trace["notes"] if note["kind"] == "route"), {})
    bad = [one for one in feedback if one.stream == trace["stream"] and one.rating == "down"]
    kinds = ["from-trace", *(["bad-feedback"] if bad else [])]
    reasons = [mask(text) for one in bad for text in (one.reason, one.comment) if text]
    question = mask(asked["question"]) if asked.get("question") else None
    return Case(
        id="t-" + hashlib.sha256(str(trace["stream"]).encode()).hexdigest()[:10],
        agent=str(route.get("agent") or asked.get("agent") or ("general" if question else "takeaways")),
        item=asked.get("item") or None, question=question, kinds=tuple(kinds), expect=Expect(ending="any"),
        history=tuple((mask(turn["question"]), mask(turn["answer"])) for turn in asked.get("history", ())),
        note="; ".join(reasons),
    )  # fmt: skip


def _imported(found: Json, where: str, agent: str, names: Mapping[str, str] | None) -> Case:
    question, text = (_value(found, ours, names) for ours in ("question", "text"))
    if not isinstance(question, str) or not question.strip():
        raise InputError(f"{where}: no question was found; name its field with --map question=FIELD")
    whole = "\n\n".join(_texts(text)) if text is not None else ""
    own = str(_value(found, "id", names) or hashlib.sha256(f"{question}\n{whole}".encode()).hexdigest()[:12])
    answers = [one for one in _texts(_value(found, "says", names)) if one.strip()]
    short = [one for one in answers if len(as_written(one)) <= SAYS_AT_MOST_WORDS]
    title = _value(found, "title", names)
    item: Json | None = None
    if whole.strip():
        first = " ".join(whole.split()[:TITLE_WORDS])
        name = f"import-{hashlib.sha256(whole.encode()).hexdigest()[:10]}"
        item = {"id": name, "kind": "article", "title": str(title or first), "text": whole}
    return Case(
        id=own, agent=agent, item=item, question=question.strip(), kinds=tuple(_texts(_value(found, "kinds", names))),
        expect=Expect(says=("|".join(one.replace("|", "/") for one in short),) if short else ()),
        note="" if short else "; ".join(answers)[:2_000],
    )  # fmt: skip


def _value(found: Json, ours: str, names: Mapping[str, str] | None) -> Any:
    if names and ours in names:
        return found.get(names[ours])
    return next((found[name] for name in NAMES[ours] if found.get(name) not in (None, "", [])), None)


def _texts(value: Any) -> list[str]:
    """Texts in whatever shape others keep them: one, a list, a list of lists, objects with a text in them."""
    if value is None:
        return []
    if isinstance(value, (str, int, float)):
        return [str(value)]
    if isinstance(value, Mapping):
        inner = next((value[name] for name in ("text", "content", "page_content") if name in value), None)
        return _texts(inner if inner is not None else list(value.values()))
    return [text for one in value for text in _texts(one)]
