"""What every public address output shares: a page from words to sound, and the process that paces its packets."""
