"""When the red team is due: every week, and whenever what it attacks has changed; and the lines that make it so."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, get_args

Kind = Literal["cron", "systemd", "ci"]
KINDS: tuple[Kind, ...] = get_args(Kind)
EVERY = timedelta(days=7)


def due(last: Mapping[str, Any] | None, version: str, now: datetime | None = None) -> str | None:
    """Why a run is due, None when it is not. `last` tells of the last run; `version` is of what is to be attacked."""
    if last is None or not last.get("done"):
        return "there is no complete run yet"
    if last.get("attacked") != version:
        return "what is attacked has changed since the last run (release, use case, prompts, checks or model)"
    try:
        at = datetime.fromisoformat(str(last["at"]))
    except (KeyError, ValueError):
        return "the last run does not say when it was"
    age = (now or datetime.now(UTC)) - at
    return f"the last run is {age.days} days old" if age >= EVERY else None


def lines(kind: Kind, results: str, options: str = "") -> str:
    """What to put into a crontab, a pair of systemd units or the steps of a build, ready to be copied.

    All of them ask `schedule --due` first, so that they may be called more often than a run is due.
    """
    more = f" {options}" if options else ""
    check = f"nutgraf redteam schedule --due --results {results}{more}"
    run = f"nutgraf redteam run --results {results}{more}"
    if kind == "cron":
        why = "# every night at 03:10: run when a week has passed or something was released"
        return f"{why}\n10 3 * * *  {check} && {run}\n"
    if kind == "systemd":
        return (
            "# ~/.config/systemd/user/nutgraf-redteam.service\n[Unit]\nDescription=Red team of Nutgraf\n\n[Service]\n"
            f"Type=oneshot\nExecCondition={check}\nExecStart={run}\n\n"
            "# ~/.config/systemd/user/nutgraf-redteam.timer\n[Unit]\nDescription=Looks nightly whether it is due\n\n"
            "[Timer]\nOnCalendar=*-*-* 03:10\nPersistent=true\n\n[Install]\nWantedBy=timers.target\n"
        )
    return (
        "# a step of the release build; a finding from severity medium on fails it\n"
        f"{run} --fail-on medium --json > redteam.json\n"
        f"nutgraf redteam report --results {results} --out redteam.html\n"
    )
