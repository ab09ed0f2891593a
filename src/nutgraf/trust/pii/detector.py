"""Personal data of every kind in one text: forms, addresses by grammar, and names by the tagger or another reader."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from nutgraf import weights
from nutgraf.detection import Detected, Marked
from nutgraf.trust.pii import address, lexicon, structured, tagger

#: Everything that can be found; `link` is found and reported, and not masked unless asked for.
KINDS = (*structured.KINDS, "person", "address")
MASKED = tuple(kind for kind in KINDS if kind != "link")
#: Another reader of names, such as a named-entity model: its marks are labelled `person` and `address`.
Reader = Callable[[str], Sequence[Marked]]


class PersonalData:
    """The detector of personal data. `reader` takes the place of the tagger; synchronous, safe between threads."""

    name = "pii"

    def __init__(self, *, reader: Reader | None = None, folder: Path = tagger.FOLDER) -> None:
        """Load the tagger of `folder` unless another reader is given. Raises MissingPart."""
        self._read: Reader = reader or tagger.load(folder).find
        self.version = "reader" if reader else weights.load(folder).id

    def find(self, text: str) -> tuple[Marked, ...]:
        """Every place that holds personal data, in order, without overlaps."""
        found = list(structured.find(text))
        read = self._read(text)
        addresses = _merged([*address.find(text), *(mark for mark in read if mark.label == "address")])
        people = [_titled(text, mark) for mark in read if mark.label == "person"]
        for mark in (*addresses, *people, *_again(text, people)):
            if all(mark.end <= other.start or other.end <= mark.start for other in found):
                found.append(mark)
        return tuple(sorted(found, key=lambda mark: mark.start))

    def detect(self, text: str) -> Detected:
        """The probability that the text holds personal data, by kind; a bare link counts in its label alone."""
        spans = self.find(text)
        labels: dict[str, float] = {}
        for mark in spans:
            labels[mark.label] = max(labels.get(mark.label, 0.0), mark.score)
        best = max((mark for mark in spans if mark.label != "link"), key=lambda mark: mark.score, default=None)
        return Detected(
            best.score if best else 0.0, labels, spans, "pii", f"{best.label}: {best.because}" if best else ""
        )


_NAME = re.compile(r"[^\W\d_](?:[^\W\d_]|['’-](?=[^\W\d_])){2,}")
#: From which probability on a whole name is looked for again by its parts.
_SURE = 0.8
#: Words that are no name by themselves, although a name may hold them.
_NO_NAME = lexicon.COMMON | lexicon.TITLE | lexicon.MONTH | lexicon.FIRM | lexicon.PLACE | lexicon.ROLE
_TITLE = re.compile(r"(?<!\w)(?:Mr|Mrs|Ms|Mx|Miss|Dr|Prof|Sir|Madam|Herr|Frau|Mme|Mlle|Sr|Sra)\.? ?$", re.IGNORECASE)


def _titled(text: str, mark: Marked) -> Marked:
    """A person with the title before the name, which tells as much of them."""
    title = _TITLE.search(text, max(0, mark.start - 8), mark.start)
    return replace(mark, start=title.start()) if title else mark


def _again(text: str, people: Sequence[Marked]) -> Iterator[Marked]:
    """Where one part of a whole name that was found stands by itself, as names do after the first time."""
    parts: dict[str, float] = {}
    for mark in people:
        words = _NAME.findall(text[mark.start : mark.end])
        if len(words) > 1 and mark.score >= _SURE:
            for word in (words[0], words[-1]):
                if not lexicon.kinds(word) & _NO_NAME:
                    parts[word] = max(mark.score, parts.get(word, 0.0))
    for word, score in parts.items():
        for match in re.finditer(rf"(?<![\w-]){re.escape(word)}(?![\w-])", text):
            yield Marked(match.start(), match.end(), "person", score, "a part of a name that stands in the same text")


def _merged(marks: Iterable[Marked]) -> list[Marked]:
    """Marks of one label, those that overlap made one."""
    found: list[Marked] = []
    for mark in sorted(marks, key=lambda mark: mark.start):
        if found and mark.start < found[-1].end:
            last = found[-1]
            best = max(last, mark, key=lambda one: one.score)
            found[-1] = Marked(last.start, max(last.end, mark.end), mark.label, best.score, best.because)
        else:
            found.append(mark)
    return found


def spacy_reader(model: str) -> Reader:
    """A reader on an installed spaCy model, by name or path; its PERSON entities. Raises MissingPart without spaCy."""
    from nutgraf.errors import MissingPart

    try:
        import spacy  # type: ignore[import-not-found]

        pipeline = spacy.load(model)
    except (ImportError, OSError) as exc:
        raise MissingPart(
            f"reader {model!r}: spaCy or the model is not installed; install both, or leave it out"
        ) from exc

    def read(text: str) -> list[Marked]:
        return [
            Marked(entity.start_char, entity.end_char, "person", 0.9, f"named by {model}")
            for entity in pipeline(text).ents
            if entity.label_ in ("PERSON", "PER")
        ]

    return read
