"""One case, answered by the pipeline as it is, or by the bare model, and recorded."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import partial
from secrets import token_hex
from typing import TYPE_CHECKING, Any

import anyio

from nutgraf.conversation import Turn
from nutgraf.errors import NutgrafError
from nutgraf.evals.answers import Answer, Json
from nutgraf.evals.cases import Case
from nutgraf.events import as_json
from nutgraf.members.snapshot import snapshot
from nutgraf.pipeline.parts import Request, Rooms
from nutgraf.pipeline.run import run
from nutgraf.stream.document import Document
from nutgraf.stream.log import StreamLog, farewell, root_cause
from nutgraf.text.sentences import split
from nutgraf.trace.lines import from_bytes, line
from nutgraf.trace.record import Recording
from nutgraf.trace.tracing import traced
from nutgraf.trust.member.facts import lines_of
from nutgraf.types import Deadline, Item, Member, Message, Prompt, Scope

if TYPE_CHECKING:
    from nutgraf.events import Event

_BARE_CHARS, _BARE_TOKENS = 3_000, 160
_NUMBER = re.compile(r"^\s*(?:\d+[.)]|[-*•])\s+|\s*\[\d+\]")


def scope_of(member: Member | None, tenant: str = "evaluation") -> Scope:
    """The scope of a case's reader, apart from that of every real one."""
    return Scope(
        tenant=tenant, member=member.id if member else None, purposes=frozenset({"personalise"}),
        consent_version=member.consent.version if member else 0, rights=frozenset(),
    )  # fmt: skip


async def answer(
    case: Case, repeat: int, item: Item | None, member: Member | None, rooms: Rooms, deadline_ms: int | None
) -> Answer:
    """Answer a case through the pipeline. Never raises but when cancelled: what goes wrong stands in the answer."""
    now, stream = anyio.current_time(), f"eval-{case.id}-{repeat}"
    scope = scope_of(member, f"evaluation-{token_hex(8)}")  # nobody's, so that no cache knows it
    recording = Recording(anyio.current_time, now, scope=scope, stream=stream)
    history = tuple(Turn(item.id if item else "", f"{stream}-{at}", *turn, "") for at, turn in enumerate(case.history))
    request = Request(
        stream=stream, scope=scope, item=item, member=member, accepted_at=now, question=case.question,
        deadline=Deadline(now + (deadline_ms / 1000 if deadline_ms else rooms.settings.deadline_s)),
        agent=case.agent if case.question is not None and case.agent in rooms.agents else None, history=history,
    )  # fmt: skip
    document, log = Document(item, member), StreamLog()

    def emit(event: Event) -> None:
        log.append(event)
        document.feed(as_json(event))

    failed = ""
    try:
        await traced(emit, partial(run, request, rooms, trace=recording), recording)
    except Exception as exc:
        cause = root_cause(exc)
        failed = f"{type(cause).__name__}: {cause}"[:500]
        if not log.ended and log.entries:
            emit(farewell(exc, ticket=stream, complete_ms=(anyio.current_time() - now) * 1000))
    if member is not None:
        rooms.fact_vectors.forget(scope.tenant, member.id)
    notes = (from_bytes(line(recording)) or {}).get("notes", [])
    return _answer(case, repeat, document.whole(), notes, record_of(member, rooms), failed)


def record_of(member: Member | None, rooms: Rooms) -> tuple[str, ...]:
    """What is known of a reader: each fact as it stands, and the lines that follow from them."""
    if member is None:
        return ()
    facts = snapshot(member, scope_of(member), rooms.vocabulary).facts
    return tuple(dict.fromkeys([*(fact.text for fact in facts), *lines_of(facts)]))


async def bare(
    case: Case, repeat: int, item: Item | None, member: Member | None, rooms: Rooms, deadline_ms: int | None
) -> Answer:
    """Answer a case with the model alone: item, profile and question in one prompt, its sentences as they come."""
    now, record = anyio.current_time(), record_of(member, rooms)
    prompt = bare_prompt(case, item, record)
    document, pieces, failed, first = Document(item, member).whole(), [], "", None
    deadline = Deadline(now + (deadline_ms / 1000 if deadline_ms else rooms.settings.deadline_s))
    ending = "done"
    try:
        if rooms.writer is None:
            raise NutgrafError("a bare run needs a model; name one")
        async with rooms.writer.stream(prompt, deadline) as words:
            async for piece in words:
                first = first if first is not None else (anyio.current_time() - now) * 1000
                pieces.append(piece)
    except Exception as exc:
        ending = "truncated" if pieces else "failed"
        failed = "" if pieces else f"{type(exc).__name__}: {exc}"[:500]
    sentences = [
        {"id": f"b1.s{at}", "text": text, "verdict": "supported", "evidence": [], "check": "none"}
        for at, text in enumerate(_sentences("".join(pieces)), 1)
    ]
    block = {"block": "b1", "form": "answer", "title": None, "because": None, "action": None, "sentences": sentences}
    took = (anyio.current_time() - now) * 1000
    document |= {
        "answer": {"agent": case.agent, "blocks": [block] if sentences else [], "sentences": sentences},
        "question": case.question, "ending": ending, "model": rooms.model_name,
        "timing": {"first_useful_ms": first, "complete_ms": round(took, 1), "stages": {}},
    }  # fmt: skip
    passages = [{"source": "item", "ref": item.id, "text": item.text, "origin": "item"}] if item else []
    call = {"prompt": prompt.name, "version": prompt.version, "model": rooms.model_name, "ending": ending}
    return Answer(
        case=case.id, repeat=repeat, agent=case.agent, group=case.group, kinds=case.kinds, document=document,
        passages=tuple(passages), record=record, calls=(call,), failed=failed, drafts=len(sentences),
    )  # fmt: skip


def bare_prompt(case: Case, item: Item | None, record: Sequence[str]) -> Prompt:
    """What the bare model is asked: everything, with no rule but the wish."""
    wish = case.question or "Write the three takeaways of this text that matter most to this reader."
    about = f"{item.title}\n{item.text[:_BARE_CHARS]}" if item else ""
    reader = "\n".join(f"- {line}" for line in record[:12])
    text = f"Text:\n{about}\n\nReader:\n{reader or '- unknown'}\n\n{wish}"
    return Prompt(
        name="bare", version="1", messages=(Message("user", text),), max_tokens=_BARE_TOKENS, stop=("\n\n\n",)
    )


def _sentences(text: str) -> list[str]:
    found = []
    for row in text.split("\n"):
        clean = _NUMBER.sub("", row).replace("**", "").strip()
        found += [clean[start:end].strip() for start, end in split(clean)]
    return [one for one in found if any(char.isalnum() for char in one)]


def _answer(
    case: Case, repeat: int, document: Json, notes: Sequence[Json], record: tuple[str, ...], failed: str
) -> Answer:
    passages = [
        {name: fate["passage"].get(name) for name in ("source", "ref", "text", "origin")}
        for note in notes if note["kind"] == "blend" for fate in note["fates"] if fate["kept"]
    ]  # fmt: skip
    verdicts = Counter(f"{note['verdict']}:{note['check']}" for note in notes if note["kind"] == "verdict")
    return Answer(
        case=case.id, repeat=repeat, agent=case.agent, group=case.group, kinds=case.kinds, document=document,
        passages=tuple(passages), record=record, failed=failed, verdicts=dict(verdicts),
        calls=tuple(_call(note) for note in notes if note["kind"] == "model"),
        drafts=sum(note["kind"] == "draft" for note in notes),
    )  # fmt: skip


def _call(note: Mapping[str, Any]) -> Json:
    usage = note.get("usage") or {}
    return {
        "prompt": note["prompt"]["name"], "version": note["prompt"]["version"], "model": note.get("model"),
        "ending": note.get("ending"), "repairs": note.get("repairs") or {},
        **{name: usage.get(name) or 0 for name in ("input_tokens", "output_tokens", "micro_usd")},
    }  # fmt: skip
