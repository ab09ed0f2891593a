"""The one place where a draft becomes a sentence: supported, replaced by a quotation, or dropped.

Streaming and non-streaming answers both come through here, so no option can leave a check out.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING

from nutgraf.registry import specs
from nutgraf.text.sentences import split
from nutgraf.text.words import content_stems
from nutgraf.trust.checks import Check, deterministic
from nutgraf.trust.cuts import clause_cuts, keeps_figures
from nutgraf.types import Draft, Evidence, Verdict

if TYPE_CHECKING:
    from nutgraf.seams import Encoder

#: Cosine to the nearest piece of evidence below which the meaning is not close enough.
CLOSE_AT_LEAST = 0.72
#: Checks that a question must pass too, and the share of its content words that must stand in the evidence.
OF_QUESTIONS, ASKED_AT_LEAST = ("numbers", "names", "quoted-terms", "voice"), 0.6


@dataclass(frozen=True, eq=False)
class Judge:
    """Judges drafts; safe to share. `checks` run in order and the first refusal decides.

    Without an encoder meaning is not compared, and the other checks decide alone.
    """

    encoder: Encoder | None
    checks: Mapping[str, Check]

    def __post_init__(self) -> None:
        """Keep a copy of the checks that nobody can change."""
        object.__setattr__(self, "checks", MappingProxyType(dict(self.checks)))

    @classmethod
    def standard(cls, encoder: Encoder | None) -> Judge:
        """The judge with every deterministic check, then those that a host registered: they can only refuse more."""
        chain = {**deterministic(), "keeps-figures": keeps_figures(), "clause-cuts": clause_cuts()}
        return cls(encoder, chain | {spec.name: spec.make() for spec in specs("check") if spec.name not in chain})

    @cached_property
    def version(self) -> str:
        """Which checks judge, in which versions: twelve hex digits."""
        versions = {spec.name: spec.version for spec in specs("check")}
        told = [f"{name}={versions.get(name, 0)}" for name in self.checks]
        return hashlib.sha256(" ".join([*told, str(CLOSE_AT_LEAST)]).encode()).hexdigest()[:12]

    def verdict(self, draft: Draft, evidence: Sequence[Evidence]) -> Verdict:
        """Supported by one piece of evidence, or quoted with the check that refused; dropped without evidence.

        Each piece is judged alone, as words of two make a claim that neither makes; the first that passes supports the
        draft, and else the piece that passed most checks says why not. Costs two encoder rows for each piece that
        passes every other check.
        """
        if not evidence:
            return Verdict("dropped", "has-evidence", "nothing to rest on")
        furthest, refused = -1, Verdict("quoted", "has-evidence")
        for piece in evidence:
            passed, said = self._alone(draft, piece)
            if said.verdict == "supported":
                return said
            if passed > furthest:
                furthest, refused = passed, said
        return refused

    def _alone(self, draft: Draft, piece: Evidence) -> tuple[int, Verdict]:
        """How many checks a draft passes against one piece of evidence, and the verdict."""
        for passed, (name, judge) in enumerate(self.checks.items()):
            try:
                refusal: object = judge(draft, [piece])
            except Exception as exc:  # silence is never consent: a broken check refuses
                refusal = f"broke: {type(exc).__name__}"
            if refusal is not None:
                because = refusal if isinstance(refusal, str) else f"broke: returned {type(refusal).__name__}"
                return passed, Verdict("quoted", name, because)
        if self.encoder is None:
            return len(self.checks), Verdict("supported", "all", "every deterministic check", (piece,))
        try:
            rows = self.encoder.encode([draft.text, piece.quote])
            near = float(rows[1] @ rows[0])
        except Exception as exc:
            return len(self.checks), Verdict("quoted", "close-in-meaning", f"broke: {type(exc).__name__}")
        if not near >= CLOSE_AT_LEAST:  # written so that a figure that is none refuses
            return len(self.checks), Verdict("quoted", "close-in-meaning", f"cosine {near:.2f}")
        return len(self.checks), Verdict("supported", "all", f"cosine {near:.2f}", (piece,))

    def may_ask(self, question: str, evidence: Sequence[Evidence]) -> bool:
        """Whether a question that a model wrote may be proposed to a reader.

        It asks one thing, and its figures, names and most of its words are of the evidence.
        """
        if not question.endswith("?") or len(split(question)) != 1:
            return False
        said, known = set(content_stems(question)), {stem for one in evidence for stem in content_stems(one.quote)}
        if not said or len(said & known) < ASKED_AT_LEAST * len(said):
            return False
        draft = Draft(question)
        try:
            return all(self.checks[name](draft, evidence) is None for name in OF_QUESTIONS if name in self.checks)
        except Exception:  # silence is never consent: a broken check refuses
            return False

    def closest(self, draft: Draft, evidence: Sequence[Evidence]) -> Evidence:
        """The piece of evidence a refused draft came closest to; evidence must not be empty."""
        if self.encoder is None or len(evidence) == 1 or not draft.text.strip():
            return evidence[0]
        rows = self.encoder.encode([draft.text, *(piece.quote for piece in evidence)])
        return evidence[int((rows[1:] @ rows[0]).argmax())]
