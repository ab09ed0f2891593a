"""Small writers of PDF and ZIP files, honest or not, for the tests and benches of the ingest room."""

import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass


def pdf(objects: Sequence[bytes | None], *, trailer: bytes = b"", header: bytes = b"%PDF-1.7\n") -> bytes:
    """A PDF of numbered objects (from 1), the first of which is the catalog; None leaves a number free."""
    out, places = bytearray(header), []
    for number, content in enumerate(objects, 1):
        places.append(len(out) if content is not None else 0)
        if content is not None:
            out += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 %s \n" % (place, b"n" if place else b"f") for place in places)
    out += b"trailer\n<< /Size %d /Root 1 0 R %s >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, trailer, start)
    return bytes(out)


def stream(content: bytes, extra: bytes = b"", *, packed: bool = False) -> bytes:
    """A stream object, deflated with `packed`."""
    if packed:
        content, extra = zlib.compress(content, 9), extra + b" /Filter /FlateDecode"
    return b"<< /Length %d %s >>\nstream\n%s\nendstream" % (len(content), extra, content)


CATALOG = b"<< /Type /Catalog /Pages 2 0 R >>"
FONT = b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>"
BOLD = b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica-Bold /Encoding /WinAnsiEncoding >>"


def page(contents: int, resources: bytes = b"/Font << /F1 3 0 R /F2 4 0 R >>", parent: int = 2) -> bytes:
    """A page whose content stream is the object of this number."""
    return (
        b"<< /Type /Page /Parent %d 0 R /MediaBox [0 0 595 842] /Contents %d 0 R /Resources << %s >> >>"
        % (parent, contents, resources)
    )  # fmt: skip


@dataclass(frozen=True)
class Print:
    """One printed line: its text, how far below the last one, and its font."""

    text: str
    gap: float = 13.0
    size: float = 10.0
    bold: bool = False


def pdf_of_pages(pages: Sequence[Sequence[Print]], info: bytes = b"") -> bytes:
    """A PDF that prints these lines, from the top of each page."""
    objects: list[bytes | None] = [CATALOG, None, FONT, BOLD]
    kids = []
    for lines in pages:
        y, marks = 800.0, []
        for line in lines:
            y -= line.gap
            text = line.text.encode("cp1252").replace(b"\\", rb"\\").replace(b"(", rb"\(").replace(b")", rb"\)")
            font = b"F2" if line.bold else b"F1"
            marks.append(b"BT /%s %.1f Tf 1 0 0 1 72 %.1f Tm (%s) Tj ET" % (font, line.size, y, text))
        objects.append(stream(b"\n".join(marks), packed=True))
        objects.append(page(len(objects)))
        kids.append(b"%d 0 R" % len(objects))
    objects[1] = b"<< /Type /Pages /Kids [%s] /Count %d >>" % (b" ".join(kids), len(kids))
    if info:
        objects.append(info)
        return pdf(objects, trailer=b"/Info %d 0 R" % len(objects))
    return pdf(objects)


@dataclass(frozen=True)
class Entry:
    """One file in a ZIP archive; what is None is told truthfully."""

    name: str
    content: bytes = b""
    says_size: int | None = None
    says_packed: int | None = None
    says_crc: int | None = None
    flags: int = 0x800
    method: int = 8
    cut: int = 0


def zipped(entries: Sequence[Entry], *, says_count: int | None = None, tail: bytes = b"") -> bytes:
    """A ZIP archive of these entries, lies and all."""
    out, listing = bytearray(), bytearray()
    for entry in entries:
        name, place = entry.name.encode(), len(out)
        packed = _deflated(entry.content) if entry.method == 8 else entry.content
        packed = packed[: len(packed) - entry.cut]
        crc = zlib.crc32(entry.content) if entry.says_crc is None else entry.says_crc
        size = len(entry.content) if entry.says_size is None else entry.says_size
        told = len(packed) if entry.says_packed is None else entry.says_packed
        common = struct.pack("<5H3L2H", 20, entry.flags, entry.method, 0, 0, crc, told, size, len(name), 0)
        out += b"PK\x03\x04" + common + name + packed
        listing += b"PK\x01\x02" + struct.pack("<H", 20) + common + struct.pack("<3H2L", 0, 0, 0, 0, place) + name
    count = min(len(entries), 0xFFFF) if says_count is None else says_count
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, count, count, len(listing), len(out), 0)
    return bytes(out + listing) + end + tail


def _deflated(content: bytes) -> bytes:
    engine = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    return engine.compress(content) + engine.flush()


def deflated_zeros(megabytes: int) -> tuple[bytes, int, int]:
    """(raw deflate stream, CRC, size) of so many megabytes of spaces, made without holding them."""
    engine, piece = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS), b" " * (1 << 20)
    packed, crc = bytearray(), 0
    for _ in range(megabytes):
        packed += engine.compress(piece)
        crc = zlib.crc32(piece, crc)
    return bytes(packed + engine.flush()), crc, megabytes << 20
