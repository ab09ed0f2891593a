"""What the judge of tone learns from: texts with what is known of each label, by source and part."""

from __future__ import annotations

import gzip
import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from nutgraf.text.sentences import split
from nutgraf.trust.tone.detector import LABELS
from training.tone.comments import comments
from training.tone.pairs import TONES, fair, pairs

TOXIC = LABELS[:6]
#: Licence of every set that is read for training.
LICENCES = {
    "tone_offensive_davidson": "MIT", "tone_surge_toxicity": "MIT", "tone_hatecheck": "CC-BY-4.0",
    "rt_toxic_continuation_rtp": "Apache-2.0", "rt_harmful_catqa": "Apache-2.0", "rt_xstest": "CC-BY-4.0",
    "rt_harmful_simplesafetytests": "CC-BY-4.0", "intent_clinc150": "CC-BY-3.0", "articles_18f": "CC0-1.0",
    "articles_digitalgov": "CC0-1.0", "articles_rust_blog": "MIT OR Apache-2.0", "companies_remote": "ISC",
    "articles_opensource_guide": "CC-BY-4.0", "courses_lessons": "CC-BY-4.0, MIT, CC0-1.0", "jobs_emscad": "CC0-1.0",
    "jobs_usgov_tts": "CC0-1.0", "posts_digitalgov_events": "CC0-1.0", "skills_esco_extraction": "CC-BY-4.0",
    "profiles_jsonresume": "MIT, CC-BY-4.0", "onet": "CC-BY-4.0",
}  # fmt: skip
PROSE = (
    "articles_18f", "articles_digitalgov", "articles_rust_blog", "articles_opensource_guide", "companies_remote",
    "courses_lessons", "jobs_emscad", "jobs_usgov_tts", "posts_digitalgov_events", "profiles_jsonresume",
)  # fmt: skip
#: Categories of other sets that are examples of one of our labels, and their weight.
RTP = {
    "flirtation": ("sexual", 0.3), "sexually_explicit": ("sexual", 0.7), "threat": ("violence", 0.5),
    "identity_attack": ("hate", 0.3), "insult": ("toxic", 0.7), "profanity": ("toxic", 0.5),
    "severe_toxicity": ("toxic", 0.7),
}  # fmt: skip
ASKED = {
    "Adult Content": "sexual", "Physical Harm": "violence", "Suicide, Self-Harm, and Eating Disorders": "self-harm",
    "Physical harm and Violence": "violence",
}  # fmt: skip
OWN_WEIGHT, OTHER_LABELS = 2.0, 0.3


@dataclass(frozen=True, slots=True)
class Sample:
    """A text and what is known of it: label -> (0 or 1, weight); a label that is not named is unknown."""

    text: str
    known: Mapping[str, tuple[int, float]]
    source: str
    group: str = ""


def rows(data: Path, name: str, part: str = "train") -> list[dict[str, Any]]:
    """The rows of a part of a set; none when it is not there."""
    path = data / name / f"{part}.jsonl.gz"
    if not path.is_file():
        return []
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def provenance(data: Path) -> tuple[dict[str, Any], ...]:
    """Name, SHA-256, licence and rows of every set that training reads."""
    files = [(data / name / "train.jsonl.gz", name, licence) for name, licence in sorted(LICENCES.items())]
    return tuple(provenance_of(path, name, licence) for path, name, licence in files if path.is_file())


def provenance_of(path: Path, name: str, licence: str) -> dict[str, Any]:
    """Name, SHA-256, licence and rows of one set."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        count = sum(1 for _ in lines)
    return {"name": name, "sha256": hashlib.sha256(path.read_bytes()).hexdigest(), "licence": licence, "rows": count}


def share(key: str) -> float:
    """A number 0..1 that depends on the key alone."""
    return int(hashlib.sha256(key.encode()).hexdigest()[:8], 16) / 0xFFFFFFFF


def every(value: int, weight: float, names: tuple[str, ...] = LABELS) -> dict[str, tuple[int, float]]:
    """The same for all `names`."""
    return dict.fromkeys(names, (value, weight))


def davidson(data: Path, part: str = "train") -> Iterator[Sample]:
    """Tweets: hate, offensive or neither."""
    for row in rows(data, "tone_offensive_davidson", part):
        text = re.sub(r"&#?\w+;|\bRT\b", " ", row["text"])
        bad, hate = row["label"] != "neither", row["label"] == "hate"
        known = {"toxic": (int(bad), 0.5), "disrespect": (int(bad), 0.3)}
        known["hate"] = (int(hate), 0.6 if hate else 0.25)
        if not bad:
            known |= every(0, 0.2, TONES) | {"harassment": (0, 0.5), "sexual": (0, 0.3)}
        yield Sample(text, known, "davidson")


def surge(data: Path, part: str = "train") -> Iterator[Sample]:
    """Comments, toxic or not."""
    for row in rows(data, "tone_surge_toxicity", part):
        bad = int(row["label"] == "toxic")
        known = {"toxic": (bad, 1.5), "disrespect": (bad, 1.0)}
        yield Sample(row["text"], known if bad else every(0, 0.5) | known, "surge")


def hatecheck(data: Path, part: str = "train") -> Iterator[Sample]:
    """Functional tests of hate speech."""
    for row in rows(data, "tone_hatecheck", part):
        bad, kind = int(row["label"] == "hateful"), str(row["functionality"])
        known = {"hate": (bad, 1.0)}
        if bad:
            known |= {"toxic": (1, 0.5), "disrespect": (1, 0.5)}
            if kind.startswith("threat"):
                known["violence"] = (1, 0.7)
        elif kind in ("target_indiv_nh", "target_group_nh"):
            known |= {"toxic": (1, 0.7), "disrespect": (1, 0.7)}
        elif kind.startswith(("ident", "counter", "negate", "slur_homonym", "slur_reclaimed")):
            known |= every(0, 0.7, TOXIC) | {"disrespect": (0, 0.7)}
        yield Sample(row["text"], known, "hatecheck", str(row["templ"]))


def requests(data: Path, part: str = "train") -> Iterator[Sample]:
    """Openings and requests that show a label, and harmless ones that look like it."""
    for row in rows(data, "rt_toxic_continuation_rtp", part):
        label, weight = RTP[row["category"]]
        yield Sample(row["text"], {label: (1, weight)}, "rtp")
    for name in ("rt_harmful_catqa", "rt_harmful_simplesafetytests"):
        for row in rows(data, name, part):
            if row["category"] in ASKED:
                yield Sample(row["text"], {ASKED[row["category"]]: (1, 0.4)}, name)
    for row in rows(data, "rt_xstest", part):
        if row["label"] == "benign":
            yield Sample(row["text"], every(0, 1.5), "xstest")
    for row in rows(data, "intent_clinc150", part):
        if share(row["text"]) < 0.15:
            yield Sample(row["text"], every(0, 0.5), "clinc")


def own(part: str) -> Iterator[Sample]:
    """Our own pairs, both members one after the other."""
    for pair in pairs():
        if pair.part != part:
            continue
        if pair.label in TONES:
            known = every(0, OTHER_LABELS) | {pair.label: (1, OWN_WEIGHT), "disrespect": (1, OWN_WEIGHT)}
        else:
            known = {pair.label: (1, OWN_WEIGHT)}
            if pair.label != "self-harm":
                known["disrespect"] = (1, OWN_WEIGHT)
            if pair.label in ("hate", "harassment", "violence"):
                known["toxic"] = (1, 0.7)
        yield Sample(pair.faulty, known, "own", pair.pattern)
        yield Sample(pair.fair, every(0, 1.0) | {pair.label: (0, OWN_WEIGHT)}, "own", pair.pattern)


def remarks() -> Iterator[Sample]:
    """Our own comments as they stand below posts; labels that a hostile one is not filed under are unknown."""
    for text, labels in comments():
        if labels:
            yield Sample(text, dict.fromkeys(labels, (1, 1.0)), "own_comments")
        else:
            yield Sample(text, every(0, 0.3) | every(0, 0.8, (*TOXIC, "disrespect")), "own_comments")


def calm(part: str) -> Iterator[Sample]:
    """Our own fair sentences."""
    for text in fair(part):
        yield Sample(text, every(0, 2.5), "own_fair")


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _strings(inner)


def sentences(row: dict[str, Any]) -> list[str]:
    """The sentences of any row, markup left out."""
    found = []
    for text in _strings({k: v for k, v in row.items() if k not in ("id", "url", "link", "source", "licence")}):
        if " " in text:
            found += [text[start:end].strip() for start, end in split(text[:6000])]
    return [s for s in found if 25 < len(s) < 400 and s.count(" ") > 3 and not re.search(r"https?:|[{}<>|]", s)]


def professional(data: Path, of_each: int = 900) -> Iterator[tuple[str, str, str]]:
    """(sentence, source, part) of professional texts; a row is to train, fit or measure with, a dev row to measure."""
    for name in PROSE:
        for file in ("train", "dev"):
            found = rows(data, name, file)
            Random(5).shuffle(found)
            taken = 0
            for row in found:
                number = share(name + json.dumps(row, sort_keys=True)[:400])
                part = "measure" if file == "dev" or number > 0.8 else "fit" if number > 0.6 else "train"
                some = sentences(row)
                for sentence in Random(9).sample(some, min(6, len(some))):
                    yield sentence, name, part
                    taken += 1
                if taken >= (of_each if file == "train" else of_each // 4):
                    break
    for row in rows(data, "skills_esco_extraction"):
        yield row["sentence"], "skills_esco_extraction", "train"
    for row in rows(data, "onet")[:300]:
        for task in row["tasks"][:3]:
            yield task["text"], "onet", "train"


def training(data: Path, *, without: tuple[str, ...] = (), small: bool = False) -> list[Sample]:
    """All samples to learn from, copies left out; `without` names sources to leave out."""
    ours = [*own("train"), *calm("train"), *remarks()]
    found = [*ours, *surge(data), *hatecheck(data), *requests(data), *davidson(data)]
    if small:
        found = found[::12]
    for sentence, name, part in professional(data, 60 if small else 900):
        if part == "train":
            found.append(Sample(sentence, every(0, 0.7), name))
    seen: dict[str, Sample] = {}
    for sample in found:
        if sample.source not in without:
            seen.setdefault(" ".join(sample.text.lower().split()) or "-", sample)
    return list(seen.values())
