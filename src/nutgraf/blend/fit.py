"""How far a member's record shows what a job asks for: one requirement at a time, evidence both ways, no verdict."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from nutgraf.text.words import content_stems
from nutgraf.types import Fact

if TYPE_CHECKING:
    from nutgraf.types import Vectors

Status = Literal["shown", "partly", "not-shown"]
#: Nearness of a fact to a requirement (cosine and shared words) from which it shows it, or shows some of it.
SHOWN_AT_LEAST, PARTLY_AT_LEAST = 0.52, 0.36
#: Share of the telling words of a requirement that its facts must have between them to show all of it.
COVERED_AT_LEAST = 0.25
#: What a fact has over others that are as near, by how much it tells of something done.
TELLING = {"highlight": 0.1, "certificate": 0.05, "position": 0.04, "headline": -0.03, "education": -0.02}
#: What each telling word adds that a fact and a requirement share, and a skill of the vocabulary that both name.
WORD_SHARED, WORDS_AT_MOST, SKILL_SHARED = 0.05, 3, 0.18
#: Kinds of facts that show something done; a wish or an interest shows nothing.
SHOWING = ("highlight", "position", "skill", "certificate", "education", "language", "headline")
FACTS_AT_MOST = 2
#: How far behind the nearest fact another one may be and still be shown with it.
WITHIN = 0.12

#: Words in which jobs ask, whatever they ask for.
_ASKING = frozenset(
    content_stems(
        "applicant applicants candidate candidates need needs needed must have has required require requires least year"
        " years experience help helps helpful welcome useful able ability know knows knowledge job post role work hire"
    )
)

#: The ids of the skills that a text names.
Skills = Callable[[str], set[str]]


@dataclass(frozen=True, slots=True)
class Shown:
    """How far a requirement is shown, and the facts that show it, nearest first."""

    status: Status
    facts: tuple[Fact, ...]
    near: float


def shown_by(
    text: str, vector: Vectors, facts: Sequence[Fact], fact_vectors: Vectors, skills: Skills, *,
    years: int | None = None, worked: Mapping[str, float] | None = None,
) -> Shown:  # fmt: skip
    """How far `facts` show the requirement `text`.

    `vector` has shape [dims], `fact_vectors` one row a fact. `years` is what the requirement asks for, and `worked` the
    years that the position of a fact lasted, by the fact's id: with less than was asked a requirement is shown partly.
    """
    rows = [row for row, fact in enumerate(facts) if fact.kind in SHOWING and not fact.guess]
    if not rows:
        return Shown("not-shown", (), 0.0)
    near = _nearness(text, vector, [facts[row] for row in rows], fact_vectors[rows], skills)
    order = np.argsort(-(near + [TELLING.get(facts[row].kind, 0.0) for row in rows]), kind="stable")
    best = float(near[order[0]])
    chosen = [facts[rows[int(i)]] for i in order[:FACTS_AT_MOST] if best - float(near[i]) <= WITHIN]
    if best < PARTLY_AT_LEAST:
        return Shown("not-shown", (), best)
    whole = best >= SHOWN_AT_LEAST and _covered(text, chosen) >= COVERED_AT_LEAST
    status: Status = "shown" if whole else "partly"
    if years is not None and worked is not None:
        close = [facts[rows[int(i)]].id for i in order if float(near[i]) >= PARTLY_AT_LEAST]
        lasted = sum(
            {fact_id.partition(".highlight")[0]: worked.get(_position(fact_id), 0.0) for fact_id in close}.values()
        )
        status = status if lasted >= years else "partly"
    return Shown(status, tuple(chosen), best)


def _covered(text: str, facts: Sequence[Fact]) -> float:
    """The share of a requirement's telling words that the facts have between them."""
    wanted = {stem for stem in content_stems(text) if stem not in _ASKING}
    have = {stem for fact in facts for stem in content_stems(fact.text)}
    return len(wanted & have) / len(wanted) if wanted else 0.0


def _position(fact_id: str) -> str:
    """The id of the position that a fact stands in: `work.0` of `work.0.highlight.2`."""
    return ".".join(fact_id.split(".")[:2])


def _nearness(text: str, vector: Vectors, facts: Sequence[Fact], fact_vectors: Vectors, skills: Skills) -> Vectors:
    words, named = set(content_stems(text)), skills(text)
    near = fact_vectors @ vector
    for i, fact in enumerate(facts):
        shared = min(WORDS_AT_MOST, len(words & set(content_stems(fact.text))))
        near[i] += WORD_SHARED * shared + SKILL_SHARED * bool(named & skills(fact.text))
    return np.asarray(near, dtype=np.float32)
