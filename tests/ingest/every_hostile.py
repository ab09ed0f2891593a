"""All hostile and broken documents together."""

from tests.ingest import hostile_markup, hostile_pdf
from tests.ingest.hostile import CASES

__all__ = ["CASES", "hostile_markup", "hostile_pdf"]
