"""What every store promises. A new store inherits `StoreContract` and gives it a `store` fixture."""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest

from nutgraf.conversation import Feedback, Turn
from nutgraf.errors import InputError, NotAllowed, NotFound, ProtocolBroken, StoreError
from nutgraf.types import Fact, Item, Scope
from tests.store.made import AT, digest, item, member, remembered, scope, unit

Store = Any  # the whole of it has no Protocol; the seams are parts


def opened(store: Store, who: Scope, stream: str = "s1", at: str = AT, of: str = "roofs") -> str:
    """A stream that this scope has opened."""
    store.open_stream(who, stream, of, "Why now?", at)
    return stream


class StoreContract:
    """Items, members, streams, conversations, feedback and erasure."""

    def test_an_item_comes_back_as_it_was(self, store: Store) -> None:
        """Every field survives, odd characters included."""
        made = item(text="Tab\tquote\" NUL\0 half \ud800 face \U0001f600.", details=(("salary", "40k"),), topics=("a",),
                    hidden=((0, 1),), ai=False, author="Ann", published="2026-05-01")  # fmt: skip
        store.put_item(made)

        assert store.item("roofs") == made

    def test_the_newest_form_of_an_item_stands(self, store: Store) -> None:
        """An id names one item."""
        store.put_item(item())
        store.put_item(item(title="Green roofs"))

        assert [found.title for found in store.items()] == ["Green roofs"]

    def test_items_are_listed_by_kind_and_in_pages(self, store: Store) -> None:
        """Listing is ordered by id, filtered by kind, and continues behind an id."""
        store.put_items([item("c", kind="job"), item("a", kind="job"), item("b"), item("d", kind="job")])

        assert [found.id for found in store.items()] == ["a", "b", "c", "d"]
        assert [found.id for found in store.items("job")] == ["a", "c", "d"]
        assert [found.id for found in store.items("job", 1, after="a")] == ["c"]
        assert store.items(limit=0) == []
        with pytest.raises(InputError, match="'menu'"):
            store.items("menu")

    def test_a_missing_item_is_not_found(self, store: Store) -> None:
        """Reading and deleting an unknown item say so."""
        for call in (store.item, store.delete_item):
            with pytest.raises(NotFound, match="nobody"):
                call("nobody")

    def test_a_deleted_item_is_gone_from_everywhere(self, store: Store) -> None:
        """Item, digest, words and vector go together."""
        store.put_digest(item(), digest(item()))
        store.delete_item("roofs")

        assert store.items() == []
        assert store.digest(item(), "reader-1") is None
        assert store.search("solar roofs", unit(2)[0]) == []

    def test_the_public_partition_takes_public_values_only(self, store: Store) -> None:
        """A member, a subclass with more fields, or a fact inside an item is refused, and nothing is kept."""

        @dataclass(frozen=True, kw_only=True)
        class Annotated(Item):
            reader: str = "ann"

        fact: Any = Fact("m:1", "goal", "wants to leave")
        smuggled = (member(), Annotated(id="x", kind="post", title="t", text="t"), item(details=(("k", fact),)), None)
        for value in smuggled:
            with pytest.raises(ProtocolBroken):
                store.put_item(value)
            with pytest.raises(ProtocolBroken):
                store.put_digest(value, digest(item()))
        for wrong in (member(), fact, None, replace(digest(item()), topics=(fact,))):
            with pytest.raises(ProtocolBroken):
                store.put_digest(item(), wrong)
        assert store.items() == []

    def test_one_bad_item_of_several_keeps_all_out(self, store: Store) -> None:
        """Several items are one write."""
        with pytest.raises(InputError, match=r"item\.id"):
            store.put_items([item("a"), item("")])
        assert store.items() == []

    def test_a_digest_comes_back_as_it_was(self, store: Store) -> None:
        """Spans, topics, vectors and shapes survive to the bit."""
        made = digest(item())
        store.put_digest(item(), made)
        found = store.digest(item(), "reader-1")

        assert found is not None
        assert (found.spans, found.topics, found.worth, found.declined) == (made.spans, made.topics, 0.8, None)
        assert found.vectors.dtype == np.float32
        assert np.array_equal(found.vectors, made.vectors)
        assert np.array_equal(found.title_vector, made.title_vector)

    def test_a_digest_without_spans_is_kept(self, store: Store) -> None:
        """A declined item has a digest too."""
        made = replace(digest(item()), spans=(), vectors=np.zeros((0, 384), np.float32), declined="too thin")
        store.put_digest(item(), made)
        found = store.digest(item(), "reader-1")

        assert found is not None
        assert (found.declined, found.vectors.shape) == ("too thin", (0, 384))

    def test_a_digest_is_of_one_content_and_version(self, store: Store) -> None:
        """Other content or another version of the reader is a miss."""
        store.put_digest(item(), digest(item()))
        changed = item(text="Rain barrels save water.")

        assert store.digest(item(), "reader-2") is None
        assert store.digest(changed, "reader-1") is None
        store.put_item(changed)
        assert store.digest(item(), "reader-1") is None
        with pytest.raises(StoreError, match="changed"):
            store.put_digest(item(), digest(item()))

    def test_a_digest_that_does_not_fit_is_refused(self, store: Store) -> None:
        """Wrong shapes, numbers that are not finite, and a digest of another item are told apart."""
        nothing = np.full((2, 384), np.nan, np.float32)
        for wrong in (digest(item(), vectors=unit(1, 5)), digest(item(), vectors=nothing)):
            with pytest.raises(InputError, match=r"digest\.vectors"):
                store.put_digest(item(), wrong)
        with pytest.raises(ProtocolBroken, match="not of this content"):
            store.put_digest(item(), digest(item("other")))

    def test_members_see_themselves_only(self, store: Store) -> None:
        """Another member's, another tenant's and nobody's scope all get the same answer as for a missing one."""
        store.put_member(scope("ann"), member("ann"))

        assert store.member(scope("ann"), "ann") == member("ann")
        for other in (scope("bob"), scope("ann", "rival"), scope(None), scope("bob", "rival", ["members:read-any"])):
            with pytest.raises(NotFound):
                store.member(other, "ann")
        with pytest.raises(NotFound, match="'bob'"):
            store.member(scope("bob"), "bob")

    def test_rights_open_more_members(self, store: Store) -> None:
        """Reading, writing and listing others each need a right of their own."""
        service = scope(None, rights=["members:read-any", "members:write-any", "members:list"])
        for name in ("bob", "ann"):
            store.put_member(service, member(name))

        assert store.member(service, "bob") == member("bob")
        assert [found.id for found in store.members(service)] == ["ann", "bob"]
        assert store.members(scope("x", "rival", ["members:list"])) == []
        for refused in (
            lambda: store.members(scope("ann")),
            lambda: store.put_member(scope("ann"), member("bob")),
            lambda: store.put_member(scope(None), member("bob")),
        ):
            with pytest.raises(NotAllowed):
                refused()

    def test_the_newest_member_record_stands(self, store: Store) -> None:
        """Changing a profile replaces it."""
        store.put_member(scope(), member())
        store.put_member(scope(), member(headline="Miller"))

        assert store.member(scope(), "ann").headline == "Miller"

    def test_a_stream_is_written_and_read_by_its_owner(self, store: Store) -> None:
        """Opening, events by number and the ending are there, for a reader without a profile too."""
        for who in (scope("ann"), scope(None)):
            stream = opened(store, who, f"s-{who.member}")
            store.append_events(who, stream, [(1, "opened", b'{"a":1}'), (2, "used", '{"b":"ü"}'.encode())])
            running = store.stream(who, stream)
            store.close_stream(who, stream, "done", [(3, "closed", b"{}")])

            assert (running.member, running.item, running.question) == (who.member, "roofs", "Why now?")
            assert (running.opened_at, running.ending) == ("2026-05-01T09:30:00.000Z", None)
            assert store.stream(who, stream).ending == "done"
            assert store.events_after(who, stream, 1) == [(2, "used", '{"b":"ü"}'.encode()), (3, "closed", b"{}")]

    def test_a_stream_is_nobody_elses(self, store: Store) -> None:
        """Every call on another's stream is answered as for one that does not exist."""
        stream = opened(store, scope("ann"))
        for other in (scope("bob"), scope(None), scope("ann", "rival")):
            for call in (
                lambda who=other: store.stream(who, stream),
                lambda who=other: store.events_after(who, stream, 0),
                lambda who=other: store.append_events(who, stream, [(1, "opened", b"{}")]),
                lambda who=other: store.close_stream(who, stream, "done"),
                lambda who=other: store.add_feedback(who, Feedback(stream=stream, rating="up")),
            ):
                with pytest.raises(NotFound):
                    call()
        assert store.stream(scope("ann"), stream).ending is None

    def test_a_stream_ends_once(self, store: Store) -> None:
        """The same ending again is no change; another ending, or an event after it, breaks the rules."""
        stream = opened(store, scope())
        store.append_events(scope(), stream, [(1, "opened", b"{}")])
        store.close_stream(scope(), stream, "stopped", [(2, "closed", b"{}")])
        store.close_stream(scope(), stream, "stopped", [(2, "closed", b"{}")])
        store.append_events(scope(), stream, [(1, "opened", b"{}")])
        for late in (
            lambda: store.close_stream(scope(), stream, "done"),
            lambda: store.append_events(scope(), stream, [(3, "stage", b"{}")]),
            lambda: store.append_events(scope(), stream, [(1, "opened", b'{"other":1}')]),
        ):
            with pytest.raises(ProtocolBroken):
                late()
        with pytest.raises(InputError, match="ending"):
            store.close_stream(scope(), stream, "perhaps")

        assert [seq for seq, *_ in store.events_after(scope(), stream, 0)] == [1, 2]

    def test_a_stream_ends_with_its_turn_or_with_neither(self, store: Store) -> None:
        """Ending and turn are one write: what refuses the one leaves nothing of the other."""
        stream = opened(store, scope())
        turn = Turn("roofs", stream, "q", "a", AT)
        store.append_events(scope(), stream, [(1, "opened", b"{}")])
        with pytest.raises(ProtocolBroken):
            store.close_stream(scope(), stream, "done", [(1, "closed", b"{}")], turn)
        for wrong in (replace(turn, stream="other"), replace(turn, at="yesterday")):
            with pytest.raises(InputError, match=r"turn\."):
                store.close_stream(scope(), stream, "done", [(2, "closed", b"{}")], wrong)
        assert (store.stream(scope(), stream).ending, store.turns(scope(), "roofs")) == (None, [])

        store.close_stream(scope(), stream, "done", [(2, "closed", b"{}")], turn)
        assert (store.stream(scope(), stream).ending, store.turns(scope(), "roofs")) == ("done", [turn])

    def test_a_stream_id_is_used_once(self, store: Store) -> None:
        """A second stream under one id is refused, whoever asks."""
        opened(store, scope("ann"))
        for who in (scope("ann"), scope("bob")):
            with pytest.raises(InputError, match="stream_id"):
                opened(store, who)

    def test_conversations_survive_in_order(self, store: Store) -> None:
        """The newest turns about one item come oldest first, and only to their member."""
        for n in range(4):
            stream = opened(store, scope(), f"s{n}")
            store.add_turn(scope(), Turn("roofs", stream, f"q{n}", f"a{n}", f"2026-05-01T09:3{n}:00+02:00"))
        opened(store, scope(), "elsewhere", of="other")
        store.add_turn(scope(), Turn("other", "elsewhere", "q", "a", AT))

        assert [turn.question for turn in store.turns(scope(), "roofs", 3)] == ["q1", "q2", "q3"]
        assert store.turns(scope("bob"), "roofs") == []
        assert store.turns(scope("ann", "rival"), "roofs") == []
        assert store.turns(scope(None), "roofs") == []
        assert [turn.stream for turn in store.conversation(scope(), 3)] == ["s2", "s3", "elsewhere"]
        assert store.conversation(scope("bob")) == store.conversation(scope(None)) == []

    def test_a_turn_needs_its_members_stream(self, store: Store) -> None:
        """A turn for a stream of somebody else, or of nobody, is not kept."""
        stream = opened(store, scope("ann"))
        turn = Turn("roofs", stream, "q", "a", AT)
        with pytest.raises(NotFound):
            store.add_turn(scope("bob"), turn)
        with pytest.raises(NotAllowed):
            store.add_turn(scope(None), turn)
        with pytest.raises(InputError, match=r"turn\.at.*time zone"):
            store.add_turn(scope("ann"), replace(turn, at="2026-05-01T09:30:00"))
        with pytest.raises(InputError, match=r"turn\.at.*not a moment"):
            store.add_turn(scope("ann"), replace(turn, at="yesterday"))

    def test_a_turn_is_kept_once_a_stream(self, store: Store) -> None:
        """Saying it again replaces it."""
        stream = opened(store, scope())
        for answer in ("half", "whole"):
            store.add_turn(scope(), Turn("roofs", stream, "q", answer, AT))

        assert [turn.answer for turn in store.turns(scope(), "roofs")] == ["whole"]

    def test_the_newest_feedback_stands(self, store: Store) -> None:
        """One opinion for each stream, block and sentence, however often it is sent."""
        stream = opened(store, scope())
        whole = Feedback(stream=stream, rating="up")
        part = Feedback(stream=stream, block="b1", sentence="s1", rating="down", reason="wrong", comment="no")
        threads = [threading.Thread(target=store.add_feedback, args=(scope(), whole)) for _ in range(50)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        store.add_feedback(scope(), replace(whole, rating="down"))
        store.add_feedback(scope(), part)

        assert store.feedback(scope()) == [replace(whole, rating="down"), part]
        assert store.feedback(scope("bob")) == []

    def test_what_is_old_is_forgotten(self, store: Store) -> None:
        """Turns and ended streams from before a moment go; running streams and newer ones stay."""
        for name, at in (("old", "2026-01-01T00:00:00Z"), ("runs", "2026-01-01T00:00:00Z"), ("new", AT)):
            opened(store, scope(), name, at)
            store.append_events(scope(), name, [(1, "opened", b"{}")])
            store.add_feedback(scope(), Feedback(stream=name, rating="up"))
            store.add_turn(scope(), Turn("roofs", name, name, "a", at))
            if name != "runs":
                store.close_stream(scope(), name, "done")
        gone = store.forget_before("2026-02-01T00:00:00Z")

        assert gone == 5
        assert [turn.question for turn in store.turns(scope(), "roofs")] == ["new"]
        assert [given.stream for given in store.feedback(scope())] == ["new", "runs"]
        assert store.stream(scope(), "runs").ending is None
        with pytest.raises(NotFound):
            store.stream(scope(), "old")

    def test_erasure_takes_all_of_one_member_and_nothing_else(self, store: Store) -> None:
        """The member is gone from every call; others, and the same name in another tenant, are not touched."""
        everyone = [scope("ann"), scope("bob"), scope("ann", "rival")]
        for who in everyone:
            assert who.member is not None
            name = f"{who.tenant}-{who.member}"
            store.put_member(who, member(who.member))
            opened(store, who, name)
            store.append_events(who, name, [(1, "opened", b"{}")])
            store.add_turn(who, Turn("roofs", name, "q", "a", AT))
            store.add_feedback(who, Feedback(stream=name, rating="up"))
            store.remember(who, [remembered()])
        gone, again = store.erase_member(scope("ann")), store.erase_member(scope("ann"))

        assert (gone, again) == (6, 0)
        assert store.turns(scope("ann"), "roofs") == store.feedback(scope("ann")) == []
        assert store.remembered(scope("ann")) == []
        for missing in (lambda: store.member(scope("ann"), "ann"), lambda: store.stream(scope("ann"), "acme-ann")):
            with pytest.raises(NotFound):
                missing()
        for who in everyone[1:]:
            assert len(store.turns(who, "roofs")) == len(store.feedback(who)) == len(store.remembered(who)) == 1
        with pytest.raises(NotAllowed):
            store.erase_member(scope(None))

    def test_what_comes_late_does_not_bring_an_erased_member_back(self, store: Store) -> None:
        """The end of a stream that was running during erasure finds nothing to add to."""
        stream = opened(store, scope())
        store.erase_member(scope())
        for late in (
            lambda: store.add_turn(scope(), Turn("roofs", stream, "q", "a", AT)),
            lambda: store.close_stream(scope(), stream, "done", [(9, "closed", b"{}")]),
        ):
            with pytest.raises(NotFound):
                late()
        assert store.turns(scope(), "roofs") == []

    def test_ids_that_cannot_be_kept_are_refused_by_name(self, store: Store) -> None:
        """Empty ids and halves of character pairs are the caller's fault, said plainly."""
        for call, field in (
            (lambda: store.put_item(item("")), r"item\.id"),
            (lambda: store.put_item(item("\ud800")), r"item\.id"),
            (lambda: store.put_member(scope(""), member("")), r"member\.id"),
            (lambda: store.open_stream(scope(), "", "roofs", None, AT), "stream_id"),
            (lambda: store.open_stream(scope(), "s", "\ud800", None, AT), "item_id"),
        ):
            with pytest.raises(InputError, match=field):
                call()

    def test_threads_read_what_others_have_just_written(self, store: Store) -> None:
        """Eight threads write and read back at once; each finds its own."""
        wrong: list[object] = []

        def one(who: int) -> None:
            for n in range(6):
                made = item(f"i{who}-{n}", text=f"word{who}x{n} stands here.")
                store.put_digest(made, digest(made, seed=who * 10 + n, title_vector=unit(who * 100 + n)[0]))
                found = store.search(f"word{who}x{n}", unit(who * 100 + n)[0], limit=1)
                if store.item(made.id) != made or [hit.item.id for hit in found] != [made.id]:
                    wrong.append((who, n, found))

        threads = [threading.Thread(target=one, args=(who,)) for who in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert wrong == []
        assert len(store.items()) == 48
