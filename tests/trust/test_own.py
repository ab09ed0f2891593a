"""Detectors of one's own stand beside ours: named in a policy, they add to what is found and never take away."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from nutgraf.detection import Detected, Marked
from nutgraf.errors import InputError
from nutgraf.trust.desk import Desk
from nutgraf.trust.own import Beside
from nutgraf.trust.policy.load import load
from nutgraf.trust.review import Reviewer

SHOUTING = '''
from nutgraf.detection import Detected, Marked


class Shouting:
    """Text in capitals is out of tone."""

    name, version = "shouting", "1"

    def detect(self, text: str) -> Detected:
        loud = text.isupper()
        spans = (Marked(0, len(text), "shouting", 0.9, "is written in capitals"),) if loud else ()
        return Detected(0.9 * loud, {"shouting": 0.9 * loud}, spans, because="is written in capitals" if loud else "")


class Broken(Shouting):
    def detect(self, text: str) -> Detected:
        raise RuntimeError("out of order")


class Odd(Shouting):
    def detect(self, text: str) -> Detected:
        return 3


class Nameless:
    pass
'''


class Ours:
    """A detector of sentences that finds nothing, and of what else ours do."""

    name, version, threshold = "ours", "1", 0.4

    def detect(self, sentences: Sequence[str], evidence: Sequence[str]) -> list[Detected]:
        """Nothing."""
        return [Detected(0.1, {"unsupported": 0.1}, evidence=(0,)) for _ in sentences]


class Strict(Ours):
    """One that takes everything as made up."""

    name = "strict"

    def detect(self, sentences: Sequence[str], evidence: Sequence[str]) -> list[Detected]:
        """All of it."""
        return [Detected(0.8, {"strict": 0.8}, because="no") for _ in sentences]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A use case's folder with a file of detectors."""
    (tmp_path / "mine.py").write_text(SHOUTING, "utf-8")
    return tmp_path


def desk(folder: Path, name: str, check: str = "tone", more: str = "") -> Desk:
    """The desk of a policy that names a detector."""
    (folder / "trust.toml").write_text(f'[checks.{check}]\ndetectors = ["{name}"]\n{more}', "utf-8")
    return Desk(load(folder / "trust.toml"))


def test_one_that_is_named_in_a_policy_decides(folder: Path) -> None:
    """What ours lets pass is found by the other, with its reason; what ours finds is still found."""
    both = desk(folder, "mine.py:Shouting")
    text = "THE ROOM IS BOOKED FOR NINE."

    assert Desk().score("tone", text)["sentences"][0]["verdict"] == "ok"
    assert both.score("tone", text)["sentences"][0]["verdict"] == "flagged"
    assert both.score("tone", text)["spans"][0]["because"] == "is written in capitals"
    assert both.score("tone", "You are an idiot.")["sentences"][0]["verdict"] == "flagged"
    assert both.detector("tone").name.endswith("+shouting")


def test_its_labels_have_steps_of_their_own(folder: Path) -> None:
    """A use case that brings a detector may say what each of its labels leads to."""
    both = desk(folder, "mine.py:Shouting", more="[checks.tone.categories.shouting]\nsteps = { quote = 0.5 }\n")

    assert "shouting" in both.policy.rule("tone").categories


def test_in_an_answer_it_is_asked_as_well(folder: Path) -> None:
    """The reviewer of sentences drops what it finds, and one that breaks refuses."""
    found = Reviewer(desk(folder, "mine.py:Shouting")).sentence("THE ROOM IS BOOKED.", ["The room is booked."])
    broken = Reviewer(desk(folder, "mine.py:Broken")).sentence("The room is booked.", ["The room is booked."])

    assert (found.action, found.check, found.because) == ("drop", "tone", "is written in capitals")
    assert (broken.action, broken.check) == ("drop", "tone")


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("mine.py:Nobody", "'mine.py:Nobody' cannot be made"), ("none.py:Shouting", "cannot be made"),
        ("nowhere.at.all:Shouting", "cannot be made"),
        ("mine.py:Nameless", "has no name and no version and no detect"),
        ("mine.py:Broken", "'shouting' of the check tone: broke"),
        ("mine.py:Odd", "'shouting' of the check tone: gave"),
        ("mine", r"\[checks.tone\] detectors is \['mine'\]"),
    ],
)  # fmt: skip
def test_one_that_cannot_be_used_is_told_by_name(folder: Path, name: str, told: str) -> None:
    """Named wrongly, incomplete, broken or odd: an error of ours says which and what to do."""
    with pytest.raises(InputError, match=told):
        desk(folder, name).score("tone", "Good morning.")


def test_checks_without_such_a_place_refuse_it(folder: Path) -> None:
    """Off-topic is told by examples; no detector stands there."""
    with pytest.raises(InputError, match="detectors is not for this check"):
        desk(folder, "mine.py:Shouting", "topic")


def test_beside_a_detector_of_sentences_the_worse_counts() -> None:
    """Score, reason and labels are joined sentence by sentence; all else is ours."""
    both = Beside("grounding", Ours(), [Strict()])

    (found, _) = both.detect(["One.", "Two."], ["One."])

    assert (found.score, found.because, found.check, found.evidence) == (0.8, "no", "strict", (0,))
    assert found.labels == {"unsupported": 0.1, "strict": 0.8}
    assert both.threshold == 0.4


def test_places_of_personal_data_are_joined() -> None:
    """What the other marks is masked too, where ours marked nothing."""

    class Badges:
        name, version = "badges", "1"

        def detect(self, text: str) -> Detected:
            return Detected(1.0, spans=(Marked(0, 3, "badge"), Marked(5, 9, "badge")))

    class Mail(Badges):
        def find(self, text: str) -> tuple[Marked, ...]:
            return (Marked(2, 4, "email"),)

    assert [mark.label for mark in Beside("pii", Mail(), [Badges()]).find("x" * 12)] == ["email", "badge"]
