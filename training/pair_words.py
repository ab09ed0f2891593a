"""The words that the minimal pairs are made of: opposites, quantities, hedges, and invented names."""

from __future__ import annotations

_OPPOSITES = """
increase decrease|increased decreased|increases decreases|increasing decreasing|rose fell|rises falls
rising falling|grew shrank|growing shrinking|higher lower|highest lowest|more less|larger smaller
largest smallest|faster slower|fastest slowest|before after|early late|earlier later|earliest latest|open closed
opened closed|opens closes|accept reject|accepted rejected|approved denied|approve deny|allow forbid
allowed forbidden|allows forbids|hired fired|joined left|won lost|win lose|buy sell|bought sold|buying selling
gain loss|gained lost|gains losses|inside outside|above below|public private|free paid|old new|older newer
older younger|strong weak|stronger weaker|better worse|best worst|easy hard|easier harder|simple complex
safe unsafe|secure insecure|cheap expensive|cheaper costlier|positive negative|success failure|succeeded failed
started stopped|starts stops|start stop|begins ends|began ended|included excluded|includes excludes
including excluding|present absent|required optional|internal external|local remote|full-time part-time
permanent temporary|maximum minimum|long short|longer shorter|upper lower|north south|east west
northern southern|eastern western|morning evening|agree disagree|agreed disagreed|likely unlikely
possible impossible|legal illegal|common rare|supported opposed|supports opposes|praised criticized
praised criticised|enabled disabled|enables disables|added removed|adds removes|add remove|expanded reduced
junior senior|borrowed lent|exported imported|upgraded downgraded|employer employee|teacher student|buyer seller
mother father|brother sister|husband wife|son daughter|male female|men women|king queen|guilty innocent
alive dead|survived died|happy sad|hot cold|heavy light|wide narrow|deep shallow|rich poor|clean dirty
quiet loud|busy idle|formal informal|voluntary mandatory|online offline|manual automatic|ancient modern
acquired divested|promoted demoted|arrived departed|improved worsened|improves worsens|improve worsen
strengthened weakened|shortened lengthened|delayed accelerated
"""
OPPOSITES: dict[str, tuple[str, ...]] = {}
for _pair in _OPPOSITES.replace("\n", "|").split("|"):
    if _pair.strip():
        _one, _other = _pair.split()
        OPPOSITES[_one] = (*OPPOSITES.get(_one, ()), _other)
        OPPOSITES[_other] = (*OPPOSITES.get(_other, ()), _one)

QUANTIFIERS = {
    "some": ("all", "no", "most"),
    "most": ("few", "all", "some"),
    "many": ("few", "all", "no"),
    "few": ("many", "most"),
    "several": ("all", "hundreds of"),
    "all": ("some", "few", "none of"),
    "every": ("hardly any",),
    "both": ("neither of",),
    "often": ("rarely", "always"),
    "always": ("sometimes", "rarely"),
    "never": ("often", "always"),
    "usually": ("rarely", "always"),
    "sometimes": ("always", "never"),
    "rarely": ("often",),
    "nearly": ("more than", "exactly"),
    "only": ("not only",),
    "half": ("all", "a quarter"),
    "one": ("all",),
    "mostly": ("entirely", "hardly"),
    "partly": ("entirely",),
}
HEDGES = {
    "may": ("will", "must"),
    "might": ("will", "did"),
    "could": ("will", "did"),
    "should": ("must", "need not"),
    "can": ("must", "cannot"),
    "would": ("will",),
    "must": ("may", "need not"),
    "will": ("may", "might"),
    "plans to": ("has begun to",),
    "hopes to": ("is certain to",),
    "expects to": ("has agreed to",),
    "aims to": ("already manages to",),
    "wants to": ("has decided to",),
    "tries to": ("manages to",),
    "is likely to": ("is certain to",),
    "are likely to": ("are certain to",),
    "allegedly": ("demonstrably",),
    "reportedly": ("certainly",),
    "possibly": ("certainly",),
    "probably": ("certainly",),
    "perhaps": ("certainly",),
    "recommended": ("required",),
    "required": ("recommended",),
    "suggests": ("proves",),
    "encouraged": ("obliged",),
}
TENSES = {
    "will be": ("was", "has been"),
    "was": ("will be",),
    "were": ("will be",),
    "has been": ("will be",),
    "is": ("used to be",),
    "are": ("used to be",),
    "has": ("used to have", "will have"),
    "have": ("used to have",),
    "will": ("already did",),
    "used to": ("still",),
    "currently": ("formerly",),
    "now": ("formerly",),
    "formerly": ("currently",),
    "previously": ("currently",),
    "recently": ("long ago",),
    "upcoming": ("past",),
    "last": ("next",),
    "next": ("last",),
}
UNITS = {
    "million": ("billion", "thousand"),
    "billion": ("million", "trillion"),
    "thousand": ("million",),
    "hours": ("minutes", "days"),
    "hour": ("day", "minute"),
    "minutes": ("hours", "seconds"),
    "minute": ("hour",),
    "days": ("weeks", "hours"),
    "day": ("week",),
    "weeks": ("months", "days"),
    "week": ("month",),
    "months": ("years", "weeks"),
    "month": ("year",),
    "years": ("months", "decades"),
    "year": ("month",),
    "miles": ("kilometers", "feet"),
    "kilometers": ("miles",),
    "km": ("miles",),
    "feet": ("inches", "meters"),
    "meters": ("kilometers",),
    "inches": ("feet",),
    "pounds": ("ounces", "tons"),
    "ounces": ("pounds",),
    "cups": ("tablespoons",),
    "tablespoons": ("cups",),
    "teaspoon": ("tablespoon",),
    "teaspoons": ("cups",),
    "dollars": ("euros", "cents"),
    "euros": ("dollars",),
    "percent": ("percentage points",),
    "gb": ("mb", "tb"),
    "mb": ("gb",),
    "seconds": ("minutes",),
    "second": ("minute",),
    "grams": ("kilograms",),
    "kg": ("g",),
    "degrees": ("radians",),
    "decades": ("years",),
}
FIRST = """Ottilie Bram Saoirse Teodor Ingrid Kwame Leocadia Anselm Priya Dorrit Emeka Wilhelmina Rafal Noor Tamsin
Hector Yuki Marguerite Oswin Delphine Casimir Adaeze Linnea Baptiste Rosalind Idris Fenella Gustavo Hedda
Zoltan""".split()
LAST = """Marlowe Okafor Lindqvist Vantongeren Quillfeather Szabo Haverstock Nakagawa Pemberly Achterberg Delacroix
Oyelaran Brunswick Thistlewood Moravec Castellan Wren Fairbanks Ostrowski Ravensdale Kettering Abernathy
Solberg Pellegrini""".split()
FIRMS = """Larkfield Northgate Brambleway Corvane Halcyon Tessera Quarrymen Ostara Windmere Fennimore Kestrelline
Arborvale Pinecrest Bluewater Stonebridge Meridian""".split()
ENDINGS = ["Group", "Labs", "Partners", "Institute", "Foundation", "Systems", "Council", "Agency", "Media", ""]
PLACES = """Ravensport Eldenburg Marrowick Tolminster Graybridge Oakhaven Westmoor Kirkdale Sundale Fernmouth Lowestead
Arkholm Bellhaven Dunmere Portsea""".split()
MONTHS = "January February March April May June July August September October November December".split()
DAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()
SMALL = "two three four five six seven eight nine ten eleven twelve fifteen twenty thirty forty fifty".split()
