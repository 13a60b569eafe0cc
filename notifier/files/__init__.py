"""What people write in files, turned into the model: every mistake at once, each with its place and what to do."""
