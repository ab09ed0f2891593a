"""Hostile input and content: orders to the model, jailbreaks, harmful requests, signs of self-harm."""
