"""The list of common words that the tagger asks: `python -m training.pii.words DATA` writes `lists/common.txt`.

A word is common when texts of work hold it often, and mostly without a capital.
"""

from __future__ import annotations

import argparse
import re
import textwrap
from collections import Counter
from pathlib import Path

from nutgraf.trust.pii import lexicon
from training.pii.examples import rows

SETS = ("articles_18f", "articles_digitalgov", "articles_rust_blog", "jobs_emscad", "onet", "ragtruth")
OUT = Path(lexicon.__file__).parent / "lists/common.txt"
COUNT = 9_000
LEAST = 3
#: The share of its places in which a common word has no capital.
SMALL = 0.6


def counted(data: Path) -> tuple[Counter[str], Counter[str]]:
    """How often every word stands in the texts of work, and how often it stands there without a capital."""
    whole: Counter[str] = Counter()
    small: Counter[str] = Counter()
    for name in SETS:
        for row in rows(data / name / "train.jsonl.gz"):
            tasks = [one if isinstance(one, str) else str(one.get("task", "")) for one in row.get("tasks", [])]
            for text in (*(str(row.get(field) or "") for field in ("text", "description", "response")), *tasks):
                for word in re.findall(r"(?<![\w@./#-])[^\W\d_]{2,}(?![\w@/-])", text):
                    whole[word.lower()] += 1
                    small[word.lower()] += word.islower()
    return whole, small


def common(data: Path) -> list[str]:
    """The words of the list, in order."""
    whole, small = counted(data)
    found = [word for word, count in whole.most_common() if count >= LEAST and small[word] > SMALL * count]
    return sorted(lexicon.plain(word) for word in found[:COUNT])


def main() -> None:
    """Write the list."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    found = common(parser.parse_args().data)
    OUT.write_text("\n".join(textwrap.wrap(" ".join(dict.fromkeys(found)), 118)) + "\n", "utf-8")
    print(f"{len(found)} words")


if __name__ == "__main__":
    main()
