"""How a member writes, from posts of their own: counted, never guessed, and told in words.

Only the form is looked at (lengths, openings, questions, signs), never what is said.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Literal

from nutgraf.text.sentences import split
from nutgraf.text.words import words

Beginning = Literal["figure", "first-person", "scene", "question", "statement"]

#: Sentences of a median length below the one are called short, above the other long, in words.
SHORT_BELOW, LONG_ABOVE = 11.0, 19.0
#: Shares of sentences from which a habit is told.
OFTEN_IN_FIRST_PERSON, SELDOM_IN_FIRST_PERSON, OFTEN_EXCITED = 0.3, 0.05, 0.15
OPENINGS_AT_MOST = 3

_LENGTHS = {"short": "short sentences", "medium": "sentences of medium length", "long": "long sentences"}
_BEGINNINGS: dict[str, str] = {
    "figure": "begins with a figure", "first-person": "begins with what you did", "scene": "begins with a scene",
    "question": "begins with a question",
}  # fmt: skip
_FIRST_PERSON = re.compile(r"\b(?:I|[Mm]y|[Mm]e|mine|myself|[Ww]e|[Oo]ur|us|ours|ourselves)\b")
_FIGURE = re.compile(r"[$€£¥]?\d")
#: A time or a place at the very beginning sets a scene.
_SCENE = re.compile(
    r"(?:(?:on|in|at|by|last|one|every|this|around|after|before|during) (?:a |an |the |my |our )?)?"
    r"(?:monday|tuesday|wednesday|thursday|friday|saturday|sunday|january|february|march|april|june|july|august"
    r"|september|october|november|december|morning|evening|afternoon|night|noon|midnight|winter|spring|summer|autumn"
    r"|yesterday|today|(?:\w+ )?(?:in the (?:morning|evening|afternoon)|o[’']clock)|man|woman|colleague|customer)\b",
    re.IGNORECASE,
)
_EMOJI = re.compile("[\u2600-\u27bf\U0001f300-\U0001faff]")
_HASHTAG = re.compile(r"(?<![\w#])#[^\W\d_]\w*")
_TAGS_AT_END = re.compile(r"(?:\s*(?<![\w#])#\w+)+\s*$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """The manner of some posts. Shares lie in 0..1; lengths are medians in words; `posts` 0 is a neutral manner.

    `first_person` and `exclamations` are shares of sentences, `ends_with_question` and the signs of posts. `openings`
    are the first two words with which more than one sentence begins, the most frequent first.
    """

    posts: int = 0
    sentence_words: float = 15.0
    post_words: float = 0.0
    questions: float = 0.0
    first_person: float = 0.0
    exclamations: float = 0.0
    ends_with_question: float = 0.0
    emoji: float = 0.0
    hashtags: float = 0.0
    begins_with: Beginning = "statement"
    openings: tuple[str, ...] = ()

    @property
    def length(self) -> Literal["short", "medium", "long"]:
        """How long sentences are."""
        return (
            "short" if self.sentence_words < SHORT_BELOW else "long" if self.sentence_words > LONG_ABOVE else "medium"
        )

    @property
    def asks_at_the_end(self) -> bool:
        """Whether most posts end with a question."""
        return self.ends_with_question > 0.5


NEUTRAL = Manner()


def manner(posts: Sequence[str]) -> Manner:
    """The manner of posts, given as they read, without markup; NEUTRAL without a sentence in them.

    The same posts in any order give the same manner.
    """
    read = [sentences for post in posts if (sentences := _sentences(post))]
    whole = [sentence for sentences in read for sentence in sentences]
    if not whole:
        return NEUTRAL
    begins = Counter(_beginning(sentences[0]) for sentences in read)
    firsts = Counter(" ".join(words(sentence)[:2]) for sentence in whole)
    often = sorted((opening for opening, n in firsts.items() if n > 1), key=lambda one: (-firsts[one], one))
    return Manner(
        posts=len(read),
        sentence_words=float(median(len(words(sentence)) for sentence in whole)),
        post_words=float(median(sum(len(words(sentence)) for sentence in sentences) for sentences in read)),
        questions=_share(sentence.endswith("?") for sentence in whole),
        first_person=_share(bool(_FIRST_PERSON.search(sentence)) for sentence in whole),
        exclamations=_share(sentence.endswith("!") for sentence in whole),
        ends_with_question=_share(sentences[-1].endswith("?") for sentences in read),
        emoji=_share(bool(_EMOJI.search(post)) for post in posts if post.strip()),
        hashtags=_share(bool(_HASHTAG.search(post)) for post in posts if post.strip()),
        begins_with=min(begins, key=lambda one: (-begins[one], one)),
        openings=tuple(often[:OPENINGS_AT_MOST]),
    )


def described(found: Manner) -> str:
    """A manner in words, without a stop: "short sentences, first person, …; from 3 posts of yours"."""
    if not found.posts:
        return "plain and neutral, as there are no posts of yours to learn from"
    told = [_LENGTHS[found.length]]
    if found.begins_with in _BEGINNINGS:
        told.append(_BEGINNINGS[found.begins_with])
    if found.first_person >= OFTEN_IN_FIRST_PERSON:
        told.append("first person")
    elif found.first_person <= SELDOM_IN_FIRST_PERSON:
        told.append("hardly ever in the first person")
    told.append("ends with a question" if found.asks_at_the_end else "ends with a statement")
    if found.exclamations >= OFTEN_EXCITED:
        told.append("with exclamation marks")
    signs = [name for name, share in (("emoji", found.emoji), ("hashtags", found.hashtags)) if share > 0.5]
    if signs:
        told.append(f"with {' and '.join(signs)}")
    return f"{', '.join(told)}; from {found.posts} post{'s' if found.posts > 1 else ''} of yours"


def _sentences(post: str) -> list[str]:
    """The sentences of a post, without the hashtags at its end."""
    text = _TAGS_AT_END.sub("", post)
    found = [text[start:end].strip() for start, end in split(text)]
    return [sentence for sentence in found if words(sentence)]


def _beginning(sentence: str) -> Beginning:
    if _FIGURE.match(sentence):
        return "figure"
    if _SCENE.match(re.sub(r"^(?:a|an|the)\s+", "", sentence, flags=re.IGNORECASE)):
        return "scene"
    if sentence.endswith("?"):
        return "question"
    return "first-person" if _FIRST_PERSON.match(sentence) else "statement"


def _share(held: Iterable[bool]) -> float:
    values = list(held)
    return sum(values) / len(values) if values else 0.0
