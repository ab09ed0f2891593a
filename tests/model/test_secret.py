"""A secret cannot be seen, printed, copied or stored."""

import copy
import json
import pickle
import traceback
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import pytest

from nutgraf.errors import InputError
from nutgraf.model.secret import Secret

VALUE = "key-4711-do-not-show"


@dataclass
class Holder:
    """Something that has a secret among its fields."""

    key: Secret


@pytest.mark.parametrize(
    "look", [str, "{}".format, "%s".__mod__, pickle.dumps, copy.copy, copy.deepcopy, json.dumps, bytes, vars, list]
)
def test_a_secret_has_no_other_form(look: Callable[[Any], Any]) -> None:
    """Text, bytes, copies and stored forms are refused, and the refusal does not tell."""
    with pytest.raises(TypeError) as caught:
        look(Secret(VALUE))

    assert VALUE not in str(caught.value)


def test_a_secret_among_other_fields_is_a_placeholder() -> None:
    """The representation of what holds a secret stays readable and says nothing."""
    assert repr(Holder(Secret(VALUE))) == "Holder(key=<secret>)"
    with pytest.raises(TypeError):
        asdict(Holder(Secret(VALUE)))


def test_a_traceback_with_locals_does_not_tell() -> None:
    """A log that prints local variables prints a placeholder."""
    key = Secret(VALUE)
    try:
        raise ValueError(f"with {key!r}")
    except ValueError as exc:
        shown = "".join(traceback.TracebackException.from_exception(exc, capture_locals=True).format())

    assert VALUE not in shown.replace(f"VALUE = {VALUE!r}", "")


def test_the_value_comes_from_the_environment() -> None:
    """The variable that the settings name holds the value; nothing else is read."""
    assert Secret.from_environment("SAMPLE_KEY", {"SAMPLE_KEY": f" {VALUE}\n"}).reveal() == VALUE


@pytest.mark.parametrize("value", [None, "", "  ", "two\nlines", "käse"])
def test_a_value_that_no_header_can_carry_is_refused(value: str | None) -> None:
    """The error names the variable and what to do, and not what it holds."""
    with pytest.raises(InputError, match="SAMPLE_KEY") as caught:
        Secret.from_environment("SAMPLE_KEY", {} if value is None else {"SAMPLE_KEY": value})

    assert not value or not value.strip() or value not in str(caught.value)


def test_scrubbing_takes_every_occurrence() -> None:
    """What the provider sends back can be cleaned of the key."""
    assert Secret(VALUE).scrub(f"a {VALUE} b {VALUE}") == "a [key] b [key]"
    assert Secret("").scrub("text") == "text"
