"""What `nutgraf trust report` prints of one set of weights, in short or in full."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nutgraf.weights import Manifest

#: How many limits or figures the short form gives.
SHOWN = 6
_HEAD = 12


def report_lines(folder: str, one: Manifest | None, size: int, *, full: bool) -> Iterator[str]:
    """The lines about the weights of a folder, `size` bytes large; `one` is None where they cannot be read."""
    if one is None:
        yield f"{folder}: {size / 1e6:.2f} MB, cannot be read; install Nutgraf again"
        return
    yield f"{folder}: {one.id}, {size / 1e6:.2f} MB, licence {one.licence}, seed {one.seed}"
    yield f"  {'rebuilt by':<{_HEAD}}{one.command}"
    if full:
        for entry in one.data:
            rows = f", {entry['rows']} rows" if "rows" in entry else ""
            yield f"  {'data':<{_HEAD}}{entry.get('name')} ({entry.get('licence')}){rows}"
    else:
        names = list(dict.fromkeys(str(entry.get("name")).split("/")[0] for entry in one.data))
        more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN + 1 else ""
        yield f"  {'data':<{_HEAD}}{', '.join(names[:SHOWN] if more else names)}{more}"
    for title, values in (("threshold", one.thresholds), ("figure", one.metrics)):
        every = [(key, value) for key, value in _flat(values) if full or "{" not in value]
        most = len(every) if full or len(every) <= SHOWN + 1 else SHOWN
        for key, value in every[:most]:
            yield f"  {title:<{_HEAD}}{key} {value}"
        if most < len(every):
            yield f"  {'':<{_HEAD}}and {len(every) - most} more: nutgraf trust report {folder}"


def _flat(values: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, str]]:
    """Names and values, one by one; a value with its interval as `0.95 (0.87 to 1.0)`."""
    for key, value in values.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{above}{key} / ")
        elif isinstance(value, (list, tuple)) and len(value) == 3:
            yield f"{above}{key}", f"{_short(value[0])} ({_short(value[1])} to {_short(value[2])})"
        else:
            yield f"{above}{key}", _short(value)


def _short(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)
