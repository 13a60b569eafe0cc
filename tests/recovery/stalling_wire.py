"""The wire to a server, which stalls: a commit goes through and nobody hears that it did, or it is not even there yet.

with StallingWire(port) as wire:
    wire.port; wire.stalls("answers"); … ; wire.flows()
"""

from __future__ import annotations

import contextlib
import socket
import threading
from dataclasses import dataclass, field
from typing import Literal, Self

COMMIT = b"commit\0"
"""The end of a simple query as the server is asked it."""
What = Literal["answers", "commits"]


@dataclass
class StallingWire:
    """Passes bytes on, each direction on a thread of its own: whoever waits for them must not be who passes them."""

    to: int
    """The server's port on this machine."""
    committed: threading.Event = field(default_factory=threading.Event)
    """A commit met the stall."""

    def __post_init__(self) -> None:
        self._what: What | None = None
        self._flows = threading.Event()
        self._flows.set()
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listening.getsockname()[1])
        self._open: list[socket.socket] = []
        self._threads: list[threading.Thread] = []

    def __enter__(self) -> Self:
        self._begin(self._accept)
        return self

    def __exit__(self, *_: object) -> None:
        self._flows.set()
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        for each in self._open:
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()
        for thread in self._threads:
            thread.join(10.0)

    def stalls(self, what: What) -> None:
        """At the next commit: its answer does not come back, or it is not passed on yet. Once."""
        self.committed.clear()
        self._flows.clear()
        self._what = what

    def flows(self) -> None:
        """What was held goes on its way."""
        self._what = None
        self._flows.set()

    def _begin(self, work: object, *args: object) -> None:
        thread = threading.Thread(target=work, args=args, daemon=True)  # type: ignore[arg-type] # one of those below
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = self._listening.accept()
                far = socket.create_connection(("127.0.0.1", self.to))
                self._open += [near, far]
                held = threading.Event()
                self._begin(self._asked, near, far, held)
                self._begin(self._answered, far, near, held)

    def _asked(self, near: socket.socket, far: socket.socket, held: threading.Event) -> None:
        with contextlib.suppress(OSError):
            while some := near.recv(65536):
                what = self._what
                if what is not None and some.endswith(COMMIT):
                    self._what = None  # who comes next finds the wire well
                    held.set()
                    self.committed.set()
                    if what == "commits":
                        self._flows.wait(60.0)
                far.sendall(some)
            far.shutdown(socket.SHUT_WR)

    def _answered(self, far: socket.socket, near: socket.socket, held: threading.Event) -> None:
        with contextlib.suppress(OSError):
            while some := far.recv(65536):
                if held.is_set():
                    self._flows.wait(60.0)
                near.sendall(some)
            near.shutdown(socket.SHUT_WR)
