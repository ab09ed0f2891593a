"""What the detectors of hostile input learn from: labelled texts with source, family and weight, and documents."""

from __future__ import annotations

import gzip
import hashlib
import json
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nutgraf.text.sentences import split
from nutgraf.trust.attacks.ngrams import windows
from training.attacks.negatives import everyday, howto, topics
from training.attacks.templates import content_attacks, direct_attacks, framed, ordinary, personas, suffixed

HEADS = ("injection", "jailbreak", "harmful", "self-harm", "instruction")
HERE = Path(__file__).parent
#: Licence of every set that is read for training.
LICENCES = {
    "articles_18f": "CC0-1.0", "articles_digitalgov": "CC0-1.0", "articles_rust_blog": "MIT OR Apache-2.0",
    "articles_opensource_guide": "CC-BY-4.0", "companies_remote": "ISC", "courses_lessons": "CC-BY-4.0, MIT, CC0-1.0",
    "jobs_emscad": "CC0-1.0", "jobs_usgov_tts": "CC0-1.0", "posts_digitalgov_events": "CC0-1.0",
    "profiles_jsonresume": "MIT, CC-BY-4.0", "summedits": "Apache-2.0", "skills_esco_extraction": "CC-BY-4.0",
    "intent_clinc150": "CC-BY-3.0", "intent_banking77": "CC-BY-4.0", "halueval": "MIT", "rt_xstest": "CC-BY-4.0",
    "rt_benign_mitre_frr": "MIT", "onet": "CC-BY-4.0", "courses_catalogue": "CC-BY-4.0",
    "rt_injection_deepset": "Apache-2.0, MIT", "rt_injection_cyberseceval": "MIT",
    "rt_injection_bipia_attacks": "MIT", "rt_bipia_indirect": "MIT", "rt_extraction_sysprompt": "Apache-2.0",
    "rt_jailbreak_dan": "Apache-2.0", "rt_jailbreak_inthewild": "Apache-2.0, MIT", "rt_jailbreak_jailbreakbench": "MIT",
    "rt_harmful_advbench": "MIT", "rt_harmful_catqa": "Apache-2.0", "rt_harmful_donotanswer": "Apache-2.0",
    "rt_harmful_harmbench": "MIT", "rt_harmful_harmfulqa": "Apache-2.0", "rt_harmful_jailbreakbench": "MIT",
    "rt_harmful_phrasing": "Apache-2.0", "rt_harmful_simplesafetytests": "CC-BY-4.0",
}  # fmt: skip
HARMFUL = {
    "advbench": 1.0, "catqa": 1.0, "harmbench": 1.0, "jailbreakbench": 1.0, "simplesafetytests": 1.0, "harmfulqa": 0.35,
    "donotanswer": 0.3, "phrasing": 0.4,
}  # fmt: skip
DOCUMENTS = (
    "articles_18f", "articles_digitalgov", "articles_rust_blog", "articles_opensource_guide", "companies_remote",
    "courses_lessons", "jobs_emscad", "jobs_usgov_tts", "posts_digitalgov_events", "profiles_jsonresume", "summedits",
)  # fmt: skip
#: Requests that any member may make: not an attack when a member writes them, an intruder inside a document.
PLAIN_TASKS = re.compile(
    r"Information Retrieval|Content Creation|Learning|Programming|Instruction|Task Automation|Sentiment|Business|"
    r"Conversational|Research|Language Translation|Social Interaction|Entertainment"
)
SELF_HARM = re.compile(
    r"suicid|self-harm|kill (?:my|your|one)self|cut(?:ting)? (?:my|your)self|eating disorder|anorexi", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Sample:
    """A text with what is known of it: head -> 0/1, a missing head is unknown. `family` can be left out as a whole."""

    text: str
    labels: dict[str, int]
    source: str
    family: str = ""
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class Document:
    """A text of a professional kind, and the part it belongs to: train, fit, limit or measure."""

    text: str
    source: str
    part: str


@dataclass
class Data:
    """Everything read from a folder of sets; `rows` counts what was used of each set."""

    folder: Path
    rows: dict[str, int] = field(default_factory=dict)

    def load(self, name: str, part: str = "train") -> list[dict[str, Any]]:
        """The rows of one part of a set; none when the file is missing."""
        path = self.folder / name / f"{part}.jsonl.gz"
        if not path.is_file():
            return []
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            found = [json.loads(line) for line in lines]
        if part.endswith("train"):
            self.rows[name] = self.rows.get(name, 0) or len(found)
        return found

    def provenance(self) -> tuple[dict[str, Any], ...]:
        """Name, hash, licence and rows of every training file that was read."""
        out = []
        for name, rows in sorted(self.rows.items()):
            path = next(iter(sorted((self.folder / name).glob("*train.jsonl.gz"))))
            digest = hashlib.sha256(path.read_bytes()).hexdigest()
            out.append({"name": name, "sha256": digest, "licence": LICENCES[name], "rows": rows})
        return tuple(out)


def share(key: str) -> float:
    """A number 0..1 that depends on the key alone."""
    return int(hashlib.sha256(key.encode()).hexdigest()[:8], 16) / 0xFFFFFFFF


def own(name: str) -> list[dict[str, Any]]:
    """The rows of one of our own files beside this one."""
    return [json.loads(line) for line in (HERE / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()]


def documents(data: Data) -> Iterator[Document]:
    """Professional documents: 60 % of train for the heads, 20 % for what stands on them; of the rest and dev one half
    for thresholds and one to measure.
    """
    for name in DOCUMENTS:
        seen: set[str] = set()
        for part in ("train", "dev"):
            for row in data.load(name, part):
                text = flat(row)
                key = str(row.get("group") or row.get("doc_id") or text[:200])
                if text in seen or len(text) < 80:
                    continue
                seen.add(text)
                at = share(name + key)
                kept = "measure" if part == "dev" or at >= 0.8 else "fit" if at >= 0.6 else "train"
                kept = "limit" if kept == "measure" and share(text[:80]) < 0.5 else kept
                yield Document(text, name, kept)


def flat(row: dict[str, Any]) -> str:
    """The running text of a row of any document set, one field a paragraph, at most 8,000 characters."""
    if "resume" in row:
        texts = [t for t in _strings(row["resume"]) if " " in t]
    else:
        names = ("title", "text", "context", "company_profile", "description", "requirements", "benefits")
        texts = [str(row[n]) for n in names if row.get(n)]
    return "\n\n".join(texts)[:8000]


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _strings(inner)


def benign(data: Data, *, small: bool = False) -> Iterator[Sample]:
    """Questions, requests and remarks that are no attack; XSTest, borderline security and our own count more."""
    calm = {"injection": 0, "jailbreak": 0, "harmful": 0, "self-harm": 0}
    for row in data.load("rt_xstest"):
        if row["label"] == "benign":
            yield Sample(row["text"], calm, "rt_xstest", weight=3.0)
    for row in data.load("rt_benign_mitre_frr"):
        yield Sample(row["text"], calm, "rt_benign_mitre_frr", weight=1.0)
    for row in data.load("rt_injection_deepset"):
        if row["label"] == "benign":
            yield Sample(row["text"], calm, "rt_injection_deepset", weight=0.6)
    for row in own("benign"):
        if row["part"] == "train":
            yield Sample(row["text"], calm, "own_benign", weight=3.0)
    for row in own("signals"):
        if not row["bad"]:
            yield Sample(row["text"], calm, "own_signals", weight=3.0)
    yield from _asked(data, calm, 0.1 if small else 1.0)


def _asked(data: Data, calm: dict[str, int], keep: float) -> Iterator[Sample]:
    """Everyday requests of public sets, and ours by template; a share `keep` of them."""
    sets = (
        ("intent_clinc150", "text", 0.25),
        ("intent_banking77", "text", 0.2),
        ("skills_esco_extraction", "sentence", 1.0),
    )
    for name, key, part in sets:
        for row in data.load(name):
            if share(name + row[key]) < part * keep:
                yield Sample(row[key], calm | ({"instruction": 0} if key == "sentence" else {}), name)
    for row in data.load("halueval", "general_train"):
        if share(row["query"]) < keep:
            yield Sample(row["query"], calm | {"instruction": 1}, "halueval", weight=0.6)
    for text in ordinary(int(6000 * keep), seed=7):
        yield Sample(text, calm, "own_ordinary", weight=1.0)
    for text in everyday(int(7000 * keep), seed=8):
        yield Sample(text, calm | {"instruction": 0}, "own_everyday", weight=1.0)
    jobs = data.load("onet")
    tasks = [task["text"] for row in jobs for task in row["tasks"]]
    titles = [row["title"] for row in data.load("courses_catalogue")] + [row["title"].lower() for row in jobs]
    for text in howto(tasks, int(6000 * keep) * bool(tasks), seed=9):
        yield Sample(text, calm, "own_howto", weight=0.7)
    for text in topics(titles, int(2000 * keep) * bool(titles), seed=10):
        yield Sample(text, calm, "own_topics", weight=0.7)


def attacks(data: Data, *, small: bool = False) -> Iterator[Sample]:
    """Everything hostile of the training parts, and attacks of our own."""
    rng = random.Random(11)
    goals: list[str] = []
    for name, weight in HARMFUL.items():
        for row in data.load(f"rt_harmful_{name}"):
            own_life = SELF_HARM.search(row["text"] + row["category"]) is not None
            labels = {"injection": 0, "jailbreak": 0, "harmful": 1, "self-harm": 1 if own_life else 0}
            yield Sample(row["text"], labels, f"rt_harmful_{name}", f"harmful-{name}", weight)
            if name in ("advbench", "harmbench", "jailbreakbench", "simplesafetytests"):
                goals.append(row["text"])
    for row in data.load("rt_xstest"):
        if row["label"] != "benign":
            yield Sample(row["text"], {"injection": 0, "jailbreak": 0, "harmful": 1}, "rt_xstest", "xstest", 1.5)
    for row in own("signals"):
        if row["bad"]:
            yield Sample(row["text"], {"injection": 0, "jailbreak": 0, "self-harm": 1}, "own_signals", "signals", 3.0)
    yield from _jailbreaks(data, goals, rng, 100 if small else 2000)
    yield from _injections(data, 270 if small else 5000)


def _jailbreaks(data: Data, goals: list[str], rng: random.Random, count: int) -> Iterator[Sample]:
    for name, family in (("dan", "inthewild"), ("inthewild", "inthewild")):
        for row in data.load(f"rt_jailbreak_{name}"):
            yield Sample(row["text"], {"jailbreak": 1, "self-harm": 0}, f"rt_jailbreak_{name}", family)
    for row in data.load("rt_jailbreak_jailbreakbench"):
        labels = {"jailbreak": 1, "harmful": 1}
        yield Sample(row["text"], labels, "rt_jailbreak_jailbreakbench", f"jbb-{row['method']}", 0.7)
    tokens = sorted({w for row in data.load("intent_clinc150")[:3000] for w in row["text"].split()})
    tokens += "StringBuilder Portuguese -> null regex Instead tutorial %% sera respuesta ANSWER noindex () Sure".split()
    for text in personas(count // 2, seed=12):
        yield Sample(text, {"jailbreak": 1, "self-harm": 0}, "own_personas", "own-personas", 0.6)
    for _ in range(count if goals else 0):
        labels = {"injection": 0, "jailbreak": 1, "harmful": 1}
        yield Sample(framed(rng.choice(goals), rng), labels, "own_frames", "own-frames", 0.7)
    for _ in range(count // 3 if goals else 0):
        yield Sample(
            suffixed(rng.choice(goals), rng, tokens), {"jailbreak": 1, "harmful": 1}, "own_suffix", "own-suffix", 0.5
        )


def _injections(data: Data, count: int) -> Iterator[Sample]:
    calm = {"harmful": 0, "self-harm": 0}
    for row in data.load("rt_injection_deepset"):
        if row["label"] != "benign":
            yield Sample(row["text"], {"injection": 1}, "rt_injection_deepset", "deepset", 0.35)
    for row in data.load("rt_injection_cyberseceval"):
        yield Sample(row["text"], {"injection": 1}, "rt_injection_cyberseceval", "cyberseceval", 1.0)
    for row in data.load("rt_extraction_sysprompt"):
        labels = {"injection": 1, "instruction": 1} | calm
        yield Sample(row["text"], labels, "rt_extraction_sysprompt", "extraction", 2.0)
    for row in data.load("rt_injection_bipia_attacks"):
        plain = PLAIN_TASKS.search(row["category"]) is not None
        labels = {"instruction": 1} | ({} if plain else {"injection": 1})
        yield Sample(row["text"], labels, "rt_injection_bipia_attacks", "bipia", 2.0)
    for family, text in direct_attacks(count // 2, seed=6):
        yield Sample(text, {"injection": 1, "instruction": 1} | calm, "own_direct", f"own-direct-{family}", 0.6)
    for family, text in content_attacks(count, seed=5):
        plain = family in ("task", "form", "code")
        labels = {"instruction": 1} | calm | ({} if plain else {"injection": 1})
        yield Sample(text, labels, "own_content", f"own-{family}", 0.6)


def professional(found: list[Document], *, every: float = 1.0) -> Iterator[Sample]:
    """Windows and single sentences of documents, as examples of nothing at all."""
    calm = dict.fromkeys(HEADS, 0)
    for document in found:
        places = windows(document.text)
        for at, (start, end) in enumerate(places):
            if share(f"w{document.text[:60]}{at}") < every * min(1.0, 4 / len(places)):
                yield Sample(document.text[start:end], calm, document.source)
        lines = split(document.text)
        for start, end in lines:
            if share(f"s{document.text[start:end]}") < every * min(1.0, 8 / len(lines)):
                yield Sample(document.text[start:end], calm, document.source)


def bipia(data: Data, part: str = "train") -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Clean and injected rows of the e-mails and tables."""
    rows = data.load("rt_bipia_indirect", part)
    return [r for r in rows if r["label"] == "clean"], [r for r in rows if r["label"] != "clean"]


def fold(sample: Sample, folds: int) -> int:
    """Which fold a sample is left out of: attacks of our own by family, all others by text."""
    return int(share(sample.family if sample.family.startswith("own-") else normal(sample.text)) * folds) % folds


def normal(text: str) -> str:
    """A text without case, marks and spaces, to find copies."""
    return re.sub(r"\W+", " ", text.lower()).strip()


def distinct(samples: list[Sample], barred: set[str]) -> list[Sample]:
    """Samples without copies of each other or of the barred texts (normalised)."""
    seen = set(barred)
    out = []
    for sample in samples:
        key = normal(sample.text)
        if key and key not in seen:
            seen.add(key)
            out.append(sample)
    return out
