"""From a member's record to the facts that choosing and writing may see."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from nutgraf.conversation import MEMORY_KINDS, Remembered
from nutgraf.errors import NotAllowed
from nutgraf.members.sensitive import sensitive, without_sensitive
from nutgraf.types import Fact, FactKind, Member, Position, Scope, Snapshot, Study
from nutgraf.vocabulary.match import Vocabulary

FACTS_AT_MOST = 80
GUESSES_AT_MOST = 8
HIGHLIGHTS_AT_MOST = 5
REMEMBERED_AT_MOST = 16
PURPOSE = "personalise"


def snapshot(
    member: Member | None, scope: Scope, vocabulary: Vocabulary | None, remembered: Sequence[Remembered] = ()
) -> Snapshot:
    """The consented facts of `member`, newest work first; empty without a member or without the purpose.

    What they stated (`remembered`) comes first, goals before all, the newest before older ones, under the ids
    `memory.<id>`. Skills guessed from job titles are marked. Raises NotAllowed when the scope belongs to somebody else.
    """
    if member is None:
        return Snapshot(scope, None, ())
    if scope.member != member.id:
        raise NotAllowed(f"a scope of {scope.member!r} may not take a snapshot of {member.id!r}")
    if PURPOSE not in scope.purposes:
        return Snapshot(scope, None, ())
    facts = [
        fact
        for fact in (*_remembered(member, remembered), *_recorded(member))
        if fact.text and sensitive(fact.text) is None
    ]
    if vocabulary is not None and {"work", "skills"} <= member.consent.fields:
        facts += _guessed(member, facts, vocabulary)
    return Snapshot(scope, member.name, tuple(facts[:FACTS_AT_MOST]))


def _recorded(member: Member) -> Iterator[Fact]:
    allowed = member.consent.fields
    if "headline" in allowed and member.headline:
        yield Fact("headline", "headline", _line(member.headline))
    if "goals" in allowed:
        yield from _numbered("goal", "goal", member.goals)
    if "work" in allowed:
        for i, position in enumerate(member.work):
            yield from _work(i, position)
    if "skills" in allowed:
        yield from _numbered("skill", "skill", member.skills)
    if "interests" in allowed:
        yield from _numbered("interest", "interest", member.interests)
    if "certificates" in allowed:
        yield from _numbered("certificate", "certificate", [certificate.name for certificate in member.certificates])
    if "education" in allowed:
        yield from _numbered("education", "education", [_study(study) for study in member.education])
    if "languages" in allowed:
        yield from _numbered("language", "language", member.languages)
    if "summary" in allowed and member.summary:
        yield Fact("summary", "summary", without_sensitive(_line(member.summary)))


def _remembered(member: Member, remembered: Sequence[Remembered]) -> Iterator[Fact]:
    if "memory" not in member.consent.fields:
        return
    newest = sorted(remembered, key=lambda one: one.at, reverse=True)
    newest.sort(key=lambda one: MEMORY_KINDS.index(one.kind))
    for one in newest[:REMEMBERED_AT_MOST]:
        yield Fact(f"memory.{one.id}", "memory", _line(one.text))


def _numbered(prefix: str, kind: FactKind, texts: tuple[str, ...] | list[str]) -> Iterator[Fact]:
    for i, text in enumerate(texts):
        if text.strip():
            yield Fact(f"{prefix}.{i}", kind, _line(text))


def _work(i: int, position: Position) -> Iterator[Fact]:
    title, organisation = _line(position.title), _line(position.organisation or "")
    yield Fact(
        f"work.{i}", "position", f"{title} at {organisation}" if title and organisation else title or organisation
    )
    yield from _numbered(f"work.{i}.highlight", "highlight", position.highlights[: HIGHLIGHTS_AT_MOST if i < 2 else 2])


def _study(study: Study) -> str:
    what = ", ".join(part for part in (_line(study.degree or ""), _line(study.area or "")) if part)
    where = _line(study.institution or "")
    return f"{what} at {where}" if what and where else what or where


def _line(text: str) -> str:
    return " ".join(text.split())


def _guessed(member: Member, facts: list[Fact], vocabulary: Vocabulary) -> list[Fact]:
    stated = {skill.id for fact in facts if fact.kind == "skill" if (skill := vocabulary.normalise(fact.text))}
    guesses: dict[str, Fact] = {}
    headline = member.headline if "headline" in member.consent.fields else None
    for title in [headline or "", *(position.title for position in member.work[:2])]:
        for skill in vocabulary.inferred(title) if sensitive(title) is None else ():
            if skill.id not in stated:
                guesses.setdefault(skill.id, Fact(f"guess.{skill.id}", "guessed-skill", skill.label, guess=True))
    return list(guesses.values())[:GUESSES_AT_MOST]
