"""What is measured of a recorded answer, one question a file."""
