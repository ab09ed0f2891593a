"""What is kept: items, digests, members, streams, conversations and feedback."""
