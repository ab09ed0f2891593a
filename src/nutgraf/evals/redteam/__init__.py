"""Attacks on a use case: what is tried, where it is planted, how far it came, and what becomes of a finding."""
