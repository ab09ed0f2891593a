"""A second opinion by its name in a policy, and the time it is given."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from nutgraf.detection import Detected
from nutgraf.errors import InputError
from nutgraf.trust.second.judge import Ask, Judge
from nutgraf.trust.second.onnx_model import Inference, TokenLabels

log = logging.getLogger(__name__)
#: The name of a configured model and seconds in, what asks it.
Asking = Callable[[str, float], Ask]
KINDS = ("nli", "tokens", "judge")
AT_ONCE = 4


def opened(check: str, named: str, folder: Path, within_s: float, asking: Asking | None = None) -> Any:
    """The detector that `nli:FOLDER`, `tokens:FOLDER` or `judge:MODEL` names; folders are looked for from `folder`.

    Raises InputError for a name or folder that is of no use, and for a judge where no models are configured.
    """
    kind, _, what = named.partition(":")
    if kind not in KINDS or not what:
        raise InputError(f"second: {named!r} is no detector; write nli:FOLDER, tokens:FOLDER or judge:MODEL")
    if kind == "judge":
        if asking is None:
            raise InputError(f"second: {named!r} needs the models of the settings, and there are none here")
        return Judge(check, what, asking(what, within_s))
    if check not in ("grounding", "member"):
        raise InputError(f"second: {kind} holds a sentence against evidence; use it for grounding or member")
    return (Inference if kind == "nli" else TokenLabels)(folder / what)


class Limited:
    """A detector that is given so much time by the clock on the wall, in a thread of its own.

    One that breaks, or is late, has said what `fail` says: "closed" that the text is bad, "open" that it is not.
    """

    def __init__(self, inner: Any, within_s: float, fail: str) -> None:
        self._inner, self._within_s, self._fail = inner, within_s, fail
        self.name, self.version = str(inner.name), str(inner.version)
        self._threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="nutgraf-second")

    def detect(self, text: str | Sequence[str], *evidence: Sequence[str]) -> Any:
        """What the detector says, one result a text."""
        doing = self._threads.submit(self._inner.detect, text, *evidence)
        try:
            return doing.result(self._within_s)
        except Exception as exc:
            doing.cancel()
            late = isinstance(exc, TimeoutError)
            log.warning("trust: the second opinion %s %s", self.name, "was late" if late else f"broke ({exc})")
            because = f"the second opinion {'was late' if late else 'broke'}"
            said = Detected(0.0 if self._fail == "open" else 1.0, check=f"{self.name}-failed", because=because)
            return said if isinstance(text, str) else [said] * len(text)
