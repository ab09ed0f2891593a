"""Hostile and broken documents: PDF."""

import random
import zlib
from pathlib import Path

from tests.ingest.hostile import case, simple
from tests.ingest.makers import BOLD, CATALOG, FONT, Print, deflated_zeros, page, pdf, pdf_of_pages, stream

WORDS = "We moved the triage board into the corridor, and waiting times fell by a fifth."
ONE_PAGE = pdf_of_pages([[Print(WORDS)]])
PAGES = b"<< /Type /Pages /Kids [6 0 R] /Count 1 >>"


def _one(contents: bytes, resources: bytes = b"/Font << /F1 3 0 R >>", *more: bytes) -> bytes:
    """A PDF of one page with this content stream; further objects are numbered from 7."""
    return pdf([CATALOG, PAGES, FONT, BOLD, contents, page(5, resources), *more])


def _text(words: str) -> bytes:
    return b"BT /F1 10 Tf 72 700 Td (%s) Tj ET" % words.encode()


def _zlib_of_spaces(megabytes: int) -> bytes:
    raw, _, _ = deflated_zeros(megabytes)
    adler = zlib.adler32(b"")
    for _ in range(megabytes):
        adler = zlib.adler32(b" " * (1 << 20), adler)
    return b"\x78\xda" + raw + adler.to_bytes(4, "big")


def _packed(content: bytes, filters: bytes = b"/FlateDecode", extra: bytes = b"") -> bytes:
    return b"<< /Length %d /Filter %s %s >>\nstream\n%s\nendstream" % (len(content), filters, extra, content)


simple("page.pdf", "<!doctype html><html><body>We moved the board.</body></html>")
simple("text.pdf", lambda: WORDS)
simple("image.pdf", lambda: b"\x89PNG\r\n\x1a\n" + bytes(200))
simple("pdf-named-markdown.md", lambda: ONE_PAGE)
simple("cut-off.pdf", lambda: ONE_PAGE[: len(ONE_PAGE) // 3])
simple("head-only.pdf", b"%PDF-1.7\n")
simple("noise.pdf", lambda: b"%PDF-1.7\n" + random.Random(7).randbytes(1_000_000))
simple("no-text.pdf", lambda: _one(stream(b"0 0 m 100 100 l S")))
simple("no-pages.pdf", lambda: pdf([CATALOG, b"<< /Type /Pages /Kids [] /Count 0 >>"]))
simple("looped-pages.pdf", lambda: pdf([CATALOG, b"<< /Type /Pages /Kids [2 0 R] /Count 1 >>"]))
simple(
    "looped-pages-of-two.pdf",
    lambda: pdf(
        [
            CATALOG,
            b"<< /Type /Pages /Kids [3 0 R 3 0 R] /Count 2 >>",
            b"<< /Type /Pages /Kids [2 0 R 2 0 R] /Count 2 >>",
        ]
    ),
)
simple(
    "looped-parents.pdf",
    lambda: pdf([CATALOG, b"<< /Type /Pages /Kids [4 0 R] /Count 1 /Parent 3 0 R >>", b"<< /Parent 2 0 R >>",
         b"<< /Type /Page /Parent 2 0 R /Contents 5 0 R >>", stream(_text(WORDS))]),
    expects="either",
)  # fmt: skip
simple("says-a-billion-pages.pdf", lambda: pdf([CATALOG, b"<< /Type /Pages /Kids [] /Count 1000000000 >>"]))
simple("many-pages.pdf", lambda: pdf_of_pages([[Print("a")]] * 400))
simple(
    "deep-page-tree.pdf",
    lambda: pdf([CATALOG, *(b"<< /Type /Pages /Kids [%d 0 R] /Count 1 >>" % n for n in range(3, 5_003)), page(5_003)]),
)
simple("looped-references.pdf", lambda: pdf([b"<< /Type /Catalog /Pages 2 0 R >>", b"3 0 R", b"2 0 R"]))
simple("looped-tables.pdf", lambda: ONE_PAGE.replace(b"/Root 1 0 R", b"/Root 1 0 R /Prev 15"), expects="either")
simple("huge-length.pdf", lambda: ONE_PAGE.replace(b"/Length ", b"/Length 99999999999"), expects="either")
simple("huge-integer.pdf", lambda: ONE_PAGE.replace(b"/Count 1", b"/Count " + b"9" * 50_000), expects="either")
simple(
    "deep-array.pdf",
    lambda: pdf([CATALOG, b"<< /Type /Pages /Kids " + b"[" * 100_000 + b"]" * 100_000 + b" /Count 1 >>"]),
)
simple("deep-dictionary.pdf", lambda: pdf([CATALOG, b"<< /A " * 50_000 + b"1" + b" >>" * 50_000]))
simple("no-end-of-string.pdf", lambda: _one(stream(b"BT /F1 10 Tf (" + b"(" * 300_000)), expects="either")
simple("many-operators.pdf", lambda: _one(stream(b"q Q " * 1_500_000, packed=True)), expects="either")
simple(
    "many-words.pdf",
    lambda: _one(stream(b"BT /F1 9 Tf " + b"(a) Tj 0 -9 Td " * 400_000, packed=True)),
    expects="either",
)
simple("looped-form.pdf", lambda: _one(
    stream(b"/X0 Do"), b"/XObject << /X0 7 0 R >>",
    stream(b"/X0 Do", b"/Type /XObject /Subtype /Form /Resources << /XObject << /X0 7 0 R >> >>"),
))  # fmt: skip
simple("fan-of-forms.pdf", lambda: _one(
    stream(b"/X Do " * 10), b"/XObject << /X 7 0 R >>",
    *(stream(b"/X Do " * 10, b"/Type /XObject /Subtype /Form /Resources << /XObject << /X %d 0 R >> >>" % n)
      for n in range(8, 30)),
    stream(_text(WORDS), b"/Type /XObject /Subtype /Form /Resources << /Font << /F1 3 0 R >> >>"),
), expects="either")  # fmt: skip
simple("filter-chain.pdf", lambda: _one(_packed(zlib.compress(b"q Q"), b"[" + b"/FlateDecode " * 5_000 + b"]")))
simple("unknown-filter.pdf", lambda: _one(_packed(b"abc", b"/Banana")))
simple(
    "run-length-bomb.pdf", lambda: _one(_packed(b"\x81 " * 2_000_000 + b"\x80", b"/RunLengthDecode")), expects="either"
)
simple(
    "predictor.pdf",
    lambda: _one(_packed(zlib.compress(b"a" * 999), extra=b"/DecodeParms << /Predictor 12 /Columns 99999999 >>")),
)
simple("inline-image.pdf", lambda: _one(stream(b"BI /W 99999 /H 99999 /BPC 8 ID " + b"a" * 500_000)), expects="either")
simple("wide-characters.pdf", lambda: pdf([
    CATALOG, PAGES, b"<< /Type /Font /Subtype /Type0 /BaseFont /X /Encoding /Identity-H /ToUnicode 7 0 R >>", BOLD,
    stream(_text(WORDS)), page(5),
    stream(b"begincodespacerange <00> <FF> endcodespacerange\nbeginbfrange <00000000> <FFFFFFFF> <0041> endbfrange"),
]), expects="either")  # fmt: skip
simple("many-ranges.pdf", lambda: pdf([
    CATALOG, PAGES, b"<< /Type /Font /Subtype /Type0 /BaseFont /X /Encoding /Identity-H /ToUnicode 7 0 R >>", BOLD,
    stream(_text(WORDS)), page(5),
    stream(b"beginbfrange\n" + b"<0000> <FFFF> <0041>\n" * 200_000 + b"endbfrange", packed=True),
]), expects="either")  # fmt: skip
simple("locked.pdf", lambda: pdf(
    [CATALOG, PAGES, FONT, BOLD, stream(_text(WORDS)), page(5),
     b"<< /Filter /Standard /V 1 /R 2 /P -4 /O (" + b"o" * 32 + b") /U (" + b"u" * 32 + b") >>"],
    trailer=b"/Encrypt 7 0 R /ID [(aaaaaaaaaaaaaaaa) (aaaaaaaaaaaaaaaa)]",
))  # fmt: skip
simple("unknown-lock.pdf", lambda: ONE_PAGE.replace(b"/Root 1 0 R", b"/Root 1 0 R /Encrypt << /Filter /Banana /V 9 >>"))
simple("script.pdf", lambda: pdf([
    b"<< /Type /Catalog /Pages 2 0 R /OpenAction << /S /JavaScript /JS (app.launchURL\\('http://192.0.2.1'\\)) >> >>",
    PAGES, FONT, BOLD, stream(_text(WORDS)), page(5),
]), expects="read")  # fmt: skip


@case("content-bomb.pdf")
def _(_: Path) -> bytes:
    return _one(_packed(_zlib_of_spaces(400)))


@case("array-of-bombs.pdf")
def _(_: Path) -> bytes:
    bomb = _packed(_zlib_of_spaces(60))
    whole = page(7).replace(b"7 0 R", b"[" + b"7 0 R " * 200 + b"]")
    return pdf([CATALOG, PAGES, FONT, BOLD, stream(b""), whole, bomb])


@case("filters-on-filters.pdf")
def _(_: Path) -> bytes:
    return _one(
        _packed(zlib.compress(zlib.compress(_zlib_of_spaces(900), 9), 9), b"[/FlateDecode /FlateDecode /FlateDecode]")
    )


@case("object-stream-bomb.pdf")
def _(_: Path) -> bytes:
    return pdf([
        CATALOG, b"<< /Type /Pages /Kids [9 0 R] /Count 1 >>", FONT,
        _packed(_zlib_of_spaces(400), extra=b"/Type /ObjStm /N 1000000 /First 7"),
    ])  # fmt: skip


@case("metadata-bomb.pdf", expects="either")
def _(_: Path) -> bytes:
    return pdf([
        b"<< /Type /Catalog /Pages 2 0 R /Metadata 7 0 R >>", PAGES, FONT, BOLD, stream(_text(WORDS)), page(5),
        _packed(_zlib_of_spaces(400), extra=b"/Type /Metadata /Subtype /XML"),
    ])  # fmt: skip


@case("title-bomb.pdf", expects="read")
def _(_: Path) -> bytes:
    return pdf_of_pages([[Print(WORDS)]], info=b"<< /Title (" + b"Board " * 900_000 + b") >>")
