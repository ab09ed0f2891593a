"""The error tree: whose fault, whether to try again, and the one sentence a member may see."""

import inspect
import re

import pytest

from nutgraf import errors
from nutgraf.errors import InputError, ModelError, NutgrafError

TREE = [cls for cls in vars(errors).values() if inspect.isclass(cls) and issubclass(cls, NutgrafError)]
RETRYABLE = {"StoreError", "SourceError", "ModelBusy", "QuotaSpent", "ModelSilent"}


@pytest.mark.parametrize("cls", TREE, ids=lambda cls: cls.__name__)
def test_every_error_has_a_calm_sentence(cls: type[NutgrafError]) -> None:
    """What a member may see is plain: no exception text, no name of a class, no blame."""
    assert re.fullmatch(r"[A-Z][^{}%<>]*\.", cls.public)
    assert cls.__name__ not in cls.public
    assert str(cls("secret detail")) == "secret detail"
    assert "secret" not in cls.public


@pytest.mark.parametrize("cls", TREE, ids=lambda cls: cls.__name__)
def test_the_drawing_is_the_tree(cls: type[NutgrafError]) -> None:
    """The picture at the top of the file has every error, each one under its parent."""
    drawing = errors.__doc__ or ""
    (line,) = [line for line in drawing.splitlines() if re.search(rf"\b{cls.__name__}\b(?:\s\s|$)", line)]
    depth = len(cls.__mro__) - len(NutgrafError.__mro__)

    assert len(re.match(r"[│├└─ ]*", line)[0]) == 4 * depth  # type: ignore[index]


def test_only_passing_trouble_is_tried_again() -> None:
    """An error is retryable when waiting can help."""
    assert {cls.__name__ for cls in TREE if cls.retryable} == RETRYABLE


def test_every_error_says_what_it_means() -> None:
    """Each class has a docstring of its own."""
    assert [cls.__name__ for cls in TREE if not cls.__doc__] == []
    assert len({cls.__doc__ for cls in TREE}) == len(TREE)


def test_families() -> None:
    """The caller's mistakes and the model's troubles can be caught as families."""
    assert {cls.__name__ for cls in InputError.__subclasses__()} >= {"TooLarge", "NotFound"}
    assert {cls.__name__ for cls in ModelError.__subclasses__()} >= {
        "ModelBusy",
        "ModelRefused",
        "ModelCut",
        "ModelSilent",
    }
