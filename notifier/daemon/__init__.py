"""The daemon: one node, wired and running."""

from notifier.daemon.wiring import OWNER, Daemon

__all__ = ["OWNER", "Daemon"]
