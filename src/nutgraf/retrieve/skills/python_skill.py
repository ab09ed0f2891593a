"""A typed Python function as a skill."""

from __future__ import annotations

import hashlib
import inspect
import sys
import threading
from collections.abc import Callable, Iterable, Sequence
from importlib import import_module
from importlib.metadata import entry_points
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

import anyio
import anyio.to_thread

from nutgraf.errors import InputError, SourceError
from nutgraf.orchestration import SkillSpec
from nutgraf.registry import Spec, specs
from nutgraf.retrieve.skills.schema import KEY, schema_of
from nutgraf.retrieve.skills.skill import Call, Skill

#: Threads that one synchronous function may hold, those of abandoned calls included.
THREADS_AT_MOST = 8
GROUP = "nutgraf.skills"


def python_skill(function: Callable[..., Any]) -> Skill:
    """The skill that a function marked with `@skill` is. Raises InputError naming what is missing of it."""
    found = next((spec for spec in specs("skill") if spec.make is function), None)
    if found is None:
        raise InputError(f"{getattr(function, '__qualname__', function)!s} is no skill; put @skill(name=…) before it")
    return _skill(found)


def registered_skills() -> tuple[Skill, ...]:
    """Every skill that was registered, by name. Raises InputError naming one that cannot be used."""
    return tuple(_skill(spec) for spec in specs("skill"))


def load_skills(modules: Iterable[str] = (), *, installed: bool = True) -> tuple[Skill, ...]:
    """The skills of these modules, with `installed` those of the entry points `nutgraf.skills` too, by name.

    A module is named by its dotted name or by its file (`folder/skills.py`). Importing it registers what it marks with
    `@skill`; what it lists under the name `SKILLS`, such as the operations of an OpenAPI document, is taken as it is.
    Raises InputError naming a module, an entry point or a skill that cannot be used.
    """
    holders: list[Any] = []
    for name in modules:
        try:
            holders.append(_module(name) if name.endswith(".py") else import_module(name))
        except Exception as exc:
            raise InputError(f"skills: {name!r} cannot be imported ({type(exc).__name__}: {exc})") from exc
    for point in entry_points(group=GROUP) if installed else ():
        try:
            holders.append(point.load())
        except Exception as exc:
            raise InputError(f"skills: entry point {point.name!r} ({point.value}) cannot be loaded: {exc}") from exc
    listed = [one for holder in holders for one in _listed(holder)]
    if wrong := [one for one in listed if not isinstance(one, Skill)]:
        raise InputError(f"skills: SKILLS lists {wrong[0]!r}, which is no skill; mark a function with @skill instead")
    found = {one.spec.name: one for one in registered_skills()}
    for one in listed:
        if found.setdefault(one.spec.name, one) is not one:
            raise InputError(f"skills: two are named {one.spec.name!r}; give each a name of its own")
    return tuple(found[name] for name in sorted(found))


def _listed(holder: Any) -> Sequence[Any]:
    """What a module lists under the name `SKILLS`. Raises InputError naming the module when it is no list."""
    found = getattr(holder, "SKILLS", ())
    if not isinstance(found, (list, tuple)):
        name = getattr(holder, "__file__", None) or getattr(holder, "__name__", repr(holder))
        raise InputError(f"skills: SKILLS in {name} must be a list or tuple of skills, got {found!r}")
    return found


def _module(file: str) -> ModuleType:
    """A module from its file, run once in a process."""
    path = Path(file).resolve()
    name = f"_nutgraf_skills_{hashlib.sha256(str(path).encode()).hexdigest()[:16]}"
    if name in sys.modules:
        return sys.modules[name]
    spec = spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ImportError("it is no Python file")
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    sys.modules[name] = module
    return module


def _skill(found: Spec) -> Skill:
    if not found.summary:
        raise InputError(f"skill {found.name}: it has no docstring; its first line says what the skill finds")
    parameters, given = schema_of(found.name, found.make)
    spec = SkillSpec(
        name=found.name, version=found.version, summary=found.summary, parameters=parameters, **found.declared
    )
    run = _Awaited(found.make, given) if inspect.iscoroutinefunction(found.make) else _Threaded(found.make, given)
    return Skill(spec, run)


class _Awaited:
    """Runs a coroutine function on the event loop."""

    def __init__(self, function: Callable[..., Any], given: dict[str, str]) -> None:
        self.function, self._given = function, given

    async def __call__(self, arguments: dict[str, Any], call: Call) -> Any:
        """What the function returns."""
        return await self.function(**arguments, **self.ours(call))

    def ours(self, call: Call) -> dict[str, Any]:
        """The parameters that we fill ourselves."""
        key = call.confirmed.idempotency_key if call.confirmed else ""
        values = {"scope": call.scope, "deadline": call.deadline, KEY: key}
        return {parameter: values[what] for parameter, what in self._given.items()}


class _Threaded(_Awaited):
    """Runs a plain function on a thread, which is left behind when the call is cancelled."""

    def __init__(self, function: Callable[..., Any], given: dict[str, str]) -> None:
        super().__init__(function, given)
        self._limiter = anyio.CapacityLimiter(THREADS_AT_MOST)
        self._free = threading.BoundedSemaphore(THREADS_AT_MOST)  # the limiter forgets threads that are left behind

    async def __call__(self, arguments: dict[str, Any], call: Call) -> Any:
        """What the function returns. Raises SourceError while as many calls as may be are still running."""
        if not self._free.acquire(blocking=False):
            raise SourceError(f"skill: {THREADS_AT_MOST} earlier calls of {self.function.__name__} are still running")
        begun = threading.Lock()

        def work() -> Any:
            if not begun.acquire(blocking=False):
                return None
            try:
                return self.function(**arguments, **self.ours(call))
            finally:
                self._free.release()

        try:
            return await anyio.to_thread.run_sync(work, abandon_on_cancel=True, limiter=self._limiter)
        finally:
            if begun.acquire(blocking=False):
                self._free.release()
