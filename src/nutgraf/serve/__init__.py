"""The door: the command line and the server, and what puts all rooms together."""
