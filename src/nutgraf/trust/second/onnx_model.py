"""Models of others by a local path: natural language inference, and detectors that mark tokens, as ONNX files."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from nutgraf.detection import Detected, Marked
from nutgraf.errors import InputError, MissingPart

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

MODEL, TOKENIZER, CONFIG = "model.onnx", "tokenizer.json", "config.json"
TOKENS_AT_MOST, WINDOWS_AT_MOST = 512, 8
#: What the label of a sentence that is borne out is called, and that of a token that is not.
_GOOD = re.compile(r"(?<!not[_ -])(?:entail|support|consisten|faithful|grounded)", re.IGNORECASE)
_BAD = re.compile(r"halluc|unsupport|not[_ -]?(?:entail|support)|inconsisten|contradict", re.IGNORECASE)
MARKED_FROM = 0.5


class Pairs:
    """A network that reads evidence and sentence as a pair. Synchronous and safe to share between threads.

    The folder holds `model.onnx` (inputs `input_ids`, `attention_mask` and perhaps `token_type_ids`; one output,
    logits), `tokenizer.json` and `config.json` with `id2label`. Evidence that is longer than the window is read in
    several, and the best of them counts.
    """

    def __init__(self, folder: Path, tokens: int = TOKENS_AT_MOST) -> None:
        """Raises InputError for a folder that is of no use, naming the file."""
        self.folder, self.name = folder, folder.name
        self._session, self._tokenizer = _session(folder), _tokenizer(folder, tokens)
        self._inputs = {one.name for one in self._session.get_inputs()}
        self.labels = _labels(folder)
        self._room = tokens
        file = folder / MODEL
        self.version = hashlib.sha256(f"{file.name} {file.stat().st_size} {self.labels}".encode()).hexdigest()[:12]

    def logits(self, evidence: Sequence[str], sentence: str) -> list[tuple[Any, Any]]:
        """For each window of the evidence the encoding of the pair and its logits."""
        found = []
        for text in self._windows(evidence, sentence):
            pair = self._tokenizer.encode(text, sentence)
            given = {"input_ids": pair.ids, "attention_mask": pair.attention_mask, "token_type_ids": pair.type_ids}
            rows = {name: np.array([row], np.int64) for name, row in given.items() if name in self._inputs}
            found.append((pair, np.asarray(self._session.run(None, rows)[0], np.float64)[0]))
        return found

    def _windows(self, evidence: Sequence[str], sentence: str) -> list[str]:
        """The lines of evidence in as many pieces as the window asks for."""
        room = max(16, self._room - len(self._tokenizer.encode(sentence).ids) - 3)
        pieces: list[list[str]] = [[]]
        used = 0
        for line in evidence:
            size = len(self._tokenizer.encode(line).ids)
            if used + size > room and pieces[-1]:
                pieces.append([])
                used = 0
            pieces[-1].append(line)
            used += size
        return ["\n".join(piece) for piece in pieces[:WINDOWS_AT_MOST]]


class Inference(Pairs):
    """A model of natural language inference: a sentence is bad as far as the evidence does not entail it."""

    def __init__(self, folder: Path, tokens: int = TOKENS_AT_MOST) -> None:
        """Raises InputError when no label says that a sentence is borne out."""
        super().__init__(folder, tokens)
        good = [at for at, label in self.labels.items() if _GOOD.search(label) and not _BAD.search(label)]
        if len(good) != 1:
            raise InputError(
                f"second: {folder / CONFIG}: id2label {self.labels} has no one label for what is borne out; call it "
                "entailment or supported"
            )
        self._good = good[0]

    def detect(self, sentences: Sequence[str], evidence: Sequence[str]) -> list[Detected]:
        """One result a sentence, by the window that bears it out best."""
        return [self._one(sentence, evidence) for sentence in sentences]

    def _one(self, sentence: str, evidence: Sequence[str]) -> Detected:
        entailed = max((float(_shares(row)[self._good]) for _, row in self.logits(evidence, sentence)), default=0.0)
        bad = 1.0 - entailed
        return Detected(bad, {"unsupported": bad}, check=self.name, because=f"entailed with {entailed:.2f}")


class TokenLabels(Pairs):
    """A model that marks the words of an answer that its context does not hold, as LettuceDetect does."""

    def __init__(self, folder: Path, tokens: int = TOKENS_AT_MOST) -> None:
        """The label that says so is found by its name, else it is the second."""
        super().__init__(folder, tokens)
        self._bad = next((at for at, label in self.labels.items() if _BAD.search(label)), 1)

    def detect(self, sentences: Sequence[str], evidence: Sequence[str]) -> list[Detected]:
        """One result a sentence, with the places that are marked."""
        return [self._one(sentence, evidence) for sentence in sentences]

    def _one(self, sentence: str, evidence: Sequence[str]) -> Detected:
        least: dict[tuple[int, int], float] = {}
        for pair, rows in self.logits(evidence, sentence):
            for side, place, row in zip(pair.sequence_ids, pair.offsets, rows, strict=True):
                if side == 1 and place[1] > place[0]:
                    least[place] = min(float(_shares(row)[self._bad]), least.get(place, 1.0))
        bad = max(least.values(), default=0.0)
        spans = _joined(least, sentence)
        because = f"not in the evidence: {sentence[spans[0].start : spans[0].end]}" if spans else ""
        return Detected(bad, {"unsupported": bad}, spans, self.name, because)


def _joined(scores: dict[tuple[int, int], float], text: str) -> tuple[Marked, ...]:
    """Places that are marked, those beside each other as one."""
    found: list[Marked] = []
    for (start, end), score in sorted(scores.items()):
        if score < MARKED_FROM:
            continue
        if found and not text[found[-1].end : start].strip():
            last = found[-1]
            found[-1] = replace(last, end=end, score=max(last.score, score))
        else:
            found.append(Marked(start, end, "unsupported", score, "not in the evidence"))
    return tuple(found)


def _shares(row: Any) -> Any:
    raised = np.exp(row - row.max())
    return raised / raised.sum()


def _session(folder: Path) -> InferenceSession:
    try:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 4
        return onnxruntime.InferenceSession(str(folder / MODEL), options, providers=["CPUExecutionProvider"])
    except ImportError as exc:
        raise MissingPart("onnxruntime is not installed; install Nutgraf again") from exc
    except Exception as exc:  # it raises bare exceptions of its own
        raise _unusable(folder / MODEL, exc) from exc


def _tokenizer(folder: Path, tokens: int) -> Any:
    from tokenizers import Tokenizer

    try:
        made = Tokenizer.from_file(str(folder / TOKENIZER))
        made.no_padding()
        made.enable_truncation(tokens, strategy="longest_first")
    except Exception as exc:  # it raises bare exceptions of its own
        raise _unusable(folder / TOKENIZER, exc) from exc
    return made


def _labels(folder: Path) -> dict[int, str]:
    try:
        found = json.loads((folder / CONFIG).read_text("utf-8")).get("id2label")
        return {int(at): str(label) for at, label in found.items()}
    except (OSError, ValueError, AttributeError) as exc:
        raise _unusable(folder / CONFIG, exc) from exc


def _unusable(file: Path, exc: Exception) -> InputError:
    said = " ".join(str(exc).split())[:120]
    return InputError(
        f"second: {file} cannot be used ({type(exc).__name__}: {said}); give a folder with {MODEL}, {TOKENIZER} and "
        f"{CONFIG}"
    )
