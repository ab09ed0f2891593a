"""The labels that were given: every press is a line on disk before it is acknowledged; the last one counts."""

from __future__ import annotations

import itertools
import json
import os
import random
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock
from typing import Any

from nutgraf.errors import InputError
from nutgraf.evals.annotate.tasks import Rubric, Task
from nutgraf.evals.stats import kappa

NAME_AT_MOST_CHARS, NOTE_AT_MOST_CHARS = 60, 2_000
SKIPPED = "skipped"
#: A share of the sentences is labelled by everybody, so that agreement can be told.
SHARED = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """One label by one person. `label` is empty when it was taken back, `took_s` how long they looked, in seconds."""

    task: str
    who: str
    label: str
    note: str = ""
    at: str = ""
    took_s: float = 0.0


class LabelLog:
    """The labels of one file of tasks, in a file that only grows. Safe to share between threads."""

    def __init__(self, path: Path, rubric: Rubric, tasks: Sequence[Task], *, shared: float = SHARED) -> None:
        """Reads what is there; a last line that a crash cut off is dropped. Raises InputError for another file."""
        self.path, self.rubric, self.tasks, self._shared = path, rubric, {task.id: task for task in tasks}, shared
        self._lock = Lock()
        self._last: dict[tuple[str, str], Given] = {}
        for given in _read(path):
            self._last[given.task, given.who] = given
        order = list(self.tasks)
        random.Random(rubric.version).shuffle(order)
        common = round(shared * len(order))
        self._common, self._rest = order[:common], order[common:]

    def give(self, task: str, who: str, label: str, note: str = "", took_s: float = 0.0) -> Given:
        """Keep a label; on disk when this returns. An empty one takes back what was given. Raises InputError."""
        who = " ".join(who.split())
        if task not in self.tasks:
            raise InputError(f"task: {task!r} is not in this file; load the page again")
        if not who or len(who) > NAME_AT_MOST_CHARS:
            raise InputError(f"who: give a name of 1 to {NAME_AT_MOST_CHARS} characters")
        if label not in ("", SKIPPED, *self.rubric.names):
            raise InputError(f"label: {label!r} is none of {', '.join(self.rubric.names)}")
        if len(note) > NOTE_AT_MOST_CHARS:
            raise InputError(f"note: has {len(note)} characters, more than {NOTE_AT_MOST_CHARS}; shorten it")
        at = datetime.now(UTC).isoformat(timespec="seconds")
        given = Given(task=task, who=who, label=label, note=note, at=at, took_s=round(max(0.0, took_s), 1))
        with self._lock:
            _append(self.path, given)
            self._last[task, who] = given
        return given

    def current(self) -> list[Given]:
        """The labels that count, one for each task and person."""
        with self._lock:
            return [given for given in self._last.values() if given.label]

    def queue(self, who: str, limit: int = 20) -> list[Task]:
        """What a person labels next: first what everybody labels, then what nobody has labelled yet."""
        mine = {given.task for given in self.current() if given.who == who}
        done = {given.task for given in self.current() if given.label != SKIPPED}
        waiting = itertools.chain(
            (task for task in self._common if task not in mine),
            (task for task in self._rest if task not in mine and task not in done),
        )
        return [self.tasks[task] for task in itertools.islice(waiting, limit)]

    def progress(self, who: str) -> dict[str, Any]:
        """How far a person is, how fast, and how far all are together."""
        given = self.current()
        mine = [one for one in given if one.who == who and one.label != SKIPPED]
        times = sorted(one.took_s for one in mine if one.took_s)
        day = datetime.now(UTC).date().isoformat()
        done = len({one.task for one in given if one.label != SKIPPED})
        return {
            "mine": len(mine), "today": sum(one.at.startswith(day) for one in mine), "done": done,
            "whole": len(self.tasks), "median_s": times[len(times) // 2] if times else None,
            "left": len(self.queue(who, len(self.tasks))), "people": sorted({one.who for one in given}),
            "counts": dict(Counter(one.label for one in mine)),
        }  # fmt: skip

    def agreement(self) -> dict[str, Any]:
        """Cohen's kappa for every two people with sentences in common, and where they disagree."""
        by_task: dict[str, dict[str, Given]] = {}
        for given in self.current():
            if given.label != SKIPPED:
                by_task.setdefault(given.task, {})[given.who] = given
        people = sorted({who for row in by_task.values() for who in row})
        pairs = [self._pair(one, two, by_task) for one, two in itertools.combinations(people, 2)]
        differ = [
            {"task": asdict(self.tasks[task]), "labels": {who: asdict(given) for who, given in sorted(row.items())}}
            for task, row in by_task.items() if task in self.tasks and len({given.label for given in row.values()}) > 1
        ]  # fmt: skip
        return {"pairs": [pair for pair in pairs if pair], "disagreements": differ}

    def _pair(self, one: str, two: str, by_task: Mapping[str, Mapping[str, Given]]) -> dict[str, Any] | None:
        both = [(task, row) for task, row in by_task.items() if one in row and two in row]
        if not both:
            return None
        groups = [(self.tasks[task].group or task) if task in self.tasks else task for task, _ in both]
        found = kappa([row[one].label for _, row in both], [row[two].label for _, row in both], groups=groups)
        return {"one": one, "two": two, **{key: round(value, 4) for key, value in asdict(found).items()}}

    def export(self) -> Iterator[str]:
        """One line for each label that counts: the task, its label, by whom, under which rubric."""
        for given in self.current():
            if given.task in self.tasks:
                row = {**asdict(self.tasks[given.task]), **asdict(given), "rubric": self.rubric.version}
                row["id"] = row.pop("task")
                yield json.dumps(row, ensure_ascii=False)


def _append(path: Path, given: Given) -> None:
    line = json.dumps(asdict(given), ensure_ascii=False) + "\n"
    try:
        with path.open("a", encoding="utf-8") as out:
            out.write(line)
            out.flush()
            os.fsync(out.fileno())
    except OSError as exc:
        raise InputError(f"labels: {path} cannot be written ({exc.strerror}); name another with --labels") from exc


def _read(path: Path) -> list[Given]:
    if not path.exists():
        return []
    raw = path.read_bytes()
    whole = raw[: raw.rfind(b"\n") + 1]
    if len(whole) < len(raw):  # a crash in the middle of a line
        path.write_bytes(whole)
    found = []
    for number, line in enumerate(whole.decode("utf-8", "replace").splitlines(), 1):
        try:
            found.append(Given(**json.loads(line)))
        except (ValueError, TypeError) as exc:
            raise InputError(
                f"labels: line {number} of {path} is no label ({exc}); name another with --labels"
            ) from exc
    return found
