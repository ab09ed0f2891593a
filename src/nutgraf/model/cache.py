"""Whole answers of models, kept for exactly the same question of exactly the same reader. No clock, no I/O."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from dataclasses import dataclass, fields

from nutgraf.types import Prompt, Scope

ENTRY_OVERHEAD_BYTES = 400
#: An answer larger than this share of the cache is not kept.
LARGEST_SHARE = 0.25


@dataclass(frozen=True, slots=True, kw_only=True)
class CacheKey:
    """Everything that an answer may depend on; the key is made from every field there is, so none can be left out.

    `models` are the targets that may answer, in order; `policy` is the version of the rules of the service.
    """

    tenant: str
    member: str | None
    purposes: tuple[str, ...]
    consent_version: int
    rights: tuple[str, ...]
    locale: str
    policy: str
    models: tuple[str, ...]
    prompt_name: str
    prompt_version: str
    messages: tuple[tuple[str, str], ...]
    opening: str
    max_tokens: int
    temperature: float
    stop: tuple[str, ...]
    schema: str

    @property
    def digest(self) -> bytes:
        """32 bytes that differ when any field does."""
        named = [(knob.name, getattr(self, knob.name)) for knob in fields(self)]
        return hashlib.sha256(repr(named).encode()).digest()


def cache_key(scope: Scope, prompt: Prompt, models: tuple[str, ...], *, locale: str, policy: str) -> CacheKey:
    """The key of a prompt asked by a scope."""
    return CacheKey(
        tenant=scope.tenant,
        member=scope.member,
        purposes=tuple(sorted(scope.purposes)),
        consent_version=scope.consent_version,
        rights=tuple(sorted(scope.rights)),
        locale=locale,
        policy=policy,
        models=models,
        prompt_name=prompt.name,
        prompt_version=prompt.version,
        messages=tuple((message.role, message.content) for message in prompt.messages),
        opening=prompt.opening,
        max_tokens=prompt.max_tokens,
        temperature=prompt.temperature,
        stop=prompt.stop,
        schema=prompt.schema,
    )


@dataclass(frozen=True, slots=True)
class _Entry:
    owner: tuple[str, str | None]
    text: str
    size: int


class AnswerCache:
    """The answers that were used last, within `at_most_bytes`; each knows whose it is.

    `hits`, `misses` and `foreign` count; an entry of somebody else under one's own key is a miss, and an alarm.
    """

    def __init__(self, at_most_bytes: int) -> None:
        self._at_most = at_most_bytes
        self._entries: OrderedDict[bytes, _Entry] = OrderedDict()
        self.size_bytes = self.hits = self.misses = self.foreign = 0

    def get(self, key: CacheKey) -> str | None:
        """The answer; None when there is none that belongs to this reader."""
        digest = key.digest
        entry = self._entries.get(digest)
        if entry is not None and entry.owner != (key.tenant, key.member):
            self.foreign += 1
            self._drop(digest)
            entry = None
        if entry is None:
            self.misses += 1
            return None
        self.hits += 1
        self._entries.move_to_end(digest)
        return entry.text

    def put(self, key: CacheKey, text: str) -> None:
        """Keep a whole answer; the ones used longest ago make room."""
        size = ENTRY_OVERHEAD_BYTES + len(text.encode("utf-8", "surrogatepass"))
        if size > LARGEST_SHARE * self._at_most:
            return
        digest = key.digest
        self._drop(digest)
        self._entries[digest] = _Entry((key.tenant, key.member), text, size)
        self.size_bytes += size
        while self.size_bytes > self._at_most:
            self._drop(next(iter(self._entries)))

    def forget(self, tenant: str, member: str) -> None:
        """Drop every answer of a member."""
        for digest in [d for d, entry in self._entries.items() if entry.owner == (tenant, member)]:
            self._drop(digest)

    def _drop(self, digest: bytes) -> None:
        if (entry := self._entries.pop(digest, None)) is not None:
            self.size_bytes -= entry.size
