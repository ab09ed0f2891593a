"""The page on how it works names the parts as they are, in their order."""

import re
from collections.abc import Sequence

import numpy as np

import nutgraf.pipeline
from nutgraf.read.features import NAMES
from nutgraf.store import schema
from nutgraf.trust.judge import Judge
from nutgraf.types import Vectors
from tests.docs.pages import DOCS, ROOT
from tests.laws.house import sources

PAGE = DOCS / "how-it-works.md"
TEXT = PAGE.read_text("utf-8")


class Silent:
    """An encoder that is never asked."""

    name, dims = "silent", 1

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Zeros."""
        return np.zeros((len(texts), 1), dtype=np.float32)


def column(heading: str) -> list[str]:
    """The first cells of the table with this heading, without backticks."""
    lines = TEXT.partition(f"| {heading} |")[2].partition("\n\n")[0].splitlines()[2:]
    return [line.strip("|").split("|")[0].strip().strip("`") for line in lines]


def test_the_stations_are_those_of_the_pipeline() -> None:
    """The sentence, its table and the package say the same."""
    sentence = " → ".join(column("station"))

    assert f"    {sentence}\n" in TEXT
    assert sentence in (nutgraf.pipeline.__doc__ or "")


def test_the_checks_are_those_of_the_judge() -> None:
    """Every check, in the order in which they run."""
    assert column("check") == [*Judge.standard(Silent()).checks, "close-in-meaning"]


def test_the_features_are_counted() -> None:
    """As many as there are."""
    assert re.findall(r"(\d+) features", TEXT) == [str(len(NAMES))]


def test_what_is_named_exists() -> None:
    """Every file and folder between backticks, on this page and in the decisions."""
    pages = [PAGE, *sorted((DOCS / "decisions").glob("*.md"))]
    named = [
        (page.name, name)
        for page in pages
        for name in re.findall(r"`([\w./-]+(?:/|\.py|\.md))[ `]", page.read_text("utf-8"))
    ]
    places = (ROOT, ROOT / "src" / "nutgraf")

    assert [(page, name) for page, name in named if not any((place / name).exists() for place in places)] == []
    assert len(named) > 20


def test_reading_sees_no_member() -> None:
    """No file of the room that reads names a member, a snapshot or a fact."""
    personal = re.compile(r"\b(?:Member|Snapshot|Fact|Scope|Because)\b")
    reading = [file for file in sources("src") if file.module.startswith("nutgraf.read.")]

    assert [file.module for file in reading if personal.search(file.text)] == []
    assert len(reading) > 5


def test_the_partitions_are_those_of_the_store() -> None:
    """Public tables have no column for a member."""
    tables = {name: set(table.columns.keys()) for name, table in schema.metadata.tables.items()}

    assert {name for name in ("items", "digests") if "member" in tables[name]} == set()
    assert {name for name, columns in tables.items() if "member" in columns} >= {"members", "streams"}
