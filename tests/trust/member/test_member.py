"""Claims about the reader, held against a record."""

from __future__ import annotations

import io
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nutgraf.errors import InputError, MissingPart
from nutgraf.trust.member.detector import NO_CLAIM, WEIGHTS, MemberGrounding
from nutgraf.trust.member.facts import facts_of, lines_of
from nutgraf.trust.member.months import length, month_of, spoken_month
from nutgraf.trust.member.record import Record
from nutgraf.trust.member.said import said
from nutgraf.types import Fact

TODAY = date(2026, 6, 15)
RESUME: dict[str, Any] = {
    "basics": {"name": "Ada Quill", "label": "Pastry Chef", "location": {"city": "Ghent", "countryCode": "BE"}},
    "work": [
        {
            "name": "Maison Verhulst", "position": "Pastry Chef", "startDate": "2020-03",
            "highlights": ["Led a team of 6 bakers", "Managed the night team", "Assisted in menu planning"],
        },
        {
            "name": "Dagwood Bakery Ltd", "position": "Assistant Baker", "startDate": "2014-09", "endDate": "2020-01",
            "highlights": ["Reduced flour waste by 18% with a new proofing schedule"],
        },
    ],
    "education": [{"studyType": "Associate degree", "area": "Culinary Arts", "institution": "Leie College"}],
    "skills": [{"name": "Kitchen", "keywords": ["laminated dough", "food costing"]}],
    "languages": [{"language": "Dutch", "fluency": "native"}],
    "certificates": [{"name": "HACCP Level 3", "issuer": "Safe Food Board", "date": "2021-05"}],
}  # fmt: skip
LINES = facts_of(RESUME, TODAY)


@pytest.fixture(scope="module")
def member() -> MemberGrounding:
    """The shipped detector."""
    return MemberGrounding.load()


@pytest.mark.parametrize(
    "claim",
    [
        "You have led two teams.",
        "You led a team of six bakers at Maison Verhulst.",
        "You have been a pastry chef for six years.",
        "With more than ten years of work behind you, this is familiar.",
        "You worked as an assistant baker at Dagwood Bakery from 2014 to 2020.",
        "You hold an associate degree in culinary arts.",
        "You speak Dutch.",
        "You know laminated dough and food costing.",
        "You moved from Dagwood Bakery to Maison Verhulst.",
        "You are based in Belgium.",
        "You cut flour waste by 18 percent, so the chapter on waste will feel familiar.",
        "You hold the HACCP Level 3 certificate.",
    ],
)
def test_a_claim_that_the_record_bears_out_passes(member: MemberGrounding, claim: str) -> None:
    """True claims, exact, rounded, computed or in other words, stay below a half."""
    found = member.detect([claim], LINES, TODAY)[0]

    assert found.score < 0.5, (found.because, found.score)


@pytest.mark.parametrize(
    ("claim", "kind"),
    [
        ("You have led four teams.", "count"),
        ("You have been a pastry chef for twelve years.", "duration"),
        ("You joined Maison Verhulst in 2016.", "date"),
        ("You worked as an assistant baker at Corner Oven.", "employer"),
        ("You were head baker at Dagwood Bakery.", "rank"),
        ("You hold a master's degree in culinary arts.", "degree"),
        ("You speak Portuguese.", "language"),
        ("You moved from Maison Verhulst to Dagwood Bakery.", "order"),
        ("You are based in Portugal.", "place"),
        ("You have never worked with laminated dough.", "denial"),
        ("As a mother of two, you need flexible hours.", "presumption"),
        ("You increased flour waste by 18% with a new proofing schedule.", "opposite"),
        ("You know Kubernetes.", "skill"),
    ],
)
def test_a_claim_that_the_record_does_not_bear_out_is_told_with_its_reason(
    member: MemberGrounding, claim: str, kind: str
) -> None:
    """False claims are found; a mark names the place and the kind."""
    found = member.detect([claim], LINES, TODAY)[0]

    assert found.score >= 0.5
    assert found.because
    assert kind in {mark.label for mark in found.spans}
    assert all(0 <= mark.start < mark.end <= len(claim) for mark in found.spans)


@pytest.mark.parametrize(
    "sentence",
    ["The post covers proofing.", "You can read the second part tomorrow.", "This could help you.", "", "😀"],
)
def test_a_sentence_that_claims_nothing_of_the_reader_scores_nothing(member: MemberGrounding, sentence: str) -> None:
    """Advice, and sentences about other things, are none of this check's business."""
    found = member.detect([sentence], LINES, TODAY)[0]

    assert (found.score < 0.2, found.check) == (True, NO_CLAIM)


def test_only_what_is_said_of_the_reader_is_kept() -> None:
    """The claim keeps its place in the sentence; the rest is blank."""
    found = said("The post names three risks, so you can use your six years at Maison Verhulst.")

    assert found.claim.strip() == "your six years at Maison Verhulst."
    assert len(found.claim) == len(found.sentence)


def test_the_deciding_line_is_named(member: MemberGrounding) -> None:
    """Evidence numbers point to the line of the record that the claim was held against."""
    found = member.detect(["You worked as an assistant baker at Dagwood Bakery for two years."], LINES, TODAY)[0]

    assert "Dagwood" in LINES[found.evidence[0]]


def test_a_record_is_read_back_from_its_lines() -> None:
    """Positions, months, studies, skills, languages and places survive the way through words."""
    record = Record.of(LINES, TODAY)

    assert [(job.title, job.employer, job.open) for job in record.jobs] == [
        ("Pastry Chef", "Maison Verhulst", True), ("Assistant Baker", "Dagwood Bakery Ltd", False),
    ]  # fmt: skip
    assert record.jobs[1].span(record.today) == (65, 65)
    assert record.studies[0].level == 2
    assert set(record.languages) == {"dutch"}
    assert set(record.countries) == {"BE"}
    assert "laminated dough" in record.skills


def test_facts_of_a_snapshot_are_read_as_well(member: MemberGrounding) -> None:
    """The lines made of a snapshot's facts bear claims out."""
    facts = [
        Fact("work.0", "position", "Pastry Chef at Maison Verhulst"), Fact("skill.0", "skill", "food costing"),
        Fact("education.0", "education", "Associate degree, Culinary Arts at Leie College"),
    ]  # fmt: skip
    good, bad = member.detect(["You know food costing.", "You worked as a notary at Corner Oven."], lines_of(facts))

    assert good.score < 0.5 < bad.score


def test_contact_details_are_no_facts() -> None:
    """Mail, phone, street and the name stay out of the lines."""
    basics = {**RESUME["basics"], "email": "ada@example.com", "phone": "555-0100"}
    lines = " ".join(facts_of({**RESUME, "basics": basics}, TODAY))

    assert "example.com" not in lines
    assert "555" not in lines
    assert "Quill" not in lines


@pytest.mark.parametrize("profile", [[], "text", 3, None])
def test_a_member_of_another_form_is_refused(profile: Any) -> None:
    """Not an object: told by name, with the remedy."""
    with pytest.raises(InputError, match="member"):
        facts_of(profile)


@pytest.mark.parametrize(
    "profile",
    [
        {}, {"work": None, "skills": {"name": 3}}, {"work": [[], 1, {"position": {"title": "x"}}]},
        {"education": [None]},
        {"facts": "One line."}, {"odd": {"a": [1, {"b": None}]}}, {"basics": []},
        {"languages": [1], "awards": [None]},
    ],
)  # fmt: skip
def test_odd_records_do_no_harm(member: MemberGrounding, profile: dict[str, Any]) -> None:
    """Whatever JSON holds, there are lines and scores, and no traceback."""
    found = member.detect(["You have led two teams at Acme since 2019."], facts_of(profile, TODAY))[0]

    assert 0 <= found.score <= 1


def test_months_are_read_in_many_forms() -> None:
    """ISO, words, numbers and parts give the same month."""
    assert {month_of(v) for v in ("2021-03", "2021-03-31", "March 2021", {"year": 2021, "month": 3})} == {2021 * 12 + 2}
    assert (month_of("soon"), spoken_month("2021"), length(29)) == (None, "2021", "2 years and 5 months")


def test_weights_of_other_bytes_are_refused(tmp_path: Path) -> None:
    """A network that is not what its manifest says is not loaded."""
    (tmp_path / "manifest.json").write_bytes((WEIGHTS / "manifest.json").read_bytes())
    np.savez(tmp_path / "net.npz", mean=np.zeros(3))

    with pytest.raises(MissingPart, match="manifest"):
        MemberGrounding.load(tmp_path)


def test_weights_hold_no_pickles() -> None:
    """The arrays load with pickles forbidden."""
    with np.load(io.BytesIO((WEIGHTS / "net.npz").read_bytes()), allow_pickle=False) as arrays:
        assert all(arrays[name].dtype == np.float32 for name in arrays)
