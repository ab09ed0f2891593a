"""Encoders: sentences as vectors. Search over them lives in the store, skills in the vocabulary."""
