"""`nutgraf trust`: score any text by any check, say what the detectors are, and score labelled data."""

from __future__ import annotations

import contextlib
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO, TYPE_CHECKING, Annotated, Any, TextIO

import typer

from nutgraf.errors import InputError, MissingPart
from nutgraf.serve.cli_common import Told, bar, note, paired, settings_of
from nutgraf.serve.trust_report import report_lines

if TYPE_CHECKING:
    from nutgraf.trust.desk import Desk

FLAGGED = 3
TOLD_AT_MOST = 20
LINE_CHARS_AT_MOST = 5_000_000
FILE_BYTES_AT_MOST = 20_000_000
STREAM = "-"
_WIDE = 58
_PATH_CHARS = 200

trust = typer.Typer(
    cls=Told, no_args_is_help=True, rich_markup_mode=None, help="What the checks say of a text: check, score, report."
)
Policy = Annotated[
    Path | None, typer.Option("--policy", metavar="FILE", help="A use case's trust.toml.", show_default=False)
]
Topic = Annotated[
    Path | None,
    typer.Option("--topic", metavar="FILE", help="What is on topic, one example a line.", show_default=False),
]
Detector = Annotated[
    str | None,
    typer.Option(
        "--detector", metavar="NAME", show_default=False,
        help="Another detector in place of ours: nli:FOLDER, tokens:FOLDER, judge:MODEL, file.py:Class.",
    ),
]  # fmt: skip


@trust.command("check")
def trust_check(  # noqa: PLR0913 - every option is one
    ctx: typer.Context,
    text: Annotated[str, typer.Argument(metavar="TEXT", help="The text; `-` reads it from standard input.")],
    evidence: Annotated[
        Path | None, typer.Option("--evidence", metavar="FILE", help="Its source: text or JSON.", show_default=False)
    ] = None,
    member: Annotated[
        Path | None, typer.Option("--member", metavar="FILE", help="The reader's record in JSON.", show_default=False)
    ] = None,
    check: Annotated[
        list[str] | None,
        typer.Option("--check", metavar="NAME", help="A check, or several with commas; by default all that can run.",
                     show_default=False),
    ] = None,
    policy: Policy = None,
    topic: Topic = None,
    detector: Detector = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:  # fmt: skip
    """Say sentence by sentence what the checks find in a text, and what the policy does about it.

    Exit status: 0 when everything may be shown, 3 when the policy does something about a sentence.
    """
    said = paired(sys.stdin.read() if text == STREAM else text)
    if not said.strip():
        raise InputError("text: is empty; give the text to check, or - to read it from standard input")
    source = _evidence_of(evidence) if evidence else None
    reader = _member_of(member) if member else None
    if len(said) < _PATH_CHARS and Path(said.strip()).is_file():
        note(f"the name {said.strip()!r} is checked, not what is in the file; for that: nutgraf trust check - < {said}")
    named = _named(check)
    if detector and len(named) != 1:
        raise InputError("detector: takes the place of one check's; name that check with --check")
    desk = _desk(ctx, policy, topic, named[0] if named else "", detector)
    if "topic" in named and topic is None:
        raise InputError("topic: is missing; the check topic needs --topic FILE, examples of what is on topic")
    chosen = named or _possible(source, reader, topic)
    rows = [row for name in chosen for row in _rows(desk, name, said, source, reader, named=bool(named))]
    if as_json:
        typer.echo(json.dumps(rows, ensure_ascii=False, indent=2))
    else:
        _print_rows(rows)
    if any(row["action"] != "commit" for row in rows):
        raise typer.Exit(FLAGGED)


@trust.command("report")
def trust_report(
    name: Annotated[str, typer.Argument(metavar="[NAME]", help="One set of weights; by default all.")] = "",
    full: Annotated[bool, typer.Option("--full", help="Every set of data, limit and figure, a line each.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """List the embedded detectors: version, data and licences, figures, thresholds, size."""
    from dataclasses import asdict

    from nutgraf.trust.desk import manifests

    every = manifests()
    found = [one for one in every if name in ("", one[0])]
    if not found:
        raise InputError(f"NAME: {name!r} is no set of weights; use one of {', '.join(one for one, *_ in every)}")
    total = sum(size for _, _, size in found)
    if as_json:
        shown = [
            {"folder": name, "bytes": size, **({"id": one.id, **asdict(one)} if one else {"broken": True})}
            for name, one, size in found
        ]
        typer.echo(json.dumps({"detectors": shown, "bytes": total}, ensure_ascii=False, indent=2))
        return
    for folder, one, size in found:
        for line in report_lines(folder, one, size, full=full or bool(name)):
            typer.echo(line)
        typer.echo("")
    typer.echo(f"{len(found)} set{'s' * (len(found) != 1)} of weights, {total / 1e6:.2f} MB in all.")


@trust.command("score")
def trust_score(
    ctx: typer.Context,
    source: Annotated[str, typer.Argument(metavar="IN", help="JSON Lines; `-` reads standard input.")],
    target: Annotated[str, typer.Argument(metavar="OUT", help="JSON Lines; `-` writes standard output.")],
    check: Annotated[
        str, typer.Option("--check", metavar="NAME", help="grounding, member, attack, content, tone, pii or topic.")
    ],
    policy: Policy = None,
    topic: Topic = None,
    detector: Detector = None,
    threads: Annotated[int, typer.Option("--threads", min=1, max=64, help="Texts scored at a time.")] = 1,
) -> None:  # fmt: skip
    """Score labelled data: a line in is {"id", "text", "evidence", "member"}, a line out has score, labels, sentences.

    Ids that OUT holds already are skipped, so that a run can be taken up again. A line that cannot be used is told with
    its number and field; the others are scored. Exit status: 0, or 2 when a line could not be used.
    """
    check = check.strip().lower()
    desk = _desk(ctx, policy, topic, check, detector)
    desk.detector(check)
    if STREAM not in (source, target) and Path(source).exists() and Path(source).resolve() == Path(target).resolve():
        raise InputError("OUT: is the same file as IN; name another file to write to")
    done = _done(target)
    lines, whole = _lines_in(source)
    wrong = scored = 0
    with _opened(target) as out, bar(f"{check}: {source}") as tell:
        for number, found in _scored(desk, check, lines, done, threads):
            if isinstance(found, InputError):
                wrong += 1
                if wrong <= TOLD_AT_MOST:
                    note(f"line {number}: {found}")
            elif found is not None:
                out.write(json.dumps(found, ensure_ascii=False) + "\n")
                scored += 1
            tell(number, whole or number)
    if wrong:
        rest = "the others are scored" if scored else "none was scored; one object a line is wanted, with id and text"
        note(f"{wrong} line{'s' * (wrong != 1)} could not be used; {rest}")
        raise typer.Exit(2)


def _desk(ctx: typer.Context, policy: Path | None, topic: Path | None, check: str, detector: str | None) -> Desk:
    """A desk of this policy, with another detector for one check where one is named."""
    from nutgraf.trust.desk import Desk, detector_named
    from nutgraf.trust.policy.load import load

    def asking(name: str, within_s: float) -> Any:
        from nutgraf.pipeline.asking import Models

        return Models(settings_of(ctx)[0], os.environ)(name, within_s)

    examples = [line.strip() for line in _read(topic, "topic").splitlines() if line.strip()] if topic else []
    if topic and len(examples) < (least := _least_examples()):
        raise InputError(f"topic: {topic} has {len(examples)} lines; give {least} examples at least, one a line")
    others = {check: detector_named(check, detector, asking)} if detector else {}
    rules = load(policy) if policy else None
    return Desk(rules, topic=examples, encode=_encode, detectors=others, asking=asking, offline=True)


def _least_examples() -> int:
    from nutgraf.trust.topic.topic import LEAST

    return LEAST


def _encode() -> Any:
    from nutgraf.retrieve.encoder import OnnxEncoder

    return OnnxEncoder.load().encode


def _named(checks: list[str] | None) -> list[str]:
    """The checks that were asked for, each once: `--check tone,pii` is `--check tone --check pii`; none for `all`."""
    found = [name.strip().lower() for one in checks or () for name in one.split(",") if name.strip()]
    return [] if "all" in found else list(dict.fromkeys(found))


def _possible(evidence: Any, member: Any, topic: Path | None) -> list[str]:
    """The checks that what was given is enough for."""
    found = ["attack", "content", "tone", "pii"]
    given = (("member", member), ("grounding", evidence), ("topic", topic))
    for name, value in given:
        if value is not None:
            found.insert(0, name)
    return found


def _rows(desk: Desk, check: str, text: str, evidence: Any, member: Any, *, named: bool) -> Iterator[dict[str, Any]]:
    """One row a sentence: what a check says and what the policy does. One that is missing is an error if `named`."""
    try:
        _, places, lines = desk.examine(check, text, None if check == "topic" else evidence, member)
    except MissingPart as exc:
        if named:
            raise
        yield {
            "check": check, "sentence": text, "start": 0, "end": len(text), "score": 1.0, "verdict": "unchecked",
            "action": desk.policy.rule(check).broken(), "by": "missing", "because": str(exc), "evidence": [],  # type: ignore[arg-type]
            "spans": [],
        }  # fmt: skip
        return
    for start, end, found in places:
        yield {
            "check": check, "sentence": text[start:end], "start": start, "end": end, "score": round(found.score, 4),
            "verdict": desk.verdict(check, found), "action": desk.action(check, found), "by": found.check,  # type: ignore[arg-type]
            "because": found.because, "evidence": [lines[row] for row in found.evidence[:1] if row < len(lines)],
            "spans": [
                {"start": start + mark.start, "end": start + mark.end, "label": mark.label,
                 "score": round(mark.score, 4), "because": mark.because}
                for mark in found.spans
            ],
        }  # fmt: skip


def _print_rows(rows: list[dict[str, Any]]) -> None:
    """A table: sentence, check, verdict, probability, action; below it the reason and the line of evidence."""
    from nutgraf.serve.cli_text import clean

    typer.echo(f"{'sentence':<{_WIDE}}  {'check':<9}  {'verdict':<11}  {'p(bad)':>6}  action")
    before = None
    for row in rows:
        text = " ".join(clean(row["sentence"]).split())
        shown = "" if text == before else text if len(text) <= _WIDE else text[: _WIDE - 1] + "…"
        before = text
        typer.echo(f"{shown:<{_WIDE}}  {row['check']:<9}  {row['verdict']:<11}  {row['score']:>6.3f}  {row['action']}")
        if row["because"] and (row["action"] != "commit" or row["verdict"] in ("unsupported", "flagged", "unchecked")):
            for line in _reasons(row):
                typer.echo(f"    {row['by']}: {clean(line)}")
            if row["evidence"]:
                typer.echo(f"    evidence: {clean(row['evidence'][0])[:160]}")


def _reasons(row: dict[str, Any]) -> list[str]:
    """Why: for personal data every place that was found, for the rest the reason that decided."""
    if row["check"] != "pii" or not row["spans"]:
        return [row["because"]]
    sentence, start = row["sentence"], row["start"]
    return [
        f"{mark['label']} {sentence[mark['start'] - start : mark['end'] - start]!r}: {mark['because']}"
        for mark in row["spans"]
    ]


def _read(file: Path, field: str) -> str:
    try:
        if file.stat().st_size > FILE_BYTES_AT_MOST:
            raise InputError(f"{field}: {file} has more than {FILE_BYTES_AT_MOST} bytes; give a shorter one")
        return file.read_text("utf-8-sig")
    except OSError as exc:
        raise InputError(f"{field}: {file} cannot be read ({exc.strerror}); give another file") from exc
    except UnicodeDecodeError as exc:
        raise InputError(f"{field}: {file} is not text in UTF-8; save it as UTF-8") from exc


def _evidence_of(file: Path) -> Any:
    text = _read(file, "evidence")
    try:
        return paired(json.loads(text))
    except (ValueError, RecursionError):
        return text


def _member_of(file: Path) -> Any:
    try:
        return paired(json.loads(_read(file, "member")))
    except (ValueError, RecursionError) as exc:
        raise InputError(f"member: {file} is not JSON ({exc}); give a JSON Resume object") from exc


def _done(target: str) -> set[str]:
    """The ids that the output holds; a last line that was cut off is taken away."""
    file = Path(target)
    if target == STREAM or not file.exists():
        return set()
    kept, ids = [], set()
    try:
        raw = file.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as exc:
        raise InputError(f"OUT: {file} cannot be read as text ({exc}); name another file") from exc
    for number, line in enumerate(raw.splitlines(), 1):
        try:
            found = json.loads(line)
            ids.add(_key((found["id"], found["score"])[0]))
            kept.append(line)
        except (ValueError, TypeError, KeyError) as exc:
            if number < raw.count("\n") + (not raw.endswith("\n")):
                raise InputError(f"OUT: line {number} of {file} is no scored line; name another file") from exc
    if kept and "\n".join(kept) + "\n" != raw:
        file.write_text("\n".join(kept) + "\n", "utf-8")
    elif raw and not kept:
        file.write_text("", "utf-8")
    return ids


def _key(ident: Any) -> str:
    return json.dumps(ident, ensure_ascii=False)


def _lines_in(source: str) -> tuple[Iterator[tuple[int, str]], int]:
    """Numbered lines, and how many there are; 0 where that cannot be known."""
    if source == STREAM:
        return enumerate(sys.stdin, 1), 0
    file = Path(source)
    try:
        with file.open("rb") as raw:
            whole = sum(1 for _ in raw)
    except OSError as exc:
        raise InputError(f"IN: {file} cannot be read ({exc.strerror}); name a file of JSON Lines") from exc

    def each() -> Iterator[tuple[int, str]]:
        with file.open(encoding="utf-8-sig", errors="surrogateescape") as lines:
            yield from enumerate(lines, 1)

    return each(), whole


@contextlib.contextmanager
def _opened(target: str) -> Iterator[TextIO | IO[str]]:
    if target == STREAM:
        yield sys.stdout
        return
    try:
        with Path(target).open("a", encoding="utf-8", buffering=1) as out:
            yield out
    except OSError as exc:
        raise InputError(f"OUT: {target} cannot be written ({exc.strerror}); name another file") from exc


def _scored(
    desk: Desk, check: str, lines: Iterator[tuple[int, str]], done: set[str], threads: int
) -> Iterator[tuple[int, dict[str, Any] | InputError | None]]:
    """(line, result) in the order of the lines: a scored line, what is wrong with it, or None for one that is done."""

    def one(numbered: tuple[int, str]) -> tuple[int, dict[str, Any] | InputError | None]:
        number, line = numbered
        if not line.strip():
            return number, None
        try:
            row = _row(line)
            if _key(row["id"]) in done:
                return number, None
            found = desk.score(check, row["text"], row.get("evidence"), row.get("member"), row.get("before") or "")
            return number, {"id": row["id"], **found}
        except InputError as exc:
            return number, exc

    if threads == 1:
        yield from map(one, lines)
        return
    from concurrent.futures import ThreadPoolExecutor
    from itertools import islice

    with ThreadPoolExecutor(threads) as pool:
        while some := list(islice(lines, threads * 16)):
            yield from pool.map(one, some)


def _row(line: str) -> dict[str, Any]:
    """A line of data. Raises InputError naming the field that is wrong."""
    if len(line) > LINE_CHARS_AT_MOST:
        raise InputError(f"has more than {LINE_CHARS_AT_MOST} characters; shorten its evidence")
    try:
        row = paired(json.loads(line.encode("utf-8")))
    except (ValueError, RecursionError) as exc:
        why = f"{type(exc).__name__}: {str(exc)[:80]}"
        raise InputError(f"is not JSON in UTF-8 ({why}); write one object a line") from exc
    if not isinstance(row, dict):
        raise InputError(f"is {type(row).__name__}, not an object; write an object with id and text")
    if isinstance(row.get("id"), (dict, list, bool, type(None))):
        raise InputError("id: is missing or no text or number; give each line an id")
    if not isinstance(row.get("text"), str):
        raise InputError(f"text: is {type(row.get('text')).__name__}, not a text; give the text to score")
    if not isinstance(row.get("before", ""), (str, type(None))):
        raise InputError("before: is no text; give the turn before, or leave it out")
    return row
