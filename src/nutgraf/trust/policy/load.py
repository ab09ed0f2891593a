"""Reading policies: TOML, checked field by field, merged onto the core's so that nothing is ever loosened."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast

from nutgraf.detection import CheckName
from nutgraf.errors import InputError
from nutgraf.trust.policy.rules import ACTIONS, CHECKS, LINKS, Action, Fail, Links, Policy, Rule, Second, Steps

CORE = Path(__file__).parents[2] / "usecases/core/trust.toml"
BYTES_AT_MOST = 100_000
WITHIN_MS_AT_MOST = 10_000
_HOST = re.compile(r"[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")
_FIELDS = ("steps", "fail", "within_ms", "categories", "detectors", "second")
_DETECTOR = re.compile(r"(?:\w+(?:\.\w+)*|[^:]+\.py):[A-Za-z_]\w*")
_SECOND = re.compile(r"(?:nli|tokens|judge):\S.*")
SECOND_MS_AT_MOST = 60_000
#: The checks that a detector of one's own may stand beside.
_OWN = ("grounding", "member", "attack", "tone", "pii")


def load(path: Path | None = None, core: Path = CORE) -> Policy:
    """The policy of a use case's file on top of the core's, or the core's alone. Raises InputError.

    A use case may add steps, lower the probability of a step, turn "open" into "closed", mask more and show fewer
    links. Whatever would loosen the core's is an error that names the file, the table and the field.
    """
    base = _Reader(core, None).policy()
    return base if path is None else _Reader(path, base).policy()


class _Reader:
    """One file, read against the policy it tightens, if any."""

    def __init__(self, path: Path, base: Policy | None) -> None:
        self._path, self._base = path, base
        self._data = self._toml()

    def policy(self) -> Policy:
        """The merged policy."""
        data = self._data
        self._known(data, ("links", "mask", "checks"), "")
        checks = self._table(data, "checks", "")
        self._known(checks, CHECKS, "checks")
        names = [name for name in CHECKS if name in checks or (self._base and name in self._base.rules)]
        rules = {name: self._rule(name, self._table(checks, name, "checks")) for name in names}
        return Policy(self._path.parent.name, rules, self._masked(), *self._links(), self._path.parent)

    def _rule(self, name: CheckName, table: Mapping[str, Any]) -> Rule:
        where = f"checks.{name}"
        self._known(table, _FIELDS, where)
        old = self._base.rules.get(name) if self._base else None
        steps = self._steps(table.get("steps"), where, old.steps if old else {})
        if old is None and not steps:
            raise self._wrong(where, "steps", "is missing", "name at least one action, such as { drop = 0.8 }")
        fail = self._fail(table.get("fail"), where, old)
        own = self._detectors(name, table, where)
        within = self._within(table, where, old, fail)
        second = self._second(name, table, where, old)
        return Rule(name, steps, fail, within, self._categories(table, where, old, own), own, second)

    def _detectors(self, name: CheckName, table: Mapping[str, Any], where: str) -> tuple[str, ...]:
        """Detectors of the use case's own beside ours: they can only add to what is found."""
        found = table.get("detectors", [])
        if not isinstance(found, list) or not all(isinstance(one, str) and _DETECTOR.fullmatch(one) for one in found):
            raise self._wrong(where, "detectors", f"is {found!r}", 'give a list such as ["mine.py:Shouting"]')
        if found and name not in _OWN:
            raise self._wrong(where, "detectors", "is not for this check", f"use it for {', '.join(_OWN)}")
        return tuple(found)

    def _second(self, name: CheckName, table: Mapping[str, Any], where: str, old: Rule | None) -> Second | None:
        """A larger model beside ours; whoever finds the worse decides, so that it can only add."""
        found, where = self._table(table, "second", where), f"{where}.second"
        if not found:
            return old.second if old else None
        self._known(found, ("model", "mode", "within_ms", "fail"), where)
        model, mode, fail = found.get("model"), found.get("mode", "inline"), found.get("fail", "closed")
        within = found.get("within_ms", 2000)
        if name not in ("grounding", "member", "attack", "tone"):
            raise self._wrong(where, "model", "is not for this check", "use it for grounding, member, attack or tone")
        if not isinstance(model, str) or not _SECOND.fullmatch(model):
            raise self._wrong(where, "model", f"is {model!r}", 'give "nli:FOLDER", "tokens:FOLDER" or "judge:MODEL"')
        if mode not in ("inline", "offline"):
            raise self._wrong(where, "mode", f"is {mode!r}", 'give "inline" or "offline"')
        if fail not in ("open", "closed"):
            raise self._wrong(where, "fail", f"is {fail!r}", 'give "open" or "closed"')
        if isinstance(within, bool) or not isinstance(within, int) or not 1 <= within <= SECOND_MS_AT_MOST:
            raise self._wrong(
                where, "within_ms", f"is {within!r}", f"give whole milliseconds, 1 to {SECOND_MS_AT_MOST}"
            )
        return Second(model, mode == "inline", within, cast(Fail, fail))

    def _categories(
        self, table: Mapping[str, Any], where: str, old: Rule | None, own: tuple[str, ...]
    ) -> dict[str, Steps]:
        """Steps by label; a use case names labels that the core names, or any where it has detectors of its own."""
        found = self._table(table, "categories", where)
        before = old.categories if old else {}
        if old is not None and not own:
            self._known(found, tuple(before), f"{where}.categories")
        merged: dict[str, Steps] = dict(before)
        for label, inner in found.items():
            place = f"{where}.categories.{label}"
            if not isinstance(inner, Mapping):
                raise self._wrong(f"{where}.categories", label, "is no table", "write { steps = { drop = 0.8 } }")
            self._known(inner, ("steps",), place)
            merged[label] = self._steps(inner.get("steps"), place, before.get(label, {}))
        return merged

    def _steps(self, value: Any, where: str, old: Steps) -> dict[Action, float]:
        merged: dict[Action, float] = dict(old)
        if value is None:
            return merged
        if not isinstance(value, Mapping):
            raise self._wrong(where, "steps", "is no table", "write { drop = 0.8 }")
        self._known(value, ACTIONS[1:], f"{where}.steps")
        for action, least in value.items():
            if isinstance(least, bool) or not isinstance(least, (int, float)) or not 0 <= least <= 1:
                raise self._wrong(f"{where}.steps", action, f"is {least!r}", "give a probability from 0 to 1")
            if action in merged and least > merged[cast(Action, action)]:
                limit = merged[cast(Action, action)]
                raise self._loosens(
                    f"{where}.steps", action, f"{least} is above the core's {limit}", f"at most {limit}"
                )
            merged[cast(Action, action)] = float(least)
        return merged

    def _fail(self, value: Any, where: str, old: Rule | None) -> Fail:
        if value is None:
            return old.fail if old else "closed"
        if value not in ("open", "closed"):
            raise self._wrong(where, "fail", f"is {value!r}", 'give "open" or "closed"')
        if old and old.fail == "closed" and value == "open":
            raise self._loosens(where, "fail", "the core's fails closed", '"closed", or leave it out')
        return cast(Fail, value)

    def _within(self, table: Mapping[str, Any], where: str, old: Rule | None, fail: Fail) -> int:
        value = table.get("within_ms", old.within_ms if old else None)
        if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= WITHIN_MS_AT_MOST:
            raise self._wrong(where, "within_ms", f"is {value!r}", f"give whole milliseconds, 1 to {WITHIN_MS_AT_MOST}")
        if old and fail == "closed" and value > old.within_ms:
            raise self._loosens(where, "within_ms", f"{value} is above the core's", f"at most {old.within_ms}")
        if old and fail == "open" and value < old.within_ms:
            raise self._loosens(
                where, "within_ms", "a check that fails open lets more pass when it has less time",
                f"at least {old.within_ms}, or make it fail closed",
            )  # fmt: skip
        return value

    def _masked(self) -> frozenset[str]:
        table = self._table(self._data, "mask", "")
        self._known(table, ("kinds",), "mask")
        kinds = table.get("kinds", [])
        if not isinstance(kinds, Sequence) or isinstance(kinds, str) or not all(isinstance(k, str) for k in kinds):
            raise self._wrong("mask", "kinds", f"is {kinds!r}", 'give a list of names, such as ["email", "phone"]')
        return frozenset(kinds) | (self._base.masked if self._base else frozenset())

    def _links(self) -> tuple[Links, frozenset[str]]:
        """How much may be linked, and the hosts; a use case names its own hosts where the core lets it."""
        table = self._table(self._data, "links", "")
        self._known(table, ("show", "hosts"), "links")
        value = table.get("show", self._base.links if self._base else "listed")
        if value not in LINKS:
            raise self._wrong("links", "show", f"is {value!r}", f"give one of {', '.join(LINKS)}")
        if self._base and LINKS.index(value) < LINKS.index(self._base.links):
            raise self._loosens("links", "show", f"the core's is {self._base.links!r}", f"{self._base.links!r} or less")
        hosts = table.get("hosts", [])
        if not isinstance(hosts, list) or not all(isinstance(one, str) and _HOST.fullmatch(one) for one in hosts):
            raise self._wrong("links", "hosts", f"is {hosts!r}", 'give a list of names, such as ["help.example.org"]')
        if hosts and value != "listed":
            raise self._wrong(
                "links", "hosts", f"says nothing where show is {value!r}", 'leave it out, or show "listed"'
            )
        inherited = self._base.hosts if self._base else frozenset()
        return cast(Links, value), (inherited | {one.lower() for one in hosts} if value == "listed" else frozenset())

    def _toml(self) -> Mapping[str, Any]:
        try:
            raw = self._path.read_bytes()
        except OSError as exc:
            raise InputError(f"{self._path}: cannot be read ({exc.strerror}); give the path of a trust.toml") from exc
        if len(raw) > BYTES_AT_MOST:
            raise InputError(f"{self._path}: has {len(raw)} bytes, more than {BYTES_AT_MOST}; shorten it")
        try:
            return tomllib.loads(raw.decode("utf-8"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as exc:
            raise InputError(f"{self._path}: is not TOML ({exc}); correct the line it names") from exc

    def _table(self, data: Mapping[str, Any], field: str, where: str) -> Mapping[str, Any]:
        value = data.get(field, {})
        if not isinstance(value, Mapping):
            raise self._wrong(where, field, "is no table", f"write [{f'{where}.' if where else ''}{field}]")
        return value

    def _known(self, data: Mapping[str, Any], names: Sequence[str], where: str) -> None:
        for field in data:
            if field not in names:
                raise self._wrong(where, field, "is not known", f"use one of {', '.join(names) or 'none'}")

    def _wrong(self, where: str, field: str, what: str, remedy: str) -> InputError:
        return InputError(f"{self._path}: [{where}] {field} {what}; {remedy}")

    def _loosens(self, where: str, field: str, what: str, remedy: str) -> InputError:
        return self._wrong(where, field, f"loosens the core policy: {what}", f"give {remedy}")
