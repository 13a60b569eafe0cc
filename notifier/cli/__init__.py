"""The command line: words a person types, turned into one request to the daemon or one look at the files."""

from notifier.cli.entry import main

__all__ = ["main"]
