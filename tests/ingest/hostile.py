"""Hostile and broken documents, made on the spot: archives, files and text. Markup and PDF are in files beside."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from tests.ingest.makers import Entry, deflated_zeros, zipped

Way = Literal["item", "items", "member"]
Expects = Literal["refused", "read", "either"]

PROFILE = b"First Name,Last Name,Headline\nAmara,Okafor,Charge nurse\n"


@dataclass(frozen=True)
class Case:
    """One document: how to make it at a path, how it is loaded, and what must come of it."""

    name: str
    way: Way
    expects: Expects
    make: Callable[[Path], bytes | str | None]

    def write(self, folder: Path) -> Path:
        """Make the document in a folder and return where it is."""
        path = folder / self.name
        content = self.make(path)
        if content is not None:
            path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path


CASES: list[Case] = []


def case(
    name: str, way: Way = "item", expects: Expects = "refused"
) -> Callable[[Callable[[Path], bytes | str | None]], Callable[[Path], bytes | str | None]]:
    """Enter a function as a case; it gives the content, or makes the path itself and gives None."""

    def enter(make: Callable[[Path], bytes | str | None]) -> Callable[[Path], bytes | str | None]:
        CASES.append(Case(name, way, expects, make))
        return make

    return enter


def simple(
    name: str, content: bytes | str | Callable[[], bytes | str], way: Way = "item", expects: Expects = "refused"
) -> None:
    """Enter a document that is written down in full, or by a formula."""
    case(name, way, expects)(lambda _: content() if callable(content) else content)


# Archives


def _bomb(name: str = "Profile.csv", says_size: int | None = None, megabytes: int = 300) -> bytes:
    """An archive with one file that unpacks to so many megabytes."""
    packed, crc, size = deflated_zeros(megabytes)
    honest = zipped([Entry(name, packed, method=0, says_crc=crc, says_size=size if says_size is None else says_size)])
    # Written as stored, called deflated: method is the third short of the local and the fourth of the central header.
    patched = bytearray(honest)
    patched[8] = 8
    patched[patched.rindex(b"PK\x01\x02") + 10] = 8
    return bytes(patched)


@case("bomb.zip", "member")
def _(_: Path) -> bytes:
    return _bomb()


@case("bomb-that-says-1000-bytes.zip", "member")
def _(_: Path) -> bytes:
    return _bomb(says_size=1_000)


@case("bomb-one-folder-down.zip", "member")
def _(_: Path) -> bytes:
    return _bomb("export/Skills.csv", says_size=10)


@case("overlapping-files.zip", "member")
def _(_: Path) -> bytes:
    """Six tables that are all one and the same packed stretch."""
    entries = [Entry(f"{name}.csv", b" " * 6_000_000) for name in ("Profile", "Skills", "Positions", "Education")]
    whole = bytearray(zipped(entries))
    at = 0
    while (at := whole.find(b"PK\x01\x02", at + 1)) >= 0:
        whole[at + 42 : at + 46] = b"\0\0\0\0"
    return bytes(whole)


simple("says-more-than-it-has.zip", lambda: zipped([Entry("Profile.csv", PROFILE, says_packed=5_000_000)]), "member")
simple("nested.zip", lambda: zipped([Entry("inner.zip", zipped([Entry("Profile.csv", PROFILE)]))]), "member")
simple("slip.zip", lambda: zipped([Entry("../../Profile.csv", PROFILE)]), "member")
simple("slip-backslash.zip", lambda: zipped([Entry("..\\..\\Profile.csv", PROFILE)]), "member")
simple("absolute.zip", lambda: zipped([Entry("/etc/Profile.csv", PROFILE)]), "member")
simple("drive.zip", lambda: zipped([Entry("C:/Profile.csv", PROFILE)]), "member")
simple("encrypted.zip", lambda: zipped([Entry("Profile.csv", PROFILE, flags=0x801)]), "member")
simple("wrong-checksum.zip", lambda: zipped([Entry("Profile.csv", PROFILE, says_crc=1)]), "member")
simple("unknown-method.zip", lambda: zipped([Entry("Profile.csv", PROFILE, method=12)]), "member")
simple("cut-stream.zip", lambda: zipped([Entry("Profile.csv", PROFILE, cut=6)]), "member")
simple("cut-off.zip", lambda: zipped([Entry("Profile.csv", PROFILE)])[:-40], "member")
simple("no-files.zip", lambda: zipped([]), "member")
simple("twice.zip", lambda: zipped([Entry("Profile.csv", PROFILE), Entry("Profile.csv", PROFILE)]), "member")
simple("zip64.zip", lambda: zipped([Entry("Profile.csv", PROFILE)], says_count=0xFFFF), "member")
simple("not-a-zip.zip", "First Name,Last Name\n", "member")
simple("zip-as-text.md", lambda: zipped([Entry("Profile.csv", PROFILE)]))
simple(
    "field-of-50-megabytes.zip",
    lambda: zipped([Entry("Profile.csv", b'First Name,Last Name\n"' + b"a" * 50_000_000)]),
    "member",
)
simple("long-field.zip", lambda: zipped([Entry("Profile.csv", b'First Name,Last Name\n"' + b"a" * 400_000)]), "member")
simple("nul-table.zip", lambda: zipped([Entry("Profile.csv", b"First Name,Last Name\nA\0b,C\n")]), "member")
simple("utf16-table.zip", lambda: zipped([Entry("Profile.csv", PROFILE.decode().encode("utf-16-le"))]), "member")
simple("no-columns.zip", lambda: zipped([Entry("Profile.csv", b"a,b\n1,2\n")]), "member")
simple(
    "many-rows.zip",
    lambda: zipped([Entry("Profile.csv", PROFILE), Entry("Skills.csv", b"Name\n" + b"x\n" * 900_000)]),
    "member",
)


@case("100000-files.zip", "member")
def _(_: Path) -> bytes:
    return zipped([Entry(f"{n}.csv", method=0) for n in range(100_000)])


@case("100000-files-that-says-one.zip", "member")
def _(_: Path) -> bytes:
    return zipped([Entry(f"{n}.csv", method=0) for n in range(100_000)], says_count=1)


@case("folder-without-tables", "member")
def _(path: Path) -> None:
    path.mkdir()
    (path / "holiday.txt").write_text("sun")


@case("folder-with-a-link-to-zero", "member")
def _(path: Path) -> None:
    path.mkdir()
    (path / "Profile.csv").symlink_to("/dev/zero")


@case("folder-with-a-pipe", "member")
def _(path: Path) -> None:
    path.mkdir()
    os.mkfifo(path / "Profile.csv")


@case("folder-with-a-sparse-table", "member")
def _(path: Path) -> None:
    path.mkdir()
    with (path / "Profile.csv").open("wb") as file:
        file.truncate(200_000_000)


# Files that are no files


@case("sparse-200-megabytes.txt")
def _(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(200_000_000)


@case("sparse-200-megabytes.pdf")
def _(path: Path) -> None:
    with path.open("wb") as file:
        file.write(b"%PDF-1.7\n")
        file.truncate(200_000_000)


@case("link-to-zero.md")
def _(path: Path) -> None:
    path.symlink_to("/dev/zero")


@case("link-to-itself.md")
def _(path: Path) -> None:
    path.symlink_to(path)


@case("link-to-nowhere.md")
def _(path: Path) -> None:
    path.symlink_to(path.parent / "nothing")


@case("pipe.md")
def _(path: Path) -> None:
    os.mkfifo(path)


@case("folder.md")
def _(path: Path) -> None:
    path.mkdir()


@case("folder-with-nothing", "items")
def _(path: Path) -> None:
    path.mkdir()


@case("missing.md")
def _(_: Path) -> None:
    return None


# Text

simple("empty.md", b"")
simple("blank.txt", b" \n\n\t \n")
simple("nul.txt", b"We moved\0the board.\n")
simple("latin1.md", lambda: "Caf\u00e9 au lait".encode("latin-1"))
simple("utf16-without-mark.txt", lambda: "We moved the board.".encode("utf-16-le"))
simple("utf32.txt", lambda: b"\xff\xfe\0\0" + "We moved the board.".encode("utf-32-le"))
simple("half-a-character.txt", b"We moved \xed\xa0\x80 the board.")
simple("utf16-half-a-character.txt", lambda: b"\xff\xfe" + b"a\0" + b"\0\xd8" + b"b\0")
simple("overlong.txt", b"We moved \xc0\xaf the board.")
simple("program.md", lambda: b"\x7fELF\x02\x01\x01" + b"\0" * 9 + bytes(range(256)) * 20)
simple("image.md", lambda: b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 4)
simple("old-office.txt", lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 512)
simple("page.txt", "<!doctype html><html><body><p>We moved the board.</p></body></html>")
simple("too-long.txt", lambda: "We moved the board. " * 60_000)
simple("too-many-lines.md", lambda: "- a\n" * 90_000)
simple("one-word-too-long.txt", lambda: "a" * 15_000_000)
simple("markup-only.md", "![](a)\n\n<!-- nothing -->\n\n[a]: https://example.org\n")
simple("quotes.md", lambda: ">" * 300_000 + " We moved.", expects="either")
simple("brackets.md", lambda: "[" * 200_000 + "x" + "](" * 90_000, expects="either")
simple("marks.md", lambda: "*a **b _c __d `e " * 20_000, expects="either")
simple("links.md", lambda: '[a](b "' * 50_000, expects="either")
simple("lists.md", lambda: "".join(" " * (i % 300) + "- a\n" for i in range(1, 2_000)), expects="either")
simple("items.md", lambda: "- *a* **b** `c`\n" * 19_000, expects="read")
simple("tags.md", lambda: "a <b c='" * 40_000, expects="either")
simple("table.md", lambda: "|" + "a|" * 9_000 + "\n|" + "-|" * 9_000 + "\n" + "|x|\n" * 15_000, expects="either")
simple("backticks.md", lambda: " ".join("`" * (i % 400 + 1) for i in range(1_800)), expects="either")

# Front matter


def _front(lines: str) -> str:
    return f"---\n{lines}\n---\nWe moved the board into the corridor.\n"


simple(
    "alias-bomb.md",
    lambda: _front(
        "a: &a [x, x, x]\n"
        + "".join(f"{c}: &{c} [{', '.join([f'*{p}'] * 9)}]\n" for p, c in zip("abcdefgh", "bcdefghi", strict=True))
    ),
)
simple("alias.md", lambda: _front("title: &t Board\nauthor: *t"))
simple("python-object.md", lambda: _front("title: !!python/object/apply:os.system ['echo hacked > hacked.txt']"))
simple("python-name.md", lambda: _front("title: !!python/name:os.system"))
simple("binary-tag.md", lambda: _front("title: !!binary aGVsbG8="))
simple("deep-yaml.md", lambda: _front("title: " + "[" * 5_000 + "]" * 5_000))
simple("twice-in-yaml.md", lambda: _front("title: One\ntitle: Two"))
simple("list-as-title.md", lambda: _front("title: [One, Two]"))
simple("text-as-topics.md", lambda: _front("topics: nursing, patient flow"))
simple("list-as-details.md", lambda: _front("details: [a, b]"))
simple("nested-details.md", lambda: _front("details:\n  salary:\n    low: 1"))
simple("no-such-kind.md", lambda: _front("kind: banana"))
simple("no-date.md", lambda: _front("published: soon"))
simple("no-truth.md", lambda: _front("ai: perhaps"))
simple("bad-id.md", lambda: _front("id: ../../etc/passwd"))
simple("bad-address.md", lambda: _front("url: javascript:alert(1)"))
simple("long-front-matter.md", lambda: _front("title: Board\n" + "# padding\n" * 9_000))
simple("open-front-matter.md", "---\ntitle: Board\nWe moved the board.\n")
simple("broken-yaml.md", lambda: _front("title: 'Board\nauthor: {a"))
simple("key-is-a-list.md", lambda: _front("title: Board\n? [a, b]\n: c"))

# JSON

simple("deep.json", lambda: "[" * 100_000 + "]" * 100_000)
simple("deep-object.json", lambda: '{"a":' * 100_000 + "1" + "}" * 100_000)
simple("rather-deep.json", lambda: '{"text": "a", "details": ' + "[" * 60 + "]" * 60 + "}")
simple("twice.json", '{"title": "One", "title": "Two", "text": "We moved the board."}')
simple("nan.json", '{"title": "Board", "text": "We moved it.", "details": {"size": NaN}}')
simple("infinity.json", '{"title": "Board", "text": "We moved it.", "details": {"size": -Infinity}}')
simple("huge-number.json", '{"title": "Board", "text": "We moved it.", "details": {"size": 1e999}}')
simple(
    "huge-integer.json",
    lambda: '{"title": "Board", "text": "We moved it.", "details": {"size": ' + "9" * 200_000 + "}}",
)
simple("number-as-text.json", '{"title": "Board", "text": 7}')
simple("list-as-title.json", '{"title": ["Board"], "text": "We moved it."}')
simple("half-a-character.json", '{"title": "Board", "text": "We moved \\ud800 it."}')
simple("nul.json", '{"title": "Board", "text": "We moved \\u0000 it."}')
simple("cut-off.json", '{"title": "Board", "text": "We mov')
simple("page.json", "<html><body>We moved the board.</body></html>")
simple("flat.json", lambda: "[" + "{}," * 900_000 + "{}]", "items")
simple("too-large.json", lambda: '{"text": "' + "a" * 5_000_000 + '"}')
simple("many-items.json", lambda: "[" + '{"text": "a"},' * 5_000 + '{"text": "a"}]', "items")


@case("items-with-one-id", "items")
def _(path: Path) -> None:
    path.mkdir()
    for name in ("a.md", "b.md"):
        (path / name).write_text(_front("id: article-board"))


simple("profile-as-item.json", '{"name": "Amara Okafor", "work": []}')
simple("item-as-profile.json", '{"title": "Board", "text": "We moved it."}', "member")
simple("name-is-a-number.json", '{"name": 5}', "member")
simple("work-is-text.json", '{"name": "Amara Okafor", "work": "nurse"}', "member")
simple("work-without-title.json", '{"name": "Amara Okafor", "work": [{"organisation": "Bluewater Health"}]}', "member")
simple("no-such-month.json", '{"name": "Amara Okafor", "work": [{"title": "Nurse", "start": "2019-13"}]}', "member")
simple("no-such-consent.json", '{"name": "Amara Okafor", "consent": {"version": 1, "fields": ["birthday"]}}', "member")
simple("consent-version.json", '{"name": "Amara Okafor", "consent": {"version": true, "fields": []}}', "member")
simple("deep-profile.json", lambda: '{"name": "Amara Okafor", "work": ' + "[" * 5_000 + "]" * 5_000 + "}", "member")
simple("half-a-name.json", '{"name": "Amara \\udc00"}', "member")
simple("resume-without-name.json", '{"basics": {"label": "Nurse"}}', "member")
simple("resume-with-wrong-types.json", '{"basics": {"name": {"first": "Amara"}}}', "member")
simple("resume-with-text-as-work.json", '{"basics": {"name": "Amara"}, "work": "nurse"}', "member")
simple("list-as-profile.json", "[1, 2, 3]", "member")
