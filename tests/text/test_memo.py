"""What an answer remembers of its texts, and that nothing else does."""

from nutgraf.text.memo import KEPT_AT_MOST, Memo, memoised

CALLS: list[str] = []


@memoised
def length(text: str) -> int:
    """How long a text is, noting that it was asked."""
    CALLS.append(text)
    return len(text)


def test_nothing_is_kept_without_a_memo() -> None:
    """Outside an answer every call works anew."""
    CALLS.clear()

    assert [length("canary"), length("canary")] == [6, 6]
    assert CALLS == ["canary", "canary"]


def test_an_answer_works_once() -> None:
    """Within one memo the second call is looked up, and None is a result like any other."""
    CALLS.clear()
    nothing = memoised(CALLS.append)
    with Memo().used():
        assert [length("canary"), length("canary")] == [6, 6]
        assert [nothing("none"), nothing("none")] == [None, None]

    assert CALLS == ["canary", "none"]


def test_no_answer_sees_another_ones_texts() -> None:
    """What one answer worked out is not looked up by the next, and is gone with it."""
    CALLS.clear()
    first, second = Memo(), Memo()
    with first.used():
        length("canary")
    with second.used():
        length("canary")

    assert CALLS == ["canary", "canary"]
    assert list(second.kept.values()) == [6]


def test_a_memo_stays_small() -> None:
    """Beyond its limit a memo keeps nothing more, and results are the same."""
    memo = Memo()
    with memo.used():
        found = [length("x" * n) for n in range(KEPT_AT_MOST + 10)]

    assert found == list(range(KEPT_AT_MOST + 10))
    assert len(memo.kept) == KEPT_AT_MOST
