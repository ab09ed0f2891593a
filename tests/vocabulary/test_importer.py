"""Foreign taxonomies made into our tables, and the messages for broken ones."""

from pathlib import Path

from nutgraf.vocabulary.importer import ImportReport, import_files
from nutgraf.vocabulary.match import load

ESCO_SKILLS = """conceptType,conceptUri,skillType,preferredLabel,altLabels
KnowledgeSkillCompetence,s:1,skill/competence,weave willow baskets,"basket weaving by hand
make | willow baskets"
KnowledgeSkillCompetence,s:2,knowledge,Quipu,
KnowledgeSkillCompetence,s:3,knowledge,basketry,
SkillGroup,g:1,,crafts,
"""
ESCO_OCCUPATIONS = """conceptType,conceptUri,iscoGroup,preferredLabel,altLabels
Occupation,o:1,7317,basket weaver,"willow worker
basket artisan"
"""
ESCO_RELATIONS = """occupationUri,relationType,skillType,skillUri
o:1,optional,knowledge,s:3
o:1,essential,skill/competence,s:1
o:1,essential,skill/competence,s:99
"""
ONET_OCCUPATIONS = 'O*NET-SOC Code\tTitle\tDescription\n99-1.00\tKite Riggers\tRig "large" kites.\n'
ONET_TITLES = "O*NET-SOC Code\tAlternate Title\tShort Title\tSource(s)\n99-1.00\tKite Handler\tn/a\t02\n"
ONET_SKILLS = (
    "O*NET-SOC Code\tElement ID\tElement Name\tScale ID\tData Value\n"
    "99-1.00\t2.A.1\tKite Listening\tIM\t4.1\n"
    "99-1.00\t2.A.1\tKite Listening\tLV\t4.0\n"
    "99-1.00\t2.A.2\tWhistling\tIM\t2.1\n"
    "99-1.00\t1.A.1\tArm Strength\tIM\t4.9\n"
)
ONET_TECHNOLOGY = (
    "O*NET-SOC Code\tExample\tCommodity Code\tCommodity Title\tHot Technology\tIn Demand\n"
    "99-1.00\tKitePlanner Pro\t1\tPlanning software\tN\tN\n"
    "99-1.00\tMicrosoft Excel\t2\tSpreadsheet software\tY\tY\n"
)


def folder(at: Path, **texts: str) -> Path:
    """A folder with these files in it."""
    at.mkdir()
    for name, text in texts.items():
        (at / name.replace("__", ".")).write_text(text, encoding="utf-8")
    return at


def test_esco_files_become_tables(tmp_path: Path) -> None:
    """Skills, occupations and their relations are read; groups and strangers are left out; essential comes first."""
    source = folder(
        tmp_path / "esco",
        skills_en__csv="\ufeff" + ESCO_SKILLS,
        occupations_en__csv=ESCO_OCCUPATIONS,
        occupationSkillRelations_en__csv=ESCO_RELATIONS,
        README__txt="Nothing to see here, friend.\n",
    )
    report = import_files(source, tmp_path / "out" / "deep")
    vocabulary = load(tmp_path / "out" / "deep")
    weaver = vocabulary.occupation("Senior willow worker")

    assert report == ImportReport(3, 1, "ESCO")
    assert weaver is not None
    assert weaver.skills == ("weave-willow-baskets", "basketry")
    assert [m.skill.id for m in vocabulary.find("make / willow baskets, know basketry and Quipu, not quipu")] == [
        "weave-willow-baskets",
        "quipu",
    ]
    assert vocabulary.normalise("Basketry") is not None


def test_onet_files_become_tables(tmp_path: Path) -> None:
    """Skills by importance, technology, titles and other titles are read; abilities are not; known skills stay ours."""
    source = folder(
        tmp_path / "onet",
        Skills__txt=ONET_SKILLS,
        Technology_Skills__txt=ONET_TECHNOLOGY,
        Occupation_Data__txt=ONET_OCCUPATIONS,
        Alternate_Titles__txt=ONET_TITLES,
    )
    report = import_files(source, tmp_path / "out")
    vocabulary = load(tmp_path / "out")

    assert report == ImportReport(4, 1, "O*NET")
    assert [skill.id for skill in vocabulary.inferred("kite handler")] == [
        "kite-listening",
        "microsoft-excel",
        "kiteplanner-pro",
    ]
    assert vocabulary.find("whistling and Whistling at work") == []
    assert vocabulary.get("arm-strength") is None


def test_a_single_file_is_enough(tmp_path: Path) -> None:
    """One file of skills can be imported by itself, whatever it is called."""
    source = tmp_path / "download.dat"
    source.write_text(ESCO_SKILLS, encoding="utf-8")

    assert import_files(source, tmp_path / "out") == ImportReport(3, 0, "ESCO")


def test_a_table_of_ones_own_keeps_its_ids(tmp_path: Path) -> None:
    """Our own form may be imported too; its occupations may name our skills."""
    source = folder(
        tmp_path / "own",
        a__tsv="id\tlabel\tgroup\taliases\nhouse-17\tHouse rules\thouse\trule seventeen\n",
        b__tsv="title\tgroup\taliases\tskills\nHouse keeper in chief\thouse\t\thouse-17|python\n",
    )

    assert import_files(source, tmp_path / "out") == ImportReport(1, 1, "Nutgraf")
    assert [skill.id for skill in load(tmp_path / "out").inferred("House keeper in chief")] == ["house-17", "python"]


def test_equal_labels_get_ids_of_their_own(tmp_path: Path) -> None:
    """Two foreign skills of one label do not overwrite each other's row."""
    source = tmp_path / "skills_en.csv"
    source.write_text("conceptUri,preferredLabel,altLabels\na,tie knots,\nb,Tie knots,\n", encoding="utf-8")
    import_files(source, tmp_path / "out")

    lines = (tmp_path / "out" / "skills.tsv").read_text(encoding="utf-8").splitlines()
    assert [line.split("\t")[0] for line in lines] == ["id", "tie-knots", "tie-knots-2"]
