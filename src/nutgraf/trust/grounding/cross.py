"""The trained network that reads the best evidence and a sentence together (tier T1)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numpy.typing import NDArray

from nutgraf.errors import MissingPart
from nutgraf.weights import network

if TYPE_CHECKING:
    from onnxruntime import InferenceSession
    from tokenizers import Tokenizer

#: Tokens of a whole window, and how many of them a sentence may take.
WINDOW_TOKENS = 128
SENTENCE_TOKENS = 56
#: A line that would get fewer tokens than this is left out.
LEAST_TOKENS = 8
MODEL = "cross.onnx"
TOKENIZER = "tokenizer.json"

Logits: TypeAlias = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Judged:
    """What the network says of a sentence: logits (above 0 = not borne out) for the whole and for each of its tokens.

    `spans` are the characters of those tokens in the sentence, `rows` the lines of evidence that were read.
    """

    sentence: float
    tokens: Logits
    spans: tuple[tuple[int, int], ...]
    rows: tuple[int, ...]

    @property
    def most(self) -> float:
        """The logit of the token that is borne out least."""
        return float(self.tokens.max()) if len(self.tokens) else -10.0


class LineTokens:
    """Lines of evidence as token numbers, each read once when it is first wanted."""

    def __init__(self, lines: Sequence[str], read: Callable[[str], list[int]]) -> None:
        self._lines = lines
        self._read = read
        self._known: dict[int, list[int]] = {}

    def __getitem__(self, row: int) -> list[int]:
        if row not in self._known:
            self._known[row] = self._read(self._lines[row])
        return self._known[row]


def chosen(lines: LineTokens, order: Sequence[int], room: int) -> dict[int, list[int]]:
    """The best lines that fit `room` tokens, by row in the order of the source; the last one may be cut."""
    taken: dict[int, list[int]] = {}
    for row in order:
        if room < LEAST_TOKENS:
            break
        taken[row] = lines[row][:room]
        room -= len(taken[row])
    return {row: taken[row] for row in sorted(taken)}


class Tokens:
    """Reads texts into token numbers and puts windows together. Safe to share between threads."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._tokenizer = tokenizer
        opens, parts = tokenizer.token_to_id("[CLS]"), tokenizer.token_to_id("[SEP]")
        if opens is None or parts is None:
            raise MissingPart(f"weights t1: {TOKENIZER} has no [CLS] or [SEP]; install Nutgraf again")
        self._opens, self._parts = opens, parts

    def lines(self, lines: Sequence[str]) -> LineTokens:
        """Lines of evidence, to be asked about many sentences."""
        return LineTokens(lines, self.read)

    def read(self, text: str) -> list[int]:
        """The token numbers of a text."""
        found: list[int] = self._tokenizer.encode(text, add_special_tokens=False).ids
        return found

    def window(
        self, lines: LineTokens, order: Sequence[int], sentence: str, tokens: int = WINDOW_TOKENS
    ) -> tuple[list[int], int, tuple[tuple[int, int], ...], tuple[int, ...]]:
        """`[CLS] evidence [SEP] sentence [SEP]` as numbers, where the sentence starts, its tokens' characters, rows."""
        claim = self._tokenizer.encode(sentence, add_special_tokens=False)
        ids, spans = claim.ids[:SENTENCE_TOKENS], tuple(claim.offsets[:SENTENCE_TOKENS])
        taken = chosen(lines, order, tokens - len(ids) - 3)
        evidence = [token for row in taken.values() for token in row]
        return [self._opens, *evidence, self._parts, *ids, self._parts], len(evidence) + 2, spans, tuple(taken)


class CrossReader:
    """Tokenizer and network. Safe to share between threads; open it with `load`."""

    def __init__(self, session: InferenceSession, tokens: Tokens) -> None:
        self._session = session
        self.tokens = tokens

    @classmethod
    def load(cls, folder: Path) -> CrossReader:
        """The network kept in `folder`. Raises MissingPart when it cannot be read."""
        from tokenizers import Tokenizer

        try:
            return cls(network(folder / MODEL), Tokens(Tokenizer.from_file(str(folder / TOKENIZER))))
        except Exception as exc:  # onnxruntime and tokenizers raise bare exceptions of their own
            raise MissingPart(f"weights {folder.name}: {MODEL} cannot be loaded; install Nutgraf again") from exc

    def judge(self, lines: LineTokens, order: Sequence[int], sentence: str, before: str = "") -> Judged:
        """Hold a sentence against the lines of evidence named by `order`, best first. At most `WINDOW_TOKENS`.

        `before` is what must be read with it to be understood, such as the question it answers.
        """
        claim, skip = (f"{before} {sentence}", len(before) + 1) if before else (sentence, 0)
        numbers, start, spans, rows = self.tokens.window(lines, order, claim)
        ids = np.array([numbers], np.int64)
        sides = np.zeros_like(ids)
        sides[0, start:-1] = 1
        whole, tokens = self._session.run(["sentence", "tokens"], {"ids": ids, "segments": sides})
        first = next((i for i, (begin, _) in enumerate(spans) if begin >= skip), len(spans))
        own = tuple((begin - skip, end - skip) for begin, end in spans[first:])
        return Judged(float(whole[0]), tokens[0, start + first : -1], own, rows)
