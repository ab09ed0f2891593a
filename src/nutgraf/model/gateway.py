"""The one door to models: it chooses among them, tries again, keeps limits and quotas, and knows what it all cost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from random import Random
from types import MappingProxyType

from nutgraf.errors import ModelError
from nutgraf.model.cache import AnswerCache
from nutgraf.model.call import Patience
from nutgraf.model.gate import Gate, Target
from nutgraf.model.ledger import Totals
from nutgraf.model.quota import Quota, QuotaRules
from nutgraf.model.session import Means, Session
from nutgraf.orchestration import Step
from nutgraf.seams import Model
from nutgraf.types import Deadline, Prompt, Scope


class Gateway:
    """Models behind one door, for one event loop. Nothing else calls them, so that retries are counted once."""

    def __init__(
        self,
        targets: Sequence[Target],
        steps: Mapping[Step, Sequence[str]] = MappingProxyType({}),
        *,
        patience: Patience | None = None,
        quotas: QuotaRules | None = None,
        cache_at_most_bytes: int = 0,
        seed: int | None = None,
    ) -> None:
        """`steps` names the targets of each step in order of preference; a step without an entry tries all in order.

        `seed` makes the random waits before retries repeatable.
        """
        self.gates = {target.name: Gate(target) for target in targets}
        self._steps = {step: list(names) for step, names in steps.items()}
        self.quota = Quota(quotas or QuotaRules())
        self.cache = AnswerCache(cache_at_most_bytes) if cache_at_most_bytes else None
        self._means = Means(
            orders=self._order,
            patience=patience or Patience(),
            quota=self.quota,
            cache=self.cache,
            random=Random(seed),
        )

    @classmethod
    def single(cls, model: Model) -> Gateway:
        """A gateway with one model, without quotas or cache."""
        return cls([Target(name=model.name, model=model)])

    @property
    def name(self) -> str:
        """The name of the model that is asked first for writing."""
        return self.model("write").name

    @property
    def totals(self) -> dict[str, Totals]:
        """What came of the attempts at each target since the start."""
        return {name: gate.totals for name, gate in self.gates.items()}

    def model(self, step: Step = "write") -> Model:
        """The model that a step asks first; ModelError when none serves it."""
        order = self._order(step)
        if not order:
            raise ModelError(f"no model serves the step {step!r}")
        return order[0].target.model

    def session(
        self, scope: Scope, request_id: str, deadline: Deadline, *, locale: str = "", policy: str = ""
    ) -> Session:
        """The model calls of one request: three attempts an answer at most, its quota, its deadline.

        `locale` and `policy` (the version of the rules that answers must keep) are part of what a kept answer is for.
        """
        return Session(self._means, scope, request_id, deadline, locale=locale, policy=policy)

    async def load(self) -> None:
        """Load the models that run in this process; MissingPart, InputError or ModelError when one cannot be."""
        for gate in self.gates.values():
            if load := getattr(gate.target.model, "load", None):
                await load()

    async def warm(self, prompt: Prompt, step: Step = "write") -> None:
        """Let the model that a step asks first read a prompt once, if it keeps what it has read."""
        if warm := getattr(self.model(step), "warm", None):
            await warm(prompt)

    def forget(self, tenant: str, member: str) -> None:
        """Drop whatever is kept of a member: answers, and what they spent."""
        self.quota.forget(tenant, member)
        if self.cache is not None:
            self.cache.forget(tenant, member)

    async def aclose(self) -> None:
        """Close every model."""
        for gate in self.gates.values():
            if close := getattr(gate.target.model, "aclose", None):
                await close()

    def _order(self, step: Step) -> list[Gate]:
        names = self._steps.get(step)
        return list(self.gates.values()) if names is None else [self.gates[name] for name in names]
