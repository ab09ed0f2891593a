"""A member's own posts are found by their name in a real store, whole, and for nobody else."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import anyio
import pytest

from nutgraf.ingest.load import load_item
from nutgraf.orchestration import Passage, Query
from nutgraf.read.spans import readings
from nutgraf.retrieve.sources_items import Records
from nutgraf.retrieve.sources_own import OwnPosts
from nutgraf.serve.sample import network
from nutgraf.store.embedded import EmbeddedStore
from nutgraf.types import Deadline, Snapshot
from tests.retrieve.fakes import query_of, scope_of

AMARA, JONAS = ("amara-okafor", "Amara Okafor"), ("jonas-becker", "Jonas Becker")
OWN = {"post-amara-duplicate-log", "post-amara-flashlight", "post-amara-super-user"}


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedStore]:
    """The posts and articles of the sample network."""
    with EmbeddedStore.open(tmp_path_factory.mktemp("network")) as opened:
        paths = sorted((network() / "items").glob("*.md"))
        opened.put_items([load_item(path) for path in paths if path.stem.startswith(("post-", "article-"))])
        yield opened


def query(member: tuple[str, str] | None, text: str = "A board in the corridor") -> Query:
    """A query of a member, by id and name; `None` is nobody."""
    ident, name = member or (None, None)
    scope = scope_of(ident)
    return query_of(text, ident, snapshot=Snapshot(scope, name, ()))


def found(store: EmbeddedStore, asked: Query, at_most: int = 8) -> list[Passage]:
    """What the source finds."""

    async def main() -> list[Passage]:
        return list(await OwnPosts(store, posts_at_most=at_most).fetch(asked, Deadline(anyio.current_time() + 10.0)))

    return anyio.run(main)


def test_a_member_gets_their_own_posts_alone(store: EmbeddedStore) -> None:
    """Posts are those of the member who asks, all of the member's partition, and never of another author."""
    posts = found(store, query(AMARA))

    assert {post.ref for post in posts} == OWN
    assert {post.partition for post in posts} == {"member"}
    assert {post.ref.split("-")[1] for post in found(store, query(JONAS))} == {"jonas"}


def test_a_post_is_whole_and_as_it_reads(store: EmbeddedStore) -> None:
    """The text is that of the post from its first word to its last, without front matter or markup."""
    post = next(post for post in found(store, query(AMARA)) if post.ref == "post-amara-flashlight")

    assert post.text.startswith("Four in the morning, end of a long shift.")
    assert post.text.endswith("There were no other pages, and nobody missed them.")
    assert store.item(post.ref).shown(post.start, post.end) == post.text


@pytest.mark.parametrize(
    "asked",
    [
        query(None),
        replace(query(AMARA), snapshot=Snapshot(scope_of(AMARA[0]), None, ())),
        replace(query(AMARA), snapshot=Snapshot(scope_of(JONAS[0]), JONAS[1], ())),
        query(("derek-walsh", "Derek Walsh")),
        query(("somebody-else", AMARA[1])),
    ],
    ids=["nobody", "without the purpose", "a snapshot of another", "no posts", "the same name"],
)
def test_who_has_no_posts_gets_none(store: EmbeddedStore, asked: Query) -> None:
    """Nobody, a member who did not agree, one without posts, and one who only shares a name get nothing."""
    assert found(store, asked) == []


def test_the_open_item_is_no_sample_and_few_are_enough(store: EmbeddedStore) -> None:
    """The post that is being read is left out, the number is bounded, and the nearest to the question comes first."""
    open_item = store.item("post-amara-super-user")

    assert {post.ref for post in found(store, replace(query(AMARA), item=open_item))} == OWN - {open_item.id}
    nearest = found(store, query(AMARA, "a log of duplicate questions in a notebook"), at_most=1)
    assert [post.ref for post in nearest] == ["post-amara-duplicate-log"]


def test_nobody_is_offered_what_they_wrote(store: EmbeddedStore) -> None:
    """A member's own post is no record to read next, for them alone."""
    text = "I wrote down every question we asked twice"

    def offered(member: tuple[str, str]) -> set[str]:
        async def main() -> list[Passage]:
            source = Records("posts", ("post",), store, lambda item: [one.span for one in readings(item)])
            return list(await source.fetch(query(member, text), Deadline(anyio.current_time() + 10.0)))

        return {passage.ref for passage in anyio.run(main)}

    assert "post-amara-duplicate-log" in offered(JONAS)
    assert not offered(AMARA) & OWN
