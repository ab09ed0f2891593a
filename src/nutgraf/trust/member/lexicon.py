# ruff: noqa: E501
"""Words that two ways of saying the same of a person have in common, and words that say nothing of anybody."""

from __future__ import annotations

import re
from functools import lru_cache

from nutgraf.text.words import STOPWORDS, stem, word_spans

#: Each line is one meaning.
_SAME = """
lead led head headed manage direct supervise oversee oversaw run ran spearhead chair captain
build built develop create construct make made
design architect draft
write wrote written author
teach taught train mentor coach tutor instruct
reduce cut lower decrease shrink shorten
improve raise increase grow grew boost enhance
start begin began launch found establish set
analyse analyze examine evaluate assess study
check inspect test verify review
fix repair maintain service
sell sold market
buy bought purchase procure
plan schedule organise organize coordinate arrange
help assist support aid contribute participate involve collaborate
speak spoke talk present
team group squad crew
firm company employer organisation organization business
client customer
software application app
job role position post
bachelor undergraduate bsc ba
master msc ma mba
doctorate phd doctor doctoral
win won earn receive award
person people staff employee colleague worker engineer-report
move migrate transfer transition
""".strip().splitlines()
_FOLD = {
    stem(word): line.split()[0]
    for line in _SAME
    for word in line.split()
    if word not in ("ma", "ba")
}  # fmt: skip
#: Words that frame a claim about somebody and carry none of it.
FRAME = frozenset(
    map(
        stem,
        """work worked working works experience experienced year years month months decade career role roles job jobs position
        positions background record profile time today now currently current present previous previously past former
        formerly since long held hold holds serve served serving spent spend including include includes skill skills
        skilled know knows knew knowledge known use used using expertise expert familiar proficient proficiency trained
        total overall nearly almost about around roughly over several well strong good solid deep able area areas field
        based live lives living already earlier later recent recently first last stint name called tell say become became
        join joined bring brings own personally member reader day days daily level part lot never degree studied study
        certificate certified certification qualification speak speaks fluent language employed employment responsible
        responsibility responsibilities duty duties hands-on practical professional professionally tenure charge cv resume
        resumé one ones both fits fit matches relevant match article post piece section spell hand eye
        list listed lists noted according state stated states""".split(),
    )
)
GENERIC = frozenset(
    map(
        stem,
        """team work job career project projects company organisation organization interest interests goal goals reading
        network field industry sector path step steps next question questions answer feed inbox favourite week day
        attention workplace employer profession audience colleagues manager boss readers choice decision""".split(),
    )
)
LEADS = re.compile(
    r"\b(?:led|lead|leads|leading|headed|heads?|managed?|manages|managing|direct(?:ed|s|ing)|supervis\w+|oversee\w*|oversaw|ran(?! into| out)|runs? (?:an?|the|your) (?:\w+ )?(?:team|department|group|unit|company|business|firm|shop|branch|office|division)"
    r"|spearhead\w*|chair(?:ed|s)|found(?:ed|er|ing)|in charge of|responsible for|built up)\b",
    re.IGNORECASE,
)
#: Parts of titles that say of somebody that they lead.
LEADING_TITLE = re.compile(
    r"\b(?:manager|lead|leader|head|director|supervisor|chief|principal|foreman|superintendent|president|vp|captain|owner"
    r"|founder|executive|administrator|ceo|cto|cfo|coo)\b",
    re.IGNORECASE,
)
PARTS = re.compile(
    r"\b(?:assist(?:s|ed|ing)?|support(?:s|ed|ing)?|help(?:s|ed|ing)?|participat\w*|contribut\w*|took part|take part|taking part|collaborat\w*|join\w*"
    r"|worked on|member of|under)\b",
    re.IGNORECASE,
)
NEGATED = re.compile(
    r"\b(?:never|no(?! longer| doubt| wonder)|not(?! only| just)|without|lack\w*|none|neither|nor|nothing|hardly|yet to)\b|n['’]t\b",
    re.IGNORECASE,
)
#: What no record is asked for, and no sentence may presume.
PRESUMED = {
    "age": r"\b(?:at your age|your age|you are (?:too )?(?:old|young)|(?:years|year) old|in your (?:twenties|thirties|forties|fifties|sixties|[2-6]0s)"
    r"|(?:close to|near(?:ing)?|nearly|soon) retire\w*|approaching retirement|your generation|millennial|gen z|boomer|elderly|middle-aged)\b",
    "gender": r"\b(?:as an? (?:young |older |working |single )?(?:wo)?man\b|as an? (?:fe)?male|your gender|a (?:fe)?male \w+|(?:wo)?man in (?:tech|business|your)"
    r"|as an? (?:lady|girl|boy|gentleman)|transgender|non-binary)\b",
    "health": r"\b(?:your (?:\w+ )?(?:illness|disability|health|disease|diagnosis|condition|depression|anxiety|burn-?out|adhd|autism|pregnancy|disorder|injury|sick leave)"
    r"|you (?:are|were|have been) (?:\w+ )?(?:ill|sick|disabled|pregnant|depressed|autistic|burnt out|burned out|recovering|exhausted|stressed)|you suffer|living with (?:a )?(?:disability|chronic))\b",
    "family": r"\b(?:as an? (?:\w+ )?(?:mother|father|mum|mom|dad|parent|wife|husband|widow\w*|grandparent)|your (?:\w+ )?(?:children|kids?|child|son|daughter|baby|family|wife|husband"
    r"|spouse|partner|marriage|divorce|mother|father)|you (?:are|were|got|recently got) (?:\w+ )?(?:married|divorced|single|a (?:mother|father|parent)))\b",
    "belief": r"\b(?:your (?:\w+ )?(?:religion|faith|church|mosque|politics|political (?:views?|party|leanings?)|vote|union membership)|as an? (?:\w+ )?(?:christian|muslim|jew\w*|hindu|buddhist|atheist"
    r"|catholic|conservative|liberal|democrat|republican|socialist)|you (?:voted|pray))\b",
    "origin": r"\b(?:your (?:\w+ )?(?:ethnicity|race|skin colou?r|accent|immigrant background|sexuality|sexual orientation|visa status|immigration status)|as an? (?:\w+ )?(?:immigrant|migrant|refugee"
    r"|foreigner|gay|lesbian|person of colou?r|black|white|asian|latin[oax]))\b",
    "money": r"\b(?:your (?:\w+ )?(?:debts?|savings|poverty|financial (?:troubles?|problems|worries))|you (?:are|were) (?:\w+ )?(?:poor|rich|broke|in debt))\b",
}  # fmt: skip
PRESUMES = {kind: re.compile(pattern, re.IGNORECASE) for kind, pattern in PRESUMED.items()}

_PAIRS = """increase decrease|reduce raise|raise lower|improve worsen|open close|start stop|sell buy|internal external|hire dismiss|accept
    reject|approve refuse|import export|incoming outgoing|load unload|connect disconnect|install remove|public private|win lose|large small
    |indoor outdoor|manual automatic|inbound outbound|expand shrink|gain lose|merge split|encourage discourage|upstream downstream"""
OPPOSITES: dict[str, set[str]] = {}
for _pair in _PAIRS.split("|"):
    _one, _two = (_FOLD.get(stem(word), stem(word)) for word in _pair.split())
    OPPOSITES.setdefault(_one, set()).add(_two)
    OPPOSITES.setdefault(_two, set()).add(_one)

SENIOR = {
    word: rank
    for rank, line in enumerate(
        (
            "intern trainee apprentice student volunteer",
            "junior assistant associate deputy helper aide entry-level graduate",
            "mid-level",
            "senior sr experienced",
            "lead principal staff supervisor chief-of supervising foreman",
            "manager head",
            "director vp president chief vice executive ceo cto cfo coo partner founder owner",
        )
    )
    for word in line.split()
}
DEGREES = (
    (1, r"high[- ]school|secondary school|ged\b|a[- ]levels|school[- ]leaving"),
    (2, r"associate(?:['’]?s)?(?: of| degree| in)|community college|post-secondary|vocational (?:degree|diploma)|foundation degree"),
    (3, r"bachelor\w*(?:['’]s)?|undergraduate|\bb\.?sc?\.?(?![\w+#])|\bb\.?a\.?(?= (?:in|of|degree))|\bbeng\b|\bllb\b"),
    (4, r"master['’]?s|master of|masters? degree|\bm\.?sc?\.?(?![\w+#])|\bm\.?a\.?(?= (?:in|of|degree))|\bmba\b|\bmeng\b|\bllm\b|postgraduate|master(?= (?:degree|in ))"),
    (5, r"ph\.?\s?d\.?|doctorate|doctoral|doctor of|\bmd\b|\bdphil\b|\bjd\b"),
)  # fmt: skip
_DEGREES = tuple((level, re.compile(rf"(?<!\w)(?:{pattern})", re.IGNORECASE)) for level, pattern in DEGREES)
LANGUAGES = frozenset(
    """english german french spanish italian portuguese dutch polish russian ukrainian czech slovak hungarian romanian
    bulgarian greek turkish arabic hebrew persian farsi hindi urdu bengali punjabi tamil telugu marathi gujarati chinese
    mandarin cantonese japanese korean vietnamese thai indonesian malay tagalog swahili kikuyu amharic yoruba igbo hausa
    zulu afrikaans swedish norwegian danish finnish estonian latvian lithuanian croatian serbian slovenian albanian
    icelandic irish welsh catalan basque latin esperanto""".split()
)
COUNTRIES = {
    "US": "United States|USA|America|American", "GB": "United Kingdom|UK|Britain|British|England",
    "CA": "Canada|Canadian", "BR": "Brazil|Brazilian", "DE": "Germany|German", "PL": "Poland|Polish", "KE": "Kenya|Kenyan",
    "IN": "India|Indian", "NL": "Netherlands|Dutch|Holland", "JP": "Japan|Japanese", "FR": "France|French",
    "ES": "Spain|Spanish", "IT": "Italy|Italian", "PT": "Portugal|Portuguese", "IE": "Ireland|Irish",
    "CH": "Switzerland|Swiss", "AT": "Austria|Austrian", "BE": "Belgium|Belgian", "SE": "Sweden|Swedish",
    "NO": "Norway|Norwegian", "DK": "Denmark|Danish", "FI": "Finland|Finnish", "CZ": "Czechia|Czech Republic|Czech",
    "GR": "Greece|Greek", "TR": "Turkey|Turkish", "UA": "Ukraine|Ukrainian", "RU": "Russia|Russian", "CN": "China|Chinese",
    "KR": "South Korea|Korea|Korean", "AU": "Australia|Australian", "NZ": "New Zealand", "MX": "Mexico|Mexican",
    "AR": "Argentina|Argentinian", "CL": "Chile|Chilean", "CO": "Colombia|Colombian", "ZA": "South Africa|South African",
    "NG": "Nigeria|Nigerian", "EG": "Egypt|Egyptian", "MA": "Morocco|Moroccan", "IL": "Israel|Israeli",
    "AE": "United Arab Emirates|UAE", "SA": "Saudi Arabia", "PK": "Pakistan|Pakistani", "BD": "Bangladesh",
    "ID": "Indonesia|Indonesian", "PH": "Philippines|Filipino", "VN": "Vietnam|Vietnamese", "TH": "Thailand|Thai",
    "SG": "Singapore", "MY": "Malaysia|Malaysian", "HU": "Hungary|Hungarian", "RO": "Romania|Romanian",
    "GH": "Ghana|Ghanaian", "ET": "Ethiopia|Ethiopian", "TZ": "Tanzania|Tanzanian", "UG": "Uganda|Ugandan",
}  # fmt: skip
_COUNTRY = {name.lower(): code for code, names in COUNTRIES.items() for name in names.split("|")}
_ANY_COUNTRY = re.compile(
    rf"\b(?:{'|'.join(sorted(map(re.escape, _COUNTRY), key=len, reverse=True))})\b", re.IGNORECASE
)


@lru_cache(maxsize=50_000)
def fold(word: str) -> str:
    """A lower-case word in the form in which its synonyms are equal."""
    root = stem(word)
    return _FOLD.get(root, root)


@lru_cache(maxsize=4096)
def content(text: str) -> tuple[str, ...]:
    """The folded words of a text that say something of somebody, in order; numbers are left to others."""
    return tuple(fold(word) for word, _, _ in content_spans(text))


@lru_cache(maxsize=4096)
def content_spans(text: str) -> tuple[tuple[str, int, int], ...]:
    """The lower-case words behind `content` with their places; hyphenated and joined words are taken apart."""
    found = []
    for word, start, end in word_spans(text):
        at = 0
        for part in re.split(r"[-/&'’]", word):
            place = word.index(part, at) if part else at
            at = place + len(part)
            low = part.lower()
            short = len(low) < 2 and not (end - start == 1 and part in "CR")
            named = part == "Go" and start > 0
            if not part or short or (low in STOPWORDS and not named) or stem(low) in FRAME or low[0].isdigit():
                continue
            found.append((low, start + place, start + at))
    return tuple(found)


def degree_levels(text: str) -> set[int]:
    """The levels of education a text names: 1 school, 2 associate, 3 bachelor, 4 master, 5 doctor."""
    return {level for level, pattern in _DEGREES if pattern.search(text)}


def countries(text: str) -> dict[str, re.Match[str]]:
    """The countries a text names, also by what their people and languages are called, by code."""
    return {_COUNTRY[match.group().lower()]: match for match in _ANY_COUNTRY.finditer(text)}


def rank_of(title: str) -> set[str]:
    """The words of a title that say how senior it is."""
    return {word for word in re.findall(r"[a-z]+(?:-[a-z]+)?", title.lower()) if word in SENIOR}
