"""The daemon: one node, wired and running."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from notifier.daemon.wiring import OWNER, Daemon

__all__ = ["OWNER", "Daemon"]


def __getattr__(name: str) -> Any:
    """Wired when it is asked for: the process that checks drafts lives in this room too, and needs no listeners."""
    if name in __all__:
        from notifier.daemon import wiring

        return getattr(wiring, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
