"""Street addresses by grammar: the orders of several countries, where a word for a street and a number make it sure."""

from __future__ import annotations

import re

from nutgraf.detection import Marked

_NAME = r"[A-ZÀ-ÖØ-ÞĀ-Ž][\w'’.-]*"
_NUMBER = r"\d{1,5}[A-Za-z]?(?:[-/]\d{1,4}[A-Za-z]?)?"
_ENGLISH = (
    r"(?:Street|St|Avenue|Ave|Road|Rd|Lane|Ln|Drive|Dr|Boulevard|Blvd|Way|Court|Ct|Square|Sq|Terrace|Close|Crescent"
    r"|Parkway|Pkwy|Highway|Hwy|Circle|Alley|Mews|Gardens)"
)
_GERMANIC = (
    r"(?:stra(?:ß|ss)e|str\.|weg|gasse|platz|allee|damm|ufer|straat|laan|plein|gracht|kade|gatan|vägen|vej|gade|veien"
    r"|vegur|gata|katu|tie|kuja)"
)
_ROMANCE = (
    r"(?:[Rr]ue|[Aa]venue|[Bb]oulevard|[Bb]d|[Aa]llée|[Qq]uai|[Vv]ia|[Vv]iale|[Pp]iazza|[Cc]orso|[Cc]alle|[Aa]venida"
    r"|[Pp]laza|[Pp]aseo|[Rr]ua|[Tt]ravessa|[Pp]raça|[Uu]l\.|[Uu]lica|[Ss]trada|Av\.|C/)"
)
_OF = r"(?:(?:d[eiou]s?|del|della|delle|de la|de los|du|la|le|l') ?){0,2}"
_UNIT = r"(?:,? (?:Apt|Apartment|Suite|Ste|Unit|Flat|Floor|#|Nr)\.? ?\w{1,6})?"
_CODE = (
    r"(?:[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}|[A-Z]\d[A-Z] ?\d[A-Z]\d|\d{3} \d{2}|\d{2}-\d{3}|\d{4} [A-Z]{2}"
    r"|\d{4,6}(?:-\d{3,4})?)"
)  # fmt: skip
_TOWN = rf"{_NAME}(?:[ -]{_NAME}){{0,2}}"
_TAIL = rf"(?:,?\s+(?:{_CODE} {_TOWN}|{_TOWN},? (?:[A-Z]{{2,3}} )?{_CODE}(?!\w)|(?<=, ){_TOWN}(?:, [A-Z]{{2}}\b)?))?"
_STREETS = (
    rf"{_NUMBER},? (?:{_NAME} ){{1,4}}{_ENGLISH}\b\.?{_UNIT}",
    rf"{_NAME}{_GERMANIC} {_NUMBER}{_UNIT}",
    rf"{_NAME} (?:Stra(?:ß|ss)e|Str\.|Weg|Gasse|Platz|Allee|utca|út|tér|Caddesi|Sokak) (?:No:? ?)?{_NUMBER}{_UNIT}",
    rf"{_NUMBER},? (?:bis |ter )?{_ROMANCE} {_OF}{_NAME}(?: {_OF}{_NAME}){{0,3}}{_UNIT}",
    rf"{_ROMANCE} {_OF}{_NAME}(?: {_OF}{_NAME}){{0,3}},? (?:n[º°.] ?)?{_NUMBER}(?!\d){_UNIT}",
    r"P\.? ?O\.? Box \d{1,6}",
    r"(?:PSC|Unit|CMR) \d{1,5},? Box \d{1,5}",
)
_ADDRESS = re.compile(rf"(?<![\w$€£.])(?:{'|'.join(_STREETS)})(?!\w){_TAIL}")
#: A dot after a word that is no short form ends the sentence.
_END = re.compile(r"[^\W\d_]{5,}\.$")
_BECAUSE = "a number and a word for a street, as addresses are written"
_DIGIT = re.compile(r"\d")


def find(text: str) -> tuple[Marked, ...]:
    """The addresses of a text that the grammar is sure of."""
    if not _DIGIT.search(text):
        return ()
    return tuple(
        Marked(match.start(), match.end() - bool(_END.search(match[0])), "address", 0.95, _BECAUSE)
        for match in _ADDRESS.finditer(text)
    )
