"""What people can do and what they are called: skills and occupations, found in text, one for many spellings."""
