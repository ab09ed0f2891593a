"""The encoder that hostile input and tone share: one pass over a text gives a logit for each label of both."""
