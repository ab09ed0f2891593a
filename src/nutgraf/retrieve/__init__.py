"""Skills and search: what the evidence is gathered from."""
