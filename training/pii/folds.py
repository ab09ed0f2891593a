"""Templates held out whole: `python -m training.pii.folds DATA [--work FOLDER] [--folds 3] [--only 0 1]`.

For each part of the templates of pii_presidio a tagger is trained on everything else, with somewhat less of it than the
shipped one, and reads the sentences of that part. What it finds in forms that it never saw is what others may expect.
`--work` is the folder of `training.pii.tagger`, whose sentences about people are used again. Some minutes a part.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from training.pii import score, unseen
from training.pii.examples import labelled
from training.pii.tagger import Plan, documents, gathered, tagger_of, train

LESS = Plan(made=16_000, plain=7_000, named=3_000, exchanged=1, capitals=9_000, bare=2_000, epochs=4)


def main(words: list[str] | None = None) -> None:
    """Train a tagger for each part, and print recall and precision on what it never saw, by part and together."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--work", type=Path)
    parser.add_argument("--folds", type=int, default=3)
    parser.add_argument("--only", type=int, nargs="+", help="parts, by their numbers from 0")
    chosen = parser.parse_args(words)
    known = labelled(chosen.data / "pii_presidio/train.jsonl.gz")
    real = documents(chosen.data, known, chosen.work)
    together: score.Counts = {}
    for part in chosen.only or range(chosen.folds):
        learned = [one for one in known if unseen.fold(one.template, chosen.folds) != part]
        held = [one for one in known if unseen.fold(one.template, chosen.folds) == part]
        model, _ = train(gathered(chosen.data, LESS, learned, real), LESS, quiet=True)
        find = tagger_of(model).find
        together.update(score.counted(find, held))
        unseen.shown(f"part {part}", find, held)
        unseen.shown(f"forms of work, part {part}", find, unseen.forms())
    for kind in ("person", "address"):
        print(f"together {kind}: recall {score.interval(together, [kind], 0)}, precision "
              f"{score.interval(together, [kind], 1)}")  # fmt: skip


if __name__ == "__main__":
    main()
