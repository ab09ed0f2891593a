"""Fetching: which addresses are refused, that exactly the checked machine is dialled, and what a reply becomes."""

import asyncio
import gzip
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from ipaddress import ip_address

import pytest
from yarl import URL

from nutgraf.errors import InputError, NotFound, TooLarge
from nutgraf.ingest.addresses import Target, choose, is_forbidden
from nutgraf.ingest.fetch import Reply, fetch_items, get_once, resolve_host
from nutgraf.ingest.limits import Limits
from nutgraf.types import Item

PUBLIC = "93.184.215.14"
PAGE = b"<html><head><title>Board</title></head><body><p>We moved the board.</p></body></html>"

#: Addresses whose names say enough: nothing is looked up or dialled.
REFUSED_BY_NAME = [
    "http://127.0.0.1/", "http://127.0.0.1:80/", "https://127.8.9.1/", "http://0.0.0.0/", "http://0/", "http://10.0.0.8/",
    "http://172.16.0.1/", "http://172.31.255.255/", "http://192.168.1.1/", "http://169.254.169.254/latest/meta-data/",
    "http://169.254.170.2/v2/credentials", "http://100.64.0.1/", "http://100.100.100.200/", "http://168.63.129.16/",
    "http://192.0.0.192/", "http://198.18.0.1/", "http://203.0.113.7/", "http://224.0.0.1/", "http://255.255.255.255/",
    "http://[::1]/", "http://[::]/", "http://[::ffff:127.0.0.1]/", "http://[::ffff:7f00:1]/", "http://[::127.0.0.1]/",
    "http://[fe80::1]/", "http://[fe80::1%25eth0]/", "http://[fc00::1]/", "http://[fd00:ec2::254]/", "http://[ff02::1]/",
    "http://[64:ff9b::a9fe:a9fe]/", "http://[64:ff9b:1::1]/", "http://[2002:7f00:1::]/", "http://[2001:0:7f00:1::]/",
    "http://[2001:db8::1]/", "http://2130706433/", "http://0x7f000001/", "http://0x7f.0.0.1/", "http://0177.0.0.1/",
    "http://017700000001/", "http://127.1/", "http://127.0.1/", "http://1.2.3.4.5/", "http://256.1.1.1/",
    "http://①②⑦.⓪.⓪.①/", "http://127。0。0。1/", "http://１２７.0.0.1/", "http://%31%32%37.0.0.1/",
    "http://localhost/", "http://LOCALHOST./", "http://board.localhost/", "http://printer.local/", "http://db.internal/",
    "http://metadata.google.internal/", "http://router.lan/", "http://1.0.0.127.in-addr.arpa/", "http://intranet/",
    "http://example.org:22/", "http://example.org:8080/", "http://example.org:0/", "https://example.org:6379/",
    "http://user@example.org/", "http://user:word@example.org/", "http://example.org@127.0.0.1/",
    "http://127.0.0.1#@example.org/", "http://example.org%2f@127.0.0.1/", "http://a@b@example.org/",
    "http://example.org\\@127.0.0.1/", "http://example.org\t.local/", "http://exam ple.org/", "http://example..org/",
    "http:///etc/passwd", "http://", "//example.org/", "example.org", "", "ftp://example.org/", "file:///etc/passwd",
    "gopher://example.org/", "data:text/html,words", "javascript:alert(1)", "dict://example.org/", "ldap://example.org/",
    "jar:http://example.org!/", "http://" + "a" * 70 + ".org/", "http://example.org/" + "a" * 3_000,
]  # fmt: skip
#: Answers to a name that make the name forbidden, mixed ones among them.
REFUSED_BY_ANSWER = [
    ["127.0.0.1"], ["10.1.2.3"], ["169.254.169.254"], ["::1"], ["fe80::1%eth0"], ["::ffff:10.0.0.1"], ["0.0.0.0"],
    ["100.64.1.1"], ["224.0.0.1"], ["fd00::1"], ["64:ff9b::7f00:1"], [PUBLIC, "127.0.0.1"], [PUBLIC, "::1"],
    ["2606:2800:21f::1", "192.168.0.1"], ["not an address"], [],
]  # fmt: skip


@dataclass
class Network:
    """A resolver and a dialler that remember what they were asked; answers may change from one question to the next."""

    pages: Mapping[str, Reply] = field(default_factory=dict)
    names: Mapping[str, list[list[str]]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    dialled: list[tuple[str, str]] = field(default_factory=list)

    async def resolve(self, host: str, port: int) -> list[str]:
        """The next answer for a name; a public one for names nobody spoke of."""
        answers = self.names.get(host, [[host if host[0].isdigit() or ":" in host else PUBLIC]])
        self.asked.append(host)
        return answers[min(self.asked.count(host), len(answers)) - 1]

    async def get(self, target: Target, limits: Limits) -> Reply:
        """The page at an address, or the board."""
        self.dialled.append((str(target.url), target.ip))
        return self.pages.get(str(target.url), Reply(200, body=PAGE, charset="utf-8"))

    async def fetch(self, url: str, limits: Limits = Limits()) -> list[Item]:  # noqa: B008 - frozen
        """Fetch through this network."""
        return await fetch_items(url, limits=limits, resolve=self.resolve, get=self.get)


def to(location: str, status: int = 302) -> Reply:
    """A redirect."""
    return Reply(status, location=location)


@pytest.mark.parametrize("url", REFUSED_BY_NAME)
async def test_forbidden_addresses(url: str) -> None:
    """Refused in one line, before anything is looked up or dialled."""
    network = Network()

    with pytest.raises(InputError, match=r"^url [^\n]*$"):
        await network.fetch(url)
    assert (network.asked, network.dialled) == ([], [])


@pytest.mark.parametrize("answers", REFUSED_BY_ANSWER, ids=str)
async def test_forbidden_answers(answers: list[str]) -> None:
    """A public name that stands for a forbidden machine, even among others, is never dialled."""
    network = Network(names={"rebound.example": [answers]})

    with pytest.raises(InputError):
        await network.fetch("https://rebound.example/")
    assert network.dialled == []


@pytest.mark.parametrize("url", REFUSED_BY_NAME)
async def test_forbidden_redirects(url: str) -> None:
    """A redirect to any of them dials no other machine; what is harmless is read relative to the page."""
    network = Network(pages={"http://example.org/": to(url)})

    with suppress(InputError):
        await network.fetch("http://example.org/")
    assert {(URL(address).host, ip) for address, ip in network.dialled} == {("example.org", PUBLIC)}


async def test_a_name_is_resolved_once_a_hop() -> None:
    """A name that turns private after the check gains nothing: the checked address is dialled, each hop is checked."""
    network = Network(names={"rebound.example": [[PUBLIC], ["127.0.0.1"]]})
    await network.fetch("http://rebound.example/")

    assert network.asked == ["rebound.example"]
    assert network.dialled == [("http://rebound.example/", PUBLIC)]

    network = Network(
        names={"rebound.example": [[PUBLIC], ["127.0.0.1"]]}, pages={"http://rebound.example/": to("/again")}
    )
    with pytest.raises(InputError, match="private or reserved"):
        await network.fetch("http://rebound.example/")
    assert network.dialled == [("http://rebound.example/", PUBLIC)]


@pytest.mark.parametrize(
    ("url", "dialled"),
    [
        ("http://example.org", "http://example.org/"),
        ("HTTPS://EXAMPLE.ORG/Board?a=b#c", "https://example.org/Board?a=b#c"),
        ("https://example.org:443/", "https://example.org/"),
        ("http://münchen.example/ä", "http://xn--mnchen-3ya.example/%C3%A4"),
        ("http://93.184.215.14/", "http://93.184.215.14/"),
        ("http://[2606:2800:21f::1]/", "http://[2606:2800:21f::1]/"),
    ],
)
async def test_public_addresses(url: str, dialled: str) -> None:
    """Ordinary addresses are dialled, names in other scripts in their ASCII form."""
    network = Network()
    [item] = await network.fetch(url)

    assert [address.rstrip("/") for address, _ in network.dialled] == [dialled.rstrip("/")]
    assert item.title == "Board"


async def test_redirects_are_followed() -> None:
    """Relative and absolute ones, to five hops; the item knows the last address."""
    pages = {"http://example.org/": to("/1", 301), "http://example.org/1": to("https://other.example/2", 307)}
    [item] = await Network(pages=pages).fetch("http://example.org/")

    assert item.url == "https://other.example/2"
    with pytest.raises(TooLarge, match="redirects too often"):
        await Network(pages={"http://example.org/": to("/")}).fetch("http://example.org/")
    with pytest.raises(InputError, match="redirects to nowhere"):
        await Network(pages={"http://example.org/": Reply(302)}).fetch("http://example.org/")


@pytest.mark.parametrize(
    ("reply", "error", "says"),
    [
        (Reply(404), NotFound, "there is no such page"),
        (Reply(410), NotFound, "there is no such page"),
        (Reply(500), InputError, "status 500"),
        (Reply(204), InputError, "status 204"),
        (Reply(200, body=b""), InputError, "is empty"),
        (Reply(200, body=b"x", encoding="br"), InputError, "is sent as 'br'"),
        (Reply(200, body=b"x", encoding="gzip"), InputError, "compressed data"),
        (Reply(200, body=gzip.compress(bytes(200_000), mtime=0), encoding="gzip"), TooLarge, "unpacks to more"),
        (Reply(200, body=PAGE, charset="x-banana"), InputError, "declares the encoding"),
        (Reply(200, body=b"\x89PNG\r\n\x1a\n"), InputError, "is an image"),
    ],
    ids=str,
)
async def test_replies_that_are_no_page(reply: Reply, error: type[InputError], says: str) -> None:
    """Each is an error of ours that names the address."""
    with pytest.raises(error, match=says):
        await Network(pages={"http://example.org/": reply}).fetch(
            "http://example.org/", Limits(document_at_most_bytes=100_000)
        )


async def test_packed_pages_and_opt_outs() -> None:
    """A page sent packed is unpacked under our cap, and a server's noai counts like the page's own."""
    reply = Reply(200, body=gzip.compress(PAGE, mtime=0), encoding="gzip", robots="googlebot: noindex, NoAI")
    [item] = await Network(pages={"http://example.org/": reply}).fetch("http://example.org/")

    assert (item.title, item.ai) == ("Board", False)


async def test_slow_machines_are_given_up() -> None:
    """Time is for the whole download."""

    async def never(target: Target, limits: Limits) -> Reply:
        await asyncio.Event().wait()
        raise AssertionError

    with pytest.raises(TooLarge, match="takes too long"):
        await fetch_items(
            "http://example.org/", limits=Limits(fetch_within_s=0.05), resolve=Network().resolve, get=never
        )


# One real request, to a server of our own


@asynccontextmanager
async def server(answer: bytes, seen: list[bytes]) -> AsyncIterator[int]:
    """A server on the loopback that gives one answer to everything; its port."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(answer)
        writer.close()

    listening = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with listening:
        yield listening.sockets[0].getsockname()[1]


def target(port: int) -> Target:
    """A public name, to be dialled on the loopback: what no check would let through."""
    return Target(URL(f"http://board.example:{port}/a?b=c"), "board.example", port, "127.0.0.1")


async def test_exactly_the_checked_machine_is_dialled(monkeypatch: pytest.MonkeyPatch) -> None:
    """The name goes into the request, the checked number is dialled; no proxy, no cookie, no redirect."""
    monkeypatch.setenv("http_proxy", "http://192.0.2.1:3128")
    monkeypatch.setenv("HTTP_PROXY", "http://192.0.2.1:3128")
    seen: list[bytes] = []
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nSet-Cookie: a=b\r\nX-Robots-Tag: noai\r\n"
    async with server(head + b"Content-Length: %d\r\n\r\n" % len(PAGE) + PAGE, seen) as port:
        reply = await get_once(target(port), Limits())
        await get_once(target(port), Limits())

    assert (reply.status, reply.body, reply.charset, reply.robots) == (200, PAGE, "utf-8", "noai")
    assert all(request.startswith(b"GET /a?b=c HTTP/1.1\r\nHost: board.example:%d\r\n" % port) for request in seen)
    assert not any(b"Cookie" in request for request in seen)

    async with server(b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1/\r\nContent-Length: 0\r\n\r\n", seen) as port:
        reply = await get_once(target(port), Limits())
    assert (reply.status, reply.location) == (302, "http://127.0.0.1/")


@pytest.mark.parametrize(
    ("answer", "error", "says"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 999999\r\n\r\n", TooLarge, "the page has 999,999 bytes"),
        (b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 5_000, TooLarge, "the page does not end"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\ncut", InputError, "could not be fetched"),
        (b"HTTP/1.1 200 OK\r\nX: " + b"x" * 60_000 + b"\r\n\r\n", InputError, "could not be fetched"),
        (b"nonsense\r\n\r\n", InputError, "could not be fetched"),
        (b"", InputError, "could not be fetched"),
    ],
    ids=["declared", "endless", "cut", "header", "nonsense", "nothing"],
)
async def test_broken_servers(answer: bytes, error: type[InputError], says: str) -> None:
    """Too much, too little, or no HTTP at all: one line of ours."""
    async with server(answer, []) as port:
        with pytest.raises(error, match=says):
            await get_once(target(port), Limits(document_at_most_bytes=1_000))


async def test_names_are_resolved_to_numbers() -> None:
    """Our own resolver gives numbers, and none for a name that is unknown."""
    assert await resolve_host("127.0.0.1", 80) == ["127.0.0.1"]
    assert await resolve_host("localhost", 80)


def test_the_first_of_good_answers_is_chosen() -> None:
    """One machine, with the port of the scheme."""
    url = URL("https://example.org/")

    assert choose(url, [PUBLIC, "93.184.215.15"]) == Target(url, "example.org", 443, PUBLIC)


def test_every_forbidden_network_is_forbidden() -> None:
    """Control: public machines of both kinds are not."""
    assert not is_forbidden(ip_address(PUBLIC))
    assert not is_forbidden(ip_address("2606:2800:21f::1"))
    assert is_forbidden(ip_address("240.0.0.1"))
