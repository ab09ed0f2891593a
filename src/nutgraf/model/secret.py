"""A value that must not be seen: it has no text form and cannot be copied or stored."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NoReturn

from nutgraf.errors import InputError


class Secret:
    """A key or password. `reveal` gives it to the one function that puts it into a header.

    `repr` shows a placeholder, so that tracebacks and logs stay readable; everything that would make
    text or bytes of the value raises TypeError.
    """

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    @classmethod
    def from_environment(cls, variable: str, environ: Mapping[str, str]) -> Secret:
        """The value of an environment variable; InputError names the variable when it is not set."""
        value = environ.get(variable, "").strip()
        if not value:
            raise InputError(f"key_env: the environment variable {variable} is not set; export it and start again")
        if not value.isascii() or not value.isprintable():
            raise InputError(f"key_env: {variable} holds characters that no header may carry; check how it was set")
        return cls(value)

    def reveal(self) -> str:
        """The value itself; call this in the last function before the wire, and keep no name for it."""
        return self._value

    def scrub(self, text: str) -> str:
        """`text` with every exact occurrence of the value replaced."""
        return text.replace(self._value, "[key]") if self._value else text

    def __repr__(self) -> str:
        return "<secret>"

    def __str__(self) -> NoReturn:
        raise TypeError("a secret has no text form")

    def __format__(self, spec: str) -> NoReturn:
        raise TypeError("a secret has no text form")

    def __reduce_ex__(self, protocol: Any) -> NoReturn:
        raise TypeError("a secret cannot be copied or stored")
