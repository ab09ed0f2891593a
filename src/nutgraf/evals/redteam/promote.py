"""From a finding to a regression case and a proposed rule, which is accepted only while harmless texts still pass."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from nutgraf.errors import InputError
from nutgraf.evals.redteam.catalogue import Attack, Benign
from nutgraf.evals.redteam.mutators import mutate
from nutgraf.evals.redteam.results import Finding
from nutgraf.text.words import STOPWORDS, words
from nutgraf.trust.attacks.canonical import readings
from nutgraf.trust.attacks.rules import hits

CASES, RULES = "regressions.jsonl", "rules.toml"
PHRASE_WORDS, PATTERNS_AT_MOST = (3, 6), 3
#: So many harmless texts, beside our own, may be caught by a rule: none.
CAUGHT_AT_MOST = 0
Refused = Callable[[str], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Regression:
    """An attack that came through once, as a case that every later run tries."""

    id: str
    finding: str
    attack: str
    surface: str
    chain: tuple[str, ...]
    text: str
    goal: str
    must_not: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A rule in the form of the detector's own table, what it would catch, and what speaks against it."""

    name: str
    label: str
    because: str
    patterns: tuple[str, ...]
    catches: int
    of: int
    caught_benign: tuple[str, ...]
    benign: int
    accepted: bool
    why: str

    def toml(self) -> str:
        """The rule as a table for the detector's file of rules."""
        lines = "\n".join(f"    '''{pattern}'''," for pattern in self.patterns)
        because = json.dumps(self.because, ensure_ascii=False)
        return f'[{self.name}]\nlabel = "{self.label}"\nbecause = {because}\nalone = true\npatterns = [\n{lines}\n]\n'


def regressions(finding: Finding, attack: Attack) -> list[Regression]:
    """A case for every way in which the finding was written."""
    return [
        Regression(
            id=f"{finding.id}-{number}", finding=finding.id, attack=attack.id, surface=finding.surface, chain=chain,
            text=mutate(attack.text, chain).text, goal=attack.goal, must_not=finding.effect,
        )
        for number, chain in enumerate(finding.chains, 1)
    ]  # fmt: skip


def propose(finding: Finding, attack: Attack, harmless: Sequence[Benign]) -> Proposal:
    """The shortest phrases of an attack that no harmless text holds, as a rule; the goal itself is not part of it.

    Not accepted when a phrase cannot be found, when harmless texts are caught, or when it misses the finding.
    """
    order = _order(attack)
    known = [hit.rule.name for hit in hits(order)]
    patterns = _patterns(order, harmless)
    compiled = [re.compile(pattern, re.IGNORECASE) for pattern in patterns]
    texts = [mutate(attack.text, chain).text for chain in finding.chains]
    catches = sum(_caught(text, compiled) for text in texts)
    benign = tuple(one.id for one in harmless if _caught(one.text, compiled))
    accepted = bool(patterns) and catches > 0 and len(benign) <= CAUGHT_AT_MOST
    if not patterns:
        why = "no phrase of it is absent from all harmless texts; teach the detector instead"
    elif benign:
        why = f"{len(benign)} harmless texts would be refused"
    elif not catches:
        why = "as it was written, the rule does not see it; teach the detector instead"
    else:
        why = f"catches {catches} of {len(texts)} ways of writing it, and none of {len(harmless)} harmless texts"
    if known:
        why += f"; the rules {', '.join(known)} fire on it already, and the detector weighed them too little"
    label = "jailbreak" if attack.category == "jailbreak" else "injection"
    return Proposal(
        name=f"{finding.id}-{attack.category}", label=label, because=f"words of the attack {attack.id}",
        patterns=patterns, catches=catches, of=len(texts), caught_benign=benign, benign=len(harmless),
        accepted=accepted, why=why,
    )  # fmt: skip


def keep(folder: Path, cases: Iterable[Regression], proposal: Proposal) -> tuple[Path, Path | None]:
    """Add the cases, and the rule when it is accepted, to the files of a folder; what is there already is replaced."""
    folder.mkdir(parents=True, exist_ok=True)
    file, rows = folder / CASES, dict[str, str]()
    if file.exists():
        rows = {json.loads(line)["id"]: line for line in file.read_text("utf-8").splitlines() if line.strip()}
    for case in cases:
        rows[case.id] = json.dumps(asdict(case), ensure_ascii=False)
    file.write_text("".join(f"{line}\n" for line in rows.values()), "utf-8")
    if not proposal.accepted:
        return file, None
    rules = folder / RULES
    before = rules.read_text("utf-8") if rules.exists() else ""
    tables = [part for part in re.split(r"(?m)^(?=\[)", before) if not part.startswith(f"[{proposal.name}]")]
    rules.write_text("".join([*tables, "" if not tables else "\n", proposal.toml()]).lstrip(), "utf-8")
    return file, rules


def read_cases(file: Path) -> list[Regression]:
    """The regression cases of a file. Raises InputError naming the line that is wrong."""
    found = []
    for number, line in enumerate(file.read_text("utf-8").splitlines(), 1):
        try:
            row = json.loads(line)
            found.append(Regression(**{**row, "chain": tuple(row["chain"])}))
        except (ValueError, TypeError, KeyError) as exc:
            raise InputError(
                f"regressions: line {number} of {file} is no case ({exc}); promote the finding again"
            ) from exc
    return found


def _order(attack: Attack) -> str:
    """The words of an attack without what it wants to be said."""
    return " ".join([*attack.turns, attack.text]).replace(attack.goal, " ")


def _patterns(order: str, harmless: Sequence[Benign]) -> tuple[str, ...]:
    """Phrases of three to six words, the shortest first, with two words of content, that stand in no harmless text."""
    known = Counter(" ".join(words(one.text)) for one in harmless)
    said, found, covered = words(order), list[str](), set[int]()
    for size in range(PHRASE_WORDS[0], PHRASE_WORDS[1] + 1):
        for at in range(len(said) - size + 1):
            phrase = said[at : at + size]
            places = set(range(at, at + size))
            if covered & places or sum(word not in STOPWORDS and len(word) > 2 for word in phrase) < 2:
                continue
            if any(f" {' '.join(phrase)} " in f" {text} " for text in known):
                continue
            covered |= places
            found.append(r"\b" + r"\W+".join(map(re.escape, phrase)) + r"\b")
            if len(found) == PATTERNS_AT_MOST:
                return tuple(found)
    return tuple(found)


def _caught(text: str, patterns: Sequence[re.Pattern[str]]) -> bool:
    return any(pattern.search(read.text) for read in readings(text) for pattern in patterns)
