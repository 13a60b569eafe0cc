"""`make demo`: the demo school on its virtual campus, one lockdown from press to closing message."""

from notifier.demo.stage import main

__all__ = ["main"]
