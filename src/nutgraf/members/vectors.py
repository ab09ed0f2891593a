"""Vectors of members' facts, kept by their owner."""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from nutgraf.seams import Encoder
    from nutgraf.types import Snapshot, Vectors

FACT_TEXTS_AT_MOST = 4000


class FactVectors:
    """Vectors of member facts by member and text, least recently used out first; safe between threads.

    Keys carry the owner, so that one member's texts can never be found through another's.
    """

    def __init__(self, at_most_texts: int = FACT_TEXTS_AT_MOST) -> None:
        """`at_most_texts` bounds the memory: about 1.7 kB a text."""
        self._at_most = at_most_texts
        self._kept: OrderedDict[tuple[str, str | None, str], Vectors] = OrderedDict()
        self._lock = Lock()

    def of(self, snapshot: Snapshot, encoder: Encoder) -> Vectors:
        """One row a fact, shape [facts, dims]; texts not seen before cost one encoder row each."""
        owner = (snapshot.scope.tenant, snapshot.scope.member)
        keys = [(*owner, fact.text) for fact in snapshot.facts]
        with self._lock:
            found = {key: self._kept[key] for key in keys if key in self._kept}
        missing = [key for key in dict.fromkeys(keys) if key not in found]
        found.update(zip(missing, encoder.encode([text for _, _, text in missing]) if missing else (), strict=True))
        with self._lock:
            for key, row in found.items():
                self._kept[key] = row
                self._kept.move_to_end(key)
            while len(self._kept) > self._at_most:
                self._kept.popitem(last=False)
        return np.array([found[key] for key in keys], dtype=np.float32).reshape(len(keys), encoder.dims)

    def forget(self, tenant: str, member: str) -> None:
        """Drop everything of a member, whose texts are in the keys."""
        with self._lock:
            for key in [key for key in self._kept if key[:2] == (tenant, member)]:
                del self._kept[key]


def unit(vector: Vectors) -> Vectors:
    """The vector at length one."""
    return np.asarray(vector / max(1e-9, float(np.linalg.norm(vector))), dtype=np.float32)
