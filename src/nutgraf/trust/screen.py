"""The checks of a question before anything is answered: the first that refuses decides, and says why."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from nutgraf.registry import register, specs
from nutgraf.text.memo import Memo, memoised
from nutgraf.trust.attacks.help import answer

#: An input check returns what a member may read as the reason for a refusal, or None.
InputCheck = Callable[[str], str | None]
BROKEN = "This question could not be checked, so it is not answered. Please try again."
ELSEWHERE = "This asks for something else than the item. Ask what you would like to know about it."


def input_check(name: str, version: int = 1) -> Callable[[Callable[[], InputCheck]], Callable[[], InputCheck]]:
    """Register an input check: a factory of `question -> reason | None`. One that raises has refused."""
    return register("input-check", name, version)


@input_check("order-to-the-model", version=2)
def order_to_the_model() -> InputCheck:
    """A question may not order the model to drop its rules or to show its prompt; talk about such orders passes."""

    def judge(question: str) -> str | None:
        labels, threshold = _seen(question)
        return ELSEWHERE if max(labels["injection"], labels["jailbreak"]) >= threshold else None

    return judge


def screen(question: str, locale: str = "en", country: str | None = None) -> str | None:
    """Why a question may not be answered; None when every registered input check lets it pass. A sign of self-harm or
    a request for harm has its own answer, in the language of `locale` and with the help of `country`.
    """
    with Memo().used():  # the detector reads a question once for all of them
        return _refused(question, locale, country)


def _refused(question: str, locale: str, country: str | None) -> str | None:
    try:
        helped = harm(question, locale, country)
    except Exception:
        return BROKEN
    if helped is not None:
        return helped
    for spec in specs("input-check"):
        try:
            refusal: object = spec.make()(question)
        except Exception:
            return BROKEN
        if refusal is not None:
            return refusal if isinstance(refusal, str) else BROKEN
    return None


@memoised
def _seen(question: str) -> tuple[Mapping[str, float], float]:
    """What the detector of hostile input says of a question, and its limit."""
    from nutgraf.trust.hostile import attacks  # numpy and the weights are loaded with the first question

    detector = attacks()
    return detector.detect(question).labels, detector.threshold


def harm(question: str, locale: str = "en", country: str | None = None) -> str | None:
    """What to answer a question that speaks of self-harm or asks for harm; None for any other."""
    labels, threshold = _seen(question)
    if labels["self-harm"] >= threshold:
        return answer("self-harm", locale, country)
    attack = max(labels["injection"], labels["jailbreak"])
    if labels["harmful"] >= threshold and labels["harmful"] > attack:
        return answer("harmful", locale, country)
    return None
