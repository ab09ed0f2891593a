"""Off-topic: a question that is far from all that a use case is for is not answered; a doubtful one is asked back."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

from anyio.to_thread import run_sync

from nutgraf.conversation import Turn
from nutgraf.events import Closed, Extras
from nutgraf.orchestration import Agent, Route
from nutgraf.pipeline.parts import Run
from nutgraf.trust.policy.rules import severity
from nutgraf.trust.topic.topic import follows, joined
from nutgraf.types import Digest, Vectors

if TYPE_CHECKING:
    from nutgraf.detection import Detected
    from nutgraf.trust.topic.topic import OffTopic

log = logging.getLogger(__name__)

#: Examples named in a refusal, and offered when it is asked back.
NAMED = 3


def with_the_turn_before(asked: str, history: Sequence[Turn]) -> str | None:
    """A follow-up together with the question before it, to be encoded beside it; None for any other question."""
    return joined(history[-1].question, asked) if history and follows(asked) else None


async def off_topic(run: Run, found: Route, vectors: Sequence[Vectors | None]) -> Closed | None:
    """The ending of a question that this use case is not for, or that is asked back; None when it is answered.

    `vectors` are those of the question's readings. What a rule knows is on topic, so is what the item itself is
    near to, and whoever names an agent has chosen it. Where routing is sure of an agent it takes both to refuse, so
    that one of them alone asks back.
    """
    reviewer, known = run.rooms.reviewer, [vector for vector in vectors if vector is not None]
    if reviewer is None or found.by in ("rules", "asked") or not known:
        return None
    try:
        detector = await run_sync(run.rooms.topic, abandon_on_cancel=True)
        if detector is None:
            return None
        said = await run_sync(partial(_judged, run, detector, known), abandon_on_cancel=True)
    except Exception as exc:
        log.warning("trust: the check topic broke (%s)", type(exc).__name__)
        if reviewer.policy.rule("topic").broken() == "commit":
            return None
        return run.declined("This question could not be checked, so it is not answered. Please try again.")
    action, _ = reviewer.policy.rule("topic").decide(said)
    sure, far = found.by == "head", severity(action) > severity("soften")
    if action == "commit" or (sure and not far):
        return None
    await run.released()
    if far and not sure:
        return run.declined(refusal(run.rooms.agents))
    near = detector.nearest(known[0])
    with run.stage("asking back"):
        pass
    run.send(Extras(starters=near))
    return run.declined(asking_back(near))


def _judged(run: Run, detector: OffTopic, vectors: Sequence[Vectors]) -> Detected:
    """What the examples say, and where they doubt, what the item says. Blocks."""
    said = detector.judged(vectors)
    item = run.request.item
    if said.check == "topic-on" or item is None:
        return said
    read = run.rooms.read(item)
    if not isinstance(read, Digest):
        return said
    beside = max(float((rows @ vector).max()) for rows in (read.vectors, read.title_vector) for vector in vectors)
    return detector.judged(vectors, beside)


def refusal(agents: Mapping[str, Agent]) -> str:
    """What is said to a question that none of these agents is for."""
    ours = [agent for agent in agents.values() if agent.topic]
    first = [example for agent in ours for example in (*agent.when, *agent.topic)[:1]]
    more = [example for agent in ours for example in (*agent.when, *agent.topic)[1:]]
    named = ", ".join(f"“{example}”" for example in [*first, *more][:NAMED])
    return f"I cannot help with that here. You can ask me, for example: {named}."


def asking_back(near: Sequence[str]) -> str:
    """What is asked where it is not clear what a question is about."""
    named = " or ".join(f"“{example}”" for example in near)
    return f"I am not sure what you mean. Is it something like {named}? If not, please ask in other words."
