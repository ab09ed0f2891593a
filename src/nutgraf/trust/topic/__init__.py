"""Off-topic: how near a question is to what an agent is for, with a band in which it is asked back."""
