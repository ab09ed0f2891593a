"""Detectors of your own, named in a policy: they stand beside ours, and whoever finds the worse decides."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Sequence
from dataclasses import replace
from importlib import import_module
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

from nutgraf.detection import Detected, Marked
from nutgraf.errors import InputError


class Beside:
    """Our detector of a check with others beside it. What it does not do itself, ours does.

    The score is the highest of all, with its check and reason; labels and places are everybody's.
    """

    def __init__(self, check: str, ours: Any, others: Sequence[Any]) -> None:
        """`others` hold `detect` as `ours` does."""
        self._check, self._ours, self._others = check, ours, tuple(others)
        self.name = "+".join(str(one.name) for one in (ours, *others))
        self.version = "+".join(str(one.version) for one in (ours, *others))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._ours, name)

    def detect(self, *given: Any, **more: Any) -> Any:
        """What ours says of the same arguments, joined with what the others say."""
        first = self._ours.detect(*given, **more)
        if isinstance(first, Detected):
            return _worst([first, *(self._asked(one, given[:1])[0] for one in self._others)])
        answers = [self._asked(one, given[:2]) for one in self._others]
        return [_worst([one, *(answer[at] for answer in answers)]) for at, one in enumerate(first)]

    def find(self, text: str) -> tuple[Marked, ...]:
        """The places that ours finds, and those of the others that do not overlap them."""
        found = list(self._ours.find(text))
        for one in self._others:
            for mark in self._asked(one, (text,))[0].spans:
                if all(mark.end <= known.start or known.end <= mark.start for known in found):
                    found.append(mark)
        return tuple(sorted(found, key=lambda mark: mark.start))

    def _asked(self, detector: Any, given: tuple[Any, ...]) -> list[Detected]:
        """What one of the others says, one result a text. Raises InputError when it breaks or says something else."""
        try:
            said = detector.detect(*given)
        except Exception as exc:
            raise InputError(
                f"detector {detector.name!r} of the check {self._check}: broke ({type(exc).__name__}: {exc}); "
                "correct it, or take it out of the policy"
            ) from exc
        listed = [said] if isinstance(said, Detected) else list(said) if isinstance(said, (list, tuple)) else []
        wanted = 1 if len(given) == 1 else len(given[0])
        if len(listed) != wanted or not all(isinstance(one, Detected) and 0 <= one.score <= 1 for one in listed):
            raise InputError(
                f"detector {detector.name!r} of the check {self._check}: gave {str(said)[:80]!r}; give Detected with a "
                f"score from 0 to 1{', one a sentence' if len(given) > 1 else ''}"
            )
        return [replace(one, check=one.check or detector.name) for one in listed]


def beside(check: str, ours: Any, names: Sequence[str], folder: Path) -> Any:
    """Our detector, with those that the policy names (`module:Class` or `file.py:Class`, from `folder`) beside it.

    Raises InputError naming one that cannot be imported or made.
    """
    return Beside(check, ours, [made(check, name, folder) for name in names]) if names else ours


def made(check: str, name: str, folder: Path) -> Any:
    """One detector by its name. Raises InputError when it cannot be imported or made."""
    where, _, what = name.rpartition(":")
    try:
        module = _module(folder / where) if where.endswith(".py") else import_module(where)
        found = getattr(module, what)()
    except Exception as exc:
        raise InputError(
            f"detectors of the check {check}: {name!r} cannot be made ({type(exc).__name__}: {exc}); "
            "name a class as module:Class or file.py:Class"
        ) from exc
    lacks = [part for part in ("name", "version", "detect") if not hasattr(found, part)]
    if lacks:
        raise InputError(f"detectors of the check {check}: {name!r} has no {' and no '.join(lacks)}; give it one")
    return found


def _module(path: Path) -> ModuleType:
    """A module from its file, run once in a process."""
    name = f"_nutgraf_detectors_{hashlib.sha256(str(path.resolve()).encode()).hexdigest()[:16]}"
    if name in sys.modules:
        return sys.modules[name]
    spec = spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ImportError("it is no Python file")
    module = sys.modules[name] = module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module


def _worst(found: Sequence[Detected]) -> Detected:
    worst = max(found, key=lambda one: one.score)
    labels: dict[str, float] = {}
    for one in found:
        for label, score in one.labels.items():
            labels[label] = max(score, labels.get(label, 0.0))
    spans = tuple(mark for one in found for mark in one.spans)
    return replace(worst, labels=labels, spans=spans, evidence=worst.evidence or found[0].evidence)
