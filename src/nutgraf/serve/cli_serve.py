"""`nutgraf demo` and `nutgraf serve`."""

from __future__ import annotations

import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Annotated

import typer

from nutgraf.serve.cli_common import DataDir, Model, note, settings_of

if TYPE_CHECKING:
    import socket

    from nutgraf.serve.backend import Backend

Port = Annotated[
    int | None,
    typer.Option("--port", metavar="PORT", help="Port to listen on; 0 takes a free one.", show_default=False),
]
Host = Annotated[
    str | None, typer.Option("--host", metavar="ADDRESS", help="A loopback address to listen on.", show_default=False)
]


def demo(
    ctx: typer.Context, port: Port = None,
    no_browser: Annotated[bool, typer.Option("--no-browser", help="Do not open a browser.")] = False,
    journey: Annotated[
        str | None,
        typer.Option("--journey", metavar="NAME", help="Walk a scripted journey in the terminal; `list` names them."),
    ] = None, model: Model = None, data_dir: DataDir = None,
) -> None:  # fmt: skip
    """Run the sample network on this machine: no key, no account, no other service."""
    if journey is not None:
        from nutgraf.serve.cli_journey import show

        show(ctx, journey, model=model, data_dir=data_dir)
        return
    from nutgraf.serve import sample
    from nutgraf.serve.backend import open_backend
    from nutgraf.serve.cli_answer import load_sample, prepare_sample
    from nutgraf.serve.server import listen

    settings, tools = settings_of(ctx, port=port, model=model, data_dir=data_dir)
    with listen(settings.host, settings.port) as listener:
        folder = sample.demo_folder(settings.data_dir)
        with open_backend(settings, folder, tools.build_rooms) as backend:
            if not sample.is_loaded(folder):
                load_sample(backend.store, folder)
            prepare_sample(backend)
            _serve(backend, listener, browser=not no_browser and sys.stdout.isatty())


def serve(
    ctx: typer.Context, host: Host = None, port: Port = None, model: Model = None, data_dir: DataDir = None
) -> None:
    """Serve the items and members in the store, to this machine only."""
    from nutgraf.serve.backend import open_backend
    from nutgraf.serve.server import listen

    settings, tools = settings_of(ctx, host=host, port=port, model=model, data_dir=data_dir)
    with (
        listen(settings.host, settings.port) as listener,
        open_backend(settings, settings.data_dir, tools.build_rooms) as backend,
    ):
        _serve(backend, listener, browser=False)


def _serve(backend: Backend, listener: socket.socket, *, browser: bool) -> None:
    from nutgraf.serve.redacting import log_to_stderr
    from nutgraf.serve.server import address, serve
    from nutgraf.serve.site import Site

    log_to_stderr()
    where = address(listener)

    def ready() -> None:
        typer.echo(f"Nutgraf is at {where} (Ctrl-C ends it)")
        if browser:
            import webbrowser

            webbrowser.open(where)

    with suppress(KeyboardInterrupt):  # how it is told to end; it has ended in good order
        serve(Site(backend=backend, note=note), listener, ready)
