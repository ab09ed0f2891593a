"""What the heads for hostile input do alone, on development data: area under the curve, and recall at few alarms."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from nutgraf.trust.shared.encoder import Shared
from training.attacks.data import HARMFUL, Data, documents, own
from training.tone.figures import auc

#: Share of professional documents that may be flagged.
ALARMS = 0.01


def hostile(shared: Shared, data: Path) -> dict[str, float]:
    """For injection, jailbreak and harmful: AUC against professional texts, questions and our own harmless texts, and
    recall at the limit that 1 % of the professional texts pass.
    """
    sets = Data(data)
    quiet = [d.text[:1200] for d in documents(sets) if d.part == "measure"][::3]
    quiet += [row["text"] for row in own("benign") if row["part"] == "test"]
    quiet += [row["text"] for row in sets.load("intent_clinc150", "dev")][::12]
    calm = shared.logits(quiet)
    bad = {
        "injection": [r["text"] for n in ("rt_injection_deepset", "rt_injection_cyberseceval")
                      for r in sets.load(n, "dev") if r["label"] != "benign"],
        "jailbreak": [r["text"] for n in ("rt_jailbreak_inthewild", "rt_jailbreak_jailbreakbench")
                      for r in sets.load(n, "dev")],
        "harmful": [r["text"] for n in HARMFUL for r in sets.load(f"rt_harmful_{n}", "dev")],
    }  # fmt: skip
    out: dict[str, float] = {}
    for label, texts in bad.items():
        found, quiet_logits = shared.logits(texts)[label], calm[label]
        truth = np.concatenate([np.ones(len(found)), np.zeros(len(quiet_logits))])
        out[f"{label}_dev_auc"] = round(auc(np.concatenate([found, quiet_logits]), truth), 4)
        out[f"{label}_dev_recall_at_1_percent"] = round(
            float(np.mean(found > np.quantile(quiet_logits, 1 - ALARMS))), 4
        )
    return out
