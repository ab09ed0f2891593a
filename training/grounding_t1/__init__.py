"""Trains the cross-encoder that holds a sentence against its evidence: pairs, windows, network, export and stack."""
