"""How much of a document we are willing to look at."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Bounds on one document; passing one is a TooLarge error that names it."""

    #: Largest file or response, in bytes.
    document_at_most_bytes: int = 20_000_000
    #: Largest HTML page, feed or JSON-LD document, in bytes.
    markup_at_most_bytes: int = 5_000_000
    #: Largest JSON document, in bytes.
    json_at_most_bytes: int = 3_000_000
    #: Deepest nesting of JSON, in levels.
    json_depth_at_most: int = 40
    #: Longest text of one item, in characters.
    text_at_most_chars: int = 400_000
    #: Most lines in one text.
    text_at_most_lines: int = 20_000
    #: Longest front matter, in characters.
    front_matter_at_most_chars: int = 16_000
    #: Most items in one feed or list.
    items_at_most: int = 1_000
    #: Most files in one folder of documents.
    folder_at_most_files: int = 10_000
    #: Most pages of a PDF.
    pdf_at_most_pages: int = 150
    #: Most files in an archive.
    archive_at_most_files: int = 2_000
    #: What the files we read of one archive may come to when unpacked, in bytes.
    archive_inflates_to_at_most_bytes: int = 8_000_000
    #: Most rows in one table of an archive.
    table_at_most_rows: int = 5_000
    #: CPU time of the child process for one document, in seconds.
    parse_within_s: float = 3.0
    #: Memory that parsing one document may take beyond what an idle child has, in bytes.
    parse_in_at_most_bytes: int = 110_000_000
    #: Time for a whole download, redirects included, in seconds.
    fetch_within_s: float = 15.0
    #: Most redirects followed in one download.
    redirects_at_most: int = 5
