"""`nutgraf members`: erasing a member."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

import typer

from nutgraf.errors import NotFound
from nutgraf.serve.cli_common import DataDir, Told, settings_of

members = typer.Typer(cls=Told, no_args_is_help=True, rich_markup_mode=None, help="The members kept: erase one.")


@members.command("erase")
def members_erase(
    ctx: typer.Context,
    member: Annotated[str, typer.Argument(metavar="MEMBER", help="Id of a member.", show_default=False)],
    data_dir: DataDir = None,
) -> None:
    """Delete everything kept of a member, down to the bytes: record, memory, conversations, streams, traces.

    It cannot be undone. Where a server runs on the same data, use its `DELETE /v1/members/{id}` instead, which also
    ends the member's answers and empties what is in its memory.
    """
    from nutgraf.serve.door import LocalDoor
    from nutgraf.serve.sample import demo_folder
    from nutgraf.serve.traces import trace_files
    from nutgraf.store.embedded import EmbeddedStore

    settings, _ = settings_of(ctx, data_dir=data_dir)
    scope, gone = LocalDoor().member_scope(member), 0
    for folder in (settings.data_dir, demo_folder(settings.data_dir)):
        if folder.is_dir():
            with EmbeddedStore.open(folder) as store:
                gone += store.erase_member(scope)
            gone += trace_files(replace(settings, data_dir=folder)).erase_member(scope)
    if not gone:
        raise NotFound(f"member: nothing is kept of {member!r} in {settings.data_dir}")
    typer.echo(f"{member} is erased: {gone} record{'' if gone == 1 else 's'} deleted")
