"""Judging drafts: a chain of checks, first refusal wins, a check that breaks has refused."""
