"""How near passages are to a member: the best cosine to one of their facts, weighed by its kind."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from nutgraf.blend.choose import KIND_WEIGHTS

if TYPE_CHECKING:
    from nutgraf.orchestration import Passage
    from nutgraf.types import Snapshot, Vectors


def nearness(passages: Sequence[Passage], snapshot: Snapshot, fact_vectors: Vectors) -> list[float]:
    """One figure a passage, 0..1; 0 for one without a vector, or of the member's own record.

    `fact_vectors` has one row a fact of the snapshot, shape [facts, dims].
    """
    weights = np.array([KIND_WEIGHTS[fact.kind] for fact in snapshot.facts], dtype=np.float32)
    return [
        0.0
        if passage.vector is None or passage.partition == "member"
        else float(np.clip((fact_vectors @ passage.vector * weights).max(initial=0.0), 0.0, 1.0))
        for passage in passages
    ]


def unit(vector: Vectors) -> Vectors:
    """The vector at length one."""
    return np.asarray(vector / max(1e-9, float(np.linalg.norm(vector))), dtype=np.float32)
