"""Models that write: the embedded one, any OpenAI-compatible endpoint, and the catalogue that opens them by name."""
