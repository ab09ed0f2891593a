"""The checks of a question before anything is answered: the first that refuses decides, and says why."""

from __future__ import annotations

import re
from collections.abc import Callable

from nutgraf.registry import register, specs

#: An input check returns what a member may read as the reason for a refusal, or None.
InputCheck = Callable[[str], str | None]
BROKEN = "This question could not be checked, so it is not answered. Please try again."

_OVERRIDE = re.compile(
    r"\b(?:ignore|disregard|forget|override|bypass)\b.{0,40}\b(?:previous|prior|above|earlier|all|any|your|the)\b.{0,30}"
    r"\b(?:instructions?|rules?|prompts?|guidelines|guardrails|checks?|filters?)\b"
    r"|\b(?:print|reveal|show|repeat|output|leak)\b.{0,30}\b(?:system|hidden|initial|original)\s+(?:prompt|instructions?|message)"
    r"|\byou are now (?:in )?(?:dan|developer mode|jailbroken|unrestricted)\b",
    re.IGNORECASE,
)
_ABOUT = re.compile(
    r"\b(?:prompt injection|jailbreak(?:s|ing)?|attack(?:s|ers?)?|course|article|talk|explain|what (?:is|are))\b",
    re.IGNORECASE,
)


def input_check(name: str, version: int = 1) -> Callable[[Callable[[], InputCheck]], Callable[[], InputCheck]]:
    """Register an input check: a factory of `question -> reason | None`. One that raises has refused."""
    return register("input-check", name, version)


@input_check("order-to-the-model")
def order_to_the_model() -> InputCheck:
    """A question may not order the model to drop its rules or to show its prompt; talk about such orders passes."""

    def judge(question: str) -> str | None:
        if _OVERRIDE.search(question) and not _ABOUT.search(question):
            return "This asks for something else than the item. Ask what you would like to know about it."
        return None

    return judge


def screen(question: str) -> str | None:
    """Why a question may not be answered; None when every registered input check lets it pass."""
    for spec in specs("input-check"):
        try:
            refusal: object = spec.make()(question)
        except Exception:
            return BROKEN
        if refusal is not None:
            return refusal if isinstance(refusal, str) else BROKEN
    return None
