"""One int8 network over windows of a text; its logits are handed to the detectors that use them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from tokenizers import Tokenizer

from nutgraf.errors import MissingPart
from nutgraf.text.memo import memoised
from nutgraf.weights import Manifest, load, network

WEIGHTS = Path(__file__).parent / "weights"
HEADS = (
    "injection", "jailbreak", "harmful",
    "toxic", "hate", "harassment", "sexual", "self-harm", "violence", "condescending", "blaming", "pressuring",
    "presumptuous", "discouraging", "over-familiar", "empty-flattery", "disrespect",
)  # fmt: skip
#: A window in tokens, both marks included, and how far the next one begins.
TOKENS, STRIDE = 64, 48
WINDOWS_AT_MOST = 40


class Shared:
    """The network with its tokenizer; open it with `load`. Safe to share between threads."""

    def __init__(self, manifest: Manifest, tokenizer: Tokenizer, session: onnxruntime.InferenceSession) -> None:
        """Keep what `load` read."""
        self.manifest = manifest
        self._tokenizer, self._session = tokenizer, session
        self._first, self._last = tokenizer.token_to_id("[CLS]"), tokenizer.token_to_id("[SEP]")

    @classmethod
    def load(cls, folder: Path = WEIGHTS) -> Shared:
        """The network of `folder`. Raises MissingPart when its files are not there or not what the manifest says."""
        manifest = load(folder)
        try:
            tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
            return cls(manifest, tokenizer, network(folder / "shared.onnx"))
        except Exception as exc:  # onnxruntime and tokenizers raise bare exceptions of their own
            raise MissingPart(f"weights shared: cannot be read ({type(exc).__name__}); install Nutgraf again") from exc

    @property
    def version(self) -> str:
        """Which weights it has."""
        return self.manifest.id

    def logits(self, texts: Sequence[str]) -> dict[str, NDArray[np.float32]]:
        """Label -> one logit a text: the largest over its windows, the first forty of a very long one."""
        out = np.empty((len(texts), len(HEADS)), np.float32)
        for row, found in enumerate(self._tokenizer.encode_batch(list(texts), add_special_tokens=False)):
            out[row] = np.max([_run((self, tuple(part))) for part in _windows(found.ids)], axis=0)
        return {head: out[:, at] for at, head in enumerate(HEADS)}

    def run(self, tokens: Sequence[int]) -> NDArray[np.float32]:
        """One logit a head for one window of tokens."""
        ids = np.array([[self._first, *tokens, self._last]], np.int64)
        found: NDArray[np.float32] = self._session.run(["logits"], {"ids": ids})[0][0]
        return found


@memoised
def _run(window: tuple[Shared, tuple[int, ...]]) -> NDArray[np.float32]:
    """What the network says of a window: once an answer, however many detectors ask."""
    network, tokens = window
    return network.run(tokens)


def _windows(ids: Sequence[int]) -> list[Sequence[int]]:
    inner = TOKENS - 2
    if len(ids) <= inner:
        return [ids]
    starts = [*range(0, len(ids) - inner, STRIDE), len(ids) - inner]
    return [ids[start : start + inner] for start in starts[:WINDOWS_AT_MOST]]
