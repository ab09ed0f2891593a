"""Confirmations: what changes something runs once, for exactly the arguments that a person saw, and soon."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from nutgraf.errors import NotAllowed
from nutgraf.retrieve.skills.skill import Confirmed, Skill, canonical
from nutgraf.types import Scope

VALID_S = 300.0
USED_AT_MOST = 10_000
KEY_BYTES = 32


@dataclass(eq=False)
class Confirmations:
    """Makes and redeems tokens: a keyed hash over skill, arguments, who asks and the moment it expires.

    One lives in the process; `clock` gives seconds since 1970. Used tokens are remembered until they expire.
    """

    key: bytes = field(default_factory=lambda: secrets.token_bytes(KEY_BYTES), repr=False)
    valid_s: float = VALID_S
    clock: Callable[[], float] = time.time
    _used: dict[str, float] = field(default_factory=dict, repr=False)

    def offer(self, skill: Skill, arguments: Mapping[str, Any], scope: Scope) -> str:
        """A token to hand to the person who is asked to confirm this call, with its arguments in plain sight.

        Raises InputError for arguments that do not fit.
        """
        nonce, expires = secrets.token_hex(8), f"{self.clock() + self.valid_s:.3f}"
        return f"{nonce}~{expires}~{self._seal(nonce, expires, skill.spec.name, skill.check(arguments), scope)}"

    def redeem(self, token: str, skill: Skill, arguments: Mapping[str, Any], scope: Scope) -> Confirmed:
        """The confirmation that the token stands for, once.

        Raises NotAllowed when it is for another call or another person, was used, or has expired; InputError for
        arguments that do not fit.
        """
        name, given = skill.spec.name, skill.check(arguments)
        nonce, expires, seal = [*token.split("~"), "", "", ""][:3]
        expected = self._seal(nonce, expires, name, given, scope)
        if not hmac.compare_digest(_bytes(seal), expected.encode()):
            raise NotAllowed(f"skill {name}: the confirmation is not for this call; ask for it again")
        now = self.clock()
        if float(expires) <= now:
            raise NotAllowed(f"skill {name}: the confirmation has expired; ask for it again")
        if nonce in self._used:
            raise NotAllowed(f"skill {name}: the confirmation was used; ask for it again")
        self._used = {used: until for used, until in self._used.items() if until > now}
        if len(self._used) >= USED_AT_MOST:
            raise NotAllowed(f"skill {name}: too many calls were confirmed in the last minutes; try again later")
        self._used[nonce] = float(expires)
        digest = hashlib.sha256(canonical(given)).digest()
        return Confirmed(name, digest, self._hash(b"idempotency", nonce.encode(), name.encode()))

    def _seal(self, nonce: str, expires: str, skill: str, arguments: Mapping[str, Any], scope: Scope) -> str:
        who = orjson.dumps([scope.tenant, scope.member])
        return self._hash(_bytes(nonce), _bytes(expires), skill.encode(), canonical(arguments), who)

    def _hash(self, *parts: bytes) -> str:
        framed = b"".join(len(part).to_bytes(8, "big") + part for part in parts)
        return urlsafe_b64encode(hmac.digest(self.key, framed, "sha256")).decode().rstrip("=")


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
