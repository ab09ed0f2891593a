"""Choosing: which spans of an item matter, to this member, next to each other; pure functions over vectors."""
