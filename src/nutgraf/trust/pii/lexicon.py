"""Our own lists of names, places and words of addresses: what kinds a word can be, whatever its accents and case."""

from __future__ import annotations

import unicodedata
from functools import cache, lru_cache
from pathlib import Path

GIVEN, FAMILY, PLACE, STREET, UNIT, TITLE, FIRM, MONTH, VERB, ROLE, COMMON = (1 << bit for bit in range(11))

_STREETS = """
street st avenue ave av road rd lane ln drive dr boulevard blvd way court ct place pl square sq terrace close
crescent row parkway pkwy highway hwy circle alley crossing walk mews gardens grove hill quay embankment trail
rue chemin allee impasse quai cours via viale piazza corso vicolo largo calle avenida carrera paseo plaza camino
ronda rua praca travessa estrada rodovia alameda strasse str weg allee platz gasse ring damm ufer straat laan
plein gracht kade dijk vej gade alle vagen gatan vei gata veien gate katu tie kuja polku ulica ul aleja plac
osiedle namesti ulice trida utca ut ter korut sokak cadde caddesi bulvar strada bulevardul ulitsa prospekt
pereulok odos leoforos marg nagar jalan lorong soi postbox sector""".split()
#: Endings that make a word the name of a street in languages that write it as one word.
_STREET_ENDS = (
    "strasse", "straße", "str", "weg", "gasse", "platz", "allee", "damm", "ufer", "straat", "laan", "plein", "gracht",
    "kade", "dijk", "vej", "vejen", "gade", "gaden", "vagen", "gatan", "vei", "veien", "gata", "katu", "tie", "kuja",
    "polku", "utca", "hof", "steeg", "singel", "lei", "stien", "brekka", "gotu", "stigur", "vegur", "braut", "hus",
)  # fmt: skip
_UNITS = """apt apartment suite ste unit flat floor fl room building bldg block box po p.o pob psc apo fpo dpo level
etage piso apto bte postbox postfach appartement wohnung lgh dept""".split()
_TITLES = "mr mrs ms miss mx dr prof professor sir madam lord lady dame herr frau monsieur madame señor señora".split()
_FIRMS = """inc llc ltd limited corp corporation co company plc gmbh ag sa sarl bv nv ab as oy spa srl kg group holdings
partners labs laboratories systems solutions technologies technology software bank insurance university college
institute school hospital foundation trust society association agency department ministry council committee orchestra
museum services consulting capital ventures media networks studio studios industries international""".split()
_MONTHS = """january february march april may june july august september october november december monday tuesday
wednesday thursday friday saturday sunday""".split()
_VERBS = """said says told asked asks wrote writes joined joins leads led founded called calls met thanks thank added
replied explained agreed works worked lives lived reports manages hired recommended interviewed emailed invited
mentioned noted shared presented born named directed starring""".split()
_ROLES = """engineer manager director developer designer analyst consultant officer president founder cofounder editor
nurse teacher professor scientist researcher recruiter lead head chief ceo cto cfo coo architect administrator
coordinator specialist assistant technician accountant lawyer author journalist producer mother father brother sister
son daughter wife husband friend colleague boss patient candidate applicant client customer member sales marketing
product data software senior junior principal staff""".split()


def plain(word: str) -> str:
    """Lower case, without accents: the form under which the lists are asked."""
    word = word.lower().replace("ß", "ss").replace("ø", "o").replace("ł", "l").replace("æ", "ae").replace("ı", "i")
    if word.isascii():
        return word
    return "".join(c for c in unicodedata.normalize("NFD", word) if not unicodedata.combining(c))


@cache
def _kinds() -> dict[str, int]:
    lists = Path(__file__).parent / "lists"
    kinds: dict[str, int] = {}
    for words, bit in (
        (names("given"), GIVEN), (names("family"), FAMILY), (_STREETS, STREET), (_UNITS, UNIT), (_TITLES, TITLE),
        (_FIRMS, FIRM), (_MONTHS, MONTH), (_VERBS, VERB), (_ROLES, ROLE),
        (names("common"), COMMON),
        ((lists / "places.txt").read_text(encoding="utf-8").replace("|", " ").split(), PLACE),
    ):  # fmt: skip
        for word in words:
            kinds[plain(word)] = kinds.get(plain(word), 0) | bit
    return kinds


@cache
def names(which: str) -> tuple[str, ...]:
    """The words of the list `given`, `family` or `common`."""
    return tuple((Path(__file__).parent / "lists" / f"{which}.txt").read_text(encoding="utf-8").split())


@cache
def places() -> tuple[str, ...]:
    """Countries, cities and regions, some of several words."""
    return tuple((Path(__file__).parent / "lists/places.txt").read_text(encoding="utf-8").replace("\n", "|").split("|"))


@lru_cache(maxsize=50_000)
def kinds(word: str) -> int:
    """The bits of everything a word can be; 0 for a word in no list."""
    bare = plain(word)
    found = _kinds().get(bare, 0)
    if not found and "-" in bare:
        for part in bare.split("-"):
            found |= _kinds().get(part, 0)
    if not found & STREET and len(bare) > 6 and bare.endswith(_STREET_ENDS):
        found |= STREET
    return found
