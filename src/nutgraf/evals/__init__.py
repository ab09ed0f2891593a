"""Looking back: answers replayed from what was recorded of them."""
