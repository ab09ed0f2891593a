"""What one window says as a whole: the logits of the heads beside its rules, its marks and its shape."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

NAMES = (
    "injection", "jailbreak", "harmful", "self-harm", "instruction", "rules", "about", "quoted", "decoded", "odd-marks",
    "capitals", "not-ascii", "length", "question", "harmful-and-odd", "harmful-and-jailbreak", "imperative-harm",
)  # fmt: skip
_ODD = re.compile(r"[\[\]{}()<>\\|=*#@$%^~`\"';:!?_/-]{2,}|\w[{}\[\]\\<>|]\w|[a-z][A-Z]")
_CAPITAL = re.compile(r"[A-Z]{2,}")


def row(text: str, logits: Any, flags: Sequence[float]) -> NDArray[np.float32]:
    """Features (NAMES, float32) of a window with its logits and the vector of its rule flags, of which the last four
    are about, all-in-quotes, decoded and hidden-marks.
    """
    words = max(text.count(" ") + 1, 1)
    odd = min(len(_ODD.findall(text)) / words, 1.0)
    capitals = min(len(_CAPITAL.findall(text)) / words, 1.0)
    foreign = sum(not char.isascii() for char in text) / max(len(text), 1)
    about, quoted, decoded, marks = flags[-4:]
    asked = float(text.rstrip().endswith("?"))
    injection, jailbreak, harmful, own, order = (float(v) / 4 for v in logits)
    fired = min(sum(flags[:-4]), 4.0) / 2
    crossed = [max(harmful, 0) * odd * 4, max(harmful, 0) * max(jailbreak + 1, 0), max(harmful, 0) * (1 - asked)]
    shape = [odd * 4, capitals * 4, foreign * 4, np.log1p(len(text)) / 5, asked]
    values = [injection, jailbreak, harmful, own, order, fired, about, quoted, max(decoded, marks), *shape, *crossed]
    return np.clip(np.asarray(values, dtype=np.float32), -4, 4)
