"""Where do sentences end while a text is still arriving? `python bench/splitter.py [--short] [--control] [--wrong]`.

The hard paragraphs below are our own; no rule was written for them. `¦` stands where one sentence ends and the next
begins. Precision and recall are of these boundaries. Every text also arrives in pieces of two to seven characters, cut
at random: a boundary that is given out on the way and is none in the whole text is *contradicted*. CPU time a sentence
is that of a whole text, and of one that grows by such pieces.

With --control a regular expression splits, after each piece anew; must exit 1. With --wrong each miss is printed.
"""

from __future__ import annotations

import argparse
import random
import re
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from nutgraf.text.sentences import Splitter, split

HARD_AT_LEAST = 0.95
CONTRADICTED_AT_MOST = 0
GOAL_US = 20.0  # CPU time a sentence of a whole text
CUTTINGS, CUTTINGS_SHORT = 40, 8
ROUNDS, ROUNDS_SHORT = 40, 10
MARK = "¦"

HARD = {
    "titles and initials": """Mr. Okafor hired Dr. Ines Vale in 2019. ¦Her mentor, Prof. E. T. Holm, had left the lab by
then. ¦“He was kind,” says Ms. Vale. ¦J. P. Aldous disagrees. ¦So does Gen. Mara Stitt, who chairs the board with
Rev. Tom Pike. ¦Sen. Lund did not reply.""",
    "companies": """Brightwater Inc. sold its pumps to Halden Ltd. in March. ¦The buyer, Kestrel & Co., paid in shares.
¦Nobody at Osprey Corp. expected it. ¦Its rival Tern Bros. Foods had bid more. ¦Analysts at Vole Corp. were calm. ¦They
had read the filing.""",
    "figures": """Revenue rose 4.5% to $12.75 million. ¦The margin was 0.8 points better. ¦Version 3.2.1 shipped on
Nov. 12. ¦About 1,200.50 euros were left over. ¦2024 was worse. ¦See Fig. 7 and Eq. 12 for the curve, and p.
48 of vol. 2 for the data. ¦$3 of every $10 went to repairs.""",
    "times": """The ferry leaves at 6 a.m. and returns at 9 p.m. ¦The crew rests. ¦On Jan. 3 it left at 5 p.m. Eastern
time. ¦Calls opened at 8 a.m. Monday. ¦By 11 a.m. the hall was full. ¦It closed at 4 p.m. ¦Nobody complained.""",
    "places": """She moved from Washington, D.C. to St. Louis. ¦The U.S. Treasury objected. ¦He has lived in
the U.K. ¦He likes it. ¦Mt. Arden is north of Ft. Bell. ¦The E.U. Commission wrote back in May.""",
    "quotes": """“Is it finished?” she asked. ¦“Not yet.” ¦Then he turned away. ¦The sign said “Closed.” ¦They waited.
¦'It will do.' ¦That was the verdict. ¦"We cut the queue. We kept the staff," the memo says. ¦He called it “a fine
mess!” and left.""",
    "brackets": """The pilot (run in two towns. Both small.) ended in June. ¦(It had begun in May.) ¦Costs fell [see
Appendix B. It is long.] by a third. ¦Two sites stayed (the third, in Oslo, closed). ¦Why? ¦Nobody asked.""",
    "footnotes": """Waits fell by a third.[4] ¦Costs did too.[5][6] ¦Trust rose.² ¦The effect faded after a year.†
¦Smith et al. report the same. ¦A second team, e.g. the one in Bergen, could not repeat it.""",
    "stops": """Wait... ¦Was that all? ¦No! ¦He paused… and went on. ¦What?! ¦She laughed. ¦Well ... perhaps. ¦So be it.
¦And then… ¦Nothing.""",
    "web": """Read www.harbour.example.org/faq.html first. ¦Then write to help@harbour.example.org. ¦Node.js and .NET
both work. ¦The file is called report.v2.pdf. ¦Use https://example.org/?a=1.5&b=No!x to test. ¦It answers at once.""",
    "numbered list": """1. Fill the tank. ¦2. Close the valve. ¦3. Wait for approx. 5 minutes. ¦It hums.""",
    "bulleted list": """The kit holds three things:
¦- a pump with a spare seal
¦- two hoses
¦- a manual

¦Keep it dry.""",
    "heading": """What changed this year

¦The council met twice. ¦It agreed on
one thing: the quay stays.

¦What comes next

¦A vote, in Sept. 2027.""",
    "names of products": """Yahoo! grew again. ¦Guess? did not. ¦The iPhone sold well. ¦iPads did not. ¦eBay
lists both.""",
    "short answers": """Did it work? ¦No. ¦Was it cheap? ¦No. 4 was. ¦Take vitamin B. ¦It helps. ¦So do I.
¦Plan A failed. ¦Plan B. Nothing else was left.""",
    "other scripts": """会议结束了。¦大家都走了。¦下次在五月吗？¦是的。¦वह घर गया। ¦सब खुश थे। ¦هل وصل القطار؟ ¦نعم، وصل.
¦Он ушёл. ¦Потом пришла она.""",
    "academic": """Cf. Lund (2019) and Vale vs. Holm. ¦The Ph.D. Program ended. ¦She has an M.A. from Oslo.
¦Sample sizes were small (n. b. the second row). ¦Values below p < .05 are bold. ¦Nos. 3 and 4 were dropped, i.e.
not counted.""",
}  # fmt: skip


class Control:
    """Splits all the text so far by one regular expression, after each piece anew."""

    def __init__(self) -> None:
        """No text yet."""
        self._text, self._given = "", 0

    def feed(self, piece: str) -> list[tuple[int, int]]:
        """Sentences that seem to have ended, and were not given out before."""
        self._text += piece
        found = control(self._text)
        new, self._given = found[self._given :], max(len(found), self._given)
        return new


def control(text: str) -> list[tuple[int, int]]:
    """A sentence ends where a stop is followed by white space or the end."""
    return [match.span() for match in re.finditer(r"\S.*?(?:[.!?](?=\s|$)|\Z)", text, re.DOTALL)]


@dataclass(frozen=True)
class Text:
    """A paragraph and the offsets where its sentences begin, but for the first."""

    name: str
    text: str
    begins: frozenset[int]


def texts() -> Iterator[Text]:
    """The hard paragraphs; hard wraps of this file that end in ordinary words stay in them."""
    for name, marked in HARD.items():
        parts = marked.split(MARK)
        starts, at = set(), 0
        for part in parts[:-1]:
            at += len(part)
            starts.add(at)
        yield Text(name, "".join(parts), frozenset(starts))


def pieces(text: str, seed: int) -> list[str]:
    """The text in pieces of two to seven characters."""
    source, found, at = random.Random(seed), [], 0
    while at < len(text):
        found.append(text[at : (at := at + source.randint(2, 7))])
    return found


def contradicted(text: Text, whole: set[tuple[int, int]], make: Callable[[], Splitter | Control], seed: int) -> int:
    """How many of the sentences given out on the way are none of the whole text."""
    splitter = make()
    return sum(span not in whole for piece in pieces(text.text, seed) for span in splitter.feed(piece))


def cpu_us(work: Callable[[], object], rounds: int) -> float:
    """The least CPU time of a round, in microseconds."""
    best = float("inf")
    for _ in range(rounds):
        began = time.process_time_ns()
        work()
        best = min(best, (time.process_time_ns() - began) / 1_000)
    return best


def grow(paragraphs: list[list[str]], make: Callable[[], Splitter | Control]) -> None:
    """Feed each paragraph piece by piece."""
    for parts in paragraphs:
        splitter = make()
        for part in parts:
            splitter.feed(part)


def show(text: Text, got: set[int]) -> None:
    """Print what stands around each boundary that was missed or made up."""
    for at in sorted(text.begins ^ got):
        kind = "missed" if at in text.begins else "made up"
        print(f"  {text.name}, {kind}: {text.text[max(0, at - 30) : at]!r} {MARK} {text.text[at : at + 20]!r}")


def main(options: argparse.Namespace) -> int:
    """Split the paragraphs; 0 when the bars hold."""
    whole_of, make = (control, Control) if options.control else (split, Splitter)
    found, right, wanted, given, broken, sentences = list(texts()), 0, 0, 0, 0, 0
    print(f"{'paragraph':<22}{'sentences':>10}{'precision':>11}{'recall':>8}{'contradicted':>14}")
    for text in found:
        spans = whole_of(text.text)
        got = {start for start, _ in spans[1:]}
        hit = len(got & text.begins)
        cut = range(CUTTINGS_SHORT if options.short else CUTTINGS)
        lost = sum(contradicted(text, set(spans), make, seed) for seed in cut)
        right, wanted, given, broken = right + hit, wanted + len(text.begins), given + len(got), broken + lost
        sentences += len(text.begins) + 1
        precision, recall = hit / max(1, len(got)), hit / max(1, len(text.begins))
        print(f"{text.name:<22}{len(text.begins) + 1:>10}{precision:>11.2f}{recall:>8.2f}{lost:>14}")
        if options.wrong:
            show(text, got)
    rounds = ROUNDS_SHORT if options.short else ROUNDS
    cut_up = [pieces(text.text, 1) for text in found]
    whole_us = cpu_us(lambda: [whole_of(text.text) for text in found], rounds) / sentences
    growing_us = cpu_us(lambda: grow(cut_up, make), rounds) / sentences
    print(f"goal: {GOAL_US:g} us a sentence of a whole text; {'reached' if whole_us <= GOAL_US else 'not reached'}")
    precision, recall = right / max(1, given), right / wanted
    print(
        f"sentences={sentences} precision={precision:.3f} recall={recall:.3f} contradicted={broken} "
        f"us_a_sentence={whole_us:.1f} us_a_sentence_growing={growing_us:.1f}"
    )
    return 0 if min(precision, recall) >= HARD_AT_LEAST and broken <= CONTRADICTED_AT_MOST else 1


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--short", action="store_true", help=f"{CUTTINGS_SHORT} cuttings instead of {CUTTINGS}")
    parser.add_argument("--control", action="store_true", help="a regular expression splits; must exit 1")
    parser.add_argument("--wrong", action="store_true", help="print every boundary that is missed or made up")
    sys.exit(main(parser.parse_args()))
