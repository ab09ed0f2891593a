"""Queries, scopes and deadlines that tests of skills ask with, and skills that are forgotten after the test."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import anyio
import pytest

from nutgraf import registry
from nutgraf.orchestration import Query
from nutgraf.retrieve.skills.skill import Call
from nutgraf.types import Deadline, Item, Scope, Snapshot

SCOPE = Scope(tenant="t", member="amara-okafor", purposes=frozenset(), consent_version=1, rights=frozenset())
NOBODY = Scope(tenant="t", member=None, purposes=frozenset(), consent_version=0, rights=frozenset())
ITEM = Item(
    id="job-night-nurse", kind="job", title="Night nurse", text="We look for a nurse.", organisation="Bluewater Health",
    place="Houston, TX",
)  # fmt: skip


def query(
    text: str = "How is the weather?", item: Item | None = ITEM, scope: Scope = SCOPE, limit: int = 8, **arguments: str
) -> Query:
    """A query about a job in Houston."""
    return Query(
        scope=scope, text=text, item=item, snapshot=Snapshot(scope, None, ()), limit=limit, arguments=arguments
    )


def soon(seconds: float = 5.0) -> Deadline:
    """A moment a little later."""
    return Deadline(anyio.current_time() + seconds)


def call(scope: Scope = SCOPE, seconds: float = 5.0) -> Call:
    """A call by this scope, without a confirmation."""
    return Call(scope=scope, deadline=soon(seconds))


@contextmanager
def forgotten() -> Iterator[None]:
    """What is registered inside is forgotten afterwards; nothing was registered before."""
    with pytest.MonkeyPatch.context() as patch:
        kept: Mapping[tuple[str, str], registry.Spec] = {
            key: spec for key, spec in registry._specs.items() if key[0] != "skill"
        }
        patch.setattr(registry, "_specs", dict(kept))
        yield
