"""Personal data does not reach a log."""

import logging

import pytest

from nutgraf.serve.redacting import Redacting

PERSONAL = "ana.sousa@example.org called from +44 20 7946 0958 about DE89 3704 0044 0532 0130 00"
FORM = "%(levelname)s %(message)s"


def line(formatter: logging.Formatter, text: str) -> str:
    """One formatted line, with a traceback that holds the text too."""
    try:
        raise ValueError(text)
    except ValueError as exc:
        fault = (type(exc), exc, exc.__traceback__)
    return formatter.format(logging.LogRecord("nutgraf", logging.WARNING, "here", 1, "member said %s", (text,), fault))


@pytest.mark.parametrize("secret", ["ana.sousa@example.org", "7946 0958", "0532 0130"])
def test_a_line_and_its_traceback_are_redacted(secret: str) -> None:
    """Neither the message nor the traceback holds what a member wrote of their contacts."""
    assert secret not in line(Redacting(FORM), PERSONAL)


def test_without_it_the_line_tells() -> None:
    """Control: the formatter of the standard library lets it through."""
    assert "ana.sousa@example.org" in line(logging.Formatter(FORM), PERSONAL)


def test_the_rest_of_a_line_stays() -> None:
    """What is no personal data is still there for an operator: stream ids, times, counts, versions."""
    text = "stream 7fGq2xk1 took 1234.5 ms, 3 sources late, version 1.2.3"
    assert text in Redacting(FORM).format(logging.LogRecord("n", logging.INFO, "p", 1, text, (), None))
