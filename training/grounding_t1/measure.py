"""What the network alone does on a small part of the development data, for the learning curve."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.metrics import average_precision_score, roc_auc_score

from training.grounding_t1.network import CrossEncoder

Floats = NDArray[np.float64]


#: Windows looked at of each set: enough for a curve, not for a figure.
_OF_EACH, _OF_RAGTRUTH, _OF_PAIRS = 160, 450, 300


def _some(groups: NDArray[np.str_]) -> NDArray[np.intp]:
    taken: dict[str, int] = defaultdict(int)
    rows = []
    for row, group in enumerate(groups):
        name = str(group).split("|", 1)[0]
        taken[name] += 1
        if taken[name] <= {"ragtruth": _OF_RAGTRUTH, "pair": _OF_PAIRS}.get(name, _OF_EACH):
            rows.append(row)
    return np.array(rows)


def logits(model: CrossEncoder, path: Path) -> tuple[Floats, list[str], Floats, NDArray[np.int32]]:
    """(sentence logits, groups, labels, pair numbers) of the windows of one .npz."""
    from training.grounding_t1.train import Arrays, collate

    arrays = Arrays(path, 0)
    rows = _some(arrays.groups)
    order = rows[np.argsort(arrays.lengths[rows], kind="stable")]
    found = np.zeros(len(arrays.lengths))
    with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
        for at in range(0, len(order), 32):
            part = order[at : at + 32]
            batch = collate([(arrays, int(i)) for i in part])
            found[part] = model(batch.ids, batch.mask, batch.segments)[0].float().numpy()
    groups = [str(group) for group in arrays.groups[rows]]
    return found[rows], groups, arrays.labels[rows].astype(float), arrays.pairs[rows]


def development(model: CrossEncoder, folder: Path) -> dict[str, float]:
    """Own pairs: share told apart, AUC. Other sets: AUC of the largest logit of a unit; RAGTruth: sentence AP too."""
    found: dict[str, float] = {}
    scores, _, labels, pairs = logits(model, folder / "own_dev.npz")
    found["own_auc"] = float(roc_auc_score(labels, scores))
    good = {int(p): s for p, s, y in zip(pairs, scores, labels, strict=True) if y == 0}
    apart = [s > good[int(p)] for p, s, y in zip(pairs, scores, labels, strict=True) if y == 1 and int(p) in good]
    found["own_pairs"] = float(np.mean(apart))
    scores, groups, labels, _ = logits(model, folder / "dev.npz")
    units: dict[str, dict[tuple[str, int], float]] = defaultdict(dict)
    sentences: list[tuple[float, float]] = []
    for score, group, label in zip(scores, groups, labels, strict=True):
        name, unit, bad = group.split("|")[0], "|".join(group.split("|")[1:-1]), int(group.split("|")[-1])
        if name == "ragtruth":
            sentences.append((label, score))
        else:
            key = (unit, bad)
            units[name][key] = max(units[name].get(key, -99.0), score)
    truth, score_list = (np.array(side) for side in zip(*sentences, strict=True))
    found["ragtruth_auc"] = float(roc_auc_score(truth, score_list))
    found["ragtruth_ap"] = float(average_precision_score(truth, score_list))
    for name, part in units.items():
        truths = [bad for _, bad in part]
        if 0 < sum(truths) < len(truths):
            found[f"{name}_auc"] = float(roc_auc_score(truths, list(part.values())))
    return found
