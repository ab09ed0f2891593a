"""Windows for training: best evidence lines and one sentence, as token numbers in one flat array.

A window is `[CLS] evidence [SEP] sentence [SEP]`. `Windows` holds them one after the other, with a label for the
sentence (1 = not borne out), a label for each token of the sentence (-1 = not counted) and the group they come from.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nutgraf.trust.grounding.cross import WINDOW_TOKENS, LineTokens, Tokens


@dataclass
class Windows:
    """Windows under construction."""

    reader: Tokens
    ids: list[NDArray[np.int32]] = field(default_factory=list)
    marks: list[NDArray[np.int8]] = field(default_factory=list)
    starts: list[int] = field(default_factory=list)
    labels: list[float] = field(default_factory=list)
    groups: list[str] = field(default_factory=list)
    pairs: list[int] = field(default_factory=list)

    def add(
        self,
        lines: LineTokens,
        order: Sequence[int],
        sentence: str,
        bad: bool,
        spans: Sequence[tuple[int, int]] | None,
        group: str,
        pair: int = -1,
        tokens: int = WINDOW_TOKENS,
    ) -> None:
        """Add one window. `spans` are bad characters of the sentence; None = unknown, tokens are not counted."""
        found, start, offsets, _ = self.reader.window(lines, order, sentence, tokens)
        ids = np.array(found, np.int32)
        marks = np.full(len(ids), -1, np.int8)
        if spans is not None or not bad:
            for k, (a, b) in enumerate(offsets):
                marks[start + k] = int(any(a < stop and b > begin for begin, stop in spans or ()))
        self.ids.append(ids)
        self.marks.append(marks)
        self.starts.append(start)
        self.labels.append(float(bad))
        self.groups.append(group)
        self.pairs.append(pair)

    def save(self, path: Path) -> None:
        """Write everything as one .npz without pickles; nothing when there is nothing."""
        if not self.ids:
            return
        lengths = np.array([len(ids) for ids in self.ids], np.int32)
        np.savez(
            path,
            ids=np.concatenate(self.ids).astype(np.int32),
            marks=np.concatenate(self.marks),
            lengths=lengths,
            starts=np.array(self.starts, np.int32),
            labels=np.array(self.labels, np.float32),
            groups=np.array(self.groups),
            pairs=np.array(self.pairs, np.int32),
        )
