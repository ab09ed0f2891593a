"""Training of the detector that holds claims about the reader against the member's record."""
