"""What is labelled: sentences with their evidence, from JSON Lines of one's own or from a run of the evaluation."""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from nutgraf.errors import InputError
from nutgraf.evals.answers import answer_of, said

LINE_AT_MOST_CHARS, TASKS_AT_MOST = 2_000_000, 200_000
ANSWERS = "answers.jsonl"
KEYS_TAKEN = frozenset("usn?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One sentence to be labelled. `answer` is the text it stands in, `group` the item or source it is about."""

    id: str
    sentence: str
    evidence: tuple[str, ...]
    question: str = ""
    answer: str = ""
    group: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """One label of a rubric: its name, the key that gives it, when it is right, and an example."""

    name: str
    key: str
    help: str = ""
    example: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rubric:
    """What annotators are asked, and the labels they give. `version` is of its content: twelve hex digits."""

    title: str
    about: str
    labels: tuple[Label, ...]
    version: str

    @property
    def names(self) -> tuple[str, ...]:
        """The names of its labels."""
        return tuple(label.name for label in self.labels)

    def told(self) -> dict[str, Any]:
        """The rubric as JSON."""
        return asdict(self)


def read_rubric(path: Path | None = None) -> Rubric:
    """The rubric of a TOML file, by default the one on support by evidence. Raises InputError naming the field."""
    file = path or Path(__file__).parent / "rubric.toml"
    raw = _text(file)
    try:
        table = tomllib.loads(raw)
        labels = tuple(Label(**row) for row in table["labels"])
        rubric = Rubric(
            title=str(table["title"]), about=" ".join(str(table.get("about", "")).split()), labels=labels,
            version=hashlib.sha256(raw.encode()).hexdigest()[:12],
        )  # fmt: skip
    except (tomllib.TOMLDecodeError, KeyError, TypeError) as exc:
        raise InputError(f"rubric: {file} is no rubric ({exc}); give title and [[labels]] with name and key") from exc
    keys = [label.key for label in labels]
    if len(labels) < 2 or len(set(keys)) < len(keys) or any(len(key) != 1 or key in KEYS_TAKEN for key in keys):
        raise InputError(
            f"rubric: {file} needs two labels or more, each with one key of its own, none of u, s, n and ?"
        )
    return rubric


def read_tasks(path: Path) -> list[Task]:
    """The tasks of a file, or of the folder of a run of the evaluation.

    A line has `sentence` (or `text`), `evidence` (a text or a list of them) and may have `id`, `question`, `answer`
    and `group`; or it is an answer of a run, every sentence of which becomes a task. Raises InputError naming the line.
    """
    file = path / ANSWERS if path.is_dir() else path
    found: dict[str, Task] = {}
    for number, line in enumerate(_text(file).splitlines(), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except ValueError as exc:
            raise InputError(f"tasks: line {number} of {file} is not JSON ({exc}); write one object a line") from exc
        if not isinstance(row, Mapping):
            raise InputError(f"tasks: line {number} of {file} is no object; write one object a line")
        try:
            tasks = list(_of_answer(row)) if "document" in row else [_of_line(row, file, number)]
        except (KeyError, TypeError) as exc:
            raise InputError(f"tasks: line {number} of {file} is no answer of a run ({exc}); run it again") from exc
        found.update((task.id, task) for task in tasks)
        if len(found) > TASKS_AT_MOST:
            raise InputError(f"tasks: {file} has more than {TASKS_AT_MOST} sentences; split it")
    if not found:
        raise InputError(f"tasks: {file} has no sentence; write lines with sentence and evidence")
    return list(found.values())


def _of_line(row: Mapping[str, Any], file: Path, number: int) -> Task:
    sentence, evidence = row.get("sentence", row.get("text")), row.get("evidence")
    if not isinstance(sentence, str) or not sentence.strip():
        raise InputError(f"tasks: line {number} of {file}: sentence is missing; give the sentence to label")
    lines = [evidence] if isinstance(evidence, str) else evidence
    if not isinstance(lines, list) or not all(isinstance(one, str) for one in lines):
        raise InputError(f"tasks: line {number} of {file}: evidence is no text and no list of texts; give its source")
    rest = {name: str(row.get(name) or "") for name in ("question", "answer", "group")}
    ident = row.get("id")
    made = str(ident) if isinstance(ident, (str, int)) and str(ident) else _hash(sentence, *lines)
    return Task(id=made, sentence=sentence, evidence=tuple(lines), **rest)


def _of_answer(row: Mapping[str, Any]) -> Iterator[Task]:
    answer = answer_of(row)
    sentences = said(answer)
    whole = " ".join(sentence.text for sentence in sentences)
    question = str(answer.document.get("question") or "")
    for number, sentence in enumerate(sentences):
        ident = f"{answer.case}/{answer.repeat}/{number}"
        yield Task(
            id=ident, sentence=sentence.text, evidence=sentence.quotes, question=question, answer=whole,
            group=answer.group,
        )  # fmt: skip


def _hash(*parts: str) -> str:
    return hashlib.sha256("\x1f".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:12]


def _text(file: Path) -> str:
    try:
        return file.read_text("utf-8-sig")
    except OSError as exc:
        raise InputError(f"{file}: cannot be read ({exc.strerror}); name another file") from exc
    except UnicodeDecodeError as exc:
        raise InputError(f"{file}: is not text in UTF-8; save it as UTF-8") from exc
