"""The text encoder: sentences in, vectors of length one out, on one processor thread."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from tokenizers import Encoding, Tokenizer

from nutgraf.errors import MissingPart

FOLDER = Path(__file__).parent / "encoder_model"
REMEDY = "Run `make install` in the source tree, or install the published wheel, which carries the encoder."


class OnnxEncoder:
    """An int8 sentence encoder run by onnxruntime. Safe to share between threads; open it with `load`."""

    def __init__(
        self,
        model: Path,
        tokenizer: Path,
        *,
        name: str,
        dims: int = 384,
        threads: int = 1,
        longest_tokens: int = 128,
        batch_texts: int = 16,
    ) -> None:
        """Open both files.

        A text is cut at `longest_tokens` tokens, the two marks at its ends included. `threads` is what one call of
        `encode` may use; idle threads sleep and never spin.
        """
        self.name = name
        self.dims = dims
        self._batch_texts = batch_texts
        self._tokenizer = Tokenizer.from_file(str(tokenizer))
        self._tokenizer.enable_truncation(longest_tokens)
        self._tokenizer.no_padding()
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self._session = onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])

    @classmethod
    def load(cls, folder: Path | None = None, threads: int = 1) -> OnnxEncoder:
        """The encoder kept in `folder`, by default the one that comes with Nutgraf.

        Raises MissingPart, naming the command that makes it, when a file is missing or cannot be read.
        """
        folder = folder or FOLDER
        try:
            manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
            name = f"{manifest['name']}@{manifest['model_sha256'][:12]}"
            return cls(
                folder / "model.onnx", folder / "tokenizer.json", name=name, dims=int(manifest["dims"]), threads=threads
            )
        except Exception as exc:  # onnxruntime and tokenizers raise bare exceptions of their own
            raise MissingPart(f"The text encoder cannot be loaded from {folder}: {exc}. {REMEDY}") from exc

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """One row a text, in order: shape (len(texts), dims), each row of length one."""
        vectors = np.empty((len(texts), self.dims), np.float32)
        tokens = self._tokenizer.encode_batch_fast(list(texts))
        # Neighbours in length share a batch, so that little of it is padding.
        order = sorted(range(len(texts)), key=lambda i: len(tokens[i].ids))
        for start in range(0, len(order), self._batch_texts):
            rows = order[start : start + self._batch_texts]
            vectors[rows] = self._run([tokens[i] for i in rows])
        return vectors

    def _run(self, batch: Sequence[Encoding]) -> NDArray[np.float32]:
        longest = max(len(tokens.ids) for tokens in batch)
        ids = np.zeros((len(batch), longest), np.int64)
        mask = np.zeros_like(ids)
        for row, tokens in enumerate(batch):
            ids[row, : len(tokens.ids)] = tokens.ids
            mask[row, : len(tokens.ids)] = 1
        found: NDArray[np.float32] = self._session.run(["embedding"], {"input_ids": ids, "attention_mask": mask})[0]
        return found
