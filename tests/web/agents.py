"""What the canned server answers to questions: an answer, a job held against a record, a plan, a draft."""

from __future__ import annotations

from collections.abc import Callable

from tests.web.canned import Json, item_by_id
from tests.web.scripts import Writer

#: Questions that have an answer of their own; the last one but one leaves words out.
NOT_STATED = "How tall is the building?"
STATED_ELSEWHERE = "Who reads a first write-up?"
FIT, PLAN, DRAFT = "Do I meet the requirements?", "How could I get there?", "Draft a comment for me"
NOBODY = "What is the weather?"
DOUBTED = "What is not quite sure?"
FOLLOW_UP, UNDERSTOOD = "And the second one?", "What does the article say about the second warning?"
ASKED = (("item", "ok", 6, 3), ("related", "late", 0, 0), ("web-search", "off", 0, 0))


def answer(item: Json, member: Json | None, question: str) -> list[Json]:
    """The events that answer `POST /v1/ask`."""
    writer = Writer(item, member)
    writer.open(question)
    script, agent = SCRIPTS.get(question, (plain, "general"))
    writer.route(agent, "rule asks-a-question", UNDERSTOOD if question == FOLLOW_UP else question)
    if script is not nobody:
        writer.choose()
        writer.ask(*ASKED)
    return script(writer)


def first_of(item: Json, count: int = 1) -> list[str]:
    """The first sentences of an item's text, as they stand there."""
    text = item["text"]
    ends = [at + 1 for at, char in enumerate(text) if char == "."][:count]
    return [text[start:end].strip() for start, end in zip([0, *ends], ends, strict=False)]


def plain(w: Writer) -> list[Json]:
    """A sentence and a quotation."""
    block = w.block("answer")
    (first,) = first_of(w.item)
    w.say(block, "The item says this about it.", w.from_item(first))
    w.quote(block, w.from_item(first))
    w.end(block)
    return w.close()


def doubted(w: Writer) -> list[Json]:
    """A sentence that is shown with a reservation, and one that is not."""
    block = w.block("answer")
    (first,) = first_of(w.item)
    w.say(block, "The item says this about it.", w.from_item(first), unsupported=0.0312, doubtful=False)
    w.say(block, "It may say this as well.", w.from_item(first), unsupported=0.56, doubtful=True, check="grounding",
          because="the words are close, the figures are not.")  # fmt: skip
    w.end(block)
    return w.close()


def nobody(w: Writer) -> list[Json]:
    """No agent answers that."""
    return w.close("declined", "No agent here can answer that.")


def not_stated(w: Writer) -> list[Json]:
    """An answer without a sentence."""
    w.end(w.block("answer"))
    return w.close(reason="The item does not say.")


def elsewhere(w: Writer) -> list[Json]:
    """A quotation from another record."""
    block = w.block("answer")
    other = item_by_id("profile-ngozi-adeyemi")
    assert other
    w.quote(block, w.from_item(other["text"][other["text"].index("\n\n") + 2 :].strip(), other))
    w.end(block)
    return w.close()


def fit(w: Writer) -> list[Json]:
    """Three requirements: shown, partly shown, and not shown with a step."""
    asked = first_of(w.item, 3)
    for status, fact, quote in zip(("shown", "partly", "not-shown"), ("f1", "f3", ""), asked, strict=True):
        because = w.because("Your record shows this.", fact) if fact else None
        block = w.block("requirement", None, because, "Asked for" if fact else "Welcome", status)
        w.quote(block, w.from_item(quote))
        if fact:
            w.quote(block, w.from_member(fact))
            w.end(block)
        else:
            w.end(block, kind="learn", label="Take the course: Mapping work", item="course-workflow-mapping",
                  title="Mapping work", because="It is close to what your record does not show yet.")  # fmt: skip
    w.add("extras", starters=[], cards=[w.card("profile-ngozi-adeyemi", "")], no_action_because=None)
    return w.close()


def plan(w: Writer) -> list[Json]:
    """Two steps of a plan: one from the member's record, one from another record."""
    first = w.block("step", title="What carries over")
    w.quote(first, w.from_member("f3"))
    w.end(first)
    second = w.block("step", title="A role to look at", because=w.because("Because you wrote it down.", "f2"))
    job = item_by_id("job-informatics-nurse")
    assert job
    w.quote(second, w.from_item(first_of(job, 2)[1], job))
    w.end(second, kind="engage", label="Look at the job", item=job["id"], title=job["title"])
    return w.close()


def draft(w: Writer) -> list[Json]:
    """A draft of two sentences, one of them the item's."""
    manner = w.because("Your manner: short sentences; from 3 posts of yours.")
    block = w.block("draft", title="Draft of a comment, in your manner", because=manner)
    w.say(block, "I led a change to our triage board.", w.from_member("f3"))
    w.quote(block, w.from_item(first_of(w.item)[0]))
    w.end(block, kind="engage", label="Post it", item=w.item["id"], title=w.item["title"],
          because="This is a draft and nothing was sent.")  # fmt: skip
    return w.close()


SCRIPTS: dict[str, tuple[Callable[[Writer], list[Json]], str]] = {
    NOT_STATED: (not_stated, "general"),
    STATED_ELSEWHERE: (elsewhere, "general"),
    FIT: (fit, "job-fit"),
    PLAN: (plan, "career"),
    DRAFT: (draft, "voice"),
    DOUBTED: (doubted, "general"),
    NOBODY: (nobody, "none"),
}
