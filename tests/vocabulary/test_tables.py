"""The form of the tables that come with the package."""

from collections import defaultdict
from collections.abc import Iterator
from importlib.resources import files

import pytest

from nutgraf.errors import InputError
from nutgraf.vocabulary.names import spellings
from nutgraf.vocabulary.table import OCCUPATION_COLUMNS, SKILL_COLUMNS, parts, read_table, slug, write_table
from nutgraf.vocabulary.tokens import words

FOLDER = files("nutgraf.vocabulary")
SKILLS = [
    read_table(entry.name, entry.read_text(encoding="utf-8"), SKILL_COLUMNS)
    for entry in sorted(FOLDER.joinpath("skills").iterdir(), key=lambda entry: entry.name)
    if entry.name.endswith(".tsv")
]
OCCUPATIONS = read_table(
    "occupations.tsv", FOLDER.joinpath("occupations.tsv").read_text(encoding="utf-8"), OCCUPATION_COLUMNS
)
ROWS = [(table.name, *row) for table in SKILLS for row in table.rows]


def claims(names: list[str]) -> Iterator[str]:
    """Every form under which a row's names could be found."""
    for name in names:
        plain = name.lstrip("=~")
        if name[0] in "=~":
            yield " ".join(words(plain))
        else:
            yield from (" ".join(form) for form in spellings(plain, words(plain)))


def shared(rows: list[tuple[str, list[str]]]) -> dict[str, list[str]]:
    """Names that more than one owner claims, with the owners."""
    owners: dict[str, set[str]] = defaultdict(set)
    for owner, names in rows:
        for claim in claims(names):
            owners[claim].add(owner)
    return {claim: sorted(found) for claim, found in owners.items() if len(found) > 1}


def test_there_are_enough_skills_and_occupations() -> None:
    """The vocabulary covers all professions: at least 1,500 skills and 220 occupations."""
    assert len(ROWS) >= 1_500
    assert len(OCCUPATIONS.rows) >= 220


def test_skill_ids_are_unique_slugs_of_their_labels() -> None:
    """An id is the slug of its label and belongs to one row of all files."""
    assert [(name, key) for name, key, label, _, _ in ROWS if key != slug(label)] == []
    assert len({key for _, key, _, _, _ in ROWS}) == len(ROWS)


def test_cells_are_tidy() -> None:
    """No cell has spaces at its ends, every skill has a group, and no alias is empty or written twice."""
    untidy = [
        (name, key)
        for name, key, label, group, cell in ROWS
        if any(text != text.strip() for text in (key, label, group, *cell.split("|")))
        or not group
        or len(parts(cell)) != len(set(parts(cell)))
        or any(not words(alias) for alias in parts(cell))
    ]

    assert untidy == []


def test_a_name_belongs_to_one_skill() -> None:
    """No label or alias, in any of its forms, is claimed by two skills."""
    assert shared([(key, [label, *parts(cell)]) for _, key, label, _, cell in ROWS]) == {}


def test_a_title_belongs_to_one_occupation() -> None:
    """No title or other name is claimed by two occupations."""
    assert shared([(title, [title, *parts(cell)]) for title, _, cell, _ in OCCUPATIONS.rows]) == {}


def test_occupations_name_skills_that_exist() -> None:
    """Each occupation has a group and four to eight skills, all of them in the skill tables."""
    known = {key for _, key, _, _, _ in ROWS}

    assert {title: missing for title, _, _, ids in OCCUPATIONS.rows if (missing := set(parts(ids)) - known)} == {}
    assert [title for title, group, _, ids in OCCUPATIONS.rows if not group or not 4 <= len(parts(ids)) <= 8] == []


def test_a_shared_name_is_seen() -> None:
    """Control: two owners of one name are reported, also when one of them writes it with a hyphen."""
    assert shared([("a", ["front-end"]), ("b", ["frontend"])]) == {"frontend": ["a", "b"]}


def test_a_written_table_reads_back() -> None:
    """What is written is what was given, save for tabs and line ends within a cell."""
    text = write_table(SKILL_COLUMNS, [("x", "X\ty", "g", "a|b\nc")])

    assert read_table("t.tsv", text, SKILL_COLUMNS).rows == (("x", "X y", "g", "a|b c"),)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "t.tsv, line 1: has no column 'id'"),
        ("id\tlabel\tgroup\n", "t.tsv, line 1: has no column 'aliases'"),
        ("label\tid\tgroup\taliases\n", "t.tsv, line 1: has the header"),
        ("id\tlabel\tgroup\taliases\n\nx\ty\n", "t.tsv, line 3: 2 columns where there should be 4"),
        ("id\tlabel\tgroup\taliases\n\ty\tz\t\n", "t.tsv, line 2: column 'id' is empty"),
        ("id\tlabel\tgroup\taliases\nx\t \tz\t\n", "t.tsv, line 2: column 'label' is empty"),
    ],
)
def test_a_broken_table_names_the_place(text: str, message: str) -> None:
    """File, line and column are in the message."""
    with pytest.raises(InputError) as caught:
        read_table("t.tsv", text, SKILL_COLUMNS)

    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("label", "key"),
    [("C++", "cpp"), ("C#", "csharp"), (".NET", "dotnet"), ("FP&A", "fp-and-a"), ("Crème brûlée", "creme-brulee")],
)
def test_slugs(label: str, key: str) -> None:
    """Signs that carry meaning are spelled out, accents are dropped."""
    assert slug(label) == key
