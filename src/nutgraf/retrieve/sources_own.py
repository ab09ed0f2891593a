"""The source of what a member has published: their own posts, from which a draft learns their manner."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from nutgraf.orchestration import Partition, Passage, Query
from nutgraf.retrieve.relevance import overlap
from nutgraf.retrieve.sources import on_thread

if TYPE_CHECKING:
    from nutgraf.seams import ItemStore
    from nutgraf.types import Deadline, Item, ItemKind, Vectors

#: What counts as a post, and how many search results are looked through for those of one author.
KINDS: tuple[ItemKind, ...] = ("post", "article")
LOOKED_AT = 48


class OwnPosts:
    """Posts and articles whose author is the reader, each whole; nothing for a reader who did not agree to be known.

    Who reads belongs to the member partition, though the posts themselves are public.
    """

    partition: Partition = "member"
    idempotent = True

    def __init__(self, items: ItemStore, *, name: str = "own-posts", posts_at_most: int = 8) -> None:
        """`items` is searched by the reader's name alone, so that the manner is the same beside every item."""
        self.name, self._items, self._at_most = name, items, posts_at_most

    async def fetch(self, query: Query, deadline: Deadline) -> Sequence[Passage]:
        """At most `posts_at_most` posts, those that share most words with the question first. Raises StoreError."""
        author, name = query.scope.member, query.snapshot.name
        if author is None or not name or query.snapshot.scope.member != author:
            return ()
        return await on_thread(lambda: self._of(author, name, query))

    def _of(self, author: str, name: str, query: Query) -> list[Passage]:
        hits = self._items.search(name, _nothing(), KINDS, LOOKED_AT)
        own = [hit.item for hit in hits if hit.item.author_id == author and hit.item.ai]
        if query.item is not None:
            own = [item for item in own if item.id != query.item.id]
        passages = [passage for item in own if (passage := self._passage(item)).text]
        shares = overlap([passage.text for passage in passages], query.text)
        order = sorted(range(len(passages)), key=lambda i: (-shares[i], passages[i].ref))
        return [passages[i] for i in order[: self._at_most]]

    def _passage(self, item: Item) -> Passage:
        """A whole post as it reads, without its headings."""
        said = [block for block in item.blocks if block.kind in ("paragraph", "item")]
        text = " ".join(item.shown(block.start, block.end) for block in said)
        return Passage(
            source=self.name, ref=item.id, text=text, start=said[0].start if said else 0,
            end=said[-1].end if said else 0, title=item.title, kind=item.kind, partition="member",
            published=item.published, url=item.url,
        )  # fmt: skip


def _nothing() -> Vectors:
    """No vector: search by words alone."""
    import numpy as np  # only here, so that a process that never searches does not hold it

    return np.zeros(0, dtype=np.float32)
