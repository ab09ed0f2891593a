"""Streams: the order of events, the log, its readers, and how it looks on the wire."""
