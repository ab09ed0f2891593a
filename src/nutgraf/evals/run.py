"""A run: every case answered and scored, as files anyone can read, taken up again where it stopped.

A run's folder holds `run.json` (what it is a run of), `answers.jsonl` (one `Answer` a line), and `scores.jsonl` (one
`Score` a line). A line that a crash cut off is made again.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anyio

from nutgraf.errors import InputError, MissingPart
from nutgraf.evals.answering import answer, bare
from nutgraf.evals.answers import Answer, Json, answer_of
from nutgraf.evals.cases import Case, CaseSet
from nutgraf.evals.metrics.base import Metric, Score, Tools, score_of
from nutgraf.evals.metrics.table import score_all
from nutgraf.evals.variants import Variant, rooms_of

if TYPE_CHECKING:
    from nutgraf.pipeline.parts import Rooms
    from nutgraf.types import Item, Member

RUN, ANSWERS, SCORES = "run.json", "answers.jsonl", "scores.jsonl"
#: What may differ when a run is taken up again.
FREE = ("jobs", "judges")
FORMAT = "nutgraf.evaluation/1"
Progress = Callable[[int, int], None]
#: The item and the member of a case; raises InputError when there is none of that id.
Find = Callable[[CaseSet, Case], tuple["Item | None", "Member | None"]]


@dataclass(frozen=True)
class Run:
    """A run as it stands in its folder."""

    folder: Path
    about: Json
    answers: tuple[Answer, ...] = field(repr=False)
    scores: tuple[Score, ...] = field(repr=False)

    @property
    def name(self) -> str:
        """What people call it."""
        return str(self.about.get("variant", {}).get("name") or self.folder.name)

    @property
    def deadline_ms(self) -> int:
        """The whole time an answer had."""
        return int(self.about.get("deadline_ms") or 0)


def about_run(
    sets: Sequence[CaseSet], rooms: Rooms, variant: Variant, *, usecase: str, repeats: int, jobs: int
) -> Json:
    """What a run is a run of. Two runs that differ here are two variants; the same cannot be taken up by another."""
    named = sorted({agent.prompt for agent in rooms.agents.values() if agent.prompt})
    rooms = rooms_of(rooms, variant)
    reviewer = rooms.reviewer
    return {
        "format": FORMAT, "usecase": usecase, "model": rooms.model_name, "variant": variant.told(),
        "deadline_ms": variant.deadline_ms or round(rooms.settings.deadline_s * 1000),
        "checks": rooms.checks if variant.checks and not variant.bare else "off",
        "detectors": _detectors(reviewer), "sets": {one.name: one.version for one in sets},
        "cases": sum(len(one.cases) for one in sets), "agents": {a.name: a.version for a in rooms.agents.values()},
        "prompts": {name: rooms.prompts.version(name) for name in named}, "repeats": repeats, "jobs": jobs,
    }  # fmt: skip


def start(folder: Path, about: Json, *, now: str | None = None) -> Json:
    """Make a run's folder, or take up the run in it. Raises InputError when it holds a run of something else."""
    file = folder / RUN
    if file.is_file():
        known: Json = json.loads(file.read_text("utf-8"))
        about = json.loads(json.dumps(about))  # as it would be read back
        if other := [name for name in about if name not in FREE and known.get(name) != about[name]]:
            was, now_is = known.get(other[0]), about[other[0]]
            raise InputError(
                f"out: {folder} holds a run with another {other[0]} ({was!r}, now {now_is!r}); name another folder"
            )
        return known
    folder.mkdir(parents=True, exist_ok=True)
    told = about | {"at": now or datetime.now(UTC).isoformat(timespec="seconds")}
    file.write_text(json.dumps(told, ensure_ascii=False, indent=1) + "\n", "utf-8")
    return told


async def answer_all(
    folder: Path, sets: Sequence[CaseSet], rooms: Rooms, variant: Variant, find: Find, *,
    repeats: int = 1, jobs: int = 1, progress: Progress = lambda done, whole: None,
) -> None:  # fmt: skip
    """Answer what is not answered yet, `jobs` cases at a time; each is written down as soon as it is there.

    Repeats go past every cache. Raises InputError before anything is asked when an item or a member is not there.
    """
    todo = [(one, case, find(one, case)) for one in sets for case in one.cases]
    file = folder / ANSWERS
    done = {one.key for one in read_answers(file)}
    waiting = [(case, found, turn) for turn in range(repeats) for _, case, found in todo]
    left = [one for one in waiting if (one[0].id, one[2]) not in done]
    rooms, ask = rooms_of(rooms, variant), bare if variant.bare else answer
    at, limit = len(waiting) - len(left), anyio.CapacityLimiter(jobs)
    progress(at, len(waiting))
    with file.open("a", encoding="utf-8") as out:

        async def one(case: Case, found: tuple[Item | None, Member | None], turn: int) -> None:
            nonlocal at
            async with limit:
                made = await ask(case, turn, *found, rooms, variant.deadline_ms)
            out.write(json.dumps(made.as_json(), ensure_ascii=False) + "\n")
            out.flush()
            at += 1
            progress(at, len(waiting))

        async with anyio.create_task_group() as tasks:
            for case, found, turn in left:
                tasks.start_soon(one, case, found, turn)


def score_run(
    folder: Path, sets: Sequence[CaseSet], tools: Tools, metrics: Iterable[Metric] | None = None,
    progress: Progress = lambda done, whole: None,
) -> list[Score]:  # fmt: skip
    """Score all answers of a run anew and write the scores down."""
    about = json.loads((folder / RUN).read_text("utf-8"))
    answers = _with_missing(read_answers(folder / ANSWERS), sets, int(about.get("repeats", 1)))
    _note_judges(folder, about, tools)
    scores = score_all(
        {case.id: case for one in sets for case in one.cases}, answers, tools, metrics,
        lambda done: progress(done, len(answers)),
    )  # fmt: skip
    beside = folder / f"{SCORES}.new"
    beside.write_text("".join(json.dumps(one.as_json(), ensure_ascii=False) + "\n" for one in scores), "utf-8")
    beside.replace(folder / SCORES)
    return scores


def load_run(folder: Path) -> Run:
    """The run in a folder. Raises InputError when there is none, or it was not scored."""
    try:
        about = json.loads((folder / RUN).read_text("utf-8"))
    except (OSError, ValueError) as exc:
        raise InputError(
            f"run: {folder} holds no run ({exc}); make one with `nutgraf eval run --out {folder}`"
        ) from exc
    if not (folder / SCORES).is_file():
        raise InputError(f"run: {folder} was not scored; take it up with `nutgraf eval run --out {folder}`")
    scores = tuple(score_of(one) for one in read_lines(folder / SCORES))
    return Run(folder, about, tuple(read_answers(folder / ANSWERS)), scores)


def read_answers(file: Path) -> list[Answer]:
    """The answers of a file, of each case and repeat the last one; none when there is no file."""
    found = {one.key: one for one in map(answer_of, read_lines(file))}
    return list(found.values())


def read_lines(file: Path) -> list[Mapping[str, Any]]:
    """The JSON objects of a file; a last line that a crash cut off is left out, and taken out of the file."""
    if not file.is_file():
        return []
    data = file.read_bytes()
    whole = data[: data.rfind(b"\n") + 1]
    if len(whole) < len(data):
        file.write_bytes(whole)
    return [json.loads(row) for row in whole.splitlines() if row.strip()]


def _with_missing(answers: list[Answer], sets: Sequence[CaseSet], repeats: int) -> list[Answer]:
    """The answers, and in the place of each that is missing one that failed, so that coverage counts it."""
    known = {one.key for one in answers}
    return answers + [
        Answer(
            case=case.id, repeat=turn, agent=case.agent, group=case.group, kinds=case.kinds, document={},
            failed="it was not answered; the run has not ended",
        )
        for turn in range(repeats) for one in sets for case in one.cases if (case.id, turn) not in known
    ]  # fmt: skip


def _note_judges(folder: Path, about: Json, tools: Tools) -> None:
    """Write down which detectors measured: their rates are corrected for exactly these versions."""
    if tools.desk is None:
        return
    told = {}
    for name in ("grounding", "member", "tone"):
        with suppress(MissingPart):
            told[name] = str(getattr(tools.desk.detector(name), "version", ""))
    (folder / RUN).write_text(json.dumps(about | {"judges": told}, ensure_ascii=False, indent=1) + "\n", "utf-8")


def _detectors(reviewer: Any) -> str:
    return str(reviewer.version) if reviewer is not None else ""
