"""`nutgraf trust`: score any text by any check, say what the detectors are, and score labelled data."""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, TYPE_CHECKING, Annotated, Any, TextIO

import typer

from nutgraf.errors import InputError, MissingPart
from nutgraf.serve.cli_common import Told, bar, note

if TYPE_CHECKING:
    from nutgraf.trust.desk import Desk

FLAGGED = 3
TOLD_AT_MOST = 20
LINE_CHARS_AT_MOST = 5_000_000
FILE_BYTES_AT_MOST = 20_000_000
STREAM = "-"
_WIDE = 58

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


@trust.command("check")
def trust_check(
    text: Annotated[str, typer.Argument(metavar="TEXT", help="The text; `-` reads it from standard input.")],
    evidence: Annotated[
        Path | None, typer.Option("--evidence", metavar="FILE", help="Its source: text or JSON.", show_default=False)
    ] = None,
    member: Annotated[
        Path | None, typer.Option("--member", metavar="FILE", help="The reader's record in JSON.", show_default=False)
    ] = None,
    check: Annotated[
        list[str] | None,
        typer.Option("--check", metavar="NAME", help="A check; by default all that can run.", show_default=False),
    ] = None,
    policy: Policy = None,
    topic: Topic = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:  # fmt: skip
    """Say sentence by sentence what the checks find in a text, and what the policy does about it.

    Exit status: 0 when everything may be shown, 3 when the policy does something about a sentence.
    """
    said = sys.stdin.read() if text == STREAM else text
    if not said.strip():
        raise InputError("text: is empty; give the text to check, or - to read it from standard input")
    source = _evidence_of(evidence) if evidence else None
    reader = _member_of(member) if member else None
    desk = _desk(policy, topic)
    chosen = check or _possible(source, reader, topic)
    rows = [row for name in chosen for row in _rows(desk, name, said, source, reader, named=bool(check))]
    if as_json:
        typer.echo(json.dumps(rows, ensure_ascii=False, indent=2))
    else:
        _print_rows(rows)
    if any(row["action"] != "commit" for row in rows):
        raise typer.Exit(FLAGGED)


@trust.command("report")
def trust_report(as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False) -> None:
    """List the embedded detectors: version, data and licences, figures, thresholds, size."""
    from dataclasses import asdict

    from nutgraf.trust.desk import manifests

    found = manifests()
    total = sum(size for _, _, size in found)
    if as_json:
        shown = [
            {"folder": name, "bytes": size, **({"id": one.id, **asdict(one)} if one else {"broken": True})}
            for name, one, size in found
        ]
        typer.echo(json.dumps({"detectors": shown, "bytes": total}, ensure_ascii=False, indent=2))
        return
    for name, one, size in found:
        if one is None:
            typer.echo(f"{name}: {size / 1e6:.2f} MB, cannot be read; install Nutgraf again\n")
            continue
        typer.echo(f"{name}: {one.id}, {size / 1e6:.2f} MB, licence {one.licence}, seed {one.seed}")
        typer.echo(f"  rebuilt by  {one.command}")
        for entry in one.data:
            typer.echo(f"  data        {entry.get('name')} ({entry.get('licence')}), {entry.get('rows', '?')} rows")
        for title, values in (("threshold", one.thresholds), ("figure", one.metrics)):
            for key, value in _flat(values):
                typer.echo(f"  {title:<11} {key} {value}")
        typer.echo("")
    typer.echo(f"{len(found)} sets of weights, {total / 1e6:.2f} MB in all.")


@trust.command("score")
def trust_score(
    source: Annotated[str, typer.Argument(metavar="IN", help="JSON Lines; `-` reads standard input.")],
    target: Annotated[str, typer.Argument(metavar="OUT", help="JSON Lines; `-` writes standard output.")],
    check: Annotated[
        str, typer.Option("--check", metavar="NAME", help="grounding, member, attack, content, tone, pii or topic.")
    ],
    policy: Policy = None,
    topic: Topic = None,
    threads: Annotated[int, typer.Option("--threads", min=1, max=64, help="Texts scored at a time.")] = 1,
) -> None:  # fmt: skip
    """Score labelled data: a line in is {"id", "text", "evidence", "member"}, a line out has score, labels, sentences.

    Ids that OUT holds already are skipped, so that a run can be taken up again. A line that cannot be used is told with
    its number and field; the others are scored. Exit status: 0, or 2 when a line could not be used.
    """
    desk = _desk(policy, topic)
    desk.detector(check)
    done = _done(target)
    lines, whole = _lines_in(source)
    wrong = 0
    with _opened(target) as out, bar(f"{check}: {source}") as tell:
        for number, found in _scored(desk, check, lines, done, threads):
            if isinstance(found, InputError):
                wrong += 1
                if wrong <= TOLD_AT_MOST:
                    note(f"line {number}: {found}")
            elif found is not None:
                out.write(json.dumps(found, ensure_ascii=False) + "\n")
            tell(number, whole or number)
    if wrong:
        note(f"{wrong} line{'s' * (wrong != 1)} could not be used; the others are scored")
        raise typer.Exit(2)


def _desk(policy: Path | None, topic: Path | None) -> Desk:
    from nutgraf.trust.desk import Desk
    from nutgraf.trust.policy.load import load

    examples = [line.strip() for line in _read(topic, "topic").splitlines() if line.strip()] if topic else []
    return Desk(load(policy) if policy else None, topic=examples, encode=_encode)


def _encode() -> Any:
    from nutgraf.retrieve.encoder import OnnxEncoder

    return OnnxEncoder.load().encode


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
        }  # fmt: skip
        return
    for start, end, found in places:
        yield {
            "check": check, "sentence": text[start:end], "start": start, "end": end, "score": round(found.score, 4),
            "verdict": desk.verdict(check, found), "action": desk.action(check, found), "by": found.check,  # type: ignore[arg-type]
            "because": found.because, "evidence": [lines[row] for row in found.evidence[:1] if row < len(lines)],
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
            typer.echo(f"    {row['by']}: {clean(row['because'])}")
            if row["evidence"]:
                typer.echo(f"    evidence: {clean(row['evidence'][0])[:160]}")


def _flat(values: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in values.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{above}{key} / ")
        else:
            yield f"{above}{key}", value


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
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def _member_of(file: Path) -> Any:
    try:
        return json.loads(_read(file, "member"))
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
            ids.add(_key(found["id"]))
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
        row = json.loads(line.encode("utf-8"))
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
