"""The one place where a draft becomes a sentence: supported, replaced by a quotation, or dropped.

Streaming and non-streaming answers both come through here, so no option can leave a check out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nutgraf.registry import specs
from nutgraf.trust.checks import Check, deterministic
from nutgraf.trust.cuts import clause_cuts, keeps_figures
from nutgraf.types import Draft, Evidence, Verdict

if TYPE_CHECKING:
    from nutgraf.seams import Encoder

#: Cosine to the nearest piece of evidence below which the meaning is not close enough.
CLOSE_AT_LEAST = 0.72


@dataclass(frozen=True, eq=False)
class Judge:
    """Judges drafts; safe to share. `checks` run in order and the first refusal decides."""

    encoder: Encoder
    checks: Mapping[str, Check]

    @classmethod
    def standard(cls, encoder: Encoder) -> Judge:
        """The judge with every deterministic check, then those that a host registered: they can only refuse more."""
        chain = {**deterministic(), "keeps-figures": keeps_figures(), "clause-cuts": clause_cuts()}
        return cls(encoder, chain | {spec.name: spec.make() for spec in specs("check") if spec.name not in chain})

    def verdict(self, draft: Draft, evidence: Sequence[Evidence]) -> Verdict:
        """Supported, or quoted with the check that refused; dropped when there is no evidence to quote.

        Costs one encoder row for the draft and one a piece of evidence, only when every other check has passed.
        """
        if not evidence:
            return Verdict("dropped", "has-evidence", "nothing to rest on")
        for name, judge in self.checks.items():
            try:
                refusal = judge(draft, evidence)
            except Exception as exc:  # silence is never consent: a broken check refuses
                refusal = f"broke: {type(exc).__name__}"
            if refusal is not None:
                return Verdict("quoted", name, refusal)
        try:
            rows = self.encoder.encode([draft.text, *(piece.quote for piece in evidence)])
            near = float((rows[1:] @ rows[0]).max())
        except Exception as exc:
            return Verdict("quoted", "close-in-meaning", f"broke: {type(exc).__name__}")
        if not near >= CLOSE_AT_LEAST:  # written so that a figure that is none refuses
            return Verdict("quoted", "close-in-meaning", f"cosine {near:.2f}")
        return Verdict("supported", "all", f"cosine {near:.2f}")

    def closest(self, draft: Draft, evidence: Sequence[Evidence]) -> Evidence:
        """The piece of evidence a refused draft came closest to; evidence must not be empty."""
        if len(evidence) == 1 or not draft.text.strip():
            return evidence[0]
        rows = self.encoder.encode([draft.text, *(piece.quote for piece in evidence)])
        return evidence[int((rows[1:] @ rows[0]).argmax())]
