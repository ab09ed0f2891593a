"""Masked text gives nothing away and comes back as it was, however it was cut on the way."""

import random

import pytest

from nutgraf.detection import Marked
from nutgraf.trust.pii.masking import Masker, Unmasker, redact, restore
from nutgraf.trust.pii.stream import StreamRedactor
from nutgraf.trust.pii.structured import KINDS, find

NAMES = ("Ana Bell", "Ana", "Jo Ek")


def named(text: str) -> list[Marked]:
    """Structured findings, and the three people of these tests."""
    people = [
        Marked(at, at + len(name), "person") for name in NAMES for at in range(len(text)) if text.startswith(name, at)
    ]
    return [*find(text), *people]


def masker() -> Masker:
    """A masker of everything."""
    return Masker(named, (*KINDS, "person"))


def cut(text: str, chance: random.Random) -> list[str]:
    """A text in pieces of one to nine characters."""
    pieces, at = [], 0
    while at < len(text):
        size = chance.randint(1, 9)
        pieces.append(text[at : at + size])
        at += size
    return pieces


def test_a_value_keeps_its_placeholder() -> None:
    """The same value is the same placeholder in every text of one answer, and values tell apart."""
    one = masker()

    assert one.mask("Ana Bell, a@b.example, Jo Ek") == "[PERSON_1], [EMAIL_1], [PERSON_2]"
    assert one.mask("Jo Ek wrote to a@b.example") == "[PERSON_2] wrote to [EMAIL_1]"


def test_what_was_masked_once_is_masked_everywhere() -> None:
    """A later text in which the finder misses the name still does not show it."""
    one = Masker(lambda text: named(text) if "Mail" in text else [], ("person",))
    one.mask("Mail Ana Bell")

    assert one.mask("and Ana Bell again") == "and [PERSON_1] again"


def test_only_the_asked_kinds_are_masked() -> None:
    """A link stays when only people are masked."""
    assert Masker(named, ("person",)).mask("Ana a@b.example") == "[PERSON_1] a@b.example"


def test_a_placeholder_in_the_text_is_not_filled_with_somebodys_data() -> None:
    """Text that pretends to be a placeholder comes back as itself."""
    one = masker()
    masked = one.mask("[PERSON_1] and Ana, [person 1]")

    assert restore(masked, one.values) == "[PERSON_1] and Ana, [person 1]"
    assert "Ana" not in masked


def test_ten_thousand_cuts_restore_the_same() -> None:
    """Any chunking restores what the whole text restores to, and no half placeholder is ever shown."""
    chance = random.Random(7)
    parts = ["Ana Bell", "a@b.example", "Jo Ek", " said [", "x]", "[PERSON_", "[PERSON_9]", "[[", "]", "\n", "_1]"]
    parts += [" 4111 1111 1111 1111 ", " then "]
    for _ in range(10_000):
        one = masker()
        source = "".join(chance.choices(parts, k=chance.randint(1, 9)))
        masked = one.mask(source)
        back, shown = Unmasker(one.values), ""
        for piece in cut(masked, chance):
            shown += back.feed(piece)
            assert source.startswith(shown)

        assert shown + back.close() == restore(masked, one.values) == source


def test_every_split_of_an_answer_restores_the_same() -> None:
    """Two pieces, cut at every point."""
    one = masker()
    masked = one.mask("Dear Ana Bell, we wrote to a@b.example and to Jo Ek.")
    for at in range(len(masked) + 1):
        back = Unmasker(one.values)

        assert back.feed(masked[:at]) + back.feed(masked[at:]) + back.close() == restore(masked, one.values)


def test_a_model_may_write_a_placeholder_its_own_way() -> None:
    """Another case and a space for the underline are read; an unknown one stays."""
    assert restore("[Person 1] and [PERSON_7]", {"PERSON_1": "Ana"}) == "Ana and [PERSON_7]"


SECRETS = [
    "Your card 4111 1111 1111 1111 was charged today, thank you for that.",
    "Pay to DE89 3704 0044 0532 0130 00 before the end of the month.",
    "Her number is SSN 460-89-9847, write it down.",
    "Call her on +46 70 123 45 67 ext. 12 after nine in the morning.",
    "It is ana (at) example (dot) org for all of us here.",
    "Born 12 March 1985 in a small village by the sea.",
    "Mail a.b@c.example.org, or https://ana:pw@host.example/x?y=1 at night.",
    "Her address is 192.168.1.44 and NINO AB 12 34 56 C there.",
    "9469 9966 office\n070 4493 5104 mobile\nthen words follow here",
]


@pytest.mark.parametrize("text", SECRETS)
def test_a_stream_leaks_nothing_at_any_split(text: str) -> None:
    """Cut at every point, and letter by letter, the stream shows what redacting the whole text shows."""
    whole = redact(text)
    for pieces in [list(text), *([text[:at], text[at:]] for at in range(1, len(text)))]:
        stream = StreamRedactor()

        assert "".join([*map(stream.feed, pieces), stream.close()]) == whole != text


def test_ten_thousand_streams_leak_nothing() -> None:
    """Mixed texts in random pieces come out as the whole text does."""
    chance = random.Random(11)
    words = "we saw the report of May and wrote ( again ) of it, it was 12 pages".split()
    for _ in range(10_000):
        plain = [" ".join(chance.choices(words, k=6)) for _ in range(3)]
        parts = [chance.choice(SECRETS) if chance.random() < 0.3 else words for words in plain]
        text = chance.choice((" ", "\n")).join(parts)
        stream = StreamRedactor()

        assert "".join([*map(stream.feed, cut(text, chance)), stream.close()]) == redact(text)


def test_redacting_every_piece_by_itself_would_leak() -> None:
    """Control: without holding back, a card number cut in two is shown."""
    text = SECRETS[0]

    assert "4111 1111" in redact(text[:20]) + redact(text[20:])


def test_a_stream_does_not_wait_for_ever() -> None:
    """Plain words are shown while the text still comes."""
    stream = StreamRedactor()

    assert stream.feed("One two three four five six seven ") == "One two three four five six "
