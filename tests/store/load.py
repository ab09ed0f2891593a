"""A load of writes whose every acknowledgement is noted, and the check that all of it is there afterwards.

Run as a script it is the child that gets killed: acknowledgements leave on standard output, one a line.
"""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Callable, Iterable
from pathlib import Path

import apsw

from nutgraf.conversation import Feedback, Turn
from nutgraf.errors import NotFound, NutgrafError
from nutgraf.store.embedded import FILE, EmbeddedStore
from nutgraf.types import Consent
from tests.store.made import AT, NO_VECTOR, digest, item, member, scope

Ack = tuple[str, int, int]  # what, who, which


def work(store: EmbeddedStore, who: int, numbers: Iterable[int], ack: Callable[[Ack], None]) -> None:
    """One member's writes, `ack` called after each that was acknowledged; a refused write ends it."""
    mine = scope(f"member{who}")
    for n in numbers:
        stream = f"stream-{who}-{n}"
        store.put_member(mine, member(f"member{who}", headline=f"consent {n}", consent=Consent(version=n)))
        ack(("consent", who, n))
        store.open_stream(mine, stream, "roofs", f"question {n}", AT)
        store.append_events(mine, stream, [(1, "opened", b'{"n":1}'), (2, "used", b'{"n":2}')])
        ack(("events", who, n))
        store.add_turn(mine, Turn("roofs", stream, f"question {n}", f"answer {n}", AT))
        ack(("turn", who, n))
        store.add_feedback(mine, Feedback(stream=stream, rating="up", comment=f"comment {n}"))
        ack(("feedback", who, n))
        store.close_stream(mine, stream, "done", [(3, "closed", b'{"ending":"done"}')])
        ack(("closed", who, n))
        if n % 4 == 0:
            made = item(f"item-{who}-{n}", title=f"title{who}x{n}")
            store.put_digest(made, digest(made, seed=n))
            ack(("item", who, n))


def work_together(store: EmbeddedStore, people: int, numbers: range, ack: Callable[[Ack], None]) -> list[str]:
    """Several members at once, so that commits are shared; what was refused, in words."""
    refused: list[str] = []

    def one(who: int) -> None:
        try:
            work(store, who, numbers, ack)
        except NutgrafError as exc:
            refused.append(str(exc))

    threads = [threading.Thread(target=one, args=(who,)) for who in range(people)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return refused


def check(folder: Path, acked: Iterable[Ack]) -> tuple[list[str], list[str]]:
    """What was acknowledged and is lost, and what is there by halves, in words."""
    lost: list[str] = []
    half: list[str] = []
    with EmbeddedStore.open(folder, tenant="acme") as store:
        for ack in acked:
            try:
                _look(store, ack, lost, half)
            except NotFound:
                lost.append(f"{ack} not found")
        _halves(store, half)
    file = apsw.Connection(str(folder / FILE))
    with file:
        if file.pragma("integrity_check") != "ok":
            half.append("the file is damaged")
        file.execute("INSERT INTO item_text(item_text) VALUES ('integrity-check')")
    file.close()
    return lost, half


def _look(store: EmbeddedStore, ack: Ack, lost: list[str], half: list[str]) -> None:
    what, who, n = ack
    mine, stream = scope(f"member{who}"), f"stream-{who}-{n}"
    if what == "consent":
        found = store.member(mine, f"member{who}").consent.version
        there = found >= n
    elif what == "events":
        there = [seq for seq, *_ in store.events_after(mine, stream, 0)][:2] == [1, 2]
    elif what == "turn":
        there = any(turn.stream == stream for turn in store.turns(mine, "roofs", 10_000))
    elif what == "feedback":
        there = any(given.stream == stream for given in store.feedback(mine))
    elif what == "closed":
        there = store.stream(mine, stream).ending == "done"
    else:
        made = item(f"item-{who}-{n}", title=f"title{who}x{n}")
        there = store.digest(made, "reader-1") is not None and store.item(made.id) == made
        hits = store.search(f"title{who}x{n}", NO_VECTOR)
        if there and not (hits and hits[0].item.id == made.id):
            half.append(f"{ack} is kept but not found by its words")
    if not there:
        lost.append(str(ack))


def _halves(store: EmbeddedStore, half: list[str]) -> None:
    """Everything that is kept is whole, acknowledged or not."""
    for who in range(8):
        mine = scope(f"member{who}")
        try:
            kept = store.member(mine, f"member{who}")
        except NotFound:
            continue
        if kept.headline != f"consent {kept.consent.version}":
            half.append(f"member{who}: {kept.headline} with consent {kept.consent.version}")
        for turn in store.turns(mine, "roofs", 10_000):
            n = turn.stream.rsplit("-", 1)[1]
            if (turn.question, turn.answer) != (f"question {n}", f"answer {n}"):
                half.append(f"half a turn: {turn}")
            ending = store.stream(mine, turn.stream).ending
            closed = [kind for _, kind, _ in store.events_after(mine, turn.stream, 0)].count("closed")
            if closed != 1 or ending not in ("done", "failed"):
                half.append(f"{turn.stream} has {closed} closing events and ended as {ending}")


def main() -> None:
    """`load.py FOLDER PEOPLE FIRST`: write without end from number FIRST on."""
    lock = threading.Lock()

    def ack(what: Ack) -> None:
        with lock:
            sys.stdout.write(json.dumps(what) + "\n")
            sys.stdout.flush()

    store = EmbeddedStore.open(Path(sys.argv[1]), tenant="acme")
    first = int(sys.argv[3])
    work_together(store, int(sys.argv[2]), range(first, first + 100_000), ack)


if __name__ == "__main__":
    main()
