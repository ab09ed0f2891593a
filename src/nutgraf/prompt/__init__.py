"""Prompts: versioned templates, rendered with everything foreign fenced off as numbered evidence."""
