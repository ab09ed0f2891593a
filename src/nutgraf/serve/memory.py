"""What is remembered of a member, as they may see and change it: over the store, without a web framework."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from nutgraf.conversation import Remembered
from nutgraf.members.memory import checked
from nutgraf.serve.door import host_scope, reader_scope

if TYPE_CHECKING:
    from nutgraf.store.embedded import EmbeddedStore
    from nutgraf.types import Scope

#: Deletes what mentions facts of a scope's member beside the store; with True, whatever mentions anything remembered.
Clear = Callable[["Scope", Sequence[Remembered], bool], None]


@dataclass(frozen=True, slots=True)
class Memory:
    """What is remembered of a member, by kind, the newest first; `on` tells whether more may be, and if it is used."""

    on: bool
    remembered: list[Remembered]


def owner(store: EmbeddedStore, member_id: str) -> Scope:
    """The scope of a member who is kept here; NotFound when there is none."""
    return reader_scope(store.member(host_scope(), member_id))


def told(store: EmbeddedStore, member_id: str) -> Memory:
    """What is remembered of a member. Raises NotFound when there is none."""
    member = store.member(host_scope(), member_id)
    return Memory("memory" in member.consent.fields, store.remembered(reader_scope(member)))


def switched(store: EmbeddedStore, member_id: str, on: bool) -> None:
    """Let a member be remembered, or not; a change is a new version of their consent. Raises NotFound."""
    member = store.member(host_scope(), member_id)
    fields = member.consent.fields | {"memory"} if on else member.consent.fields - {"memory"}
    if fields != member.consent.fields:
        consent = replace(member.consent, version=member.consent.version + 1, fields=fields)
        store.put_member(host_scope(), replace(member, consent=consent))


def edited(store: EmbeddedStore, member_id: str, memory_id: str, text: str, clear: Clear) -> Remembered:
    """A remembered fact in the member's own new words; nothing stays of the old ones. Blocks.

    Raises NotFound when there is no such fact of theirs, and InputError for words that may not be remembered.
    """
    words = checked(text)
    scope = owner(store, member_id)
    old = [fact for fact in store.remembered(scope) if fact.id == memory_id]
    new = store.edit_remembered(scope, memory_id, words, datetime.now(UTC).isoformat())
    clear(scope, old, False)
    return new


def forgotten(store: EmbeddedStore, member_id: str, memory_id: str | None, clear: Clear) -> int:
    """Forget one fact, or everything remembered of a member when no id is given; how many facts went. Blocks.

    Raises NotFound when there is no such member, or no such fact of theirs.
    """
    scope = owner(store, member_id)
    facts = [fact for fact in store.remembered(scope) if memory_id in (None, fact.id)]
    clear(scope, facts, memory_id is None)  # first, so that a failure can be made good by forgetting once more
    if memory_id is None:
        gone = store.forget_all(scope)
    else:
        store.forget(scope, memory_id)
        gone = 1
    clear(scope, facts, memory_id is None)  # of answers that ended meanwhile
    return gone
