"""Who comes in. Every Scope of the server and of the command line is made here and nowhere else."""

from __future__ import annotations

import ipaddress
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from nutgraf.errors import InputError, NotAllowed
from nutgraf.types import Scope

if TYPE_CHECKING:
    from nutgraf.types import Member

TENANT = "local"
PURPOSES = frozenset({"personalise"})
HOST_RIGHTS = frozenset({"members:list", "members:read-any", "members:write-any"})
REMEMBERED_STREAMS_AT_MOST = 10_000
CHANGES = ("POST", "PUT", "PATCH", "DELETE")


@lru_cache(maxsize=256)
def is_loopback(host: str) -> bool:
    """Whether a host name or address, without a port, is this machine and no other."""
    if host.lower().rstrip(".") == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def check_bind(host: str) -> None:
    """Raise InputError unless `host` is a loopback address: local mode has no credentials to check."""
    if not is_loopback(host):
        raise InputError(
            f"host: {host!r} can be reached from other machines, and in local mode anybody who reaches it may read as "
            "any member; use 127.0.0.1, localhost or ::1"
        )


def host_scope() -> Scope:
    """The scope of the person whose machine this is: keeps and lists the sample members."""
    return Scope(tenant=TENANT, member=None, purposes=frozenset(), consent_version=0, rights=HOST_RIGHTS)


def reader_scope(member: Member | None) -> Scope:
    """The scope of a reader; None reads without a profile."""
    return _scope(None) if member is None else _scope(member.id, member.consent.version)


class LocalDoor:
    """Local mode: one person, at this machine, who may read as any member that is kept here.

    There are no credentials; so nothing but this machine gets in, and no web page of another origin does.
    """

    def __init__(self) -> None:
        self._readers: OrderedDict[str, str | None] = OrderedDict()

    def admit(self, asked: Mapping[str, Any]) -> None:
        """Raise NotAllowed unless a request (an ASGI scope) is from this machine, for it, and by its own pages."""
        client = asked.get("client")
        if client is not None and not is_loopback(str(client[0])):
            raise NotAllowed("only this machine may connect in local mode")
        headers = list(asked["headers"])
        hosts = [value.decode("latin-1") for name, value in headers if name == b"host"]
        if len(hosts) != 1 or not is_loopback(_name(f"//{hosts[0]}")):
            raise NotAllowed("the Host header must be a name of this machine, such as localhost")
        if asked["method"] in CHANGES:
            self._check_origin(headers, hosts[0])

    def remember(self, stream_id: str, member: str | None) -> None:
        """Note who reads a stream; the oldest notes go first."""
        self._readers[stream_id] = member
        while len(self._readers) > REMEMBERED_STREAMS_AT_MOST:
            self._readers.popitem(last=False)

    def forget(self, member: str) -> None:
        """Drop the notes of what a member reads."""
        self._readers = OrderedDict((stream, who) for stream, who in self._readers.items() if who != member)

    def stream_scope(self, stream_id: str, member: str | None) -> Scope:
        """The scope for a stream: as the member named, `none` for nobody, else as whoever opened it here."""
        return self.member_scope(member if member is not None else self._readers.get(stream_id))

    def member_scope(self, member: str | None) -> Scope:
        """The scope of the member with this id, who is not looked up; None and `none` are nobody."""
        return _scope(None if member == "none" else member)

    def _check_origin(self, headers: Iterable[tuple[bytes, bytes]], host: str) -> None:
        for name, value in headers:
            if name == b"origin" and urlsplit(value.decode("latin-1")).netloc != host:
                raise NotAllowed("pages of other origins may not change anything here")


def _scope(member: str | None, consent_version: int = 0) -> Scope:
    return Scope(
        tenant=TENANT,
        member=member,
        purposes=frozenset() if member is None else PURPOSES,
        consent_version=consent_version,
        rights=frozenset(),
    )


def _name(address: str) -> str:
    """The host of `//host:port`, empty when it cannot be read."""
    try:
        return urlsplit(address).hostname or ""
    except ValueError:
        return ""
