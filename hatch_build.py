"""Refuses to build a wheel that would lack the encoder model."""

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

ENCODER = "src/nutgraf/retrieve/encoder_model"
ENCODER_FILES = ("model.onnx", "tokenizer.json", "LICENSE", "manifest.json")


class NutgrafBuildHook(BuildHookInterface):  # type: ignore[type-arg]
    """Runs before a wheel is written; an editable install needs none of it."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Check the encoder's files. Raises FileNotFoundError that names the command which makes what is missing."""
        if version == "editable":
            return
        folder = Path(self.root) / ENCODER
        missing = [name for name in ENCODER_FILES if not (folder / name).is_file()]
        if missing:
            raise FileNotFoundError(
                f"the encoder model is not complete: {', '.join(missing)} missing from {ENCODER}/. "
                "Run `make install` (or `python tools/build_encoder.py`) and build again."
            )
