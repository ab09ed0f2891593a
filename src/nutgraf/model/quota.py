"""Tokens that tenants and members may use in a window: reserve before a call, settle after it. No clock, no I/O."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from nutgraf.errors import QuotaSpent
from nutgraf.types import Scope

Owner = tuple[str, str | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class QuotaRules:
    """Tokens per window of `window_s` seconds; 0 means no limit."""

    tenant_tokens: int = 0
    member_tokens: int = 0
    window_s: float = 3600.0


@dataclass(eq=False, slots=True)
class Reservation:
    """Tokens that are set aside until they are settled, exactly once."""

    owners: tuple[Owner, ...]
    tokens: int
    settled: bool = False


@dataclass(eq=False, slots=True)
class _Account:
    window: int
    spent: int = 0
    reserved: int = 0


@dataclass(eq=False)
class Quota:
    """What each tenant and each member has spent and set aside. Moments never go back.

    Spending and reservations together never pass a limit when a reservation is made, so that what is spent passes it
    by no more than what calls use beyond their reservations.
    """

    rules: QuotaRules = field(default_factory=QuotaRules)
    _accounts: dict[Owner, _Account] = field(default_factory=dict)

    def reserve(self, scope: Scope, tokens: int, now: float) -> Reservation:
        """Set tokens aside; QuotaSpent, with what is left of the window, when the tenant or the member has too few."""
        window = int(now // self.rules.window_s)
        limits = dict(self._limits(scope))
        for (tenant, member), limit in limits.items():
            account = self._account((tenant, member), window)
            if account.spent + account.reserved + tokens > limit:
                whose = f"tenant {tenant}" if member is None else "this member"
                error = QuotaSpent(
                    f"quota: {whose} has {max(0, limit - account.spent - account.reserved):,} tokens left and this "
                    f"needs {tokens:,}; wait for the next window or raise the limit in the settings"
                )
                error.retry_after_s = (window + 1) * self.rules.window_s - now
                raise error
        for owner in limits:
            self._accounts[owner].reserved += tokens
        return Reservation(tuple(limits), tokens)

    def settle(self, reservation: Reservation, spent: int, now: float) -> None:
        """Give the reservation back and book what was really used; a second time does nothing."""
        if reservation.settled:
            return
        reservation.settled = True
        window = int(now // self.rules.window_s)
        for owner in reservation.owners:
            account = self._account(owner, window)
            account.reserved -= reservation.tokens
            account.spent += spent

    def spent(self, tenant: str, member: str | None, now: float) -> int:
        """Tokens that a tenant (member None) or a member has spent in this window."""
        account = self._accounts.get((tenant, member))
        return account.spent if account is not None and account.window == int(now // self.rules.window_s) else 0

    def forget(self, tenant: str, member: str) -> None:
        """Drop what is known of a member; what the tenant has spent stays."""
        account = self._accounts.get((tenant, member))
        if account is not None and not account.reserved:
            del self._accounts[tenant, member]

    def _limits(self, scope: Scope) -> Iterator[tuple[Owner, int]]:
        if self.rules.tenant_tokens:
            yield (scope.tenant, None), self.rules.tenant_tokens
        if self.rules.member_tokens and scope.member is not None:
            yield (scope.tenant, scope.member), self.rules.member_tokens

    def _account(self, owner: Owner, window: int) -> _Account:
        account = self._accounts.get(owner)
        if account is None:
            self._sweep(window)
            account = self._accounts[owner] = _Account(window)
        elif account.window < window:
            account.window, account.spent = window, 0
        return account

    def _sweep(self, window: int) -> None:
        """Drop accounts of old windows when there are many, so that members who left take no memory."""
        if len(self._accounts) & 1023 == 1023:
            for owner in [o for o, a in self._accounts.items() if a.window < window and not a.reserved]:
                del self._accounts[owner]
