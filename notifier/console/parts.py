"""What the console is handed by the wiring."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol

from notifier.access.entrance import Entrance
from notifier.clock import Clock
from notifier.console.answer_pace import AnswerPace
from notifier.interfaces import (
    Accounts,
    Commands,
    Editing,
    Follow,
    Outcome,
    TakesCallbacks,
    TakesHooks,
    Views,
)
from notifier.model.measured import Histogram
from notifier.model.rights import Caller
from notifier.model.settings import NodeSettings


@dataclass(frozen=True, slots=True)
class Metric:
    """One measured thing in words and numbers, for `/metrics`."""

    name: str
    """Snake case with its unit at the end, without our prefix: `deliveries_total`, `loop_stall_seconds`."""
    text: str
    samples: Sequence[tuple[Mapping[str, str], float]]
    """Labels to value; one with no labels for a plain number."""
    kind: str = "gauge"
    """`gauge`, `counter` or `histogram`, as in the Prometheus text format 0.0.4."""
    histogram: Histogram | None = None
    """Of a histogram, instead of samples."""


@dataclass(frozen=True, slots=True)
class StreamLimits:
    """How patient a live stream is."""

    heartbeat: float = 15.0
    """Seconds between signs of life; under the 30 s after which proxies and carriers drop a silent connection."""
    queue: int = 1000
    """Events that may wait for one slow reader before it is dropped: a busy second of a large incident."""
    patience: float = 10.0
    """Seconds that one write may take."""
    streams: int = 200
    """Open streams of one node: each costs a socket and a queue."""
    streams_of_one: int = 40
    """Of one account: all wall screens on one token fit, and nobody shuts others out by opening many."""
    catch_up: int = 5000
    """Events that are sent again to a reader that comes back; one further behind reads the lists anew."""


class SettingUp(Protocol):
    """What the pages of the first hour may do to this node's own files. Each verb raises Refused or SetupError."""

    site: str
    """The site's id, which stays."""

    def begun(self) -> bool:
        """Whether this node began in an empty folder, and is still set up by its pages."""
        ...

    def notes(self) -> dict[str, Any]:
        """What has been answered so far."""
        ...

    def keep(self, notes: Mapping[str, Any]) -> None:
        """Keep the answers: they are there after a restart."""
        ...

    async def try_mail(self, settings: Mapping[str, Any], to: str) -> tuple[bool, str]:
        """Log in to a mail server, and send one mail to `to` if it is not "". Whether it went, and a sentence."""
        ...

    def make_certificate(self, host: str) -> Mapping[str, str]:
        """A certificate for `host`, signed by this school's own authority: `fingerprint`, `authority`, `ends`."""
        ...

    def authority(self) -> bytes:
        """The authority's certificate, for phones and computers to trust. b"" before there is one."""
        ...

    async def apply(
        self, files: Mapping[str, bytes], mail: Mapping[str, Any] | None, host: str, caller: Caller
    ) -> Outcome:
        """Write files and settings, publish them, and start again with them."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsoleParts:
    commands: Commands
    views: Views
    accounts: Accounts
    entrance: Entrance
    """How people come in, and what is written of it."""
    follow: Follow
    clock: Clock
    settings: NodeSettings
    site: str
    """The site that this node serves; rights are asked for it."""
    state_dir: Path
    """The control socket lies here."""
    public_url: str | None = None
    """The address that phones and providers outside open."""
    callbacks: Mapping[str, TakesCallbacks] = field(default_factory=dict)
    """Channels with callbacks, by the name of the sender."""
    hooks: Callable[[str], TakesHooks | None] = lambda _name: None
    """A trigger whose far end calls us, by its name in the site file as published now."""
    metrics: Callable[[], Iterable[Metric]] = tuple
    fault: Callable[[str, str], None] | None = None
    """Told of a fault of ours: the id that the client was given, and a sentence without secrets."""
    stream: StreamLimits = StreamLimits()
    answers: AnswerPace = field(default_factory=AnswerPace)
    """How often each answer link is listened to."""
    verify: Callable[[], Awaitable[Sequence[Mapping[str, Any]]]] | None = None
    """Checks the whole record: `text` and `fault` (bool) of each finding; none if all of it holds."""
    replay: Callable[[str], Awaitable[Mapping[str, Any]]] | None = None
    """Tells an incident again from the record and decides it again: `items`, `faults` and `counts`."""
    editing: Editing | None = None
    """How playbooks are changed by pages."""
    backup: Callable[[], AbstractAsyncContextManager[Path]] | None = None
    """Makes a backup of this node: a file that is gone afterwards."""
    backed_up: Callable[[str], None] = lambda _to: None
    """Told when one has left, and for whom."""
    last_backup: Callable[[], tuple[str, str] | None] = lambda: None
    """When the last backup was made (wall, ISO 8601), and where it went. None: never."""
    setting_up: SettingUp | None = None
    """None: this node's files are somebody else's business."""
    kept: dict[Any, Any] = field(default_factory=dict)
    """What pages have worked out of the published version and need again; forgotten when another one is published."""


def seen_by(parts: ConsoleParts, caller: Caller) -> ConsoleParts:
    """For who ended something under duress: what they are shown, kept apart from what others are."""
    views = parts.views.seen_by(caller.person)
    if views is parts.views:
        return parts
    key = ("seen by", caller.person)
    if key not in parts.kept:
        parts.kept[key] = replace(parts, views=views, kept={})
    found: ConsoleParts = parts.kept[key]
    return found
