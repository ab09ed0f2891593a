"""Log lines without personal data: what a detector would mask before a model sees it does not reach a log either."""

from __future__ import annotations

import logging

from nutgraf.trust.pii.masking import redact


class Redacting(logging.Formatter):
    """A formatter whose finished lines, tracebacks included, hold the kind in brackets where personal data stood.

    It knows what has a form: addresses of e-mail, telephone and card numbers, IBANs and their like. Names have none.
    """

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        return redact(super().format(record))


def log_to_stderr(level: int = logging.WARNING) -> None:
    """Let warnings of everything in this process go to the error stream, redacted."""
    handler = logging.StreamHandler()
    handler.setFormatter(Redacting("%(asctime)s %(levelname)s %(name)s %(message)s"))
    logging.basicConfig(level=level, handlers=[handler])
