"""The sentence splitter: hard cases, any cut, linear work."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nutgraf.text.sentences import Splitter, split
from tests.text.cuts import calls, every_cut

#: Each line is one text; ` | ` stands where its sentences meet, and reads as one space.
HARD = """
The clinic moved its window. | Waits fell.
Dr. Lee met Mrs. Ortiz and Prof. Adams. | They agreed.
He served in the U.S. Army until May. | Then he left.
He moved to the U.S. | The firm followed.
She works for the U.S. Department of Energy. | It is large.
The office in Washington, D.C. Council chambers is open.
Apply by 5 p.m. | The form is short.
Apply by 5 p.m. Eastern time. | The form is short.
Apply by 5 p.m. Monday or 9 a.m. Tuesday.
Doors open at 9 a.m. | 20 people came.
Read No. 5 first. | No. 6 is longer.
Did she agree? | No. | I said so.
Was it a failure? | No. | The next one worked.
We used e.g. Rust and i.e. nothing else.
Bring tools, pens, etc. | We bring paper.
Bring pens etc. and paper.
Acme Inc. | The deal closed.
Acme Inc. Chief Executive Ana Ruiz spoke. | She smiled.
Acme Inc. said so. | Bolt Ltd. did not.
J. K. Lindqvist wrote it. | A. Berg agreed.
Take vitamin C. | It helps.
So do I. | The end.
It grew 3.5 percent. | It cost $1.20 each.
It cost a lot. | $5 would do.
It cost a lot. | €5 would do.
Version 2.0. | Version 3.0.1 follows.
See www.example.org/a.html for more. | Then write.
Visit example.org. | It is free.
Visit https://example.org/?q=1.5&x=Y! | Then stop.
Write to a.b@example.org today. | Do it.
Use Node.js. | Use .NET too.
“It works.” | He left.
"It works." | "Does it?"
"Is it done?" she asked. | Nobody answered.
‘No.’ | That was all.
He said “We cut waits.” | Then he sat down.
(He left early.) | Then it rained.
The rule (see p. 4. And more there) holds. | It is old.
The rule (it is old.) holds still. | Yes.
The list [see Fig. 3. It is long.] was cut. | It helps.
An open ( bracket ends nothing here. And this stays. But a
1. Open the lid. | 2. Close it.
a) Open the lid. b) Close it.
(1) Open the lid. | (2) Close it.
IV. Open the lid. | X. Close it.
A. Open the lid.
Wait… | What was that?
Wait... | What was that?
Wait… it goes on. | Done.
Wait ... it goes on. | Done.
What?! | Really?! | Yes.
It fell.[3] | The next rose.[12][13] | Done.
It fell.³ | The next rose.† | Done.
It fell.[see note] The next rose.
病院は移転した。 | 待ち時間は減った。
他到了。 | 真的吗？ | 是的！
هل انتهى؟ | نعم. | شكرا.
یہ ٹھیک ہے۔ | وہ گیا۔
वह आया। | वह गया।
Это конец. | Начало.
Élan is back. | État is not.
He came. élan stays small. | No.
Smith et al. found it. | Others did not.
Smith et al. | The others did not.
Roe v. Wade was long. | Smith vs. Jones was not.
On Jan. 5 it opened. | In Jan. | The rest closed.
Sen. Ruiz and Gov. Berg met on Main St. | The talk was short.
The sales rep. | The buyer came.
He likes art. | The museum does too.
See art. 5 and sec. 7 of vol. 2 on pp. 10 to 12.
She has a Ph.D. | The topic was bread.
She has a Ph.D. Committee seat.
He was born c. 1820. | She was not.
Stop! | Go. | No? | Yes.
Yahoo! is a name. | So is iPhone.
The price fell.5 percent is not an ending.
**Bold ends here.** | Plain follows.
_So it goes._ | Next.
Dear Mr. and Mrs. Berg.
He left. – She stayed.
🎉 We won! | 🎉 We won again.
John Jr. | The father was John Sr. Smith.
"""
CASES = [line.split(" | ") for line in HARD.strip().splitlines()]
LAYOUT = {
    "hard wrap": ("The clinic moved\nits window. Waits\nfell.", ["The clinic moved\nits window.", "Waits\nfell."]),
    "blank line": ("A heading\n\nIts text", ["A heading", "Its text"]),
    "blank line with spaces": ("A heading\n \t\nits text", ["A heading", "its text"]),
    "bullets": ("Bring:\n• pens\n• paper", ["Bring:", "• pens", "• paper"]),
    "dashes": ("Bring:\n- pens\n- paper", ["Bring:", "- pens", "- paper"]),
    "a dash that wraps": ("The old clinic\n-based rule holds", ["The old clinic\n-based rule holds"]),
    "windows lines": ("One ends.\r\nTwo ends.\r\n\r\nThree", ["One ends.", "Two ends.", "Three"]),
    "only space": (" \n\t ", []),
    "nothing": ("", []),
    "space around": ("  One ends.   Two ends.  ", ["One ends.", "Two ends."]),
    "stops only": ("...", ["..."]),
}

PIECES = st.sampled_from(
    'The clinic moved|U.S.|Dr.|No.|p.m.|e.g.|Inc.|St.|J.|3.5|5|1.|(|)|[|]|[3]|“|”|"|.|?|!|…|...|。|？|「|」|؟| | |\n|'
    "\n\n|\n- |\n• |\r\n|the|and|He|It|Monday|é|É|病院|🎉|*|**|_|-|–|³|†|,|:|;|\u2028|\x00".split("|")
)
TEXTS = st.lists(PIECES, max_size=40).map("".join)


def sentences(pieces: list[str], at_most_chars: int = 1200) -> list[str]:
    """The sentences of a text that arrives in pieces."""
    splitter = Splitter(at_most_chars)
    spans = [span for piece in pieces for span in splitter.feed(piece)] + splitter.close()
    text = "".join(pieces)
    return [text[start:end] for start, end in spans]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case[0][:40])
def test_hard_cases(case: list[str]) -> None:
    """Sentences end where a reader would end them, however the text is cut."""
    for pieces in every_cut(" ".join(case)):
        assert sentences(pieces) == case


def test_there_are_enough_hard_cases() -> None:
    """The table above does not shrink unseen."""
    assert len(CASES) + len(LAYOUT) >= 60


@pytest.mark.parametrize(("text", "wanted"), LAYOUT.values(), ids=LAYOUT)
def test_layout(text: str, wanted: list[str]) -> None:
    """Wrapped lines stay together; blank lines and list items part."""
    for pieces in every_cut(text):
        assert sentences(pieces) == wanted


@settings(deadline=None, max_examples=300)
@given(TEXTS, st.integers(5, 60), st.randoms(use_true_random=False))
def test_any_cut_gives_the_same_sentences(text: str, at_most_chars: int, random: object) -> None:
    """Where the text is cut never shows, whatever the limit."""
    whole = sentences([text], at_most_chars)
    cut = sorted(random.sample(range(len(text) + 1), min(3, len(text))))  # type: ignore[attr-defined]
    pieces = [text[a:b] for a, b in zip([0, *cut], [*cut, len(text)], strict=True)]

    assert sentences(list(text), at_most_chars) == whole
    assert sentences(pieces, at_most_chars) == whole


@settings(deadline=None, max_examples=300)
@given(TEXTS | st.text(max_size=80), st.integers(1, 60))
def test_joined_sentences_give_the_text_back(text: str, at_most_chars: int) -> None:
    """Only white space lies between sentences; none is empty, longer than the limit or padded."""
    spans = split(text, at_most_chars)
    gaps = [text[a:b] for a, b in zip([0, *(e for _, e in spans)], [*(s for s, _ in spans), len(text)], strict=True)]

    assert all(not gap.strip() for gap in gaps)
    assert all(0 < end - start <= at_most_chars and text[start:end] == text[start:end].strip() for start, end in spans)


@settings(deadline=None, max_examples=200)
@given(TEXTS)
def test_nothing_is_taken_back(text: str) -> None:
    """What is given out after each piece stays; more text only adds to it."""
    splitter = Splitter()
    given_out: list[tuple[int, int]] = []
    for i, char in enumerate(text):
        new = splitter.feed(char)
        assert all(end <= i for _, end in new)
        given_out += new
        assert splitter.begun >= max((end for _, end in given_out), default=0)

    assert given_out == split(text)[: len(given_out)]


def test_a_closed_splitter_goes_on_with_the_next_text() -> None:
    """After `close` the offsets go on and the next sentence is new, even in small letters."""
    splitter = Splitter()

    assert splitter.feed("One (open") + splitter.close() == [(0, 9)]
    assert splitter.begun == 9
    assert splitter.feed(" two. Three") + splitter.close() == [(10, 14), (15, 20)]


@pytest.mark.parametrize(
    "unit", ["The clinic moved, e.g. twice. ", ".", " ", "a", "(", ". \n", "A. ", "[1", "U.S. ", "病。", "\n", "\n- "]
)
def test_work_is_linear(unit: str) -> None:
    """Twice the text is twice the work, fed at once or one by one, and the text is not kept."""

    def work(size: int, step: int) -> int:
        text = unit * (size // len(unit))
        splitter = Splitter()

        def feed() -> None:
            for i in range(0, len(text), step):
                splitter.feed(text[i : i + step])

        count = calls(feed)
        kept = [value for name in vars(splitter) if isinstance(value := getattr(splitter, name), str)]
        assert sum(map(len, kept)) < 100
        return count

    for step in (1, 16_000):
        once, twice = work(8_000, step), work(16_000, step)
        assert twice <= 2.2 * once + 50


def test_a_long_text_fed_one_by_one() -> None:
    """400,000 characters come through one by one as they do at once."""
    text = "The clinic moved its window, e.g. twice. Dr. Lee said so at 5 p.m. The end came. " * 5000

    assert sentences(list(text)) == sentences([text])
    assert len(sentences([text])) == 15_000
