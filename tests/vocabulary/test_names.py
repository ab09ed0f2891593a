"""Short names made one skill, and job titles made one occupation."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nutgraf.errors import InputError
from nutgraf.vocabulary.match import load


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("Python", "python"),
        ("  PYTHON ", "python"),
        ("Python (programming language)", "python"),
        ("Advanced Python skills", "python"),
        ("Knowledge of MS Excel", "microsoft-excel"),
        ("Excel 2016", "microsoft-excel"),
        ("r", "r"),
        ("C++", "cpp"),
        ("ReactJS", "react"),
        ("React.js", "react"),
        ("react js", "react"),
        ("Oracle Java", "java"),
        ("ESRI ArcGIS software", "gis"),
        ("Structured query language SQL", "sql"),
        ("Hypertext markup language HTML", "html"),
        ("Amazon Web Services AWS software", "amazon-web-services"),
        ("Projects managing", "project-management"),
        ("Management of projects", "project-management"),
        ("time management skills", "time-management"),
        ("Customer Service", "customer-service"),
        ("Customer and Personal Service", "customer-service"),
        ("Design Systems", "design-systems"),
        ("Instagram", "social-media-management"),
        ("English Language", "english"),
        ("Underwater basket photography of owls", None),
        ("experience", None),
        ("2026", None),
        ("", None),
        ("Python, Java", None),
    ],
)
def test_a_short_name_becomes_one_skill(name: str, key: str | None) -> None:
    """Case, brackets, makers, degrees of skill and order do not matter; what is not known stays unknown."""
    skill = load().normalise(name)

    assert (skill.id if skill else None) == key


@pytest.mark.parametrize(
    ("title", "occupation"),
    [
        ("Senior Charge Nurse, ED", "Charge nurse"),
        ("Nurse", "Registered nurse"),
        ("Nurses", "Registered nurse"),
        ("Clinical informatics nurse, emergency services", "Clinical informatics nurse"),
        ("Staff engineer, reliability", "Staff engineer"),
        ("Front-End Developer (React)", "Front-end developer"),
        ("FP&A Analyst", "Financial analyst"),
        ("Grants programme manager, roads and bridges", "Grants manager"),
        ("Night dock supervisor", "Warehouse supervisor"),
        ("Journeyman electrician", "Electrician"),
        ("Head baker", "Baker"),
        ("Chemistry teacher", "Science teacher"),
        ("HGV driver", "Truck driver"),
        ("Paramedic", "Paramedic"),
        ("Zebra whisperer", None),
        ("", None),
    ],
)
def test_a_title_becomes_an_occupation(title: str, occupation: str | None) -> None:
    """The longest known name within a title decides, whatever stands round it."""
    found = load().occupation(title)

    assert (found.title if found else None) == occupation


def test_an_occupation_brings_its_skills() -> None:
    """The skills inferred from a title are those of its occupation; an unknown title brings none."""
    vocabulary = load()
    nurse = vocabulary.occupation("charge nurse")

    assert nurse is not None
    assert tuple(skill.id for skill in vocabulary.inferred("Senior charge nurse")) == nurse.skills
    assert "triage" in nurse.skills
    assert vocabulary.inferred("Zebra whisperer") == ()


def test_a_skill_is_got_by_its_id() -> None:
    """An id gives its skill; an unknown id gives none."""
    triage = load().get("triage")

    assert triage is not None
    assert triage.label == "triage"
    assert load().get("no-such-skill") is None


def test_an_imported_folder_is_read_again_when_it_changes(tmp_path: Path) -> None:
    """Names that are new are added to ours; a later import is seen without a restart."""
    head = "id\tlabel\tgroup\taliases\n"
    table = tmp_path / "skills.tsv"
    table.write_text(
        head + "basketry\tBasketry\tcrafts\twillow weaving\nx\tPython (computer programming)\tg\tsnakework\n"
    )
    first = load(tmp_path)
    table.write_text(head + "basketry\tBasketry\tcrafts\tcane weaving\nrope\tRope making\tcrafts\t\n")

    assert len(first) == len(load()) + 1
    assert [m.skill.id for m in first.find("willow weaving and snakework")] == ["basketry", "python"]
    assert load(tmp_path).normalise("rope making") is not None


def test_an_imported_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    """The message names the file that cannot be read and says what to do."""
    with pytest.raises(InputError, match=r"skills\.tsv: cannot be read .* import the vocabulary again"):
        load(tmp_path / "nowhere")


@given(st.text(max_size=120))
def test_any_name_or_title_can_be_asked_for(name: str) -> None:
    """Whatever was typed into a profile, the answer is a skill, an occupation or nothing."""
    vocabulary = load()
    skill, occupation = vocabulary.normalise(name), vocabulary.occupation(name)

    assert skill is None or vocabulary.get(skill.id) == skill
    assert occupation is None or len(vocabulary.inferred(name)) == len(occupation.skills)


@given(st.sampled_from([skill.label for skill in load().inferred("nurse") + load().inferred("baker")]))
def test_a_label_is_its_own_name(label: str) -> None:
    """A skill is found by its label in any case."""
    vocabulary = load()

    assert vocabulary.normalise(label) == vocabulary.normalise(label.upper()) is not None
