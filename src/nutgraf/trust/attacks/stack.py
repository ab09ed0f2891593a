"""What one window says as a whole: the logits of the heads beside its rules, its marks and its shape."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

NAMES = (
    "injection", "jailbreak", "harmful", "self-harm", "instruction", "rules", "about", "quoted", "decoded", "odd-marks",
    "capitals", "not-ascii", "length", "question", "harmful-and-odd", "harmful-and-jailbreak", "imperative-harm",
    "to-you", "of-models", "of-secrets",
)  # fmt: skip
_ODD = re.compile(r"[\[\]{}()<>\\|=*#@$%^~`\"';:!?_/-]{2,}|\w[{}\[\]\\<>|]\w|[a-z][A-Z]")
_CAPITAL = re.compile(r"[A-Z]{2,}")
#: Who is spoken to, what models are ruled by, and what they may know.
_WORDS = re.compile(
    r"\b(?:(you|your|yours|yourself|du|dein\w*|tu|ton|tes)|(prompts?|instructions?|rules?|restrict\w+|filters?|guidelines?|"
    r"polic(?:y|ies)|assistants?|ai|chat ?bots?|llms?|bots?|configur\w+|context|anweisung\w*|consignes|instrucciones)|"
    r"(passwords?|secrets?|keys?|codes?|tokens?|pin|credentials?|confidential|hidden|forbidden|passwort|contraseña))\b",
    re.IGNORECASE,
)


def row(text: str, logits: Any, flags: Sequence[float]) -> NDArray[np.float32]:
    """Features (NAMES, float32) of a window with its logits and the vector of its rule flags, of which the last four
    are about, all-in-quotes, decoded and hidden-marks.
    """
    words = max(text.count(" ") + 1, 1)
    odd = min(len(_ODD.findall(text)) / words, 1.0)
    capitals = min(len(_CAPITAL.findall(text)) / words, 1.0)
    foreign = 0.0 if text.isascii() else sum(not char.isascii() for char in text) / len(text)
    about, quoted, decoded, marks = flags[-4:]
    asked = float(text.rstrip().endswith("?"))
    injection, jailbreak, harmful, own, order = (float(v) / 4 for v in logits)
    fired = min(sum(flags[:-4]), 4.0) / 2
    crossed = [max(harmful, 0) * odd * 4, max(harmful, 0) * max(jailbreak + 1, 0), max(harmful, 0) * (1 - asked)]
    shape = [odd * 4, capitals * 4, foreign * 4, math.log1p(len(text)) / 5, asked]
    kinds = [match.lastindex for match in _WORDS.finditer(text)]
    named = [min(kinds.count(kind) / words * 6, 2.0) for kind in (1, 2, 3)]
    heads = [injection, jailbreak, harmful, own, order]
    values = [*heads, fired, about, quoted, max(decoded, marks), *shape, *crossed, *named]
    return np.clip(np.asarray(values, dtype=np.float32), -4, 4)
