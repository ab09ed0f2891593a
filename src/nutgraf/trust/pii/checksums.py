"""Check digits of cards, accounts and national identity numbers. Every function takes the bare characters."""

from __future__ import annotations

from collections.abc import Callable, Sequence

_VERHOEFF_D = [
    [int(c) for c in row]
    for row in (
        "0123456789 1234067895 2340178956 3401289567 4012395678 5987604321 6598710432 7659821043 8765932104 9876543210"
    ).split()
]
_VERHOEFF_P = [
    [int(c) for c in row]
    for row in "0123456789 1576283094 5803796142 8916043527 9453126870 4286573901 2793806415 7046913258".split()
]
_ITALIAN_ODD = dict(
    zip(
        "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ",
        [
            1,
            0,
            5,
            7,
            9,
            13,
            15,
            17,
            19,
            21,
            1,
            0,
            5,
            7,
            9,
            13,
            15,
            17,
            19,
            21,
            2,
            4,
            18,
            20,
            11,
            3,
            6,
            8,
            12,
            14,
            16,
            10,
            22,
            25,
            24,
            23,
        ],
        strict=True,
    )
)


def luhn(digits: str) -> bool:
    """Cards, Canadian and Swedish numbers: doubled every second digit from the right, the sum ends in 0."""
    total = 0
    for place, digit in enumerate(map(int, reversed(digits))):
        total += digit if place % 2 == 0 else digit * 2 - 9 * (digit > 4)
    return total % 10 == 0


def iban(account: str) -> bool:
    """International account numbers: country and check digits moved behind, letters as numbers, remainder 1 by 97."""
    if not (15 <= len(account) <= 34 and account[:2].isalpha() and account[2:4].isdigit()):
        return False
    return int("".join(str(int(c, 36)) for c in account[4:] + account[:4])) % 97 == 1


def weighted(digits: str, weights: Sequence[int], modulus: int) -> int:
    """The sum of digits times weights, modulo `modulus`."""
    return sum(int(d) * w for d, w in zip(digits, weights, strict=False)) % modulus


def ssn(digits: str) -> bool:
    """United States: area, group and serial that can have been issued; there is no check digit."""
    return digits[:3] not in ("000", "666") and digits[0] != "9" and digits[3:5] != "00" and digits[5:] != "0000"


def cpf(digits: str) -> bool:
    """Brazil: two check digits by 11."""
    if len(set(digits)) == 1:
        return False
    first = weighted(digits[:9], range(10, 1, -1), 11)
    second = weighted(digits[:10], range(11, 1, -1), 11)
    return int(digits[9]) == (11 - first) % 11 % 10 and int(digits[10]) == (11 - second) % 11 % 10


def spanish(number: str) -> bool:
    """Spain: DNI and NIE, a letter by 23."""
    digits = number[:-1].replace("X", "0").replace("Y", "1").replace("Z", "2")
    return number[-1] == "TRWAGMYFPDXBNJZSQVHLCKE"[int(digits) % 23]


def french(number: str) -> bool:
    """France: thirteen characters and a key by 97."""
    body = number[:13].replace("2A", "19").replace("2B", "18")
    return 97 - int(body) % 97 == int(number[13:])


def italian(code: str) -> bool:
    """Italy: the sixteenth character of a codice fiscale, by 26."""
    total = sum(
        _ITALIAN_ODD[c] if place % 2 == 0 else (int(c) if c.isdigit() else ord(c) - 65)
        for place, c in enumerate(code[:15])
    )
    return code[15] == chr(65 + total % 26)


def pesel(digits: str) -> bool:
    """Poland: eleven digits, weights 1 3 7 9, and a month that exists."""
    month = int(digits[2:4]) % 20
    return 1 <= month <= 12 and weighted(digits, (1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1), 10) == 0


def hetu(number: str) -> bool:
    """Finland: nine digits by 31 name the last character."""
    return number[-1] == "0123456789ABCDEFHJKLMNPRSTUVWXY"[int(number[:6] + number[7:10]) % 31]


def bsn(digits: str) -> bool:
    """The Netherlands: the eleven test over nine digits."""
    return weighted(digits, (9, 8, 7, 6, 5, 4, 3, 2, -1), 11) == 0


def nhs(digits: str) -> bool:
    """England: ten digits, a check digit by 11."""
    check = 11 - weighted(digits[:9], range(10, 1, -1), 11)
    return check != 10 and int(digits[9]) == check % 11


def norwegian(digits: str) -> bool:
    """Norway: two check digits by 11."""
    return (
        weighted(digits, (3, 7, 6, 1, 8, 9, 4, 5, 2, 1), 11) == 0
        and weighted(digits, (5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1), 11) == 0
    )


def german_tax(digits: str) -> bool:
    """Germany: the tax id's eleventh digit, ISO 7064 mod 11, 10."""
    product = 10
    for digit in map(int, digits[:10]):
        product = ((digit + product) % 10 or 10) * 2 % 11
    return (11 - product) % 10 == int(digits[10]) and digits[0] != "0"


def aadhaar(digits: str) -> bool:
    """India: twelve digits by Verhoeff's scheme."""
    check = 0
    for place, digit in enumerate(map(int, reversed(digits))):
        check = _VERHOEFF_D[check][_VERHOEFF_P[place % 8][digit]]
    return check == 0 and digits[0] not in "01"


Checksum = Callable[[str], bool]
