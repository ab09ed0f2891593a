"""The minimal pairs for training: both members, one change, the same for the same seed."""

from training.pairs import INVENTED, KINDS, pairs

SOURCE = (
    "Larch Bakery opened its third shop in Dunmere on Monday, March 4, 2019.",
    "The owner, Ada Quill, said that most customers may pay with a card after June.",
    "In 2021 Larch Bakery acquired Oven House for 12 million dollars.",
    "The shop is open for 9 hours and it provides free bread to 40 schools.",
    "It was not the first bakery that Oven House had sold in Westport.",
) * 4


def test_pairs_differ_only_at_their_span() -> None:
    """The bad member is the good one with the text of the span put in, and is not in the source."""
    made = list(pairs([SOURCE], seed=3, each=4))
    assert len(made) > 20
    for pair in made:
        start, end = pair.span
        after = len(pair.bad) - end
        assert pair.good[:start] == pair.bad[:start]
        assert pair.good[len(pair.good) - after :] == pair.bad[end:]
        assert pair.bad not in SOURCE
        assert pair.kind in KINDS


def test_the_same_seed_gives_the_same_pairs() -> None:
    """Pairs can be made again from documents and a seed."""
    assert list(pairs([SOURCE], seed=5)) == list(pairs([SOURCE], seed=5))
    assert {pair.kind for pair in pairs([SOURCE], seed=5, each=9)} >= set(INVENTED)
