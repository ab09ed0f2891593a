"""The sample network read by the real encoder, for tests of what is chosen; a skip says what is missing."""

from __future__ import annotations

import pytest

from nutgraf.errors import MissingPart
from nutgraf.ingest.load import load_item, load_member
from nutgraf.pipeline.parts import Rooms
from nutgraf.seams import Encoder
from nutgraf.serve.sample import network
from nutgraf.types import Hit, Item, Member
from tests.pipeline.world import Remembering, Shelf, rooms_with

#: Items of several kinds that anybody might read.
READ = (
    "article-shift-handover", "article-bakery-wholesale-contract", "article-county-solar-roofs",
    "article-payments-outage", "article-month-end-python", "article-accessibility-audit",
    "article-warehouse-slotting", "article-grant-narrative", "article-hiring-without-degrees",
    "article-ai-meeting-notes", "article-salary-evidence", "article-night-shift-schedule",
)  # fmt: skip


class Silent(Shelf):
    """A shelf that finds nothing."""

    def search(self, *_: object, **__: object) -> list[Hit]:
        """Nothing at all."""
        return []


@pytest.fixture(scope="session")
def real_encoder() -> Encoder:
    """The encoder that comes with Nutgraf."""
    from nutgraf.retrieve.encoder import OnnxEncoder

    try:
        return Remembering(OnnxEncoder.load(threads=2))
    except MissingPart as missing:
        pytest.skip(str(missing))


@pytest.fixture(scope="session")
def sample_items() -> dict[str, Item]:
    """Every item of the sample network by its id."""
    return {path.stem: load_item(path) for path in sorted((network() / "items").glob("*.md"))}


@pytest.fixture(scope="session")
def sample_members() -> dict[str, Member]:
    """Every member of the sample network by their id."""
    return {path.stem: load_member(path) for path in sorted((network() / "members").glob("*.json"))}


@pytest.fixture(scope="session")
def sample_rooms(real_encoder: Encoder, sample_items: dict[str, Item]) -> Rooms:
    """Rooms over the sample network, without a model."""
    return rooms_with(None, Shelf(real_encoder, tuple(sample_items.values())))


@pytest.fixture(scope="session")
def alone_rooms(real_encoder: Encoder, sample_rooms: Rooms) -> Rooms:
    """The same encoder and digests with no other records, for tests of what is chosen in an item."""
    assert isinstance(sample_rooms.items, Shelf)
    return rooms_with(None, Silent(real_encoder, sample_rooms.items.items, sample_rooms.items.digests))


@pytest.fixture(scope="session")
def read_items(sample_items: dict[str, Item]) -> list[Item]:
    """Twelve items that are read in these tests."""
    return [sample_items[ident] for ident in READ]
