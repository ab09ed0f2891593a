"""Names and addresses are found in the sentences of work, and the weights are what their manifest says."""

import random

import pytest

from nutgraf import weights
from nutgraf.detection import Marked
from nutgraf.trust.pii import address, tagger
from nutgraf.trust.pii.detector import MASKED, PersonalData
from nutgraf.trust.pii.masking import Masker, restore
from training.pii import score, unseen
from training.pii.examples import made
from training.pii.tagger import TOY, gathered, train

DATA = PersonalData()
#: What the shipped weights reach on unseen forms, a little less.
UNSEEN_RECALL, UNSEEN_PRECISION = 0.91, 0.88


def found(text: str, kind: str) -> list[str]:
    """The places of one kind."""
    return [text[mark.start : mark.end] for mark in DATA.find(text) if mark.label == kind]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Dear Ms. Okonkwo, Tomasz Wiśniewski will join us.", ["Ms. Okonkwo", "Tomasz Wiśniewski"]),
        ("I reported to Priya Raman at Northwind Labs.", ["Priya Raman"]),
        ("Kind regards,\nAoife", ["Aoife"]),
        ("We use Agile and Java at the White House in Berlin.", []),
        ("Senior Software Engineer wanted for our Data Platform team.", []),
        ("The quick release of June was late.", []),
        ("Okonkwo, Adaeze – shortlisted", ["Okonkwo, Adaeze"]),
        ("MARIA FERNANDEZ LOPEZ\nWAREHOUSE SUPERVISOR", ["MARIA FERNANDEZ LOPEZ"]),
        ("please tell keiko tanaka that i am late", ["keiko tanaka"]),
        ("J. R. Halvorsen seconded the motion.", ["J. R. Halvorsen"]),
        ("Talk to Joost van der Meulen and Layla al-Rashid.", ["Joost van der Meulen", "Layla al-Rashid"]),
        ("Jean-Luc Moreau and Mary-Ann O'Brien left.", ["Jean-Luc Moreau", "Mary-Ann O'Brien"]),
        ("LinkedIn, GitHub, PyCon and YouTube", []),
        ("Join Northwind Traders as Senior Product Manager.", []),
        ("The Ministry of Labour and the Bank of England published it.", []),
        ("our new agile coach will join the scrum team in may", []),
        ("Ask Mark. Mark the date. Will you grant access?", ["Mark"]),
    ],
)
def test_people_are_found_and_things_are_not(text: str, names: list[str]) -> None:
    """People of many countries, with their titles; no tools, teams, places or months."""
    assert found(text, "person") == names


@pytest.mark.parametrize(
    "text",
    [
        "12 Baker Street, London",
        "Hauptstraße 5, 10115 Berlin",
        "12 rue de la Paix, 75002 Paris",
        "Via Roma 12, 00184 Roma",
        "Calle Mayor 5, 28013 Madrid",
        "PO Box 1234",
        "742 Evergreen Terrace, Springfield, IL 62704",
        "Storgatan 5, 123 45 Umeå",
    ],
)
def test_addresses_of_many_countries_are_found(text: str) -> None:
    """The grammar alone finds the street, and the whole finder most of the address."""
    assert address.find(f"It went to {text}.")
    assert sum(map(len, found(f"It went to {text}.", "address"))) * 2 >= len(text)


def test_a_part_of_a_name_is_found_again() -> None:
    """Who was named in full is known by one of the names, wherever it stands in the text; common words are not."""
    text = "Yesterday Tomasz Wiśniewski called. The report of Wiśniewski is late. May Sommers may come in May."

    assert found(text, "person").count("Wiśniewski") == 1
    assert found("Tomasz Wiśniewski called.\nSee Wiśniewski.\nSee Wiśniewski's.", "person").count("Wiśniewski") == 2
    assert "May" not in found(text, "person")


def test_the_dot_of_a_sentence_is_no_part_of_an_address() -> None:
    """The last dot stays outside; that of a short form inside stays in."""
    assert found("Send it to 12 Baker Lane, Tarnwick.", "address") == ["12 Baker Lane, Tarnwick"]


def test_forms_that_nothing_was_learned_from_are_read() -> None:
    """On sentences of work that are in no training, half of the names in no list, recall holds."""
    counts = score.counted(DATA.find, unseen.forms())

    recall, precision = score.rates(counts, "person")
    assert recall >= UNSEEN_RECALL
    assert precision >= UNSEEN_PRECISION
    assert score.rates(counts, "address")[0] >= 0.92


def test_dates_and_counts_are_no_addresses() -> None:
    """Numbers beside capitals are not streets."""
    for text in ("On May 18, 2021 we met.", "Java 17, Windows 10 and HTTP/2", "9 of 12 teams in Q3 2020"):
        assert found(text, "address") == []


def test_detect_gives_a_probability_by_kind() -> None:
    """The score is the surest kind's; a bare link alone is none."""
    seen = DATA.detect("Ana Bell, ana@post.example")

    assert seen.score == 1.0
    assert set(seen.labels) == {"person", "email"}
    assert DATA.detect("see https://example.org").score == 0.0
    assert DATA.detect("").score == 0.0


def test_another_reader_takes_the_place_of_the_tagger() -> None:
    """Names of a reader that is handed in are used as they are."""
    other = PersonalData(reader=lambda text: [Marked(0, 3, "person", 0.7)] if text else [])

    assert [mark.label for mark in other.find("xyz a@b.example")] == ["person", "email"]


def test_what_is_masked_comes_back_whole() -> None:
    """Three hundred made-up texts are the same after masking and restoring."""
    for example in made(random.Random(2), 300):
        masker = Masker(DATA.find, MASKED)

        assert restore(masker.mask(example.text), masker.values) == example.text


def test_odd_text_breaks_nothing() -> None:
    """Any characters, in any number, are read without an error."""
    chance = random.Random(9)
    for _ in range(300):
        text = "".join(chr(chance.choice((chance.randint(1, 127), chance.randint(128, 0xD7FF)))) for _ in range(60))
        assert all(0 <= mark.start < mark.end <= len(text) for mark in DATA.find(text))
    assert DATA.find("word " * 3_000) == ()


def test_the_weights_are_what_their_manifest_says() -> None:
    """Files, licences and metrics are there, and dev is at the bar."""
    manifest = weights.load(tagger.FOLDER)

    assert manifest.thresholds.keys() == {"person", "address"}
    assert all(one["licence"] for one in manifest.data)
    assert manifest.metrics["person recall"] >= 0.92
    assert manifest.metrics["person precision"] >= 0.95
    assert manifest.metrics["address recall"] >= 0.75


def test_training_learns() -> None:
    """A toy run on templates alone brings the loss down by half."""
    _, losses = train(gathered(None, TOY, []), TOY, quiet=True)

    assert losses[-1] < losses[0] / 2
