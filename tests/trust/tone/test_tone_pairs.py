"""The pairs that tone is trained with: enough of them, and nothing of the test part in the others."""

from collections import Counter

from nutgraf.trust.tone.detector import LABELS
from training.tone.figures import functional
from training.tone.pairs import FAULTS, PARTS, fair, pairs, patterns, situations


def test_there_are_enough_pairs_and_patterns() -> None:
    """At least 1,500 pairs, 25 situations, and 60 patterns for each of the seven faults towards the reader."""
    counts = Counter(fault for fault, *_ in patterns())

    assert len(pairs()) >= 1500
    assert len(situations()) >= 25
    assert all(counts[fault] >= 60 for fault in list(FAULTS)[:7])
    assert set(FAULTS.values()) <= set(LABELS)


def test_no_pattern_or_situation_is_in_two_parts() -> None:
    """A pattern, a situation and a faulty sentence belong to one part only."""
    for name in ("pattern", "situation", "faulty"):
        parts: dict[str, set[str]] = {}
        for pair in pairs():
            parts.setdefault(getattr(pair, name), set()).add(pair.part)
        assert all(len(some) == 1 for some in parts.values()), name


def test_no_slot_is_left_open() -> None:
    """Every sentence is filled, begins with a capital, and the two members differ."""
    texts = [side for pair in pairs() for side in (pair.faulty, pair.fair)] + [t for part in PARTS for t in fair(part)]

    assert not [text for text in texts if "{" in text or text[0].islower()]
    assert all(pair.faulty != pair.fair for pair in pairs())


def test_functional_tests_are_sixty_kinds_of_twenty_and_not_learned() -> None:
    """Sixty kinds, twenty different texts each, none of them in the pairs or fair sentences."""
    found = functional()
    learned = {side for pair in pairs() for side in (pair.faulty, pair.fair)}
    learned |= {text for part in PARTS for text in fair(part)}

    assert len(found) >= 60
    for kind, (wants, texts) in found.items():
        assert len(set(texts)) == 20, kind
        assert wants == "fair" or wants in LABELS
        assert not learned & set(texts), kind
