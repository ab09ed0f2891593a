"""Every knob, its unit in its name. Built once at the door, frozen, handed down, never looked up."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, get_type_hints

from nutgraf.errors import InputError

PREFIX = "NUTGRAF_"
#: Variables with our prefix that are read elsewhere: by the command line, and by the tests of a built wheel.
OTHER_VARIABLES = frozenset(("NUTGRAF_CONFIG", "NUTGRAF_TRACEBACK", "NUTGRAF_WHEEL"))
PORT_AT_MOST = 65_535
#: Settings that are tables of tables: they stand in a file only.
TABLES = ("models", "mcp")
CHOICES = {"traces": ("on", "otel", "off"), "trace_texts": ("on", "off")}
WRITING = ("auto", "one-by-one", "at-once")


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The knobs of one process; `from_sources` fills them from a file and the environment.

    A model is `embedded`, a path to a GGUF file, `none` (quotations only), or a name under `[models]`.
    """

    #: Folder of the store, logs and imported vocabularies.
    data_dir: Path = Path("~/.local/share/nutgraf")
    #: The use case that answers: `premium`, or a folder with a `usecase.toml`, from the folder of the settings file.
    usecase: str = "premium"
    #: Name of the model that writes.
    model: str = "embedded"
    #: Models that write when the first one cannot, tried in this order: names with commas between them, or none.
    fallbacks: str = "none"
    #: Name of the model that is asked when it is doubtful where a question goes, or none.
    route_model: str = "none"
    #: How a model writes: `one-by-one` (a small model, each takeaway by itself), `at-once` (a larger one), or `auto`.
    writing: str = "auto"
    #: Threads of the embedded model. More threads than idle cores make it slower.
    model_threads: int = 1
    #: Threads of the sentence encoder.
    encoder_threads: int = 2
    #: Whole time for an answer, in seconds.
    deadline_s: float = 5.0
    #: Latest moment for the first sentence, in seconds; the source is quoted when the model is not there by then.
    first_words_within_s: float = 1.2
    #: Longest wait for the first piece of text of a model, in seconds.
    model_first_token_s: float = 10.0
    #: Longest silence of a model between two pieces of text, in seconds.
    model_silence_s: float = 5.0
    #: Tokens of models, read and written, that a tenant may use in a window; 0 for no limit.
    tenant_tokens_at_most: int = 0
    #: Tokens of models, read and written, that a member may use in a window; 0 for no limit.
    member_tokens_at_most: int = 0
    #: Length of the window in which tokens are counted, in seconds.
    tokens_window_s: float = 3600.0
    #: Memory for answers of models that may be given again to the same reader, in bytes; 0 for none.
    model_cache_at_most_bytes: int = 2_000_000
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
    #: Most answers under way at once, in points (an answer counts about 2); the limit adapts itself below it.
    work_at_most_points: float = 512.0
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
    #: Address of a web search that answers with JSON, with {query} for the question; without it nobody is asked.
    search_url: str = ""
    #: Modules or files with skills that may be asked, separated by commas; those of installed packages are found.
    skills_modules: str = ""
    #: Days that conversations are kept.
    conversation_days: int = 30
    #: Whether every answer leaves a trace: on (files in the data folder), otel (and OpenTelemetry spans) or off.
    traces: str = "on"
    #: Whether traces hold what people wrote (on), or short hashes in its place (off).
    trace_texts: str = "on"
    #: Days that traces are kept.
    trace_days: int = 30
    #: Endpoints by name: base_url, model, key_env (the variable that holds the key), and more: see models.md.
    models: Mapping[str, Mapping[str, Any]] = None  # type: ignore[assignment]
    #: MCP servers by name, whose tools may be asked: url or command, partition, arguments; see write-a-skill.md.
    mcp: Mapping[str, Mapping[str, Any]] = None  # type: ignore[assignment]

    def __post_init__(self) -> None:
        """Normalise paths and empty tables; raises InputError naming a number that is out of range."""
        object.__setattr__(self, "data_dir", Path(self.data_dir).expanduser())
        for table in TABLES:
            object.__setattr__(self, table, dict(getattr(self, table) or {}))
        for knob in fields(self):
            value = getattr(self, knob.name)
            if isinstance(value, (int, float)) and not (math.isfinite(value) and value >= 0):
                raise InputError(f"settings: {knob.name} must be a number not below zero, got {value!r}")
        if self.writing not in WRITING:
            raise InputError(f"settings: writing must be one of {', '.join(WRITING)}, got {self.writing!r}")
        for name, known in CHOICES.items():
            if getattr(self, name) not in known:
                raise InputError(f"settings: {name} must be one of {', '.join(known)}, got {getattr(self, name)!r}")
        if self.port > PORT_AT_MOST:
            raise InputError(f"settings: port must be at most {PORT_AT_MOST}, got {self.port!r}")

    @classmethod
    def from_sources(cls, environ: Mapping[str, str], file: Path | None = None, **overrides: Any) -> Settings:
        """Defaults, then `file` (TOML), then NUTGRAF_* variables, then `overrides` that are not None.

        Raises InputError naming the knob or the variable that is unknown, or has the wrong type or size.
        """
        values: dict[str, Any] = {}
        if file is not None:
            values.update(_placed(_read_toml(file), file.absolute().parent))
        known = {f.name for f in fields(cls)}
        values.update(_from_environment(environ, known - {*TABLES}, OTHER_VARIABLES | _key_variables(values)))
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


def _placed(values: dict[str, Any], folder: Path) -> dict[str, Any]:
    """What a settings file says, its use case and its files with skills taken from the folder it lies in."""
    case, modules = values.get("usecase"), values.get("skills_modules")
    if isinstance(case, str) and case and not (Path(__file__).parent / "usecases" / case / "usecase.toml").is_file():
        values["usecase"] = str(folder / Path(case).expanduser())
    if isinstance(modules, str):
        named = [name.strip() for name in modules.split(",")]
        values["skills_modules"] = ",".join(
            str(folder / Path(name).expanduser()) if name.endswith(".py") else name for name in named
        )
    return values


def _from_environment(environ: Mapping[str, str], knobs: set[str], others: frozenset[str]) -> dict[str, str]:
    """The knobs set by variables. A variable with our prefix that sets nothing is an error, never overlooked."""
    variables = {f"{PREFIX}{knob.upper()}": knob for knob in knobs}
    tables = {f"{PREFIX}{table.upper()}": table for table in TABLES}
    for name in environ:
        if name in tables:
            raise InputError(
                f"settings: the variable {name} cannot hold a table; put [{tables[name]}.NAME] into a file"
            )
        if name.startswith(PREFIX) and name not in variables and name not in others:
            known = ", ".join(sorted([*variables, *OTHER_VARIABLES]))
            raise InputError(f"settings: unknown variable {name}; known are {known}")
    return {knob: environ[name] for name, knob in variables.items() if name in environ}


def _key_variables(values: Mapping[str, Any]) -> frozenset[str]:
    """The names of the variables that hold the keys of configured endpoints."""
    tables = values.get("models")
    found = tables.values() if isinstance(tables, Mapping) else ()
    return frozenset(str(table["key_env"]) for table in found if isinstance(table, Mapping) and "key_env" in table)


def _convert(name: str, value: Any, hint: Any) -> Any:
    """A value as its knob wants it: texts of the environment are read as numbers, numbers of a file never as texts."""
    if hint not in (int, float, str, Path):
        if not isinstance(value, Mapping):
            raise InputError(f"settings: {name} must be a table, got {value!r}")
        return value
    fits = {int: (int, str), float: (int, float, str), str: (str,), Path: (str, Path)}[hint]
    wrong = InputError(f"settings: {name} must be {hint.__name__}, got {value!r}")
    if not isinstance(value, fits) or isinstance(value, bool) or value == "":
        raise wrong
    try:
        return hint(value)
    except ValueError as exc:
        raise wrong from exc
