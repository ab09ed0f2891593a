"""Chooses the rarer word pieces that the text encoder keeps: `python -m tools.encoder_pieces DATA`.

The published vocabulary is ordered by how common its pieces are. Single characters and the common pieces are kept in
any case; of the rest those that professional texts hold at least twice, texts of all kinds four times outside of names,
or the sample network once. Writes `tools/encoder_pieces.txt`, which `tools/build_encoder.py` reads; takes a minute.
"""

import argparse
import gzip
import json
import re
import zipfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tokenizers import Tokenizer

from tools.build_encoder import CACHE, PIECES, ROOT, always, fetch

#: Sets of professional texts and of others, by how their folders begin; how often a piece must be there to be kept, and
#: how many characters of a row and of a file are read.
PROFESSIONAL = (
    "articles_", "companies_", "courses_", "esco", "intent_", "jobs_", "match_", "onet", "posts_", "profiles_",
    "retrieval_", "skills_",
)  # fmt: skip
GENERAL = ("begin", "bump", "factcheck", "fool", "halueval", "ragtruth", "rt_", "summedits", "tone_politeness", "wice")
NETWORK = ROOT / "src" / "nutgraf" / "usecases" / "premium" / "network"
AT_LEAST, CHARS_A_ROW, CHARS_A_FILE = (2, 4), (5_000, 1_500), (2_500_000, 1_500_000)
#: A word with a capital that no sentence begins with.
_NAME = re.compile(r"(?<![.!?:\"] )(?<!^)\b[A-Z][\w'-]*")
_SKIPPED = frozenset({"id", "url", "link", "source", "group", "sha"})


def strings(value: Any) -> Iterator[str]:
    """Every text in a row."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, inner in value.items():
            if key not in _SKIPPED:
                yield from strings(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from strings(inner)


def texts(data: Path, sets: tuple[str, ...], row: int, file: int) -> Iterator[str]:
    """The rows of some sets as running text: `row` characters of each, `file` of a file."""
    for path in sorted(p for p in data.glob("*/*.jsonl.gz") if p.parent.name.startswith(sets)):
        left = file
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            for line in lines:
                text = " ".join(strings(json.loads(line)))[:row]
                left -= len(text)
                if left < 0:
                    break
                yield text


def main() -> None:
    """Count the pieces of all texts and write down those that are kept."""
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("data", type=Path)
    asked = ask.parse_args()
    with zipfile.ZipFile(fetch(CACHE)) as archive:
        name = next(n for n in archive.namelist() if n.endswith("model/tokenizer.json"))
        whole = json.loads(archive.read(name))
    whole["truncation"] = whole["padding"] = None
    reader, kept = Tokenizer.from_str(json.dumps(whole)), set[str]()
    for at, sets in enumerate((PROFESSIONAL, GENERAL)):
        counts = Counter[str]()
        for text in texts(asked.data, sets, CHARS_A_ROW[at], CHARS_A_FILE[at]):
            shown = text if sets is PROFESSIONAL else _NAME.sub(" ", text)
            counts.update(reader.encode(shown, add_special_tokens=False).tokens)
        kept |= {piece for piece, count in counts.items() if count >= AT_LEAST[at]}
    for path in sorted(p for p in NETWORK.rglob("*") if p.is_file()):
        kept.update(reader.encode(path.read_text(encoding="utf-8"), add_special_tokens=False).tokens)
    vocabulary: dict[str, int] = whole["model"]["vocab"]
    kept -= always(vocabulary)
    PIECES.write_text("\n".join(sorted(kept, key=vocabulary.__getitem__)) + "\n", encoding="utf-8")
    print(f"encoder: {len(kept)} pieces beside {len(always(vocabulary))} that are kept in any case")


if __name__ == "__main__":
    main()
