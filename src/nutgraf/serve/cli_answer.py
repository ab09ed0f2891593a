"""`nutgraf takeaways` and `nutgraf ask`."""

from __future__ import annotations

import signal
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Self

import typer

from nutgraf.serve.cli_common import FAILED, DataDir, Model, bar, logged, note, settings_of

if TYPE_CHECKING:
    from nutgraf.serve.backend import Backend
    from nutgraf.serve.find import Fetch, Found
    from nutgraf.store.embedded import EmbeddedStore
    from nutgraf.stream.log import Entry
    from nutgraf.types import Item


class Format(StrEnum):
    """How an answer is printed."""

    TEXT = "text"
    JSON = "json"
    EVENTS = "events"


ItemArgument = Annotated[
    str, typer.Argument(metavar="ITEM", help="A file, or the id of an item that is kept. An address with --fetch.")
]
QuestionArgument = Annotated[str, typer.Argument(metavar="QUESTION", help="What you want to know.")]
AgentOption = Annotated[
    str | None,
    typer.Option(
        "--agent", "-a", metavar="NAME", help="Who shall answer (see nutgraf agents); else the question decides.",
        show_default=False,
    ),
]  # fmt: skip
MemberOption = Annotated[
    str, typer.Option("--member", "-m", metavar="MEMBER", help="A file, the id of a member that is kept, or none.")
]
FormatOption = Annotated[Format, typer.Option("--format", "-f", help="text, one JSON document, or one event a line.")]


def _seconds(text: str) -> float:
    """The deadline that is given on the command line, in seconds."""
    from nutgraf.serve.answers import DEADLINE_AT_LEAST_S as LEAST
    from nutgraf.serve.answers import DEADLINE_AT_MOST_S as MOST

    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not LEAST <= value <= MOST:
        raise typer.BadParameter(f"must be {LEAST:g} to {MOST:g} seconds, such as 5 or 0.5, got {text!r}")
    return value


Deadline = Annotated[
    float | None,
    typer.Option(
        "--deadline", metavar="SECONDS", help="Whole time for the answer, 0.1 to 600 seconds.", parser=_seconds,
        show_default=False,
    ),
]  # fmt: skip
FetchOption = Annotated[bool, typer.Option("--fetch", help="Read ITEM from the web when it is an address.")]


def takeaways(
    ctx: typer.Context, item: ItemArgument, member: MemberOption = "none", form: FormatOption = Format.TEXT,
    model: Model = None, deadline: Deadline = None, data_dir: DataDir = None, fetch: FetchOption = False,
) -> None:  # fmt: skip
    """The few takeaways of ITEM that matter to a member, each sentence cited and checked.

    Exit status: 0 when done or declined, 2 when ITEM, MEMBER or an option cannot be used, 1 otherwise.
    """
    overrides = {"model": model, "data_dir": data_dir, "deadline_s": deadline}
    _run(ctx, item, member, _Wanted(None, None), form, fetch=fetch, overrides=overrides)


def ask(  # noqa: PLR0913
    ctx: typer.Context, item: ItemArgument, question: QuestionArgument,
    member: MemberOption = "none", form: FormatOption = Format.TEXT, model: Model = None, deadline: Deadline = None,
    data_dir: DataDir = None, fetch: FetchOption = False, agent: AgentOption = None,
) -> None:  # fmt: skip
    """Answer a QUESTION about ITEM from the item itself and from related records, cited and checked.

    Exit status as for `takeaways`.
    """
    overrides = {"model": model, "data_dir": data_dir, "deadline_s": deadline}
    _run(ctx, item, member, _Wanted(question, agent), form, fetch=fetch, overrides=overrides)


@dataclass(frozen=True)
class _Wanted:
    """What is asked, None for the takeaways, and the agent that shall answer, None when the question decides."""

    question: str | None
    agent: str | None


def _run(
    ctx: typer.Context, item: str, member: str, wanted: _Wanted, form: Format, *, fetch: bool,
    overrides: Mapping[str, object],
) -> None:  # fmt: skip
    import anyio

    from nutgraf.serve.answers import check_asked
    from nutgraf.serve.backend import make_backend
    from nutgraf.serve.find import Shelf, find

    settings, tools = settings_of(ctx, **overrides)
    check_asked(settings.deadline_s, wanted.question)
    with logged(settings), Shelf(settings, load_sample) as shelf:
        found = find(shelf, item, member, _fetcher(settings.document_at_most_bytes) if fetch else None)
        backend = make_backend(settings, found.store, tools.build_rooms)
        if found.store is shelf.sample_store:
            prepare_sample(backend)
        try:
            ending = anyio.run(partial(_answer, backend, found, wanted, form))
        finally:
            backend.close_traces()
    if ending not in ("done", "declined"):
        raise typer.Exit(FAILED)


async def _answer(backend: Backend, found: Found, wanted: _Wanted, form: Format) -> str:
    """Print one answer as it comes; its ending."""
    import anyio

    from nutgraf.serve.answers import Asked, known, start
    from nutgraf.serve.door import reader_scope
    from nutgraf.serve.journal import StoreJournal
    from nutgraf.stream.hub import Hub
    from nutgraf.stream.log import root_cause

    await backend.warm(note, ["takeaway" if wanted.question is None else "answer"])
    try:
        async with backend.tools(note), Hub(StoreJournal(backend.store)) as hub:
            scope = reader_scope(found.member)
            remembered, turns = known(backend.store, scope)
            asked = Asked(
                item=found.item, member=found.member, scope=scope, accepted_at=anyio.current_time(),
                deadline_s=backend.settings.deadline_s, question=wanted.question, resumable=False,
                agent=wanted.agent, remembered=remembered, history=turns,
            )  # fmt: skip
            stream_id = start(hub, backend.rooms, asked, backend.tracing)
            with await hub.follow(scope, stream_id) as reader, _Printer(form, found) as show:
                async with anyio.create_task_group() as tasks:
                    tasks.start_soon(_stop_when_interrupted, partial(hub.stop, scope, stream_id))
                    async for batch in reader:
                        for entry in batch:
                            show(entry)
                    tasks.cancel_scope.cancel()
        return show.ending
    except BaseExceptionGroup as group:
        raise root_cause(group) from None
    finally:
        await backend.close_models()


async def _stop_when_interrupted(stop: Callable[[], Awaitable[None]]) -> None:
    """The first Ctrl-C stops the answer, which then ends in good order; a second one interrupts the process."""
    import anyio

    with suppress(NotImplementedError), anyio.open_signal_receiver(signal.SIGINT) as signals:
        async for _ in signals:
            break
        await stop()


class _Printer:
    """Prints entries in one of the formats; remembers how the stream ended. Use it as a block."""

    ending = "failed"

    def __init__(self, form: Format, found: Found) -> None:
        from nutgraf.serve.cli_text import TextView
        from nutgraf.stream.document import Document

        self._form = form
        self._document = Document(found.item, found.member)
        self._view = TextView(found.member.name if found.member else None) if form is Format.TEXT else None

    def __call__(self, entry: Entry) -> None:
        import orjson

        event = orjson.loads(entry.data)
        if event["kind"] == "closed":
            self.ending = event["ending"]
        if self._view is not None:
            self._view.feed(event)
        elif self._form is Format.EVENTS:
            typer.echo(entry.data)
        else:
            self._document.feed(event)
            if event["kind"] == "closed":
                typer.echo(orjson.dumps(self._document.whole(), option=orjson.OPT_INDENT_2))

    def __enter__(self) -> Self:
        if self._view:
            self._view.__enter__()
        return self

    def __exit__(self, *raised: Any) -> None:
        if self._view:
            self._view.__exit__(*raised)


def load_sample(store: EmbeddedStore, folder: Path) -> None:
    """Load the sample network with a bar on standard error."""
    from nutgraf.serve import sample

    with bar(f"Loading the sample network into {folder}") as progress:
        sample.load(store, folder, progress)


def prepare_sample(backend: Backend) -> None:
    """Read the sample network's items with a bar on standard error, unless that was done before."""
    from nutgraf.serve import sample

    folder = sample.demo_folder(backend.settings.data_dir)
    if not sample.is_prepared(backend, folder):
        with bar("Reading the sample network, once") as progress:
            sample.prepare_sample(backend, folder, progress)


def _fetcher(at_most_bytes: int) -> Fetch:
    """What reads an address from the web."""

    def fetch(url: str) -> Item:
        import anyio

        from nutgraf.ingest.fetch import fetch_item
        from nutgraf.ingest.limits import Limits

        return anyio.run(partial(fetch_item, url, limits=Limits(document_at_most_bytes=at_most_bytes)))

    return fetch
