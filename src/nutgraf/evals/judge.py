"""A model as a judge: a plug-in that counts only with a calibration record of exactly its rubric and model.

It is asked one yes-or-no question of one sentence at a time. Its verdicts are kept in a run's folder, so measuring
again asks nobody. `metrics.table.plug` puts its metric beside the others.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import anyio

from nutgraf.errors import ModelError
from nutgraf.evals.answers import Answer, said
from nutgraf.evals.calibration import Calibration, calibrate, record_for
from nutgraf.evals.cases import Case
from nutgraf.evals.metrics.base import Finding, Measured, Metric, NotMeasured, Tools
from nutgraf.evals.metrics.support import sources_of
from nutgraf.evals.run import read_lines
from nutgraf.types import Deadline, Message, Prompt

if TYPE_CHECKING:
    from nutgraf.seams import Model

FILE = "judged.jsonl"
SOURCE_AT_MOST_CHARS, WITHIN_S, TOKENS = 6_000, 30.0, 8
_ANSWER = re.compile(r"\W*(yes|no)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Rubric:
    """What a judge is asked of a sentence: a question whose answer is yes when the sentence is bad."""

    name: str
    question: str
    with_source: bool = True

    @property
    def id(self) -> str:
        """Name and hash: another wording is another rubric."""
        return f"{self.name}@{hashlib.sha256(self.question.encode()).hexdigest()[:10]}"


@dataclass(frozen=True)
class ModelJudge:
    """A model with a rubric. `version` names the model as exactly as one can: its name, and its file or release."""

    model: Model
    rubric: Rubric
    version: str

    async def bad(self, sentence: str, source: Sequence[str]) -> bool | None:
        """Whether the model calls a sentence bad; None when it does not say, or fails."""
        whole = "\n".join(source)[:SOURCE_AT_MOST_CHARS] if self.rubric.with_source else ""
        text = f"Source:\n{whole}\n\n" if whole else ""
        ask = f"{text}Sentence: {sentence}\n\n{self.rubric.question} Answer with one word, yes or no."
        prompt = Prompt(name="judge", version=self.rubric.id, messages=(Message("user", ask),), max_tokens=TOKENS)
        pieces: list[str] = []
        try:
            async with self.model.stream(prompt, Deadline(anyio.current_time() + WITHIN_S)) as words:
                async for piece in words:
                    pieces.append(piece)  # noqa: PERF401 - what came before a failure counts
        except ModelError:
            pass
        found = _ANSWER.match("".join(pieces))
        return None if found is None else found[1].lower() == "yes"


async def judge_run(folder: Path, answers: Sequence[Answer], judge: ModelJudge, tools: Tools) -> None:
    """Ask a judge about every sentence of a run that it was not asked about yet; its verdicts go into the folder."""
    known = verdicts(folder, judge)
    with (folder / FILE).open("a", encoding="utf-8") as out:
        for answer in answers:
            lines = [*sources_of(answer, tools), *answer.record]
            for text in dict.fromkeys(one.text for one in said(answer)):
                if (answer.case, answer.repeat, text) in known:
                    continue
                row = {
                    "rubric": judge.rubric.id, "version": judge.version, "case": answer.case, "repeat": answer.repeat,
                    "text": text, "bad": await judge.bad(text, lines),
                }  # fmt: skip
                out.write(json.dumps(row, ensure_ascii=False) + "\n")
                out.flush()


def verdicts(folder: Path, judge: ModelJudge) -> Mapping[tuple[str, int, str], bool | None]:
    """What this judge, in this version and with this rubric, has said about the sentences of a run."""
    return {
        (row["case"], row["repeat"], row["text"]): row["bad"]
        for row in read_lines(folder / FILE)
        if (row["rubric"], row["version"]) == (judge.rubric.id, judge.version)
    }


def judged(judge: ModelJudge, records: Sequence[Calibration], folder: Path) -> Metric:
    """The metric of a judge over a run that it judged. Without its calibration record nothing is measured."""
    record = record_for(records, judge.model.name, judge.version, judge.rubric.id)
    known = verdicts(folder, judge)

    def measure(case: Case, answer: Answer, tools: Tools) -> Measured:
        if isinstance(record, str):
            raise NotMeasured(record)
        sentences = said(answer)
        told = [known.get((answer.case, answer.repeat, one.text)) for one in sentences]
        if any(one is None for one in told):
            raise NotMeasured("the judge did not say yes or no of every sentence")
        bad = [one for one, verdict in zip(sentences, told, strict=True) if verdict]
        because = f"{judge.model.name} says so (kappa {record.kappa:.2f} with people)"
        return Measured(len(bad), len(sentences), tuple(Finding(one.text, because) for one in bad))

    return Metric(
        name=f"judged_{judge.rubric.name}", title=f"Judged: {judge.rubric.name}", better="lower", measure=measure,
        what=f"Share of the sentences of which {judge.model.name} says yes to: {judge.rubric.question}",
    )  # fmt: skip


async def calibrated(
    judge: ModelJudge, labelled: Sequence[tuple[str, Sequence[str], bool, str]], data: str = ""
) -> Calibration:
    """A record of a judge from human labels: sentence, lines of its source, whether it is bad, and its group.

    A sentence of which the judge says neither counts as one that it got wrong. Raises InputError for too few labels.
    """
    said_bad = [await judge.bad(text, source) for text, source, _, _ in labelled]
    flagged = [not bad if told is None else told for told, (_, _, bad, _) in zip(said_bad, labelled, strict=True)]
    return calibrate(
        judge.model.name, judge.version, judge.rubric.id, flagged, [bad for _, _, bad, _ in labelled],
        [group for _, _, _, group in labelled], data,
    )  # fmt: skip
