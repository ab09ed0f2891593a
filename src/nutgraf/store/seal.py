"""Every stored value of the member partition carries its owner inside; reading verifies it."""

from __future__ import annotations

import hmac
import json

from nutgraf.types import Scope

Owner = tuple[str, str | None]  # tenant, member (None: a reader without a profile)


class WrongOwner(Exception):
    """A stored value belongs to somebody else, or is not what it should be."""


def owner_of(scope: Scope) -> Owner:
    """The partition that this scope owns."""
    return scope.tenant, scope.member


def seal(owner: Owner, kind: str, value: bytes) -> bytes:
    """`value` (JSON text) with its owner and kind in front, as one JSON text."""
    return _head(owner, kind) + value + b"}"


def unseal(owner: Owner, kind: str, sealed: bytes) -> bytes:
    """The value that `seal` put in; WrongOwner when it was sealed for anybody or anything else."""
    head = _head(owner, kind)
    if not hmac.compare_digest(sealed[: len(head)], head) or sealed[-1:] != b"}":
        raise WrongOwner(f"a stored {kind} does not belong to the partition it was found in")
    return sealed[len(head) : -1]


def _head(owner: Owner, kind: str) -> bytes:
    return f'{{"owner":{json.dumps(owner)},"kind":{json.dumps(kind)},"value":'.encode()
