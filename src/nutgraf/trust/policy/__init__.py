"""What is done about what the detectors say: one file for each use case, tightening the core's."""
