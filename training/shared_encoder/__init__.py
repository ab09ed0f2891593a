"""Trains the one encoder behind hostile input and tone: a trunk, a logit a label, each text knowing some of them."""
