"""One turn of a conversation: what is meant, who answers it, whether it may be answered, and the answer."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial

import anyio
from anyio.to_thread import run_sync

from nutgraf.conversation import Turn
from nutgraf.decide.followup import Resolved, resolve
from nutgraf.decide.opening import names_the_item, points_at_the_item, without_statements
from nutgraf.decide.route import route_or_ask, sources_for
from nutgraf.events import Closed, Routed
from nutgraf.orchestration import Agent, Form, Query, Route
from nutgraf.pipeline.answer import ANSWER_PROMPT, QUESTION_AT_MOST_CHARS, answer
from nutgraf.pipeline.drafting import draft
from nutgraf.pipeline.finding import records_of, vectors_of
from nutgraf.pipeline.fitting import fit, interview
from nutgraf.pipeline.panel import panel
from nutgraf.pipeline.parts import Refused, Run, Screening
from nutgraf.pipeline.planning import plan
from nutgraf.pipeline.reasons import reasons
from nutgraf.pipeline.topics import off_topic, with_the_turn_before
from nutgraf.pipeline.warding import masked
from nutgraf.pipeline.writing import noted
from nutgraf.prompt.library import fenced
from nutgraf.retrieve.relevance import relevance
from nutgraf.retrieve.sources import on_thread
from nutgraf.retrieve.sources_details import Details
from nutgraf.retrieve.sources_named import Named
from nutgraf.trust.screen import screen
from nutgraf.types import Deadline, Digest, ItemKind, Vectors

#: How each form of answer is made; the panel is asked for by its agent's name.
Answer = Callable[[Run, Agent, Query], Awaitable[Closed]]
#: Score a sentence of the item needs so that a question that seems to be about something else is answered from it.
IN_THE_ITEM_AT_LEAST = 0.6
#: Longest time for asking a model where a doubtful question goes, in seconds.
ROUTE_WITHIN_S = 0.6
#: So many turns back a question may point at what was listed.
TURNS_POINTED_AT = 4
#: What is asked beside the records that a question points at.
BESIDE = ("remembered",)
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
        tasks.start_soon(_screened, run, run.screening, question)
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


async def _screened(run: Run, screening: Screening, question: str) -> None:
    member = run.request.member
    locale, country = (member.locale, member.country) if member else ("en", None)
    screening.refusal = await run_sync(partial(screen, question, locale, country), abandon_on_cancel=True)
    screening.done.set()


async def _answered(run: Run, question: str) -> Closed:
    request = run.request
    here = request.item.id if request.item else ""
    history = tuple(turn for turn in request.history if turn.item_id == here)
    records = await records_of(run, [ref for turn in history[-TURNS_POINTED_AT:] for ref in turn.listed])
    titles = {ref: record.title for ref, record in records.items()}
    kinds = {ref: record.kind for ref, record in records.items()}
    asked = without_statements(question)
    meant = resolve(asked, history, request.item, titles=titles, kinds=kinds)
    elsewhere = meant.refers_to and here not in meant.refers_to
    if elsewhere and request.item is not None and names_the_item(asked, request.item.kind):
        meant = Resolved(asked, because="names the open item", said=asked)
    records |= await records_of(run, meant.refers_to)
    pointed = [records[ref] for ref in meant.refers_to if ref in records]
    said = meant.said or meant.text
    whole = with_the_turn_before(asked, history)
    vector, said_vector, *more = await vectors_of(run, [meant.text, said, *([whole] if whole else [])])
    found = await _route(run, meant, vector, history, kinds.values(), [record.kind for record in pointed])
    own = _answering(run) if found.agent is None and found.by == "head" else None
    if there := own is not None and await _in_the_item(run, meant.text, vector):
        assert own is not None
        sources, because = sources_for(own, said), "the item has a sentence on it"
        found = replace(found, agent=own.name, by="fallback", because=because, sources=sources)
    agent = run.rooms.agents.get(found.agent or "")
    run.send(Routed(agent=found.agent or "none", because=found.because, question=meant.text))
    run.trace.note(
        "route", agent=found.agent, by=found.by, because=found.because, confidence=found.confidence,
        rule=found.rule, sources=found.sources, question=meant.text,
    )  # fmt: skip
    if agent is None:
        await run.released()
        return run.declined(found.because or NOBODY)
    if not there and (closed := await off_topic(run, found, [vector, *more])) is not None:
        return closed
    agent = replace(agent, sources=found.sources)
    known = run.known
    query = Query(
        scope=request.scope, text=meant.text, item=request.item, snapshot=known, vector=vector, history=history,
        remembered=tuple(fact for fact in request.remembered if known.fact(f"memory.{fact.id}")),
    )  # fmt: skip
    if agent.form in ("fit", "interview"):
        job = next((record for record in [*pointed, request.item] if record and record.kind == "job"), request.item)
        return await FORMS[agent.form](run, agent, replace(query, item=job))
    may_ask_why = agent.form in ("answer", "plan", "takeaways") and not pointed
    if may_ask_why and (closed := await reasons(run, meant, agent, query)) is not None:
        return closed
    if agent.form in ("answer", "plan"):
        if pointed:
            fields = Details(pointed, run.rooms.encoder)
            named = Named(pointed, run.rooms.read, said, said_vector)
            return await answer(run, agent, query, BESIDE, [named, fields] if fields else [named])
        if request.item is not None and not history and points_at_the_item(asked):
            return await answer(run, agent, query, ("item", *BESIDE))
    return await FORMS[agent.form](run, agent, query)


async def _route(
    run: Run, meant: Resolved, vector: Vectors | None, history: Sequence[Turn], kinds: Collection[ItemKind],
    about: Collection[ItemKind],
) -> Route:  # fmt: skip
    """The agent that was asked for, else the one that routing finds."""
    request, agents = run.request, run.rooms.agents
    if request.agent is not None:
        chosen = agents.get(request.agent)
        sources = sources_for(chosen, meant.text) if chosen else ()
        return Route(agent=request.agent, by="asked", because="asked for by name", sources=sources)
    before = history[-1].agent if history else None
    asks = run.session is not None and run.rooms.settings.route_model != "none"
    return await route_or_ask(
        meant.text, ask_model=partial(_ask_model, run) if asks else _nobody, said=meant.said, item=request.item,
        agents=tuple(agents.values()), vector=vector, before=before or None, head=run.rooms.head, kinds=kinds,
        about=about,
    )  # fmt: skip


async def _in_the_item(run: Run, question: str, vector: Vectors | None) -> bool:
    """Whether a sentence of the item answers what routing takes for something else."""
    item = run.request.item
    if item is None or vector is None:
        return False

    def best() -> float:
        read = run.rooms.read(item)
        return (
            max(relevance(read.spans, question, read.vectors, vector), default=0.0) if isinstance(read, Digest) else 0.0
        )

    return await on_thread(best) >= IN_THE_ITEM_AT_LEAST


def _answering(run: Run) -> Agent | None:
    """The agent that answers questions about an item as such."""
    return next((agent for agent in run.rooms.agents.values() if agent.form == "answer"), None)


async def _nobody(question: str, agents: Sequence[Agent]) -> str | None:
    return None


async def _ask_model(run: Run, question: str, agents: Sequence[Agent]) -> str | None:
    """The name that a small model gives; None when it fails, is late, or says something else."""
    assert run.session is not None
    lines = "\n".join(f"{agent.name}: {agent.summary}" for agent in agents)
    prompt = run.rooms.prompts.render("route", {"question": fenced(question), "evidence": lines}, max_tokens=8)
    prompt, _ = await masked(run, prompt)
    limit = Deadline(anyio.current_time() + min(ROUTE_WITHIN_S, run.left() / 4))
    said = ""
    late = anyio.move_on_after(limit.left(anyio.current_time()))
    with late, suppress(Exception), noted(run, prompt, "", "route") as call:
        async with run.session.stream(prompt, limit, step="route") as pieces:
            async for piece in pieces:
                call.piece(piece)
                said += piece
    return next((agent.name for agent in agents if agent.name in said.lower().split()), None)


async def _takeaways(run: Run, agent: Agent, query: Query) -> Closed:
    """The panel, for a question that asks for the main points; about no item in particular, an ordinary answer."""
    await run.released()
    if run.request.item is not None:
        return await panel(run)
    return await answer(run, replace(agent, prompt=ANSWER_PROMPT), query)


FORMS: Mapping[Form, Answer] = {
    "answer": answer,
    "takeaways": _takeaways,
    "fit": fit,
    "interview": interview,
    "plan": plan,
    "draft": draft,
}
