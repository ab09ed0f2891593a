"""One turn of a conversation: what is meant, who answers it, whether it may be answered, and the answer."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from functools import partial

import anyio
from anyio.to_thread import run_sync

from nutgraf.decide.followup import resolve
from nutgraf.decide.route import route
from nutgraf.events import Closed, Routed
from nutgraf.orchestration import Agent, Form, Query, Route
from nutgraf.pipeline.answer import QUESTION_AT_MOST_CHARS, answer
from nutgraf.pipeline.drafting import draft
from nutgraf.pipeline.finding import known_of, question_vector, records_of
from nutgraf.pipeline.fitting import fit, interview
from nutgraf.pipeline.parts import Refused, Run, Screening
from nutgraf.pipeline.planning import plan
from nutgraf.prompt.library import fenced
from nutgraf.trust.screen import screen
from nutgraf.types import Item

#: How each form of answer is made; the panel is asked for by its agent's name.
Answer = Callable[[Run, Agent, Query], Awaitable[Closed]]
NOBODY = "No agent here can answer that."


async def converse(run: Run) -> Closed:
    """Send the answer to the question of a request but for its ending, which is returned.

    The question is checked while evidence is gathered; nothing is released before it has passed.
    """
    assert run.request.question is not None
    question = fenced(run.request.question, QUESTION_AT_MOST_CHARS)
    run.screening = Screening()
    closed: Closed | None = None
    trouble: Exception | None = None
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(_screened, run.screening, question)
        try:
            closed = await _answered(run, question)
        except Refused as refused:
            closed = run.declined(str(refused))
        except Exception as exc:  # it goes on as itself, not in a group
            trouble = exc
        tasks.cancel_scope.cancel()
    if trouble is not None:
        raise trouble
    assert closed is not None
    return closed


async def _screened(screening: Screening, question: str) -> None:
    screening.refusal = await run_sync(partial(screen, question), abandon_on_cancel=True)
    screening.done.set()


async def _answered(run: Run, question: str) -> Closed:
    request = run.request
    listed = [ref for turn in request.history[-4:] for ref in turn.listed]
    records = await records_of(run, listed)
    titles = {ref: record.title for ref, record in records.items()}
    meant = resolve(question, request.history, request.item, titles=titles)
    focus = next((records[ref] for ref in meant.refers_to if ref in records), request.item)
    vector = await question_vector(run, meant.text)
    found = _route(run, meant.text, focus, vector, records)
    agent = run.rooms.agents.get(found.agent or "")
    run.send(Routed(agent=found.agent or "none", because=found.because, question=meant.text))
    run.trace.note(
        "route", agent=found.agent, by=found.by, because=found.because, confidence=found.confidence,
        sources=found.sources, question=meant.text,
    )  # fmt: skip
    if agent is None:
        await run.released()
        return run.declined(found.because.partition(": ")[2] or NOBODY)
    query = Query(
        scope=request.scope, text=meant.text, item=focus, snapshot=known_of(run), vector=vector,
        history=request.history, remembered=request.remembered,
    )  # fmt: skip
    return await FORMS[agent.form](run, agent, query)


def _route(run: Run, question: str, focus: Item | None, vector: object, records: Mapping[str, Item]) -> Route:
    """The agent that was asked for, else the one that routing finds."""
    request, agents = run.request, run.rooms.agents
    if request.agent is not None:
        return Route(agent=request.agent, by="asked", because="asked for by name")
    before = request.history[-1].agent if request.history else None
    kinds = {record.kind for record in records.values()}
    return route(
        question, item=focus, agents=tuple(agents.values()), vector=vector,  # type: ignore[arg-type]
        before=before or None, head=run.rooms.head, kinds=kinds,
    )  # fmt: skip


FORMS: Mapping[Form, Answer] = {
    "answer": answer,
    "takeaways": answer,
    "fit": fit,
    "interview": interview,
    "plan": plan,
    "draft": draft,
}
