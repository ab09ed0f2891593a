"""Personal data: recall and precision on pii_presidio, each with its interval by template.

`python -m bench.trust_parts.pii DATA [--short]` prints the figures. Beside ours stand two simple rules: what any
regular expression for e-mail, long numbers and links finds, and two capitalised words in a row as a person.
"""

from __future__ import annotations

import argparse
import re
import sys
import time
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from nutgraf.detection import Marked
from nutgraf.trust.pii.detector import PersonalData
from training.pii import score, unseen
from training.pii.examples import Example, rows

Figure = tuple[float, float, float]

#: Types of the set and our kinds.
KINDS = {
    "EMAIL_ADDRESS": "email", "CREDIT_CARD": "card", "PHONE_NUMBER": "phone", "US_SSN": "ssn", "IP_ADDRESS": "ip",
    "IBAN_CODE": "iban", "DOMAIN_NAME": "link", "US_DRIVER_LICENSE": "document", "PERSON": "person",
    "ADDRESS": "address", "STREET_ADDRESS": "address", "ZIP_CODE": "address", "GPE": "place", "LOCATION": "place",
    "TITLE": "title", "PREFIX": "title", "DATE_TIME": "birth_date",
}  # fmt: skip
STRUCTURED = ("email", "card", "phone", "ssn", "ip", "iban", "link", "document")
_TITLE = re.compile(r"(?:Mr|Mrs|Ms|Dr|Miss)\.?", re.IGNORECASE)


def examples(path: Path) -> list[Example]:
    """The sentences of a part with every span whose kind we look for."""
    found = []
    for row in rows(path):
        spans = tuple(
            (s["start"], s["end"], "title" if _TITLE.fullmatch(s["text"]) else KINDS[s["type"]])
            for s in row["spans"]
            if s["type"] in KINDS
        )
        found.append(Example(row["text"], spans, re.sub(r"\{\{\w+\}\}", "{}", row["template"].lower())))
    return found


def figures(data: Path, *, short: bool) -> dict[str, float | Figure]:
    """Recall and precision on dev and, for the forms that nothing is trained for, on train as well."""
    finder = PersonalData()
    dev = examples(data / "pii_presidio/dev.jsonl.gz")
    train = examples(data / "pii_presidio/train.jsonl.gz")[:: 8 if short else 1]
    draws = 200 if short else 1000
    found = score.counted(_renamed(finder), dev)
    known = score.counted(_renamed(finder), train)
    figures: dict[str, float | Figure] = {}
    for name, kinds in (("structured", STRUCTURED), ("person", ("person",)), ("address", ("address",))):
        figures[f"pii: {name} recall"] = score.interval(found, kinds, 0, draws)
        figures[f"pii: {name} precision"] = score.interval(found, kinds, 1, draws)
    figures["pii: structured recall, train"] = score.interval(known, STRUCTURED, 0, draws)
    figures["pii: structured precision, train"] = score.interval(known, STRUCTURED, 1, draws)
    own = score.counted(finder.find, unseen.forms())
    for which, rate in enumerate(("recall", "precision")):
        figures[f"pii: person {rate}, unseen forms of work"] = score.interval(own, ("person",), which, draws)
        figures[f"pii: address {rate}, unseen forms of work"] = score.interval(own, ("address",), which, draws)
    simple = score.counted(_simple, dev)
    figures["pii: simple rules, structured recall"] = score.rates(simple, *STRUCTURED)[0]
    figures["pii: simple rules, person recall"], figures["pii: simple rules, person precision"] = score.rates(
        simple, "person"
    )
    texts = [one.text for one in dev]
    start = time.process_time()
    for text in texts:
        finder.find(text)
    figures["pii: ms a sentence"] = (time.process_time() - start) / len(texts) * 1e3
    return figures


def _renamed(finder: PersonalData) -> score.Finder:
    """The set calls every address on the web a domain name, whether it names somebody or not."""

    def find(text: str) -> Sequence[Marked]:
        return [
            Marked(mark.start, mark.end, "link") if mark.label == "url" else mark
            for mark in finder.find(text)
            if mark.label != "birth_date"
        ]

    return find


def _simple(text: str) -> list[Marked]:
    patterns = (("email", r"\S+@\S+"), ("card", r"\d{13,16}"), ("phone", r"\+?[\d() -]{9,}"), ("link", r"http\S+"),
                ("person", r"[A-Z]\w+ [A-Z]\w+"))  # fmt: skip
    return [Marked(*match.span(), kind) for kind, form in patterns for match in re.finditer(form, text)]


def main() -> None:
    """Print every figure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--short", action="store_true")
    chosen = parser.parse_args()
    for name, value in figures(chosen.data, short=chosen.short).items():
        shown = value if isinstance(value, float) else value[0]
        rest = "" if isinstance(value, float) else f"  ({value[1]:.3f} to {value[2]:.3f})"
        print(f"{name:45} {shown:.3f}{rest}")


if __name__ == "__main__":
    main()
