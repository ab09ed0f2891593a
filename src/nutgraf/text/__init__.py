"""Plain functions over text that several rooms need: sentences, words, numbers and names."""
