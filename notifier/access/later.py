"""Libraries that no press needs, read when they are first asked for, beside the loop.

A start reads nothing that it can do without, and reading webauthn takes half a second of the processor: done where it
is asked for, everything else on this node would wait for that sign-in page.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from importlib import import_module

_read: set[str] = set()


async def at_hand(*libraries: str) -> None:
    """Returns when they are imported; others are answered meanwhile.

    Not asked of `sys.modules`: there a library stands while another thread still reads it, and an import of it on the
    loop would wait for that thread.
    """
    for library in libraries:
        await once(library, partial(import_module, library))


async def once(name: str, deed: Callable[[], object]) -> None:
    """Do it in a thread, if it has not been done under this name."""
    if name not in _read:
        await asyncio.to_thread(deed)
        _read.add(name)
