"""Reading an item: its sentences, which of them say something, what they are about. Public, no member in it."""
