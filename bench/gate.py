"""What the gate delivers: rates before it and after it, and what it cost. `python bench/gate.py DATA [--short]`.

DATA holds article sets and `profiles_jsonresume/`. Two hundred articles, each with another reader, go once through the
real pipeline with the embedded model, and fewer with each `--model FILE.gguf`. Every sentence that a model wrote is
noted with what became of it. Printed are the shares of unsupported sentences, wrong tone and breaches of policy among
what was written and among what was shown, by the detectors and by hand labels, with 95 % bootstrap intervals by
article, and what that cost.

`--replies FILE` keeps what the models said: a second run judges the same words anew in minutes. `--kept-only` asks no
model. `--rows FILE` writes every sentence with its fate; `--noted FILE` prints the table of such a file.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bench.gate_parts.answers import answered, as_row
from bench.gate_parts.articles import Pair, pairs
from bench.gate_parts.kept import KeptModel, Replies
from bench.gate_parts.rates import Row, read_labels
from bench.gate_parts.table import Scored, judges_lines, model_lines
from nutgraf.local import open_rooms
from nutgraf.model.call import Patience
from nutgraf.model.embedded import EmbeddedModel
from nutgraf.model.gate import Target
from nutgraf.model.gateway import Gateway
from nutgraf.pipeline.parts import Rooms
from nutgraf.settings import Settings
from nutgraf.trust.desk import Desk

LABELS = Path(__file__).parent / "data" / "gate_labels.jsonl"
#: Nobody waits here: what is measured is what was written, and not how fast this machine was meanwhile.
PATIENT_S = 3_600.0
ASKED_EVERY = 2
CONTEXT_TOKENS = 4_096


def rooms_for(gguf: Path | None, replies: Replies, *, writing: str, asks: bool) -> Rooms:
    """Rooms with one local model, the embedded one or a larger one, which writes as `writing` of the settings says."""
    settings = Settings(
        model="none", writing=writing, first_words_within_s=PATIENT_S,
        data_dir=Path(tempfile.gettempdir()) / "nutgraf-gate", encoder_threads=1, traces="off",
    )  # fmt: skip
    name = "embedded" if gguf is None else gguf.stem
    inner = EmbeddedModel(gguf, name=name, context_tokens=CONTEXT_TOKENS) if asks else None
    model = KeptModel(inner, name, replies, asks=asks)
    model.continues_opening = True  # as every model in this process
    patience = Patience(first_token_s=PATIENT_S, between_tokens_s=PATIENT_S)
    rooms = open_rooms(settings)
    gateway = Gateway([Target(name=name, model=model)], patience=patience)
    return replace(rooms, model=gateway)


async def generate(
    rooms: Rooms, chosen: Sequence[Pair], until: float, keep: Callable[[Sequence[Row]], None]
) -> list[Row]:
    """A row for every sentence that was written until the moment `until`."""
    found: list[Row] = []
    for number, pair in enumerate(chosen):
        if time.monotonic() > until:
            break
        written, starters = await answered(rooms, pair)
        if starters and number % ASKED_EVERY == 0:
            written += (await answered(rooms, pair, starters[0]))[0]
        fresh = [as_row(row) for row in written]
        keep(fresh)
        found += fresh
        progress(f"{rooms.model_name}: {number + 1} of {len(chosen)} articles, {len(found)} sentences")
    return found


def main() -> int:
    """Answer, judge and print."""
    options = arguments()
    labels = read_labels(options.labels)
    if options.noted:
        print("\n".join(table(noted(options.noted), labels)))
        return 0
    replies = Replies(options.replies)
    until = time.monotonic() + 60 * options.minutes
    made: list[tuple[str, list[Row]]] = []

    def keep(name: str, fresh: Sequence[Row]) -> None:
        if options.rows:
            with options.rows.open("a", encoding="utf-8") as out:
                out.writelines(json.dumps({**row, "model": name}) + "\n" for row in fresh)

    if options.rows:
        options.rows.unlink(missing_ok=True)
    for name, gguf, writing, count in runs(options):
        rooms = rooms_for(gguf, replies, writing=writing, asks=not options.kept_only)
        rows = asyncio.run(generate(rooms, pairs(options.data, count), until, partial(keep, name)))
        made.append((name, rows))
    print("\n".join(table(made, labels)))
    return 0


def noted(path: Path) -> list[tuple[str, list[Row]]]:
    """The rows that a run wrote, by what the table calls their model."""
    found: dict[str, list[Row]] = {}
    for line in path.read_text("utf-8").splitlines():
        row = json.loads(line)
        found.setdefault(row["model"], []).append(row)
    return list(found.items())


def runs(options: argparse.Namespace) -> list[tuple[str, Path | None, str, int]]:
    """(what the table calls it, the file, how it writes, how many articles) for everything that is asked for."""
    large = [
        run
        for gguf in options.model
        for run in (
            (f"{gguf.stem}, sentence by sentence", gguf, "auto", options.large_articles),
            (f"{gguf.stem}, whole panels", gguf, "at-once", options.at_once),
        )
    ]
    return [run for run in (("embedded", None, "auto", options.articles), *large) if run[3]]


def table(made: Sequence[tuple[str, list[Row]]], labels: Mapping[str, Row]) -> list[str]:
    """Everything that is printed, line by line, as Markdown."""
    scored = Scored(Desk())
    lines = [line for name, rows in made if rows for line in model_lines(name, rows, labels, scored)]
    every = list({row["id"]: row for _, rows in made for row in rows}.values())
    return [*lines, *judges_lines(every, labels, scored)]


def progress(line: str) -> None:
    """One line that overwrites the last one, or a line each where nobody looks."""
    print(line, file=sys.stderr, end="\r" if sys.stderr.isatty() else "\n", flush=True)


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--short", action="store_true", help="4 articles, embedded model only: under a minute")
    parser.add_argument("--model", type=Path, nargs="*", default=[], metavar="GGUF", help="larger local models")
    parser.add_argument("--articles", type=int, default=200)
    parser.add_argument("--large-articles", type=int, default=60, help="articles for each larger model")
    parser.add_argument("--at-once", type=int, default=20, help="articles of which a larger model writes whole panels")
    parser.add_argument("--minutes", type=float, default=600.0, help="stop asking after so long; what was made counts")
    parser.add_argument("--replies", type=Path, default=Path(tempfile.gettempdir()) / "nutgraf-gate-replies.jsonl")
    parser.add_argument("--kept-only", action="store_true", help="ask no model")
    parser.add_argument("--labels", type=Path, default=LABELS, help="hand labels of sentences")
    parser.add_argument("--rows", type=Path, help="where to write every sentence with its fate")
    parser.add_argument("--noted", type=Path, metavar="ROWS", help="only print the table of what --rows wrote before")
    options = parser.parse_args()
    if options.short:
        options.articles, options.model = 4, []
    return options


if __name__ == "__main__":
    sys.exit(main())
