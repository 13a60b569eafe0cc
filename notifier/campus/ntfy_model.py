"""What an ntfy server does, without a socket: topics, accounts, a bucket, faults on order.

After docs/publish.md, docs/config.md and server/errors.go of binwiederhier/ntfy.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from notifier.clock import Clock
from notifier.model.states import State

TOPIC = re.compile(r"[-_A-Za-z0-9]{1,64}")
DISALLOWED = frozenset({"docs", "static", "file", "app", "metrics", "account", "settings", "signup", "login", "v1"})


class PushFault(State):
    """How the server behaves instead of well."""

    STRANGER = "stranger", "It refuses every credential (401)."
    FORBIDDEN = "forbidden", "It knows us and refuses us the topic (403)."
    MISSING = "missing", "It answers 404."
    BUSY = "busy", "It answers 429 and asks to wait `busy_delay` seconds."
    TOO_LARGE = "too_large", "It answers 413."
    BROKEN = "broken", "It answers 500 and publishes nothing."
    NONSENSE = "nonsense", "It publishes and answers 200 with a page instead of JSON, as a captive portal might."
    RESET = "reset", "It reads the request, publishes nothing and drops the connection."
    HANGS = "hangs", "It reads the request, publishes nothing and never answers."
    TAKES_AND_HANGS = "takes_and_hangs", "It publishes and never answers."
    SLOW = "slow", "It publishes, and answers only after `slow` seconds."


class NtfyRefusal(Exception):
    """One line of ntfy's own catalogue of errors."""

    def __init__(self, status: int, code: int, text: str, retry_after: int | None = None) -> None:
        super().__init__(text)
        self.status, self.code, self.retry_after = status, code, retry_after

    def body(self) -> dict[str, Any]:
        return {"code": self.code, "http": self.status, "error": str(self)}


@dataclass(frozen=True, slots=True)
class Published:
    """A message as its listeners get it."""

    id: str
    time: int
    topic: str
    message: str
    title: str = ""
    priority: int = 0
    tags: tuple[str, ...] = ()
    click: str = ""
    sequence_id: str = ""

    def body(self) -> dict[str, Any]:
        """JSON as ntfy writes it: empty fields are left out."""
        whole = {
            "id": self.id,
            "time": self.time,
            "expires": self.time + 12 * 3600,
            "event": "message",
            "topic": self.topic,
            "sequence_id": self.sequence_id,
            "title": self.title,
            "message": self.message,
            "priority": self.priority,
            "tags": list(self.tags),
            "click": self.click,
        }
        return {name: value for name, value in whole.items() if value}


@dataclass
class NtfyModel:
    """One server. Not safe for threads; one loop uses it."""

    clock: Clock
    tokens: Collection[str] = ()
    """Empty, with `users` empty too: everybody may publish and read."""
    users: Mapping[str, str] = field(default_factory=dict)
    """Name to password."""
    bucket: int | None = None
    """Requests that may come at once; then one per 5 s (ntfy's default is 60). None: no limit."""
    busy_delay: int = 7
    slow: float = 0.2
    limit: int = 4096
    """Bytes of a message; a longer one becomes an attachment."""
    knows_sequences: bool = True
    """False: a server before 2.16, which ignores `sequence_id`."""
    down: bool = False
    """Nobody listens; a socket server is stopped instead."""
    published: list[Published] = field(default_factory=list)
    listeners: list[Callable[[Published], None]] = field(default_factory=list)
    _orders: list[list[Any]] = field(default_factory=list)
    _ids: Any = field(default_factory=count)
    _level: float | None = None
    _filled: float = 0.0

    def order(self, fault: PushFault, times: int | None = None) -> None:
        """From the next request on: `fault` so many times, or until `heal` (None)."""
        self._orders.append([fault, times])

    def heal(self) -> None:
        self._orders.clear()

    def next_fault(self) -> PushFault | None:
        """The fault for this request; uses it up."""
        while self._orders:
            fault, left = self._orders[0]
            if left is None:
                return PushFault(fault)
            if left > 0:
                self._orders[0][1] = left - 1
                return PushFault(fault)
            self._orders.pop(0)
        return None

    def inbox(self, topic: str) -> list[Published]:
        return [message for message in self.published if message.topic == topic]

    def admit(self, fault: PushFault | None, token: str | None, user: tuple[str, str] | None) -> None:
        """Whether this visitor may ask anything at all; raises NtfyRefusal."""
        wrong = (token is not None and token not in self.tokens) or (
            user is not None and self.users.get(user[0]) != user[1]
        )
        if fault is PushFault.STRANGER or wrong:
            raise NtfyRefusal(401, 40101, "unauthorized")
        if (self.tokens or self.users) and token is None and user is None:
            raise NtfyRefusal(403, 40301, "forbidden")
        if fault is PushFault.BROKEN:
            raise NtfyRefusal(500, 50001, "internal server error")

    def publish(self, fault: PushFault | None, topic: str, fields: Mapping[str, Any]) -> Published:
        """Take a message for a topic; raises NtfyRefusal. `fields` as in ntfy's JSON."""
        if fault is PushFault.FORBIDDEN:
            raise NtfyRefusal(403, 40301, "forbidden")
        if fault is PushFault.MISSING:
            raise NtfyRefusal(404, 40401, "page not found")
        if fault is PushFault.TOO_LARGE:
            raise NtfyRefusal(413, 41303, "JSON body too large")
        if fault is PushFault.BUSY or not self._room():
            raise NtfyRefusal(429, 42901, "limit reached: too many requests, please be nice", self.busy_delay)
        if topic in DISALLOWED:
            raise NtfyRefusal(400, 40010, "invalid request: topic name is disallowed")
        priority = fields.get("priority", 0)
        if not isinstance(priority, int) or not 0 <= priority <= 5:
            raise NtfyRefusal(400, 40007, "invalid priority parameter")
        text = str(fields.get("message", "")).strip() or "triggered"
        if len(text.encode()) > self.limit:
            text = "You received a file: attachment.txt"
        number = next(self._ids)
        message = Published(
            id=f"m{number:011d}",
            time=int(self.clock.wall().timestamp()),
            topic=topic,
            message=text,
            title=str(fields.get("title", "")),
            priority=priority,
            tags=tuple(fields.get("tags", ())),
            click=str(fields.get("click", "")),
            sequence_id=str(fields.get("sequence_id", "")) if self.knows_sequences else "",
        )
        self.published.append(message)
        for listener in self.listeners:
            listener(message)
        return message

    def since(self, topic: str, when: int) -> list[Published]:
        """The cached messages of a topic from `when` (seconds since 1970) on."""
        return [message for message in self.published if message.topic == topic and message.time >= when]

    def _room(self) -> bool:
        if self.bucket is None:
            return True
        now = self.clock.now()
        level = self.bucket if self._level is None else min(self.bucket, self._level + (now - self._filled) / 5)
        self._filled = now
        self._level = level - 1 if level >= 1 else level
        return level >= 1
