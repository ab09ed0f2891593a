"""Profiles: our own JSON, JSON Resume, and the archive of CSV tables."""

import json
from pathlib import Path
from typing import Any

import pytest

from nutgraf.errors import InputError, TooLarge
from nutgraf.ingest.limits import Limits
from nutgraf.ingest.load import load_member, member_from_bytes
from nutgraf.types import CONSENT_FIELDS, Certificate, Member, Position, Study
from tests.ingest.makers import Entry, zipped

AMARA = {
    "id": "amara-okafor", "name": "Amara Okafor", "headline": "Charge nurse", "country": "US", "locale": "en-US",
    "place": "Houston, TX", "plan": "premium", "consent": {"version": 2, "fields": ["headline", "work"]},
    "work": [{"title": "Charge nurse", "organisation": "Bluewater Health", "start": "2019-03", "end": None,
              "summary": "Leads\n a shift.", "highlights": ["Moved the board"]}],
    "education": [{"institution": "A college", "degree": "BSc", "area": "Nursing", "start": "2010",
                   "end": "2014-06-30"}],
    "certificates": [{"name": "Triage", "issuer": "A board", "date": "2021-05"}],
    "skills": ["triage", "Triage ", "teaching"], "languages": ["English"],
    "interests": ["data"], "goals": ["informatics"], "connections": ["profile-ngozi-adeyemi"],
    "favourite colour": "green",
}  # fmt: skip
RESUME = {
    "basics": {"name": "Amara Okafor", "label": "Charge nurse", "email": "amara@mail.example", "phone": "555 0100",
               "summary": "I lead shifts.", "location": {"city": "Houston", "region": "Texas", "countryCode": "us"}},
    "work": [{"name": "Bluewater Health", "position": "Charge nurse", "startDate": "2019-03-01", "highlights": None},
             {"company": "An older form", "summary": None, "startDate": "Mar 2015", "endDate": "present"}, None],
    "volunteer": [{"organization": "Food bank", "startDate": "2018"}],
    "education": [{"institution": "A college", "area": "Nursing", "studyType": "BSc", "endDate": 2014}],
    "certificates": [{"name": "Triage", "date": "2021-05-02", "issuer": "A board"}],
    "skills": [{"name": "Nursing", "keywords": ["triage", "teaching"]}, {"name": "Core skills", "keywords": ["Care"]},
               "SQL"],
    "languages": [{"language": "English", "fluency": "native"}], "interests": [{"name": "Data"}], "meta": {"x": 1},
}  # fmt: skip
TABLES = {
    "Profile.csv": "First Name,Last Name,Birth Date,Headline,Summary,Geo Location\n"
                   'Amara,Okafor,Mar 4,Charge nurse,"I lead shifts,\nand teach.","Houston, TX"\n',
    "Positions.csv": "Company Name,Title,Description,Location,Started On,Finished On\n"
                     "Bluewater Health,Charge nurse,Leads a shift.,Houston,Mar 2019,\n"
                     "A clinic,Nurse,,,Jan 2015,Feb 2019\n",
    "Education.csv": "School Name,Start Date,End Date,Notes,Degree Name,Activities\nA college,2010,2014,,BSc,\n",
    "Skills.csv": "Name\nTriage\nTeaching\n",
    "Certifications.csv": "Name,Url,Authority,Started On,Finished On,License Number\nTriage,,A board,May 2021,,\n",
    "Languages.csv": "Name,Proficiency\nEnglish,Native\n",
    "Connections.csv": "First Name,Last Name\nSecret,Friend\n",
    "messages.csv": "FROM,TO\nSecret,Friend\n",
}  # fmt: skip


def from_json(value: Any) -> Member:
    """The member in a JSON value."""
    return member_from_bytes(json.dumps(value).encode(), "amara.json")


def from_tables(**changes: str) -> Member:
    """The member in a zipped archive, some tables written anew."""
    tables = {**TABLES, **{f"{name}.csv": text for name, text in changes.items()}}
    return member_from_bytes(zipped([Entry(name, text.encode()) for name, text in tables.items()]), "export.zip")


def test_our_own_json() -> None:
    """Every field is taken, texts are one clean line, months have no days, and repetitions go."""
    member = from_json(AMARA)

    assert (member.id, member.name, member.locale, member.plan) == ("amara-okafor", "Amara Okafor", "en-US", "premium")
    assert (member.consent.version, member.consent.fields) == (2, frozenset({"headline", "work"}))
    assert member.work == (
        Position(
            title="Charge nurse", organisation="Bluewater Health", start="2019-03", summary="Leads a shift.",
            highlights=("Moved the board",),
        ),
    )  # fmt: skip
    assert member.education == (
        Study(institution="A college", degree="BSc", area="Nursing", start="2010", end="2014-06"),
    )
    assert member.certificates == (Certificate(name="Triage", issuer="A board", date="2021-05"),)
    assert member.skills == ("triage", "teaching")
    assert member.connections == ("profile-ngozi-adeyemi",)


def test_consent_is_to_everything_unless_said() -> None:
    """A profile without a consent has consented to every field; an empty list is consent to nothing."""
    assert from_json({"name": "A"}).consent.fields == frozenset(CONSENT_FIELDS)
    assert from_json({"name": "A", "consent": {"version": 1, "fields": []}}).consent.fields == frozenset()


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"name": 5}, r"amara\.json: name: should be a valid string, got '5'"),
        ({"work": [{"title": "Nurse"}, {"title": "Nurse", "start": "soon"}]}, r"work\[1\]\.start: must be a month"),
        ({"work": [{"organisation": "Bluewater Health"}]}, r"work\[0\]\.title: field required"),
        ({"consent": {"fields": ["birthday"]}}, r"consent\.fields: 'birthday' is not a profile field"),
        ({"country": "usa"}, r"country: string should match"),
        ({"skills": "triage"}, r"skills: should be a valid list"),
        ({"id": "../etc"}, r"id: string should match"),
        ({"summary": "a" * 6_000}, r"summary: string should have at most 5000"),
    ],
)
def test_wrong_fields_are_named(change: dict[str, Any], says: str) -> None:
    """The file, the path to the field, what is wrong and what stands there."""
    with pytest.raises(InputError, match=says):
        from_json({**AMARA, **change})


def test_json_resume() -> None:
    """Known fields in their many forms; contact data is never read."""
    member = from_json(RESUME)

    assert (member.name, member.headline, member.country, member.place) == (
        "Amara Okafor", "Charge nurse", "US", "Houston, Texas",
    )  # fmt: skip
    assert [(p.title, p.organisation, p.start, p.end) for p in member.work] == [
        ("Charge nurse", "Bluewater Health", "2019-03", None),
        ("An older form", None, "2015-03", None),
        ("Volunteer", "Food bank", "2018", None),
    ]
    assert member.education == (Study(institution="A college", degree="BSc", area="Nursing", end="2014"),)
    assert member.skills == ("Nursing", "triage", "teaching", "Care", "SQL")
    assert (member.languages, member.interests) == (("English",), ("Data",))
    assert member.id.startswith("amara-okafor-")
    assert "mail.example" not in str(member)
    assert "555" not in str(member)


def test_ids_follow_the_content() -> None:
    """The same profile has the same id, a changed one another."""
    assert from_json(RESUME).id == from_json(dict(RESUME)).id
    assert from_json({**RESUME, "interests": []}).id != from_json(RESUME).id


def test_a_zipped_archive() -> None:
    """Six tables are read; contacts, messages and the birth date are not."""
    member = from_tables()

    assert (member.name, member.headline, member.place) == ("Amara Okafor", "Charge nurse", "Houston, TX")
    assert member.summary == "I lead shifts, and teach."
    assert [(p.title, p.organisation, p.start, p.end) for p in member.work] == [
        ("Charge nurse", "Bluewater Health", "2019-03", None),
        ("Nurse", "A clinic", "2015-01", "2019-02"),
    ]
    assert member.education == (Study(institution="A college", degree="BSc", start="2010", end="2014"),)
    assert member.certificates == (Certificate(name="Triage", issuer="A board", date="2021-05"),)
    assert (member.skills, member.languages) == (("Triage", "Teaching"), ("English",))
    assert "Secret" not in str(member)
    assert "Mar 4" not in str(member)


@pytest.mark.parametrize(
    "skills",
    [
        "Notes:\nSome words, about, the table\n\nName\nTriage\nTeaching\n",
        "\ufeffName,Extra\r\nTriage,1\r\nTeaching\r\n\r\n",
        "Extra;NAME\n1;Triage\n2;Teaching\n",
        "Name\n Triage \n\n,,,\nTeaching\ntriage\n",
    ],
    ids=["preamble", "mark and extra column", "semicolons", "blank rows"],
)
def test_tables_may_look_otherwise(skills: str) -> None:
    """Preambles, marks of order, other columns, other separators and blank rows are borne."""
    assert from_tables(Skills=skills).skills == ("Triage", "Teaching")


def test_a_folder_one_folder_down(tmp_path: Path) -> None:
    """An unpacked archive is read like a packed one, also inside one more folder."""
    inner = tmp_path / "export" / "Basic 2026"
    inner.mkdir(parents=True)
    for name, text in TABLES.items():
        (inner / name).write_text(text)

    assert load_member(inner) == load_member(inner.parent) == from_tables()


def test_only_a_profile_is_needed() -> None:
    """An archive without other tables is a member; one without a profile is an error that names it."""
    assert member_from_bytes(zipped([Entry("Profile.csv", TABLES["Profile.csv"].encode())]), "a.zip").work == ()
    with pytest.raises(InputError, match=r"no Profile\.csv"):
        member_from_bytes(zipped([Entry("Skills.csv", b"Name\nTriage\n")]), "a.zip")


def test_unpacking_has_one_cap_for_all_tables() -> None:
    """The cap is on what all tables come to together; the declared sizes play no part."""
    entries = [
        Entry("Profile.csv", TABLES["Profile.csv"].encode()),
        Entry("Skills.csv", b"Name\n" + b"x\n" * 500, says_size=1),
    ]

    with pytest.raises(TooLarge, match="unpacks to more than we accept"):
        member_from_bytes(zipped(entries), "a.zip", limits=Limits(archive_inflates_to_at_most_bytes=1_000))
    assert member_from_bytes(
        zipped(entries), "a.zip", limits=Limits(archive_inflates_to_at_most_bytes=1_500)
    ).skills == ("x",)
