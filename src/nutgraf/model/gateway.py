"""The one place that chooses among models and tries again: failover, retries, limits, quotas and what it all cost."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from types import MappingProxyType

from nutgraf.model.ledger import Attempt, Price
from nutgraf.orchestration import Step, Usage
from nutgraf.seams import Model
from nutgraf.types import Deadline, Prompt, Scope


@dataclass(frozen=True, eq=False, kw_only=True)
class Target:
    """One model that a gateway may call: `hedge` lets a second one be asked when its first token is late."""

    name: str
    model: Model
    connections_at_most: int = 64
    price: Price = Price()
    hedge: bool = False


class Gateway:
    """Models behind one door; for one event loop. `steps` names for each step the targets in order of preference."""

    def __init__(self, targets: Sequence[Target], steps: Mapping[Step, Sequence[str]] = MappingProxyType({})) -> None:
        """Without an entry in `steps`, a step tries all targets in their order."""
        self.targets = {target.name: target for target in targets}
        self._steps = dict(steps)

    @classmethod
    def single(cls, model: Model) -> Gateway:
        """A gateway with one model."""
        return cls([Target(name=model.name, model=model)])

    def model(self, step: Step = "write") -> Model:
        """The model that a step prefers."""
        return self.targets[next(iter(self._steps.get(step) or self.targets))].model

    def continues_opening(self, step: Step = "write") -> bool:
        """Whether the model that a step prefers goes on from an opening in the middle of a sentence."""
        return bool(getattr(self.model(step), "continues_opening", False))

    def session(
        self, scope: Scope, request_id: str, deadline: Deadline, *, locale: str = "", policy: str = ""
    ) -> Session:
        """What one request may spend: three attempts, its quota, its deadline. `policy` is the version of the checks."""
        return Session(self, scope, request_id, deadline)

    async def load(self) -> None:
        """Load the models that must be loaded; MissingPart or InputError when one cannot be."""
        for target in self.targets.values():
            if load := getattr(target.model, "load", None):
                await load()

    async def aclose(self) -> None:
        """Close every model."""
        for target in self.targets.values():
            if close := getattr(target.model, "aclose", None):
                await close()

    def forget(self, tenant: str, member: str) -> None:
        """Drop whatever is kept of a member: answers and what they spent."""


class Session:
    """The model calls of one request. `attempts` lists them as they are made."""

    def __init__(self, gateway: Gateway, scope: Scope, request_id: str, deadline: Deadline) -> None:
        self._gateway = gateway
        self.request_id = request_id
        self.attempts: list[Attempt] = []

    @property
    def usage(self) -> Usage:
        """What the attempts have cost so far, together."""
        return Usage()

    def stream(
        self,
        prompt: Prompt,
        deadline: Deadline,
        *,
        step: Step = "write",
        restarted: Callable[[], None] | None = None,
        shown: Callable[[], bool] = bool,
        fresh: bool = False,
    ) -> AbstractAsyncContextManager[AsyncIterator[str]]:
        """Open a request; shaped like `Model.stream`.

        While `shown()` is False a failure goes on silently with the next target; when pieces were handed out already,
        `restarted()` is called just before the first piece of the new attempt. After something was shown the failure
        is raised; a further `stream` may then go on from what was shown, and passes over the target that failed.
        `fresh` asks for an answer that is not out of the cache.
        """
        return self._gateway.model(step).stream(prompt, deadline)
