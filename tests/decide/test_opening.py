"""What of a message is the question, when something is stated before it."""

from __future__ import annotations

import pytest

from nutgraf.decide.opening import without_statements

WISH = "I want to move into data work."


@pytest.mark.parametrize(
    ("message", "asked"),
    [
        (f"{WISH} What was the average?", "What was the average?"),
        ("I want to move into data work. what was the average?", "what was the average?"),
        ("I want to move into data work, so what was the average?", "what was the average?"),
        (f"{WISH} Tell me the average.", "Tell me the average."),
        (f"{WISH} What did the second trial save?", "What did the second trial save?"),
        (f"What was the average? {WISH}", "What was the average?"),
        ("What was the average?", "What was the average?"),
    ],
)
def test_a_question_stands_without_the_wish_beside_it(message: str, asked: str) -> None:
    """A question with a telling word of its own is asked without what the member says of themselves."""
    assert without_statements(message) == asked


@pytest.mark.parametrize(
    "question", ["What should I learn?", "Is that realistic?", "Why?", "How would my work change?"]
)
def test_a_question_about_the_wish_keeps_it(question: str) -> None:
    """A question that leans on what was stated before it is asked together with that."""
    message = f"{WISH} {question}"
    kept = question.startswith("How")  # its words tell enough

    assert without_statements(message) == (question if kept else message)
