"""Trained weights as files: a folder with a manifest that says what they are, checked before anything is loaded."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nutgraf.errors import MissingPart

if TYPE_CHECKING:
    import onnxruntime

MANIFEST = "manifest.json"


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """What weights are and where they come from.

    `files` maps each file beside the manifest to its SHA-256. `data` lists what they were trained on: for each set its
    `name`, `sha256`, `licence` and `rows`. `command` rebuilds them. `metrics` are measured on development data;
    `thresholds` and `calibration` are frozen with the weights and read by the detector that uses them.
    """

    name: str
    version: str
    licence: str
    command: str
    seed: int
    files: Mapping[str, str] = field(default_factory=dict)
    data: tuple[Mapping[str, Any], ...] = ()
    metrics: Mapping[str, Any] = field(default_factory=dict)
    thresholds: Mapping[str, Any] = field(default_factory=dict)
    calibration: Mapping[str, Any] = field(default_factory=dict)
    more: Mapping[str, Any] = field(default_factory=dict)

    @property
    def id(self) -> str:
        """Name, version and the first twelve digits of a hash over all files."""
        whole = hashlib.sha256(" ".join(f"{name}={self.files[name]}" for name in sorted(self.files)).encode())
        return f"{self.name}@{self.version}-{whole.hexdigest()[:12]}"


def load(folder: Path) -> Manifest:
    """The manifest of `folder`, once every file it names is there and is what it says. Raises MissingPart."""
    try:
        found = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        manifest = Manifest(**{**found, "data": tuple(found.get("data", ()))})
        for name, wanted in manifest.files.items():
            if sha256_of(folder / name) != wanted:
                raise MissingPart(f"weights {folder.name}: {name} is not what its manifest says; install Nutgraf again")
    except (OSError, ValueError, TypeError) as exc:
        raise MissingPart(
            f"weights {folder.name}: cannot be read ({type(exc).__name__}); install Nutgraf again"
        ) from exc
    return manifest


def save(folder: Path, manifest: Manifest) -> Manifest:
    """Write the manifest with the hashes of the files that `manifest.files` names; gives it back with them."""
    hashed = {name: sha256_of(folder / name) for name in sorted(manifest.files)}
    written = Manifest(**{**asdict(manifest), "files": hashed})
    text = json.dumps(asdict(written), indent=1, sort_keys=True, ensure_ascii=False)
    (folder / MANIFEST).write_text(text + "\n", encoding="utf-8")
    return written


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def network(path: Path) -> onnxruntime.InferenceSession:
    """An ONNX file ready to run on one processor thread that never spins; safe to share between threads."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
