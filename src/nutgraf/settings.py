"""Every knob, its unit in its name. Built once at the door, frozen, handed down, never looked up."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, get_type_hints

from nutgraf.errors import InputError

PREFIX = "NUTGRAF_"


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The knobs of one process; `from_sources` fills them from a file and the environment.

    A model is `embedded`, a path to a GGUF file, `none` (quotations only), or a name under `[models]`.
    """

    #: Folder of the store, logs and imported vocabularies.
    data_dir: Path = Path("~/.local/share/nutgraf")
    #: Name of the model that writes.
    model: str = "embedded"
    #: Threads of the embedded model. More threads than idle cores make it slower.
    model_threads: int = 1
    #: Threads of the sentence encoder.
    encoder_threads: int = 2
    #: Whole time for an answer, in seconds.
    deadline_s: float = 5.0
    #: Latest moment for the first sentence, in seconds; the source is quoted when the model is not there by then.
    first_words_within_s: float = 1.2
    #: Longest silence of a model between two pieces of text, in seconds.
    model_silence_s: float = 5.0
    #: Most takeaways in a panel.
    takeaways_at_most: int = 3
    #: Starter questions under a panel.
    starters_at_most: int = 2
    #: Related records shown as cards.
    cards_at_most: int = 3
    #: Address to bind; anything but a loopback address is refused in local mode.
    host: str = "127.0.0.1"
    #: Port to bind.
    port: int = 8600
    #: Time a stream goes on after its last reader vanished, when that reader could resume, in seconds.
    resume_grace_s: float = 10.0
    #: Time the events of an ended stream can be read again, in seconds.
    replay_within_s: float = 900.0
    #: Largest document that is read, in bytes.
    document_at_most_bytes: int = 20_000_000
    #: Largest request body, in bytes.
    body_at_most_bytes: int = 1_000_000
    #: Time a reader may take to accept one write, in seconds.
    write_within_s: float = 30.0
    #: Silence on the wire after which a comment line is sent, in seconds.
    heartbeat_every_s: float = 15.0
    #: Days that conversations are kept.
    conversation_days: int = 30
    #: OpenAI-compatible endpoints by name: base_url, model, key_env (name of the variable that holds the key).
    models: Mapping[str, Mapping[str, str]] = None  # type: ignore[assignment]

    def __post_init__(self) -> None:
        """Normalise paths and the empty table."""
        object.__setattr__(self, "data_dir", Path(self.data_dir).expanduser())
        object.__setattr__(self, "models", dict(self.models or {}))

    @classmethod
    def from_sources(cls, environ: Mapping[str, str], file: Path | None = None, **overrides: Any) -> Settings:
        """Defaults, then `file` (TOML), then NUTGRAF_* variables, then `overrides` that are not None.

        Raises InputError naming the knob that is unknown or has the wrong type.
        """
        values: dict[str, Any] = {}
        if file is not None:
            values.update(_read_toml(file))
        known = {f.name for f in fields(cls)}
        for name, text in environ.items():
            if name.startswith(PREFIX) and (knob := name.removeprefix(PREFIX).lower()) in known - {"models"}:
                values[knob] = text
        values.update({name: value for name, value in overrides.items() if value is not None})
        hints = get_type_hints(cls)
        for name, value in values.items():
            if name not in known:
                raise InputError(f"settings: unknown knob {name!r}; known are {', '.join(sorted(known))}")
            values[name] = _convert(name, value, hints[name])
        return cls(**values)


def _read_toml(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text("utf-8"))
    except OSError as exc:
        raise InputError(f"settings file {file}: cannot be read ({exc.strerror})") from exc
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as exc:
        raise InputError(f"settings file {file}: not valid TOML ({exc})") from exc


def _convert(name: str, value: Any, hint: Any) -> Any:
    if hint not in (int, float, str, Path):
        if not isinstance(value, Mapping):
            raise InputError(f"settings: {name} must be a table, got {value!r}")
        return value
    try:
        return hint(value)
    except (TypeError, ValueError) as exc:
        raise InputError(f"settings: {name} must be {hint.__name__}, got {value!r}") from exc
