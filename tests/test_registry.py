"""Parts make themselves known, once each."""

import pytest

from nutgraf import registry
from nutgraf.registry import check, register, specs


@pytest.fixture(autouse=True)
def _apart(monkeypatch: pytest.MonkeyPatch) -> None:
    """What these tests register is forgotten after them."""
    monkeypatch.setattr(registry, "_specs", dict(registry._specs))


def test_a_part_is_known_by_name_and_version() -> None:
    """The record has kind, name, version, factory and the first line of its docstring."""

    @check("test-check", version=3)
    def make() -> None:
        """Says so.

        And more.
        """

    (found,) = [spec for spec in specs("check") if spec.name == "test-check"]
    assert (found.kind, found.version, found.make, found.summary) == ("check", 3, make, "Says so.")


def test_the_decorator_gives_the_factory_back() -> None:
    """Registering changes nothing about the factory."""

    def make() -> int:
        return 7

    assert register("kind", "name", 1)(make) is make
    assert make() == 7
    assert specs("kind")[0].summary == ""


def test_a_name_is_taken_once() -> None:
    """Another part under the same name is an error that names the first; the same one may be imported again."""

    def first() -> None: ...

    def second() -> None: ...

    register("kind", "name", 1)(first)
    register("kind", "name", 2)(first)
    register("other-kind", "name", 1)(second)
    with pytest.raises(ValueError, match=r"kind 'name' is already registered by tests.test_registry.*first"):
        register("kind", "name", 1)(second)

    assert [spec.version for spec in specs("kind")] == [2]


def test_a_name_is_taken_even_by_a_namesake() -> None:
    """Two factories that are called alike in two modules are two parts."""

    def make() -> None: ...

    def other() -> None: ...

    other.__qualname__, other.__module__ = make.__qualname__, "elsewhere"
    register("kind", "name", 1)(make)

    with pytest.raises(ValueError, match="already registered"):
        register("kind", "name", 1)(other)


def test_parts_are_listed_by_name() -> None:
    """The order of registration does not show."""
    for name in ("b", "a", "c"):
        register("kind", name, 1)(lambda: None)

    assert [spec.name for spec in specs("kind")] == ["a", "b", "c"]
    assert specs("nothing") == []
