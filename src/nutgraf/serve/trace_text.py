"""How a trace reads on a terminal: what happened when, what was kept and cut and why, prompts, drafts and verdicts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from nutgraf.serve.cli_text import clean

Json = Mapping[str, Any]
QUOTE_AT_MOST_CHARS = 110
PAD = " " * 24


def head(trace: Json) -> str:
    """A trace as one line of a list: its stream, when it began, who read what, how it ended and after how long."""
    asked, ending = _first(trace, "request"), _first(trace, "ending")
    took = f"{ending['complete_ms'] / 1000:.2f} s" if ending.get("complete_ms") is not None else ""
    about = asked.get("question") or f"takeaways of {asked.get('item') or '?'}"
    parts = [
        trace["stream"], trace["at"][:19].replace("T", " "), f"{ending.get('ending') or 'no ending':<9}", f"{took:>7}",
        trace["member"] or "nobody", _short(about),
    ]  # fmt: skip
    return clean("  ".join(parts))


def timeline(trace: Json, *, prompts: bool = True) -> Iterator[str]:
    """A trace line by line; without `prompts` their texts are left out."""
    yield head(trace)
    if not trace.get("texts", True):
        yield "Texts were not recorded; a # stands for one."
    if trace.get("dropped"):
        yield f"{trace['dropped']} notes passed the limits and are not here."
    for note in trace["notes"]:
        tell = _TELL.get(note["kind"])
        lines = list(tell(note)) if tell else []
        if note["kind"] == "model" and prompts:
            lines[1:1] = _prompt(note["prompt"])
        for number, text in enumerate(lines):
            start = f"{note['ms']:>10.1f} ms  {note['kind']:<8}  " if not number else PAD
            yield clean(start + text)


def _request(note: Json) -> Iterator[str]:
    yield f"{note.get('item') or 'no item'} “{note.get('title') or ''}” for {note.get('member') or 'nobody'}"
    yield f"model {note['model']}, deadline {note['deadline_ms'] / 1000:g} s, agent {note.get('agent') or 'by routing'}"
    if note.get("question"):
        yield f"asked: {note['question']}"
    if note.get("history") or note.get("remembered") or note.get("without"):
        yield (
            f"{len(note['history'])} earlier turns, {len(note['remembered'])} facts remembered,"
            f" left out: {', '.join(note['without']) or 'nothing'}"
        )


def _route(note: Json) -> Iterator[str]:
    yield f"{note.get('agent') or 'nobody'} by {note['by']} ({note['confidence']:.2f}): {note['because']}"
    if note.get("question"):
        yield f"understood as: {note['question']}"


def _stage(note: Json) -> Iterator[str]:
    yield f"{note['name']} took {note['took_ms']:.1f} ms"


def _source(note: Json) -> Iterator[str]:
    report = note["report"]
    why = f" ({report['because']})" if report.get("because") else ""
    twice = ", asked twice" if report.get("hedged") else ""
    yield (
        f"{report['source']}: {report['outcome']}{why} after {report['took_ms']:.1f} ms,"
        f" {report['found']} found, {report['kept']} kept{twice}"
    )


def _blend(note: Json) -> Iterator[str]:
    kept = sum(fate["kept"] for fate in note["fates"])
    yield f"{kept} of {len(note['fates'])} passages kept, {note['tokens']} tokens"
    for fate in note["fates"]:
        passage = fate["passage"]
        where = f"{passage['source']} {passage['ref']}"
        yield f"{'+' if fate['kept'] else '-'} {where} “{_short(passage['text'])}”: {fate['because']}"


def _used(note: Json) -> Iterator[str]:
    yield f"{len(note['facts'])} facts of the member: {', '.join(fact['id'] for fact in note['facts']) or 'none'}"


def _prompt(prompt: Json) -> list[str]:
    lines = [f"prompt {prompt['name']} {prompt['version']}"]
    for turn in prompt["messages"]:
        lines += [f"  {turn['role']}: {text}" for text in turn["content"].splitlines() if text.strip()]
    return lines + ([f"  opening: {prompt['opening']}"] if prompt.get("opening") else [])


def _model(note: Json) -> Iterator[str]:
    pieces, usage = note["pieces"], note.get("usage") or {}
    how = ", ".join(part for part in (note.get("ending") or "no ending", note.get("error")) if part)
    took = f"{note.get('took_ms') or 0.0:.1f} ms"
    first = f", first words at {pieces[0][0]:.1f} ms" if pieces else ", without a word"
    cost = f", {usage['input_tokens']} tokens in and {usage['output_tokens']} out" if usage else ""
    yield f"{note['model']} for {note['block'] or note['step']}: {how} after {took}{first}{cost}"
    for text in "".join(piece for _, piece in pieces).splitlines():
        yield f"  said: {text}"
    if repairs := note.get("repairs"):
        yield f"  put right: {', '.join(f'{name} {count}' for name, count in sorted(repairs.items()))}"


def _draft(note: Json) -> Iterator[str]:
    numbers = ", ".join(map(str, note.get("citations") or ()))
    yield f"{note['block']}: {note['text']} [{numbers}]"


def _verdict(note: Json) -> Iterator[str]:
    why = f": {note['because']}" if note.get("because") else ""
    doubt = ", with a reservation" if note.get("doubtful") else ""
    yield f"{note['verdict']}{doubt} by {note['check']}{why}"
    if (unsupported := note.get("unsupported")) is not None:
        yield f"  {unsupported:.1%} likely that the evidence does not bear it out"


def _sent(note: Json) -> Iterator[str]:
    sentence = note["sentence"]
    yield f"{sentence['text']} ({sentence['verdict']})"
    for piece in sentence["evidence"]:
        yield f"  {piece['id']}: {piece['ref']} {piece['start']} to {piece['end']} “{_short(piece['quote'])}”"


def _event(note: Json) -> Iterator[str]:
    yield ", ".join(f"{count} {kind}" for kind, count in note["counts"].items())


def _ending(note: Json) -> Iterator[str]:
    yield ": ".join(part for part in (note["ending"], note.get("reason")) if part)
    for one in note.get("skipped") or ():
        yield f"left out {one['what']}: {one['because']}"


_TELL = {
    "request": _request, "route": _route, "stage": _stage, "source": _source, "blend": _blend, "used": _used,
    "model": _model, "draft": _draft, "verdict": _verdict, "sent": _sent, "event": _event, "ending": _ending,
}  # fmt: skip


def _first(trace: Json, kind: str) -> Json:
    return next((note for note in trace["notes"] if note["kind"] == kind), {})


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= QUOTE_AT_MOST_CHARS else f"{line[:QUOTE_AT_MOST_CHARS].rsplit(' ', 1)[0]}…"
