"""The tagger of names and addresses: made-up sentences and the training of its weights."""
