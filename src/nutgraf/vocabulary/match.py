"""Skills and occupations, found in running text and made one from the many ways people write them."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from nutgraf.errors import InputError
from nutgraf.vocabulary.names import Names
from nutgraf.vocabulary.table import OCCUPATION_COLUMNS, SKILL_COLUMNS, Table, parts, read_table
from nutgraf.vocabulary.tokens import Token, singular, tokens, words


@dataclass(frozen=True, slots=True)
class Skill:
    """Something people can do: a stable id (the slug of its label), a label to show and a group to file it under."""

    id: str
    label: str
    group: str


@dataclass(frozen=True, slots=True)
class Mention:
    """A skill named in a text: `text[start:end]` are the words that name it."""

    skill: Skill
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Occupation:
    """What somebody works as, with the ids of the skills that usually go with it."""

    title: str
    group: str
    skills: tuple[str, ...]


#: Words round a skill's name that say how well or what for, not which one.
_NOISE = frozenset(
    """a an the and or of in with for to using use used on at as my our ability able advanced application apply basic
    basics beginner certificate certification certified competent concept concepts conduct demonstrated deliver
    developer development effective excellent execute experience experienced expert expertise exposure familiar
    familiarity fluent fundamentals general good great hands implement intermediate introduction knowledge language
    languages level modern operate outstanding perform practical practice practices principles proficiency proficient
    programming proven provide skill skills software solid strong superb system technique techniques technologies
    technology tool tools understanding undertake various working year years""".split()
)
_SMALL = frozenset("a an the and or of in with for to on at as".split())
#: Whoever makes a product is often named before it, and says little.
_MAKERS = frozenset(
    """adobe amazon apache apple atlassian autodesk bentley cisco dassault esri google ibm intuit mathworks meta
    microsoft oracle salesforce sap trimble enterprise pro professional online suite systems software""".split()
)
_NAME_AT_MOST = 12
_BRACKETS = re.compile(r"\([^()]{0,80}\)|\[[^\[\]]{0,80}\]")
_SENTENCE_START = re.compile(r"(?:^|[.!?:•\n]|\d\))\s*[\"'“(*-]?\s*$")
#: Products that open a sentence as a plain word: "Excel in your role".
_OPENERS = frozenset(
    """Access Dash Excel Express Flask Go Helm Linear Notion Outlook Puppet React Rust Sales Sketch Slack Spark
    Swift Teams Word""".split()
)
#: A letter of something longer, as in "R&D" and "C-level", of a name, as in "Ann R. Smith", or of a list.
_GLUED = re.compile(r"[&'’+-]")
_INITIAL = re.compile(r"(?:^|[A-Z]\w+ )\w\. ?[A-Z]|(?:^|[\n.:;] ?)\w\)")
#: How many characters may part a single letter, such as R, from the skill that vouches for it.
_NEAR = 40


class Vocabulary:
    """Skills and occupations with all their names. Earlier tables win where two claim one name.

    A name marked `=` is found in running text as written only, one marked `~` not at all: it is for `normalise`.
    """

    def __init__(self, skill_tables: Iterable[Table], occupation_tables: Iterable[Table] = ()) -> None:
        self._skills: dict[str, Skill] = {}
        self._same: dict[str, str] = {}
        self._labels: dict[str, Skill] = {}
        self._names: Names[Skill] = Names()
        self._occupation_tables = tuple(occupation_tables)
        for table in skill_tables:
            self._add_skills(table)

    def _add_skills(self, table: Table) -> None:
        for key, label, group, cell in table.rows:
            skill = self._skills.get(key) or self._labelled(label) or Skill(key, label, group)
            self._skills.setdefault(skill.id, skill)
            self._same[key] = skill.id
            aliases = parts(cell)
            narrowed = {f"={label}", f"~{label}"} & set(aliases)
            for name in aliases if narrowed else [label, *aliases]:
                read = words(name.lstrip("=~"))
                self._labels.setdefault(" ".join(read), skill)
                if not name.startswith("~"):
                    self._names.add(name, skill, read)

    def _labelled(self, label: str) -> Skill | None:
        known = self._labels.get(" ".join(words(label)))
        return known if known or "(" not in label else self._labels.get(" ".join(words(_BRACKETS.sub(" ", label))))

    @cached_property
    def _titles(self) -> Names[Occupation]:
        titles: Names[Occupation] = Names()
        for table in self._occupation_tables:
            for title, group, cell, ids in table.rows:
                known = dict.fromkeys(self._same[key] for key in parts(ids) if key in self._same)
                for name in (title, *parts(cell)):
                    titles.add(name, Occupation(title, group, tuple(known)))
        return titles

    def __len__(self) -> int:
        return len(self._skills)

    def get(self, key: str) -> Skill | None:
        """The skill with this id, or None."""
        return self._skills.get(self._same.get(key, key))

    def find(self, text: str) -> list[Mention]:
        """The skills a text names, in order, the longest name first where two overlap; never overlapping."""
        read = tokens(text)
        found: list[Mention] = []
        index = 0
        while index < len(read):
            hit = self._names.longest(text, read, index)
            if hit is None or _is_a_verb(text, read, index, hit[1]):
                index += 1
                continue
            found.append(Mention(hit[0], read[index].start, read[hit[1] - 1].end))
            index = hit[1]
        return [mention for place, mention in enumerate(found) if _counts(text, found, place)]

    def normalise(self, name: str) -> Skill | None:
        """The skill meant by a short name such as "Advanced MS Excel skills"; None when it is none we know."""
        bare = _BRACKETS.sub(" ", name)
        for spelling in (name, bare):
            skill = self._known(spelling)
            if skill is not None:
                return skill
        read = words(bare)
        if not read or len(read) > _NAME_AT_MOST:
            return None
        telling = [word for word in read if word not in _NOISE and not word.isdigit()]
        product = [word for word in telling if word not in _MAKERS]
        for shorter in (telling, product):
            skill = self._known(" ".join(shorter)) if shorter else None
            if skill is not None:
                return skill
        return self._agreed(bare) or self._bags.get(_bag(telling))

    def _known(self, name: str) -> Skill | None:
        return self._labels.get(" ".join(words(name))) or self._names.whole(name)

    def _agreed(self, name: str) -> Skill | None:
        """The one skill of a name that says it twice, such as "Structured query language SQL"."""
        read = tokens(name)
        found: set[Skill] = set()
        index = 0
        while index < len(read):
            hit = self._names.longest(name, read, index, any_case=True)
            if hit is not None:
                found.add(hit[0])
            elif read[index].word not in _NOISE | _MAKERS:
                return None
            index = hit[1] if hit is not None else index + 1
        return found.pop() if len(found) == 1 else None

    def occupation(self, title: str) -> Occupation | None:
        """The occupation whose longest name stands in a job title such as "Senior Charge Nurse, ED"."""
        read = tokens(title)
        best: tuple[int, Occupation] | None = None
        for index in range(len(read)):
            hit = self._titles.longest(title, read, index)
            if hit is not None and (best is None or hit[1] - index > best[0]):
                best = (hit[1] - index, hit[0])
        return best[1] if best else None

    def inferred(self, title: str) -> tuple[Skill, ...]:
        """The skills that usually go with a job title; none when the title is not known."""
        occupation = self.occupation(title)
        return tuple(self._skills[key] for key in occupation.skills) if occupation else ()

    @cached_property
    def _bags(self) -> dict[frozenset[str], Skill]:
        """Names of two words and more by their words in any order, those that two skills share left out."""
        found: dict[frozenset[str], Skill] = {}
        shared = set()
        for name, skill in self._labels.items():
            key = _bag(word for word in name.split() if word not in _SMALL)
            if len(key) > 1 and found.setdefault(key, skill) is not skill:
                shared.add(key)
        return {key: skill for key, skill in found.items() if key not in shared}


def _bag(read: Iterable[str]) -> frozenset[str]:
    return frozenset(singular(word) for word in read)


def _is_a_verb(text: str, read: Sequence[Token], first: int, after: int) -> bool:
    """Whether a one-word name is the capital word that opens a sentence, as in "Excel at what you do"."""
    word = text[read[first].start : read[first].end]
    if after - first > 1 or not word.istitle() or len(word) < 2 or after >= len(read):
        return False
    reads_on = text[read[first].end : read[after].start].isspace() and text[read[after].start].islower()
    return reads_on and word in _OPENERS and _SENTENCE_START.search(text[: read[first].start][-40:]) is not None


def _counts(text: str, found: Sequence[Mention], place: int) -> bool:
    """A single letter, such as R, counts only by itself and close to a skill that is more than a letter."""
    mention = found[place]
    if mention.end - mention.start > 1:
        return True
    around = text[max(0, mention.start - 1) : mention.end + 1]
    if _GLUED.search(around) or _INITIAL.search(text[max(0, mention.start - 20) : mention.end + 3]):
        return False
    near = found[max(0, place - 2) : place + 3]
    return any(
        other.end - other.start > 1 and other.start - _NEAR < mention.end and mention.start < other.end + _NEAR
        for other in near
    )


def load(imported: Path | None = None) -> Vocabulary:
    """Our vocabulary, with an imported folder's `skills.tsv` and `occupations.tsv` added; InputError if unreadable.

    Built once in a process, and again when an imported file has changed.
    """
    found = [imported / name for name in ("skills.tsv", "occupations.tsv")] if imported else []
    return _load(imported, tuple(path.stat().st_mtime_ns if path.exists() else 0 for path in found))


@lru_cache(maxsize=4)
def _load(imported: Path | None, _changed: tuple[int, ...]) -> Vocabulary:
    ours = files("nutgraf.vocabulary")
    found = [entry for entry in ours.joinpath("skills").iterdir() if entry.name.endswith(".tsv")]
    skills = [_table(entry, SKILL_COLUMNS) for entry in sorted(found, key=lambda entry: entry.name)]
    occupations = [_table(ours.joinpath("occupations.tsv"), OCCUPATION_COLUMNS)]
    if imported is not None:
        skills.append(_table(imported / "skills.tsv", SKILL_COLUMNS))
        if (imported / "occupations.tsv").exists():
            occupations.append(_table(imported / "occupations.tsv", OCCUPATION_COLUMNS))
    return Vocabulary(skills, occupations)


def _table(file: Traversable, columns: Sequence[str]) -> Table:
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{file}: cannot be read as UTF-8 text ({error}); import the vocabulary again.") from error
    return read_table(file.name, text, columns)
