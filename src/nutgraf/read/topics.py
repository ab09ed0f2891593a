"""The skills and topics named in an item, from the skills vocabulary."""

from __future__ import annotations

from collections import defaultdict

from nutgraf.types import Item, Topic
from nutgraf.vocabulary.match import Mention, Vocabulary

TOPICS_AT_MOST = 24


def topics(item: Item, vocabulary: Vocabulary) -> tuple[Topic, ...]:
    """Named skills by weight: how often, and doubly when the title names them; offsets point into the text."""
    found: dict[str, list[Mention]] = defaultdict(list)
    for mention in vocabulary.find(item.text):
        found[mention.skill.id].append(mention)
    in_title = {mention.skill.id: mention.skill for mention in vocabulary.find(item.title)}
    labels = {mentions[0].skill.id: mentions[0].skill.label for mentions in found.values()}
    labels |= {skill.id: skill.label for skill in in_title.values()}
    counts = {key: len(found.get(key, ())) + 2 * (key in in_title) for key in labels}
    most = max(counts.values(), default=1)
    ranked = sorted(labels, key=lambda key: (-counts[key], key))[:TOPICS_AT_MOST]
    return tuple(
        Topic(key, labels[key], tuple((m.start, m.end) for m in found.get(key, ())), round(counts[key] / most, 3))
        for key in ranked
    )
