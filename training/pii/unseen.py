"""Forms of work of our own, from which nothing is ever learned: what the tagger finds where it never saw the form.

`unseen.txt` holds them, filled with names of `unseen_names.txt` (in no list of ours when they were written down) as
often as with others. One half, by their hash, was looked at while the training was set up; of the other only the
figures were.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from zlib import crc32

from nutgraf.trust.pii import lexicon
from training.pii import score, slots
from training.pii.examples import Example

HERE = Path(__file__).parent
FORMS = HERE / "unseen.txt"
NAMES = HERE / "unseen_names.txt"
SEED = 7
EACH = 4
Make = Callable[[random.Random], str]

_PRODUCTS = """
Kubernetes Terraform Salesforce Jira Figma Django Cassandra Jenkins Tableau Oracle Ruby Julia Swift Kotlin
Pandas Ansible Puppet Chef Gatsby Jasmine Mercurial Travis Victoria Adobe Illustrator Excel Angular Svelte Rust Perl Ada
Pascal Haskell Scala Elixir Alexa Cortana Watson Einstein Hadoop Hive Kafka Airflow Looker Miro Asana Trello Notion
Slack Zoom Workday Greenhouse Lever BambooHR Gusto Stripe Square Dynamics SAP Ariba""".split()
_MONTHS = "January February March April May June July August September October November December".split()
_PARTICLES = "de|van|van der|von|da|dos|di|del|de la|al-|bin|ter|ten|ben|af|zu".split("|")


@cache
def _names() -> tuple[list[str], list[str]]:
    given, family = NAMES.read_text("utf-8").split("\n\n")
    return given.split(), family.split()


def _given(pick: random.Random) -> str:
    return pick.choice(_names()[0]) if pick.random() < 0.5 else pick.choice(lexicon.names("given"))


def _family(pick: random.Random) -> str:
    name = pick.choice(_names()[1]) if pick.random() < 0.5 else slots.family(pick)
    return f"{name}-{pick.choice(_names()[1])}" if pick.random() < 0.05 else name


def _person(pick: random.Random) -> str:
    one, other = _given(pick), _family(pick)
    roll = pick.random()
    if roll < 0.06:
        return f"{one} {pick.choice('ABCDEFGHJKLMNPRSTW')}. {other}"
    return f"{one}-{_given(pick)} {other}" if roll < 0.1 else f"{one} {other}"


def _initials(pick: random.Random) -> str:
    one, two, family = pick.choice("ABCDEFGHJKLMNPRSTW"), pick.choice("ABCDEFGHJKLMNPRSTW"), _family(pick)
    return pick.choice((f"{one}. {family}", f"{one}. {two}. {family}", f"{one}.{two}. {family}", f"{one} {family}"))


def _particle(pick: random.Random) -> str:
    particle = pick.choice(_PARTICLES)
    return f"{particle}{'' if particle.endswith('-') else ' '}{_family(pick)}"


def _caps(make: Make) -> Make:
    return lambda pick: make(pick).upper()


def _lower(make: Make) -> Make:
    return lambda pick: make(pick).lower()


#: What the forms may hold beside what the templates hold.
FILL: dict[str, tuple[str, Make]] = {
    **slots.FILL,
    "given": ("person", _given), "family": ("person", _family), "person": ("person", _person),
    "initials": ("person", _initials), "last_first": ("person", lambda pick: f"{_family(pick)}, {_given(pick)}"),
    "particle": ("person", lambda pick: f"{_given(pick)} {_particle(pick)}"), "particle_family": ("person", _particle),
    "person_caps": ("person", _caps(_person)), "person_lower": ("person", _lower(_person)),
    "given_lower": ("person", _lower(_given)), "product": ("", lambda pick: pick.choice(_PRODUCTS)),
    "product_caps": ("", lambda pick: pick.choice(_PRODUCTS).upper()), "role_caps": ("", _caps(slots.role)),
    "month": ("", lambda pick: pick.choice(_MONTHS)), "role_title": ("", lambda pick: slots.role(pick).title()),
    "place_caps": ("place", _caps(slots.place)),
}  # fmt: skip


def forms(half: int | None = None) -> list[Example]:
    """The forms of `unseen.txt`, each filled some times; `half` 0 was looked at while training was set up, 1 never."""
    pick, found = random.Random(SEED), []
    for line in FORMS.read_text("utf-8").splitlines():
        for _ in range(EACH if line != "-" else 0):
            text, spans, at = "", [], 0
            form = line.replace("\\n", "\n")
            for match in re.finditer(r"\{(\w+)\}", form):
                text += form[at : match.start()]
                kind, make = FILL[match[1]]
                value = make(pick)
                spans += [(len(text), len(text) + len(value), kind)] if kind else []
                text, at = text + value, match.end()
            found.append(Example(text + form[at:], tuple(spans), line))
    return [one for one in found if half is None or crc32(one.template.encode()) % 2 == half]


def fold(template: str, folds: int) -> int:
    """The part of the templates that one belongs to."""
    return crc32(template.encode()) % folds


def shown(name: str, find: score.Finder, examples: Sequence[Example]) -> dict[str, tuple[float, float]]:
    """Recall and precision by kind, printed with intervals by form."""
    counts = score.counted(find, examples)
    found = {}
    for kind in ("person", "address"):
        recall, precision = score.interval(counts, [kind], 0), score.interval(counts, [kind], 1)
        found[kind] = (recall[0], precision[0])
        print(f"{name:28} {kind:8} recall {recall[0]:.3f} ({recall[1]:.3f} to {recall[2]:.3f})"
              f"  precision {precision[0]:.3f} ({precision[1]:.3f} to {precision[2]:.3f})", flush=True)  # fmt: skip
    return found
