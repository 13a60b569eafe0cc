"""What an export may cost us before it is refused."""

LARGEST_TABLE = 32_000_000
"""Bytes of one table. 100,000 people take 10 MB."""
LARGEST_UNPACKED = 200_000_000
"""Bytes of all tables of a zip, counted while they are unpacked, whatever the zip says of itself."""
MOST_ENTRIES = 60
"""Files in a zip. OneRoster knows some twenty."""
MOST_ROWS = 200_000
MOST_COLUMNS = 200
LONGEST_CELL = 2_000
"""Letters. A name has 120 at most."""
