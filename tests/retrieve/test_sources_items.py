"""Sources over the sample network's store: real records, real search, one deadline."""

import json
import logging
from collections.abc import Iterator
from pathlib import Path

import anyio
import pytest

from nutgraf.ingest.load import load_item
from nutgraf.orchestration import Gathered, Query
from nutgraf.read.digest import digest, version
from nutgraf.retrieve.gather import gather
from nutgraf.retrieve.hashing import HashEncoder
from nutgraf.retrieve.health import Health
from nutgraf.retrieve.sources import ItemSpans, Kept, MemberRecord
from nutgraf.retrieve.sources_items import SORTS, OfOrganisation, Records, by_sort, related
from nutgraf.seams import Source
from nutgraf.serve.sample import network
from nutgraf.store.embedded import EmbeddedStore
from nutgraf.types import Deadline, Digest, Item
from nutgraf.vocabulary.match import Vocabulary, load
from tests.retrieve.fakes import query_of

ITEMS = (
    "job-staff-engineer-reliability-orbweave", "job-developer-advocate-orbweave", "company-orbweave",
    "profile-arjun-mehta", "article-payments-outage", "article-writing-in-public", "post-talk-proposal-rejected",
    "job-clinical-informatics-nurse-bluewater", "course-informatics-for-nurses", "course-negotiation-at-work",
    "company-bluewater-health", "company-millstone-foods", "profile-ngozi-adeyemi", "course-python-for-finance",
)  # fmt: skip
ENCODER = HashEncoder()


class Network:
    """Some records of the sample network in a store, read by a hashing encoder."""

    def __init__(self, folder: Path) -> None:
        self.store = EmbeddedStore.open(folder)
        self.vocabulary: Vocabulary = load()
        self.version = version(ENCODER, self.vocabulary)
        self.store.put_items([load_item(network() / "items" / f"{name}.md") for name in ITEMS])
        for name in ITEMS:
            item = self.store.item(name)
            self.store.put_digest(item, digest(item, ENCODER, self.vocabulary))
        self.read = Kept(self.digest_of)

    def digest_of(self, item: Item) -> Digest:
        """The digest that is kept."""
        found = self.store.digest(item, self.version)
        assert found is not None
        return found

    def query(self, item: str, text: str, *, vector: bool = True) -> Query:
        """A question about one of the items."""
        row = ENCODER.encode([text])[0] if vector else None
        return query_of(text, item=self.store.item(item), vector=row)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Network]:
    """The network, read once for all tests of this file."""
    made = Network(tmp_path_factory.mktemp("network"))
    yield made
    made.store.close()


def asked(query: Query, *sources: Source) -> Gathered:
    """What gathering brings."""

    async def main() -> Gathered:
        return await gather(sources, query, Deadline(anyio.current_time() + 20.0), health=Health())

    return anyio.run(main)


def test_sources_over_a_real_store_are_gathered_together(world: Network) -> None:
    """Item, record, related records and every sort of record: all in, all with their exact place."""
    query = world.query(ITEMS[0], "Who works on the ledger at Orbweave?")
    sources: list[Source] = [
        ItemSpans(world.read), MemberRecord(), related(world.store, world.read),
        OfOrganisation(world.store, world.read), *by_sort(world.store, world.read),
    ]  # fmt: skip

    found = asked(query, *sources)

    assert {report.outcome for report in found.reports} == {"ok"}
    assert len(found.reports) == 4 + len(SORTS)
    assert {report.source for report in found.reports if report.found} >= {"item", "member", "organisation", "people"}
    for passage in found.passages:
        if passage.origin != "member":
            item = world.store.item(passage.ref)
            assert passage.text == item.shown(passage.start, passage.end)
            assert (passage.title, passage.kind, passage.published) == (item.title, item.kind, item.published)
            assert (passage.ref == ITEMS[0]) == (passage.source == "item")
    json.dumps([passage.score for passage in found.passages])  # plain numbers


@pytest.mark.parametrize("sort", SORTS)
@pytest.mark.parametrize("vector", [True, False])
def test_each_sort_gives_records_of_its_kinds(world: Network, sort: str, vector: bool) -> None:
    """A source named for a sort of record gives no other, one passage a record, best first."""
    source = Records(sort, SORTS[sort], world.store, world.read)

    found = asked(world.query("article-payments-outage", "Orbweave engineer course nurse", vector=vector), source)

    scores = [passage.score for passage in found.passages]
    assert {passage.kind for passage in found.passages} <= set(SORTS[sort])
    assert scores == sorted(scores, reverse=True)
    assert len({passage.ref for passage in found.passages}) == len(found.passages)


@pytest.mark.parametrize("text", ["Which course would help me get this job?", "Which course is about informatics?"])
def test_a_question_that_points_at_the_item_is_searched_with_its_title(world: Network, text: str) -> None:
    """A question about "this job" finds the course that the job's title finds."""
    source = Records("courses", SORTS["courses"], world.store, world.read)

    found = asked(world.query("job-clinical-informatics-nurse-bluewater", text), source)

    assert found.passages[0].ref == "course-informatics-for-nurses"


@pytest.mark.parametrize("item", ["job-staff-engineer-reliability-orbweave", "company-orbweave"])
def test_an_organisation_gives_its_own_records_only(world: Network, item: str) -> None:
    """Its page, jobs, people and posts, and nobody else's; the item itself is not among them."""
    found = asked(world.query(item, "What does Orbweave do?"), OfOrganisation(world.store, world.read))

    refs = {passage.ref for passage in found.passages}
    assert refs >= {"job-developer-advocate-orbweave", "profile-arjun-mehta"}
    assert item not in refs
    assert {world.store.item(ref).organisation for ref in refs} == {"Orbweave"}


def test_an_item_without_an_organisation_has_no_records_of_it(world: Network) -> None:
    """The store is not even searched."""
    query = query_of(item=Item(id="x", kind="post", title="A note", text="A note."))

    assert asked(query, OfOrganisation(world.store, world.read)).passages == ()


def test_an_author_who_said_no_is_in_no_answer(world: Network, tmp_path: Path) -> None:
    """A record that opted out is found by search and used by no source."""
    with EmbeddedStore.open(tmp_path) as store:
        text = "The wait for a triage nurse fell from 41 minutes to 29 minutes."
        store.put_items(
            [Item(id=name, kind="post", title="Wait", text=text, ai=name == "yes") for name in ("yes", "no")]
        )
        source = Records("posts", ("post",), store, lambda item: digest(item, ENCODER, world.vocabulary))
        found = asked(query_of("wait for a triage nurse"), source, related(store, world.read))

    assert {passage.ref for passage in found.passages} == {"yes"}


def test_a_store_that_is_closed_is_one_failed_source(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Its neighbours go on."""
    store = EmbeddedStore.open(tmp_path)
    store.close()

    with caplog.at_level(logging.CRITICAL):
        found = asked(query_of("wait"), related(store, lambda item: ()), MemberRecord())

    assert [(report.source, report.outcome) for report in found.reports] == [("member", "ok"), ("related", "failed")]
