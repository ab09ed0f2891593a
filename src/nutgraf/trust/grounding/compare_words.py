"""Small words that turn a claim round, by family, and words that are each other's opposite."""

from __future__ import annotations

from collections.abc import Iterable

from nutgraf.text.words import stem

NEGATIONS = frozenset(
    """not no never none nobody nothing neither nor without cannot can't won't don't doesn't didn't isn't aren't wasn't
    weren't hasn't haven't hadn't couldn't wouldn't shouldn't mustn't needn't hardly barely lack lacks lacked unable
    fail fails failed""".split()
)
_MODALITY = {
    "must": "must required requires require obliged mandatory need needs needed",
    "will": "will shall going certainly definitely demonstrably certain proves proved guarantees guaranteed",
    "may": "may might could possibly perhaps maybe potentially likely probably reportedly allegedly apparently "
    "supposedly suggests suggested suggest seems appears believed",
    "can": "can able",
    "should": "should ought recommended encouraged advised",
    "would": "would",
    "plan": "plan plans planned hope hopes hoped aim aims aimed intend intends intended expect expects expected "
    "proposed wants tries considering",
}
_QUANTIFIERS = {
    "all": "all every each entire entirely everyone everything both always whole completely",
    "most": "most mostly majority usually generally often frequently",
    "many": "many numerous lots",
    "some": "some several certain sometimes partly occasionally",
    "few": "few rarely seldom hardly minority",
    "only": "only solely exclusively just",
    "half": "half",
    "nearly": "nearly almost approximately about roughly around",
    "more": "more over exceeding",
    "less": "less fewer under",
}
_TENSES = {
    "past": "was were had did formerly previously ago used",
    "now": "is are has have does do currently now still am",
    "future": "will shall upcoming soon next",
    "last": "last past",
}
MODALITY = {word: family for family, words in _MODALITY.items() for word in words.split()}
QUANTIFIERS = {word: family for family, words in _QUANTIFIERS.items() for word in words.split()}
_SMALL = NEGATIONS | MODALITY.keys() | QUANTIFIERS.keys()
TENSES = {word: family for family, words in _TENSES.items() for word in words.split()}

_OPPOSITES = """
increase decrease|increase fell|increase decline|increase drop|rise fall|rose fell|grow shrink|grew shrank
grow decline|high low|higher lower|highest lowest|more fewer|more less|most least|large small|larger smaller
largest smallest|fast slow|faster slower|before after|early late|earlier later|first last|open close
open closed|accept reject|approve deny|approve reject|allow forbid|allow ban|permit prohibit|hire fire
join leave|joined left|win lose|won lost|buy sell|bought sold|acquire sell|gain lose|gain loss|inside outside
above below|over under|public private|free paid|old new|older newer|old young|strong weak|good bad
better worse|best worst|easy hard|easy difficult|simple complex|safe unsafe|safe dangerous|cheap expensive
positive negative|success failure|succeed fail|start stop|start end|begin end|began ended|include exclude
present absent|require optional|internal external|local remote|permanent temporary|maximum minimum|long short
longer shorter|upper lower|north south|east west|northern southern|eastern western|morning evening
morning afternoon|agree disagree|like dislike|likely unlikely|possible impossible|able unable|legal illegal
common rare|support oppose|praise criticize|praise criticise|enable disable|enable prevent|add remove
expand reduce|expand cut|senior junior|borrow lend|lent borrowed|export import|upgrade downgrade
employer employee|teacher student|buyer seller|mother father|brother sister|husband wife|son daughter
male female|man woman|men women|king queen|guilty innocent|alive dead|survive die|happy sad|hot cold
heavy light|wide narrow|deep shallow|rich poor|clean dirty|quiet loud|formal informal|voluntary mandatory
voluntary compulsory|online offline|manual automatic|ancient modern|promote demote|arrive depart|arrive leave
improve worsen|strengthen weaken|shorten lengthen|delay accelerate|friendly rude|friendly unfriendly
fresh stale|excellent terrible|great terrible|excellent poor|delicious bland|slow quick|confirm deny
confirmed denied|admit deny|convict acquit|convicted acquitted|plaintiff defendant|victim suspect|north west
south west|east south|raise lower|raise cut|boost reduce|encourage discourage|with without|include omit
pass fail|passed failed|major minor|majority minority|far near|top bottom|front back|day night|summer winter
spring autumn|domestic foreign|national local|save waste|save spend|earn spend|give receive|gave received
send receive|sent received|attack defend|love hate|healthy unhealthy|known unknown|visible hidden
active inactive|active passive|direct indirect|complete incomplete|regular irregular|vegetarian meat
indoor outdoor|indoors outdoors|upstairs downstairs
"""
OPPOSITES: dict[str, frozenset[str]] = {}
for _pair in _OPPOSITES.strip().replace("\n", "|").split("|"):
    _one, _other = (stem(word) for word in _pair.split())
    OPPOSITES[_one] = OPPOSITES.get(_one, frozenset()) | {_other}
    OPPOSITES[_other] = OPPOSITES.get(_other, frozenset()) | {_one}


def small_words(lowered: Iterable[str]) -> tuple[bool, frozenset[str], frozenset[str]]:
    """Of words in lower case: whether one denies, and the families of the hedges and of the amounts among them."""
    words = [word for word in lowered if word in _SMALL]
    return (
        any(word in NEGATIONS for word in words),
        frozenset(MODALITY[word] for word in words if word in MODALITY),
        frozenset(QUANTIFIERS[word] for word in words if word in QUANTIFIERS),
    )
