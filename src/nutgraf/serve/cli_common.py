"""What the commands share: settings, progress, notes, and how errors are told."""

from __future__ import annotations

import logging
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from nutgraf.errors import InputError, NutgrafError
from nutgraf.settings import Settings

if TYPE_CHECKING:
    from nutgraf.serve.backend import BuildRooms

USAGE, FAILED, INTERRUPTED = 2, 1, 130
Leave = Callable[[int, Any], None]
TRACEBACK = "NUTGRAF_TRACEBACK"
LOG_FILE, LOG_AT_MOST_BYTES = "nutgraf.log", 1_000_000

DataDir = Annotated[
    Path | None, typer.Option("--data-dir", metavar="FOLDER", help="Folder of the store.", show_default=False)
]
Model = Annotated[
    str | None,
    typer.Option(
        "--model", metavar="NAME", help="embedded, none, a GGUF file, or a name under [models].", show_default=False
    ),
]


@dataclass(frozen=True)
class Tools:
    """What commands are given from outside: the settings file, and in tests the rooms to answer with.

    `leave` is what Ctrl-C does, from the start of the process, while no command runs.
    """

    config: Path | None = None
    build_rooms: BuildRooms | None = None
    leave: Leave | None = None


class Told(TyperGroup):
    """Commands whose errors are told in one line on standard error: status 2 for the caller's, 1 for ours."""

    def invoke(self, ctx: Any) -> Any:
        """Run a command."""
        leave = ctx.obj.leave if isinstance(ctx.obj, Tools) else None
        ours = leave is not None and signal.getsignal(signal.SIGINT) is leave
        try:
            if ours:
                signal.signal(signal.SIGINT, signal.default_int_handler)
            return super().invoke(ctx)
        except NutgrafError as exc:
            note(str(exc))
            raise typer.Exit(USAGE if isinstance(exc, InputError) else FAILED) from None
        except (typer.Exit, typer.Abort, typer.TyperException, BrokenPipeError):
            raise
        except OSError as exc:
            note(f"{exc.filename or 'system'}: {exc.strerror or exc}")
            raise typer.Exit(FAILED) from None
        except KeyboardInterrupt:
            typer.echo("Stopped.", err=True)
            raise typer.Exit(INTERRUPTED) from None
        except Exception as exc:
            if os.environ.get(TRACEBACK):
                raise
            note(f"this is a fault in Nutgraf ({type(exc).__name__}: {exc}); {TRACEBACK}=1 shows where")
            raise typer.Exit(FAILED) from None
        finally:
            if ours:
                signal.signal(signal.SIGINT, leave)
                sys.stdout.flush()


def note(text: str) -> None:
    """Say something to the person at the terminal, on standard error."""
    typer.echo(f"nutgraf: {text}", err=True)


def settings_of(ctx: typer.Context, **overrides: Any) -> tuple[Settings, Tools]:
    """The settings of this call, and what was given from outside. Raises InputError naming a knob that is wrong."""
    tools: Tools = ctx.obj
    return Settings.from_sources(os.environ, tools.config, **overrides), tools


@contextmanager
def logged(settings: Settings) -> Iterator[None]:
    """Write faults, with their tickets, to a file in the data folder instead of the terminal."""
    from logging.handlers import RotatingFileHandler

    try:
        settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as exc:
        raise InputError(f"data-dir: {settings.data_dir} cannot be used ({exc.strerror}); choose another") from exc
    file = settings.data_dir / LOG_FILE
    handler = RotatingFileHandler(file, maxBytes=LOG_AT_MOST_BYTES, backupCount=1, delay=True, encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
    logger = logging.getLogger("nutgraf")
    logger.addHandler(handler)
    try:
        yield
    finally:
        logger.removeHandler(handler)
        handler.close()


@contextmanager
def bar(what: str) -> Iterator[Callable[[int, int], None]]:
    """A progress bar on standard error, told how much is done of how much; a single line where it is no terminal."""
    if not sys.stderr.isatty():
        note(f"{what} …")
        yield lambda done, whole: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(what, total=None)
        yield lambda done, whole: progress.update(task, completed=done, total=whole)


def paired(value: Any) -> Any:
    """The same value of JSON, with halves of surrogate pairs, which are no characters, replaced one for one."""
    if isinstance(value, str):
        return "".join("\ufffd" if "\ud800" <= char <= "\udfff" else char for char in value)
    if isinstance(value, dict):
        return {paired(key): paired(one) for key, one in value.items()}
    return [paired(one) for one in value] if isinstance(value, list) else value
