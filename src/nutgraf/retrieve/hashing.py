"""An encoder without a model: hashed pieces of words. For tests, and for a machine that has no encoder."""

from __future__ import annotations

import re
import zlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


class HashEncoder:
    """Texts that share words, or parts of words, are near each other. The same everywhere; knows no meaning."""

    def __init__(self, dims: int = 384, piece_letters: int = 4) -> None:
        """Hash words and their pieces of `piece_letters` letters into `dims` numbers."""
        self.name = f"hashed-{piece_letters}@{dims}"
        self.dims = dims
        self._piece_letters = piece_letters

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """One row a text, in order: shape (len(texts), dims), each row of length one."""
        vectors = np.zeros((len(texts), self.dims), np.float32)
        for row, text in enumerate(texts):
            for piece in self._pieces(text):
                code = zlib.crc32(piece.encode("utf-8", "surrogatepass"))
                vectors[row, code % self.dims] += 1.0 if code & 0x8000_0000 else -1.0
            if not vectors[row].any():
                vectors[row, 0] = 1.0
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        return vectors

    def _pieces(self, text: str) -> list[str]:
        size = self._piece_letters
        pieces: list[str] = []
        for word in re.findall(r"\w+", text.casefold()):
            framed = f"<{word}>"
            pieces.append(framed)
            pieces += [framed[i : i + size] for i in range(len(framed) - size + 1)]
        return pieces
