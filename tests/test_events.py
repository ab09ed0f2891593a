"""The events and the table of what may follow what."""

import json
import types
from dataclasses import MISSING, fields, is_dataclass, replace
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nutgraf.events import KINDS, NEXT, PROTOCOL, Closed, Event, Extras, Opened, Used, as_json
from nutgraf.types import Card, Consent, Fact, Hit, Item, Member

KIND_NAMES = [
    "opened", "routed", "stage", "sources", "used", "block-start", "sentence-held", "sentence-committed",
    "sentence-dropped", "block-end", "extras", "closed",
]  # fmt: skip


def values(hint: Any) -> st.SearchStrategy[Any]:
    """Any value of a type that our events hold."""
    origin, args = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        return st.one_of([values(arg) for arg in args])
    if origin is Literal:
        return st.sampled_from(args)
    if origin is tuple:
        return st.lists(values(args[0]), max_size=2).map(tuple)
    if is_dataclass(hint):
        hints = get_type_hints(hint)
        return st.builds(hint, **{field.name: values(hints[field.name]) for field in fields(hint)})
    simple: dict[Any, st.SearchStrategy[Any]] = {
        str: st.text(max_size=8),
        int: st.integers(0, 10**6),
        float: st.floats(0, 1e6),
        bool: st.booleans(),
        type(None): st.none(),
    }
    return simple[hint]


def read(hint: Any, value: Any) -> Any:
    """A value of our types from its JSON form."""
    origin, args = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        return None if value is None else read(next(arg for arg in args if arg is not type(None)), value)
    if origin is tuple:
        return tuple(read(args[0], part) for part in value)
    if is_dataclass(hint):
        hints = get_type_hints(hint)
        return hint(**{name: read(hints[name], part) for name, part in value.items()})
    return value


EVENTS = st.one_of([values(kind) for kind in KINDS.values()])


def reached(start: type[Event] | None) -> set[type[Event] | None]:
    """Every kind that can come some time after one."""
    seen: set[type[Event] | None] = set()
    waiting = [start]
    while waiting:
        for kind in NEXT[waiting.pop()]:
            if kind not in seen:
                seen.add(kind)
                waiting.append(kind)
    return seen


def test_kinds_are_all_events() -> None:
    """Every event has one name on the wire, and a name leads to its class."""
    assert list(KINDS) == KIND_NAMES
    assert list(KINDS.values()) == list(get_args(Event))
    assert all(cls.__dataclass_fields__["kind"].default == name for name, cls in KINDS.items())


def test_the_table_is_closed() -> None:
    """The table has a row for every kind and for the start, and names nothing else."""
    assert set(NEXT) == {None, *KINDS.values()}
    assert {kind for row in NEXT.values() for kind in row} == set(KINDS.values())


def test_every_kind_can_happen_and_every_stream_can_end() -> None:
    """From the start every kind is reached; from every kind the ending is, and after it nothing is."""
    assert reached(None) == set(KINDS.values())
    assert all(Closed in reached(kind) for kind in NEXT if kind is not Closed)
    assert NEXT[Closed] == frozenset()


def test_a_stream_opens_once_and_first() -> None:
    """Nothing comes before the opening, and it never comes again."""
    assert NEXT[None] == {Opened}
    assert all(Opened not in row for kind, row in NEXT.items() if kind is not None)


def test_a_held_sentence_is_settled_before_anything_else() -> None:
    """After a sentence is held it is committed or dropped, or the stream ends; a block ends before another begins."""
    held, start = KINDS["sentence-held"], KINDS["block-start"]

    assert NEXT[held] == {KINDS["sentence-committed"], KINDS["sentence-dropped"], Closed}
    assert {kind for kind, row in NEXT.items() if start in row} == {
        KINDS[kind] for kind in ("routed", "stage", "sources", "used", "block-end")
    }


def test_no_words_are_in_a_held_or_dropped_sentence() -> None:
    """What a model wrote cannot be in an event before it is committed: there is no field for it."""
    for name in ("sentence-held", "sentence-dropped"):
        assert {field.name for field in fields(KINDS[name])} <= {"kind", "block", "sentence", "check"}
        assert get_type_hints(KINDS[name])["sentence"] is str


@settings(deadline=None, max_examples=200)
@given(EVENTS)
def test_an_event_survives_the_wire(event: Event) -> None:
    """Written as JSON and read back by its kind, an event is the same."""
    wire = json.loads(json.dumps(as_json(event)))

    assert wire == as_json(event)
    assert read(KINDS[wire["kind"]], wire) == event


@pytest.mark.parametrize("cls", KINDS.values(), ids=KINDS)
def test_fields_come_in_order_and_the_kind_first(cls: type[Event]) -> None:
    """The JSON form has the fields in the order in which they are declared."""
    names = [field.name for field in fields(cls)]

    assert names[0] == "kind"
    assert all(field.default is not MISSING for field in fields(cls) if field.name in ("kind", "protocol"))


def test_the_opening_names_the_protocol() -> None:
    """A reader learns the version from the first event."""
    opened = Opened(stream="s", item="i", title="t", member=None, model="none", deadline_ms=5000)

    assert (as_json(opened)["kind"], as_json(opened)["protocol"]) == ("opened", PROTOCOL)


def test_any_of_our_values_can_be_written() -> None:
    """Nested values, mappings and sets become plain ones, sets in order."""
    item = Item(id="i", kind="post", title="t", text="x")
    hit = Hit(item, 1.5, {"text": 1})
    member = Member(id="m", name="n", consent=Consent(fields=frozenset(("skills", "goals", "work"))))
    extras = Extras(cards=(Card("i", "job", "t", "s", 0.5),))

    assert as_json(hit)["ranks"] == {"text": 1}
    assert as_json(hit)["item"]["kind"] == "post"
    assert as_json(member)["consent"]["fields"] == ["goals", "skills", "work"]
    assert as_json(extras)["cards"] == [
        {"item": "i", "kind": "job", "title": "t", "snippet": "s", "score": 0.5, "because": ""}
    ]
    assert as_json({"a": (Fact("f", "skill", "x"),)}) == {
        "a": [{"id": "f", "kind": "skill", "text": "x", "guess": False}]
    }
    assert as_json(Fact) is Fact


def test_events_cannot_be_changed() -> None:
    """An event is a value: a changed one is another."""
    used = Used(facts=())

    with pytest.raises(AttributeError):
        used.facts = ()  # type: ignore[misc]
    assert replace(used, facts=(Fact("f", "skill", "x"),)) != used
