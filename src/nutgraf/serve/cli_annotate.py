"""`nutgraf eval annotate`: a local page on which people label sentences beside their evidence."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from nutgraf.errors import InputError
from nutgraf.serve.cli_common import note

Tasks = Annotated[
    Path, typer.Argument(metavar="FILE", help="JSON Lines with sentence and evidence, or the folder of a run.")
]
Kept = Annotated[
    Path | None,
    typer.Option("--labels", metavar="FILE", help="Where labels are kept; by default beside FILE.", show_default=False),
]
Asked = Annotated[
    Path | None, typer.Option("--rubric", metavar="FILE", help="A rubric of your own in TOML.", show_default=False)
]
Port = Annotated[int, typer.Option("--port", min=0, max=65535, help="Port on 127.0.0.1; 0 takes a free one.")]
Shared = Annotated[float, typer.Option("--shared", min=0.0, max=1.0, help="Share that everybody labels.")]
Export = Annotated[
    Path | None,
    typer.Option("--export", metavar="OUT", help="Write the labels that count to this file.", show_default=False),
]


def annotate(
    file: Tasks, labels: Kept = None, rubric: Asked = None, port: Port = 0, shared: Shared = 0.2,
    export: Export = None,
    agreement: Annotated[bool, typer.Option("--agreement", help="Print kappa and disagreements as JSON.")] = False,
    browser: Annotated[bool, typer.Option(help="Open the page in a browser.")] = True,
) -> None:  # fmt: skip
    """Open a page on 127.0.0.1: one sentence and its evidence at a time, a key for each label, the rubric beside it.

    Every label is on disk before it is acknowledged. With `--export` or `--agreement` no page is opened.
    """
    from nutgraf.evals.annotate.labels import LabelLog
    from nutgraf.evals.annotate.tasks import read_rubric, read_tasks

    tasks = read_tasks(file)
    kept = labels or (file / "labels.jsonl" if file.is_dir() else file.with_name(f"{file.stem}.labels.jsonl"))
    if kept.resolve() == file.resolve():
        raise InputError(f"labels: {kept} is the file of sentences; name another one with --labels")
    log = LabelLog(kept, read_rubric(rubric), tasks, shared=shared)
    if export is not None:
        rows = list(log.export())
        export.write_text("".join(f"{row}\n" for row in rows), "utf-8")
        typer.echo(f"{len(rows)} labels written to {export}")
    if agreement:
        typer.echo(json.dumps(log.agreement(), ensure_ascii=False, indent=2))
    if export is None and not agreement:
        _serve(log, port, browser=browser)


def _serve(log: object, port: int, *, browser: bool) -> None:
    """Serve the page until Ctrl-C."""
    import webbrowser

    from nutgraf.evals.annotate.labels import LabelLog
    from nutgraf.evals.annotate.server import serve

    assert isinstance(log, LabelLog)
    with serve(log, port) as server:
        address = f"http://127.0.0.1:{server.server_address[1]}/"
        typer.echo(address)
        note(f"{len(log.tasks)} sentences; labels go to {log.path}; Ctrl-C ends this")
        if browser:
            webbrowser.open(address)
        server.serve_forever()
