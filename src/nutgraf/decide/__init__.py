"""Deciding: whether an answer may be made, which agent makes it, and what a follow-up refers to; pure functions."""
