"""Personal data of known form is found, and what only looks like it is not."""

from itertools import pairwise

import pytest

from nutgraf.trust.pii import address
from nutgraf.trust.pii.structured import find

FOUND = [
    ("email", "mail me at ana.b+cv@post.example.org today"),
    ("email", "ana (at) example (dot) org is mine"),
    ("url", "my page https://ana:secret@example.org/x"),
    ("url", "see linkedin https://www.linkedin.com/in/ana-b"),
    ("link", "read https://example.org/article."),
    ("card", "card 4111 1111 1111 1111 is lost"),
    ("card", "amex 378282246310005 please"),
    ("iban", "pay to DE89 3704 0044 0532 0130 00 soon"),
    ("iban", "GB82WEST12345698765432"),
    ("ssn", "SSN 460-89-9847"),
    ("national_id", "o CPF 529.982.247-25"),
    ("national_id", "DNI 12345678Z"),
    ("national_id", "codice RSSMRA85T10A562S"),
    ("national_id", "pesel 44051401359"),
    ("national_id", "hetu 131052-308T"),
    ("national_id", "NINO AB 12 34 56 C"),
    ("ip", "from 192.168.10.21 again"),
    ("ip", "at 2001:db8::8a2e:370:7334"),
    ("mac", "card 00:1B:44:11:3A:B7"),
    ("document", "passport number: X1234567"),
    ("birth_date", "born on 12 March 1985 in a village"),
    ("birth_date", "date of birth: 1985-03-12"),
    ("phone", "+46 70 123 45 67"),
    ("phone", "call me on 358 0594"),
    ("phone", "(978) 645-9740"),
    ("phone", "079 0442 1744"),
]
CLEAN = [
    "In 2019 we hired 1 250 000 people across 12 countries.",
    "Order 1234 5678 9012 3456 has shipped.",
    "Version 10.0.4.1 of the tool",
    "The budget is $1,250,000.00 for 2020-2024.",
    "On 12/11/2021 the office opened.",
    "ISBN 978-3-16-148410-0",
    "Ratio 3:1, score 10-9, page 1024.",
    "SSN 000-12-3456 cannot have been issued.",
    "Room 12.3, 4th floor, 8 people, 95 % done",
    "IBAN DE00 3704 0044 0532 0130 00 has wrong check digits",
]


@pytest.mark.parametrize(("label", "text"), FOUND)
def test_every_kind_is_found(label: str, text: str) -> None:
    """One finding, of the right kind."""
    assert [mark.label for mark in find(text)] == [label]


@pytest.mark.parametrize("text", CLEAN)
def test_what_only_looks_like_it_is_not_found(text: str) -> None:
    """Amounts, dates, versions, orders and wrong check digits are nobody's data."""
    assert find(text) == ()


@pytest.mark.parametrize(
    "part", ["1", "1 ", "1-", "(1)", "a.", "a@", "1.1", "de la ", "Rua de ", "+1(", ":", "A1", "www.", "at) ("]
)
def test_long_runs_are_read_to_their_end(part: str) -> None:
    """Thousands of signs that almost match are read without going over them again and again."""
    assert all(mark.end <= len(part) * 3_000 for mark in (*find(part * 3_000), *address.find(part * 3_000)))


def test_findings_do_not_overlap() -> None:
    """A text full of numbers gives findings in order, each by itself."""
    text = "\n".join(example for _, example in FOUND)
    found = find(text)

    assert all(left.end <= right.start for left, right in pairwise(found))
