"""What a member states of themselves in a question, as few typed, dated facts; everything doubtful is left out.

Rules, not a model: a clause counts only when the member says it of themselves, outright, in one of the known forms.
What others are or said, what is supposed or asked, what is sensitive, and what tells us what to do is not remembered.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator

from nutgraf.conversation import MemoryKind, Remembered
from nutgraf.errors import InputError
from nutgraf.members.sensitive import sensitive
from nutgraf.text.sentences import split
from nutgraf.text.words import content_stems, stem, words

FACTS_AT_MOST = 5
TEXT_AT_MOST_CHARS = 160
WORDS_AT_LEAST = 3
TOPIC_STEMS_AT_MOST = 6

_ADVERBS = (
    r"(?:(?:really|also|just|still|only|currently|now|always|very much|already|recently|previously|once|never"
    r"|definitely|actually|personally|mainly|mostly|usually|often|do|both) )*"
)
_AM, _HAVE, _WOULD, _WILL = r"i(?:'m| am) ", r"i(?:'ve| have) ", r"i(?:'d| would) ", r"i(?:'ll| will) "
#: What a member wants to do with this answer is no goal of theirs.
_TASK = (
    r"(?!(?:know|ask|see|hear|understand|find out|read|check|tell|write|post|comment|reply|send|say|share|thank|message"
    r"|draft|compare|discuss|talk|be sure|point out|add|clarify|confirm|mention|summari[sz]e|translate|quote|continue"
    r"|be (?:called|addressed|told)|stop|open|look|learn more|go back|hide|skip|return|see)\b"
    r"|(?:get|have) (?:an?|the|some|your) )"
)
_LACKED = (
    r"(?:\w+ ){0,2}(?:degree|licen[cs]e|certificate|time|money|savings|experience|car|budget|diploma|qualifications?"
    r"|laptop|computer|deposit)\b"
)
_HELD = (
    r"(?:degree|diploma|certificate|certification|licen[cs]e|qualifications?|experience|years|master's|bachelor's|phd"
    r"|training|apprenticeship)\b"
)
_DONE = (
    r"(?:managed|led|worked|run|ran|built|taught|studied|trained|sold|founded|completed|finished|passed|coached"
    r"|organi[sz]ed|designed|programmed|volunteered|graduated|supervised|repaired|written|owned|started)\b"
)
_SOON = (
    r"(?:start|begin|mov|leav|finish|graduat|tak|join|open|launch|apply|enroll?|switch|quitt?|relocat|retrain)"
    r"(?:e?|ing)\b"
)
_WHEN = (
    r"\b(?:tomorrow|soon|next \w+|(?:in|on|by|from|at|before) (?:the )?(?:\w+ )?(?:january|february|march|april|may"
    r"|june|july|august|september|october|november|december|spring|summer|autumn|winter|\w+day|weeks?|months?|years?"
    r"|20\d\d|end))\b"
)
_UNLIKE = (
    r"(?!(?:find|see|understand|open|believe|figure|tell|decide|wait|access|remember|read|get|think|say|help|imagine|stop"
    r"|agree|seem|know|follow|load|click|recall|stand)\b)"
)
_NOT_FREE = r"(?:not able|unable|not willing|not allowed|not free|not available|only (?:free|available|able))\b"
_BOUND = r"(?:i have(?: got)?|i've(?: got)?) only|i only (?:have|work)|i can only (?!see|find|say)"
_KEPT = r"i (?:must|have to) (?:be|stay|leave|keep)"
_NEEDED = r"i need (?:an? |some |my )?(?:flexible|part-time|full-time|remote|quiet|evenings?|weekends?|mornings?)\b"
_POST = r"(?:job|role|career|work|position|promotion|degree|qualification|apprenticeship|business)\b"
#: What follows "I'm a" without being a trade.
_NO_TRADE = r"(?!bit|little|fan|lot|big|huge|single|wo?man|mother|father|mum|mom|dad|parent|widow|girl|boy|male|female)"
_STYLE = (
    r"(?:please )?(?:keep|make) (?:it|them|things|(?:your |the )?(?:answers?|replies|explanations?)) (?:always )?{how}"
    r"|(?:(?:i want|i'd like|i would like|i prefer) )?{how} (?:answers?|replies|words|language|english|explanations?)"
    r"(?: only)?|(?:please )?(?:use|answer in|write in) (?:{how} (?:words|language|english|sentences)|bullet points)"
    r"|(?:please )?(?:no|avoid) jargon"
).replace("{how}", r"(?:(?:short|brief|simple|concise|plain|detailed)(?: and (?:short|brief|simple|concise|plain))?)")

#: How a member says something of themselves, by kind; the first that fits decides.
_SAYINGS: dict[MemoryKind, tuple[str, ...]] = {
    "constraint": (
        rf"i {_ADVERBS}(?:can'?t|cannot|can not) {_UNLIKE}",
        rf"{_AM}{_ADVERBS}{_NOT_FREE}",
        rf"i {_ADVERBS}(?:don'?t|do not) (?:want|wish) to {_TASK}",
        r"i (?:won't|will not) (?:move|relocate|commute|travel|work)\b",
        rf"(?:{_BOUND}|{_KEPT}|my budget is) ",
        rf"i (?:don'?t|do not) have (?:an?|any|the|much|enough|more) {_LACKED}|i have no {_LACKED}",
        _NEEDED,
    ),
    "plan": (
        rf"{_AM}{_ADVERBS}(?:going to {_SOON}|planning (?:to|on) {_TASK}|about to {_SOON}|{_SOON}.*{_WHEN})",
        rf"{_WILL}{_ADVERBS}{_SOON}",
        rf"i {_ADVERBS}(?:plan (?:to|on) {_TASK}|{_SOON}.*{_WHEN})",
        rf"{_HAVE}(?:got )?an? (?:\w+ )?interview\b",
    ),
    "goal": (
        rf"i {_ADVERBS}(?:want|hope|aim|intend|aspire|wish) to {_TASK}",
        rf"{_AM}{_ADVERBS}(?:trying|looking|hoping|aiming|keen|eager|determined|working) (?:to|towards?) {_TASK}",
        rf"{_WOULD}{_ADVERBS}(?:like|love) to {_TASK}",
        r"my (?:main |long-term |next |career |biggest |only |own )?(?:goal|aim|dream|ambition) is ",
        rf"(?:{_AM}{_ADVERBS}looking for|i {_ADVERBS}want|{_WOULD}like) (?:an? |my |some |more )?(?:[\w-]+ )??{_POST}",
        r"i dream of \w+ing\b",
    ),
    "preference": (
        rf"(?:i|i'd|i would) {_ADVERBS}prefer ",
        rf"{_WOULD}{_ADVERBS}rather ",
        rf"i {_ADVERBS}(?:like|love|enjoy|hate|dislike|don'?t like|do not like|can'?t stand) \w+ing\b",
        r"i learn (?:best|better|most) ",
    ),
    "background": (
        rf"{_HAVE}{_ADVERBS}(?:been (?:an?|working|teaching|running|leading|managing) |{_DONE})",
        rf"i {_ADVERBS}(?:{_DONE}|used to (?:be|work|teach|run|lead|manage|own)\b)",
        rf"i {_ADVERBS}(?:work|teach|study|volunteer|manage|lead|run) \w+",
        rf"{_AM}{_ADVERBS}an? {_NO_TRADE}\w+",
        rf"i have (?:[\w-]+ ){{1,5}}?{_HELD}",
        r"i speak \w+|my (?:background|degree|training|trade|profession) is ",
    ),
}
_FORMS = [(kind, re.compile(rf"(?:{pattern})")) for kind, patterns in _SAYINGS.items() for pattern in patterns]
_STYLES = re.compile(rf"(?:{_STYLE})(?:,? please)?")

_LEAD_IN = re.compile(
    r"(?:(?:and|but|so|also|well|actually|honestly|ok|okay|hi|hello|hey|thanks|thank you|yes|no(?=,)|currently"
    r"|personally|now|because|as|since|although|though|yet|given that|for context|by the way|btw|fyi|to be honest"
    r"|in fact|right now|at the moment|about me|context|background"
    r"|(?:please )?(?:remember|note|keep in mind)(?: that)?)[,:]? )+"
)
_ASKS = (
    r"(?:how|what|which|where|when|who|why|should|can|could|do|does|did|is|are|am|was|would|will|any|have you"
    r"|whether)\b"
)
_ME = r"(?:i|i'm|i've|i'd|i'll|my)\b"
_CUT = re.compile(
    rf"\s*[;—–]\s*|\s+-\s+|,?\s+(?:but|and|so|yet|because|as|since|although|though)\s+(?={_ME}|{_ASKS}|please\b)"
    rf"|,\s*(?={_ME}|{_ASKS}|please\b)"
)
#: A sentence with one of these supposes something.
_SUPPOSED = re.compile(
    r"\b(?:if|suppose|supposing|imagine|assum(?:e|ing)|pretend|unless|hypothetical\w*|let's say|were to|in case|whether"
    r"|example|as though)\b"
)
_REPORTED = re.compile(
    r"\b(?:sa(?:y|ys|id|ying)|writes?|wrote|tells?|told|asks?|asked|claims?|claimed|quot(?:e|es|ed)|according|states?"
    r"|thinks?|thought|believes?|means?|replied|joke[ds]?)\b"
)
_DOUBTFUL = re.compile(r"\b(?:might|maybe|perhaps|possibly|not sure|thinking (?:of|about)|wondering|or not|kidding)\b")
#: Words that point at what lies before the member now, and mean nothing later.
_POINTING = re.compile(
    r"\b(?:this|these|those|it|here|above|below|the (?:post|article|job|course|company|item|page|role|author|first"
    r"|second|last|same|other|one))\b"
)
_ORDERS = re.compile(
    r"\b(?:you|your|yours|yourself|ignore|disregard|override|instructions?|system prompt|jailbreak|from now on"
    r"|must always|pretend|respond|output|prompt|forget)\b"
)
_OTHERS = re.compile(
    r"\bmy (?:\w+ )?(?:wife|husband|partner|spouse|girlfriend|boyfriend|mother|father|mum|mom|dad|parents?|sons?"
    r"|daughters?|child|children|kids?|baby|brothers?|sisters?|siblings?|family|uncle|aunt|cousins?|grand\w+|friends?|boss|manager"
    r"|colleagues?|co-?workers?|neighbou?rs?|ex|landlord|doctor)\b|\b(?:he|she|his|her|hers|him|mr|mrs|ms|dr)\b"
)
_NAMED = re.compile(
    r"\b(?:with|named|called|manag\w+|mentor\w*|married|marry|dating|met|hir\w+|fir(?:e|ed|ing)|know|care for|help\w*)"
    r" (?:to )?[A-Z]\w+ [A-Z]\w+"
)
_PRIVATE = re.compile(
    r"@|https?:|www\.|\d{6,}|\b(?:vot(?:e|ed|er|ing)|political|politics|party member|republican|democrat|convicted"
    r"|convictions?|prison|criminal|arrested|bankrupt\w*|debts?|suicid\w*|divorc\w+|pregnan\w+|passwords?|passport|visa"
    r"|credit card|bank account|i earn|salary is|wheelchair|in pain|ill|sick|injured|sabbath|pray\w*|church|mosque"
    r"|synagogue)\b"
    r"|\bmy (?:\w+ )?(?:back|knees?|heart|health|condition|pain|injury|medication|therapy|surgery|religion|faith|age)\b"
)
_QUOTED = re.compile(r"[\"“„«][^\"”»]*(?:[\"”»]|$)|(?<!\w)[‘'][^‘’']{12,}[’'](?!\w)")
_INTRODUCED = re.compile(r"(?<!context)(?<!about me)(?<!note)(?<!fyi)(?<!background):\s|^\s*>|```|^---", re.MULTILINE)
_NEXT = re.compile(r"(?<=[.!?])\s+(?=i\b|i['’])|\n+", re.IGNORECASE)

#: Names for what is said in many ways, so that the newest word on it stands.
_SAME = {
    word: topic
    for topic, names in {
        "length": "short brief concis detail simpl plain long",
        "workplac": "remot remotely home offic hybrid onsit",
        "mov": "mov relocat",
    }.items()
    for word in names.split()
}
_TIMES = frozenset(
    stem(word)
    for word in (
        "zero one two three four five six seven eight nine ten eleven twelve fifteen twenty thirty forty fifty"
        " hundred thousand january february march april may june july august september october november december monday"
        " tuesday wednesday thursday friday saturday sunday spring summer autumn winter today tomorrow soon now next"
        " please really don't dont can't cant"
    ).split()
)


def stated(question: str, at: str, stream: str) -> list[Remembered]:
    """The facts that a member states of themselves in `question`, at most FACTS_AT_MOST, in their order.

    `at` is the moment of asking (ISO 8601 with an offset) and `stream` the answer it was asked in; both are kept with
    every fact. Of two with the same kind and topic the later stands; they have the same id.
    """
    found: dict[str, Remembered] = {}
    for kind, quote in _clauses(question):
        fact = _fact(kind, quote, at, stream)
        if fact is not None:
            found.pop(fact.id, None)
            found[fact.id] = fact
    return list(found.values())[:FACTS_AT_MOST]


def checked(text: str) -> str:
    """A member's own wording of a remembered fact, on one line.

    Raises InputError naming `text` when it is empty, too long, sensitive, or an instruction rather than a fact.
    """
    line = " ".join(text.split())
    if not 0 < len(line) <= TEXT_AT_MOST_CHARS:
        raise InputError(f"text: must have 1 to {TEXT_AT_MOST_CHARS} characters; say it in one short sentence")
    if any("\ud800" <= char <= "\udfff" for char in line):
        raise InputError("text: holds bytes that are no text in UTF-8; write it in UTF-8")
    if (what := sensitive(line)) is not None:
        raise InputError(f"text: states something sensitive ({what}), which is never remembered; leave that out")
    plain = _plain(line)
    if _PRIVATE.search(plain):
        raise InputError("text: states something private, which is never remembered; leave that out")
    if _ORDERS.search(plain) and not _STYLES.fullmatch(plain.rstrip(".!")):
        raise InputError("text: tells the answers what to do; state a fact about yourself instead")
    return line


def _clauses(question: str) -> Iterator[tuple[MemoryKind, str]]:
    """Every clause that states something, with its kind, as it was written."""
    intro = _INTRODUCED.search(question)
    text = _QUOTED.sub(lambda match: "\0" * len(match[0]), question[: intro.start() if intro else None])
    for begin, end in split(text):
        at = begin
        for part in _NEXT.split(text[begin:end]):
            at = text.index(part, at)
            yield from _sentence(part)
            at += len(part)


def _sentence(sentence: str) -> Iterator[tuple[MemoryKind, str]]:
    plain = _plain(sentence)
    if "\0" in plain or _SUPPOSED.search(plain) or sensitive(sentence) or _PRIVATE.search(plain):
        return
    begin, cuts = 0, [match.span() for match in _CUT.finditer(plain)]
    for end, following in [*cuts, (len(plain), len(plain))]:
        clause = plain[begin:end]
        lead = _LEAD_IN.match(clause)
        start = lead.end() if lead else 0
        said = clause[start:].rstrip(" .!,;)")
        if re.match(_ASKS, said) and begin == 0:
            return
        asked = end == len(plain) and clause.rstrip().endswith("?")
        kind = None if asked or _REPORTED.search(plain[:begin]) else _kind(said)
        if kind is not None:
            first = begin + start
            yield kind, sentence[first : first + len(said)]
        begin = following


def _kind(said: str) -> MemoryKind | None:
    """What a clause in plain form states of its speaker, if it states something that may be remembered."""
    if _STYLES.fullmatch(said):
        return "preference"
    if any(pattern.search(said) for pattern in (_DOUBTFUL, _POINTING, _ORDERS, _OTHERS)):
        return None
    return next((kind for kind, form in _FORMS if form.match(said)), None)


def _fact(kind: MemoryKind, quote: str, at: str, stream: str) -> Remembered | None:
    line = " ".join(quote.split())
    style = _STYLES.fullmatch(_plain(line)) is not None
    if len(line) > TEXT_AT_MOST_CHARS or (len(words(line)) < WORDS_AT_LEAST and not style) or _NAMED.search(line):
        return None
    topic = "length" if style and "jargon" not in line else _topic(line)
    if not topic:
        return None
    text = re.sub(r"\bi(?=\b(?!['’]?\w*\.))", "I", line)
    name = hashlib.sha256(f"{kind}\x1f{topic}".encode()).hexdigest()[:12]
    return Remembered(
        id=f"m{name}", kind=kind, topic=topic, text=text[:1].upper() + text[1:], quote=quote, at=at, stream=stream
    )


def _topic(line: str) -> str:
    """What a fact is about: its stems without numbers and times, so that a newer figure replaces an older one."""
    stems = [
        one for one in content_stems(_plain(line)) if one not in _TIMES and not any(char.isdigit() for char in one)
    ]
    named = dict.fromkeys(_SAME.get(one, one) for one in stems)
    if len(named) > 1 and "workplac" in named:
        named = dict.fromkeys(["workplac"])
    return " ".join(sorted(named)[:TOPIC_STEMS_AT_MOST])


def _plain(text: str) -> str:
    """Lower case with straight apostrophes and single blanks for every white space; the same length."""
    low = "".join(char.lower() if len(char.lower()) == 1 else char for char in text)
    return re.sub(r"\s", " ", low.replace("’", "'"))
