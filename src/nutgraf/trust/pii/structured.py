"""Personal data that has a form: found by patterns and check digits, in a tenth of a millisecond a sentence."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from ipaddress import AddressValueError, IPv4Address, IPv6Address

from nutgraf.detection import Marked
from nutgraf.trust.pii import checksums

#: What `find` can find. `link` is a plain address on the web: of interest to whoever audits, masked only when asked.
KINDS = (
    "email", "url", "link", "card", "iban", "ssn", "national_id", "ip", "mac", "document", "birth_date", "phone"
)  # fmt: skip

_ANY = re.compile(r"[\d@]|://|www\.|[\[(]at[\])]", re.IGNORECASE)
_EMAIL = re.compile(r"(?<![\w.+-])[\w.+%'-]{1,64}@(?:[\w-]{1,63}\.){1,8}[^\W\d_]{2,24}(?![\w-])")
_EMAIL_SPELT = re.compile(
    r"(?<!\w)[\w.+-]{1,64} ?[\[(]at[\])] ?[\w-]{1,63}(?:(?: ?[\[(]dot[\])] ?|\.)[\w-]{2,63}){1,4}", re.IGNORECASE
)
_URL = re.compile(r"(?<![\w@])(?:[a-z][a-z+.-]{1,15}://|www\.)[^\s<>\"'`{}|\\^]{3,2000}", re.IGNORECASE)
_USER_DATA = re.compile(
    r"://[^/\s@]+@|[?&;](?:e-?mail|user|usr|uid|login|name|first_?name|last_?name|phone|tel|token|key|session|sid"
    r"|password|pwd|ssn|dob|address|member|candidate|customer)[\w-]*=."
    r"|linkedin\.com/(?:in|pub)/\w|(?:facebook|instagram|twitter|tiktok|x)\.com/@?\w|github\.com/[\w-]+/?$"
    r"|/(?:users?|profiles?|people|members?|~)/?[\w@.-]+",
    re.IGNORECASE,
)
_CARD = re.compile(r"(?<![\w.,-])\d(?:[ -]?\d){11,18}(?![\w]|[.,-]\d)")
_IBAN = re.compile(r"(?<![A-Za-z0-9])[A-Z]{2}\d{2}(?:[ -]?[A-Z0-9]){11,30}(?![A-Za-z0-9])", re.IGNORECASE)
_SSN = re.compile(r"(?<![\w-])\d{3}([- ])\d{2}\1\d{4}(?![\w-])")
_IPV4 = re.compile(r"(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?![\w]|\.\d)")
_IPV6 = re.compile(r"(?<![\w:])(?:[0-9a-f]{0,4}:){2,7}[0-9a-f]{0,4}(?![\w:])", re.IGNORECASE)
_MAC = re.compile(r"(?<![\w:-])(?:[0-9a-f]{2}([:-]))(?:[0-9a-f]{2}\1){4}[0-9a-f]{2}(?![\w:-])", re.IGNORECASE)
_DOCUMENT = re.compile(
    r"\b(?:passport|driver'?s?’?s? licen[cs]e|driving licen[cs]e|licen[cs]e (?:no|number)|identity card|id card"
    r"|id number|national id|medical record|patient (?:id|number)|bank account|account (?:no|number)|sort code"
    r"|routing number|employee (?:id|number)|insurance (?:no|number)|tax (?:id|number)|visa number)\b[^\n\d]{0,24}?"
    r"\b(?P<found>(?=[A-Z0-9 -]*\d{3})[A-Z]{0,3}[ -]?\d[A-Z0-9]{2,16}(?:[ -][A-Z0-9]{2,6}){0,4})(?!\w)",
    re.IGNORECASE,
)
_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sept?|oct|nov|dec)[a-z]*\.?"
_DATE = (
    rf"(?:\d{{1,4}}[-/.]\d{{1,2}}[-/.]\d{{1,4}}|\d{{1,2}}(?:st|nd|rd|th)?(?: of)? {_MONTH},? \d{{2,4}}"
    rf"|{_MONTH} \d{{1,2}}(?:st|nd|rd|th)?,? \d{{4}})"
)
_BIRTH = re.compile(
    rf"\b(?:born(?: on)?|date of birth|birth ?date|birthday|d\.?o\.?b\.?)\b[^\n\d]{{0,24}}?(?P<found>{_DATE})(?!\w)",
    re.IGNORECASE,
)

_NATIONAL: tuple[tuple[str, re.Pattern[str], Callable[[str], bool], str], ...] = (
    ("CPF", re.compile(r"(?<!\w)\d{3}\.\d{3}\.\d{3}-\d{2}(?!\w)"), checksums.cpf, ""),
    ("DNI or NIE", re.compile(r"(?<!\w)(?:\d{8}|[XYZ]-?\d{7})-?[A-Z](?!\w)"), checksums.spanish, ""),
    ("NIR", re.compile(r"(?<!\w)[12] ?\d\d ?\d\d ?\d[\dAB] ?\d{3} ?\d{3} ?\d\d(?!\w)"), checksums.french, ""),
    (
        "codice fiscale",
        re.compile(r"(?<!\w)[A-Z]{6}\d\d[ABCDEHLMPRST]\d\d[A-Z]\d{3}[A-Z](?!\w)"),
        checksums.italian,
        "",
    ),
    ("personnummer", re.compile(r"(?<![\w-])(?:\d\d)?\d{6}[-+]\d{4}(?![\w-])"), lambda d: checksums.luhn(d[-10:]), ""),
    ("henkilötunnus", re.compile(r"(?<!\w)[0-3]\d[01]\d\d\d[-+A]\d{3}[0-9A-Y](?!\w)"), checksums.hetu, "keep"),
    ("NINO", re.compile(r"(?<!\w)(?!BG|GB|KN|NK|NT|TN|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z]"
                        r" ?\d\d ?\d\d ?\d\d ?[A-D](?!\w)"), lambda d: True, ""),
    ("PESEL", re.compile(r"(?<!\w)\d{11}(?!\w)"), checksums.pesel, r"pesel"),
    ("fødselsnummer", re.compile(r"(?<!\w)\d{6} ?\d{5}(?!\w)"), checksums.norwegian, r"f.dsels|national id"),
    ("BSN", re.compile(r"(?<!\w)\d{9}(?!\w)"), checksums.bsn, r"\bbsn\b|burgerservice|sofinummer"),
    ("SIN", re.compile(r"(?<!\w)\d{3}[ -]?\d{3}[ -]?\d{3}(?!\w)"), checksums.luhn, r"\bsin\b|social insurance"),
    ("NHS number", re.compile(r"(?<!\w)\d{3} ?\d{3} ?\d{4}(?!\w)"), checksums.nhs, r"\bnhs\b"),
    ("Steuer-ID", re.compile(r"(?<!\w)\d{2} ?\d{3} ?\d{3} ?\d{3}(?!\w)"), checksums.german_tax, r"steuer|tax id|idnr"),
    ("Aadhaar", re.compile(r"(?<!\w)\d{4} \d{4} \d{4}(?! ?\d)"), checksums.aadhaar, ""),
    ("PAN", re.compile(r"(?<!\w)[A-Z]{3}[PCHFATBLJG][A-Z]\d{4}[A-Z](?!\w)"), lambda d: True, r"\bpan\b"),
    ("SSN", re.compile(r"(?<!\w)\d{9}(?!\w)"), checksums.ssn, r"\bssn\b|social security"),
)  # fmt: skip

_PHONE = re.compile(
    r"(?<![\w@#$€£/])(?<!\d[.,:-])(?:\+|00)?\(?\d{1,15}\)?"
    r"(?:(?:[ .\-/]{1,2}\(?|\()\d{1,10}\)?|(?<=\))\d{1,10}){0,7}"
    r"(?:\s?(?:x|ext\.?|extension)\s?\d{1,6})?(?![\w%€£$]|[.,:]\d)"
)
_CALLS = re.compile(
    r"\b(?:call|phone|tel|telephone|mobile|cell|cellphone|fax|reach (?:me|us|you|him|her|them)|ring|dial|sms|whatsapp"
    r"|answering|voicemail|hotline|landline|telefon|tél|móvil|handy)\b[^\d\n]{0,40}$"
    r"|\b(?:text|messages?|contact|number|line|registered)(?: (?:me|us|her|him|them|is|at|on|to|under))*[\s:.#]*$"
    r"|\b(?:desk|direct|office|home|work|[mt])[\s:.]*$",
    re.IGNORECASE,
)
_CALLED = re.compile(r"[ \t]*\(?(?:office|fax|mobile|cell|home|work|direct|phone|desk|tel)\b", re.IGNORECASE)
_DATELIKE = re.compile(
    r"(?:\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}|\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|(?:19|20)\d\d ?[-–/ ] ?(?:19|20)\d\d)$"
)
_STRONG = re.compile(
    r"\+\d[\d ().\-/]{6,20}\d"
    r"|(?:1[ .-]|001[ .-])?\(?[2-9]\d\d\)?[ .-]\d{3}[ .-]\d{4}"
    r"|(?:\+?1[ .-]|001[ .-])?\(?\d{3}\)?[ .-]?\d{3}[ .-]\d{4}(?:\s?(?:x|ext\.?|extension)\s?\d{1,6})"
    r"|\(0\d{1,4}\)[ .-]?\d{3,5}[ .-]?\d{3,4}|0\d{2,4}[ ]\d{3,4}[ ]\d{3,4}|0\d{2,4}[ /]\d{6,8}|0\d(?:[ .]\d\d){4}"
    r"|001[ .-]\d{3}[ .-]\d{3}[ .-]\d{4}(?:x\d+)?"
)


def find(text: str) -> tuple[Marked, ...]:
    """Every place in `text` that holds personal data of a known form, in order, without overlaps."""
    if not _ANY.search(text):
        return ()
    taken: list[Marked] = []
    for found in _candidates(text):
        if all(found.end <= other.start or other.end <= found.start for other in taken):
            taken.append(found)
    return tuple(sorted(taken, key=lambda found: found.start))


def _candidates(text: str) -> Iterator[Marked]:
    """All findings, those that settle what a place is first."""
    if "://" in text or "www." in text.lower():
        yield from _urls(text)
    if "@" in text:
        for match in _EMAIL.finditer(text):
            yield _mark(match, "email", "the form of an e-mail address")
    if re.search(r"[\[(]at[\])]", text, re.IGNORECASE):
        for match in _EMAIL_SPELT.finditer(text):
            yield _mark(match, "email", "an e-mail address in words")
    if any(c.isdigit() for c in text):
        yield from _numbers(text)
    elif "::" in text:
        yield from _networks(text)


def _urls(text: str) -> Iterator[Marked]:
    for match in _URL.finditer(text):
        end = match.end() - len(match[0]) + len(match[0].rstrip(".,;:!?)]"))
        personal = _USER_DATA.search(text[match.start() : end])
        why = "an address on the web that names a person or an account" if personal else "an address on the web"
        yield Marked(match.start(), end, "url" if personal else "link", 1.0 if personal else 0.5, why)


def _numbers(text: str) -> Iterator[Marked]:
    for match in _IBAN.finditer(text):
        yield from _iban(match)
    for match in _CARD.finditer(text):
        digits = _digits(match[0])
        if _issued(digits) and checksums.luhn(digits):
            yield _mark(match, "card", "a card number, check digit right")
    for match in _SSN.finditer(text):
        if checksums.ssn(_digits(match[0])):
            yield _mark(match, "ssn", "a social security number that can have been issued")
    yield from _networks(text)
    for name, pattern, check, context in _NATIONAL:
        for match in pattern.finditer(text):
            bare = match[0] if context == "keep" else re.sub(r"[ .+-]", "", match[0])
            near = context in ("", "keep") or re.search(
                context, text[max(0, match.start() - 60) : match.start()], re.IGNORECASE
            )
            if near and check(bare):
                yield _mark(match, "ssn" if name == "SSN" else "national_id", f"a {name}, form and check digits right")
    for match in _BIRTH.finditer(text):
        yield Marked(match.start("found"), match.end("found"), "birth_date", 0.95, "a date said to be one of birth")
    for match in _DOCUMENT.finditer(text):
        yield Marked(match.start("found"), match.end("found"), "document", 0.95, "a number of a personal document")
    yield from _phones(text)


def _iban(match: re.Match[str]) -> Iterator[Marked]:
    """The longest beginning of the match, in whole groups, that is an account number."""
    found = match[0]
    for end in [len(found), *(m.start() for m in reversed(list(re.finditer(r"[ -]", found))))]:
        if checksums.iban(re.sub(r"[ -]", "", found[:end]).upper()):
            start = match.start()
            yield Marked(start, start + end, "iban", 1.0, "an account number, check digits right")
            return


def _networks(text: str) -> Iterator[Marked]:
    for match in _MAC.finditer(text):
        yield _mark(match, "mac", "the address of a network card")
    for match in _IPV4.finditer(text):
        if not re.search(r"(?:version|release|\bv)\.? ?$", text[: match.start()][-10:], re.IGNORECASE) and _is_ip(
            match[0]
        ):
            yield _mark(match, "ip", "a network address")
    if text.count(":") > 1:
        for match in _IPV6.finditer(text):
            if sum(c.isalnum() for c in match[0]) > 3 and _is_ip(match[0]):
                yield _mark(match, "ip", "a network address")


def _phones(text: str) -> Iterator[Marked]:
    for match in _PHONE.finditer(text):
        found = match[0].rstrip(" .-/(")
        digits = len(_digits(re.split(r"x|ext", found)[0]))
        if not 6 <= digits <= 15 or _DATELIKE.match(found):
            continue
        end = match.start() + len(found)
        if _STRONG.fullmatch(found):
            yield Marked(match.start(), end, "phone", 0.98, "the form of a phone number")
        elif _CALLS.search(text[max(0, match.start() - 60) : match.start()]) or _CALLED.match(text, end):
            yield Marked(match.start(), end, "phone", 0.95, "a number, with a word for calling beside it")
        elif digits >= 7 and re.search(r"[ .-]", found) and _alone(text, match.start(), end):
            yield Marked(match.start(), end, "phone", 0.8, "a grouped number alone on its line")


def _alone(text: str, start: int, end: int) -> bool:
    """Whether a place is all there is on its line, with another line before or after it."""
    left, right = text.rfind("\n", 0, start), text.find("\n", end)
    line = text[left + 1 : right if right >= 0 else len(text)]
    return (left >= 0 or right >= 0) and line.strip() == text[start:end].strip()


def _issued(digits: str) -> bool:
    """Whether a card number begins as issuers begin them, with the length they use."""
    if digits[:4] in ("1800", "2131"):
        return len(digits) == 15
    if len(digits) == 12:
        return digits[0] in "56"
    return digits[0] in "23456" and len(set(digits)) > 1


def _is_ip(text: str) -> bool:
    try:
        IPv6Address(text) if ":" in text else IPv4Address(text)
    except AddressValueError:
        return False
    return True


def _digits(text: str) -> str:
    return "".join(c for c in text if "0" <= c <= "9")


def _mark(match: re.Match[str], label: str, because: str) -> Marked:
    return Marked(match.start(), match.end(), label, 1.0, because)
