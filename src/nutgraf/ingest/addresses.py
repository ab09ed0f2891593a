"""Which web addresses may be fetched, and which machines may be dialled for them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from yarl import URL

from nutgraf.errors import InputError

URL_AT_MOST_CHARS = 2_000
PORTS = {"http": 80, "https": 443}

_NUMERIC = re.compile(r"(?:0[xX][0-9a-fA-F]*|[0-9]+)")
_LABEL = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_HOST = re.compile(rf"(?=.{{1,253}}\.?$){_LABEL}(?:\.{_LABEL})+\.?")
_LOCAL_NAMES = ("localhost", "local", "internal", "intranet", "lan", "home", "corp", "arpa", "onion")
#: Networks that `is_global` lets through in some versions of Python, or that hide another address inside.
_REFUSED: tuple[IPv4Network | IPv6Network, ...] = tuple(
    ip_network(text)
    for text in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
        "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24", "192.168.0.0/16", "192.175.48.0/24",
        "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4", "168.63.129.16/32",
        "::/96", "::ffff:0:0/96", "64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "2001::/23", "2001:db8::/32",
        "2002::/16", "3fff::/20", "5f00::/16", "fc00::/7", "fe80::/10", "fec0::/10", "ff00::/8",
    )
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Target:
    """One request to make: the address, and the only machine that may be dialled for it."""

    url: URL
    host: str
    port: int
    ip: str


def check_url(text: str) -> URL:
    """The address, when it may be fetched at all: http or https, its usual port, a public name, no password.

    Raises InputError naming what is wrong.
    """
    shown = repr(text[:80])
    if len(text) > URL_AT_MOST_CHARS or any(c <= " " or c in "\\\x7f" for c in text):
        raise InputError(f"url {shown}: has spaces, backslashes or too many characters; give a plain web address")
    try:
        url = URL(text)
        host, port = (url.raw_host or "").lower(), url.port
    except (ValueError, TypeError) as exc:
        raise InputError(f"url {shown}: is not a web address; give one such as https://example.org/page") from exc
    if url.scheme not in PORTS:
        raise InputError(f"url {shown}: only http and https are fetched; give such an address or the file itself")
    if url.raw_user is not None or url.raw_password is not None or "@" in url.raw_authority:
        raise InputError(f"url {shown}: has a user name or password in it; give it without")
    if port not in (80, 443):
        raise InputError(f"url {shown}: port {port} is not fetched from; only 80 and 443 are")
    if literal := _literal(host):
        if is_forbidden(literal):
            raise InputError(f"url {shown}: leads to a private or reserved address; give a public one")
        return url
    last = host.rstrip(".").rpartition(".")[2]
    if _NUMERIC.fullmatch(last) or not _HOST.fullmatch(host):
        raise InputError(f"url {shown}: has no public host name; give one such as https://example.org/page")
    if any(f".{host.rstrip('.')}".endswith(f".{name}") for name in _LOCAL_NAMES):
        raise InputError(f"url {shown}: leads into a private network; give a public address")
    return url


def choose(url: URL, answers: Sequence[str]) -> Target:
    """The machine to dial for a checked address, of all that its name stands for.

    Raises InputError when there is none, or when any one of them is private, reserved or not an address.
    """
    host, shown = (url.raw_host or "").lower(), repr(str(url)[:80])
    if not answers:
        raise InputError(f"url {shown}: its host name is not known; check the spelling")
    for answer in answers:
        literal = _literal(answer)
        if literal is None or is_forbidden(literal):
            raise InputError(f"url {shown}: its host stands for a private or reserved address; give a public one")
    return Target(url, host, url.port or PORTS[url.scheme], answers[0])


def is_forbidden(ip: IPv4Address | IPv6Address) -> bool:
    """Whether a machine may not be dialled: everything that is not plainly public, v4 inside v6 included."""
    if isinstance(ip, IPv6Address) and (ip.scope_id or ip.ipv4_mapped or ip.sixtofour or ip.teredo):
        return True
    return not ip.is_global or ip.is_multicast or any(ip in net for net in _REFUSED if net.version == ip.version)


def _literal(host: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(host.strip("[]"))
    except ValueError:
        return None
