"""Tone: is a text respectful, professional and supportive? Rules name the fault, models weigh the rest."""
