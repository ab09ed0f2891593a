"""Claims about the reader, held against the member's own record."""
