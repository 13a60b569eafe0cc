"""Kind `algo`: Algo IP endpoints by their RESTful API (docs/how_to/set_up_algo_speakers.md).

Formats: Algo RESTful API guide (firmware 3.3 and later); `Current Action` of `/api/info/status` as a public client of
that API types it. Seen to work with our own double only; no Algo device was run. Unverified, and settings therefore:
where the status stands, what its field is called, and which words in it mean that nothing plays.

An endpoint plays files that lie on it. So a page is one file for its tone, words and all, and another for drills;
words that somebody types cannot be said there.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import secrets
from collections.abc import Callable, Sequence
from email.utils import format_datetime
from typing import Annotated, Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field

from notifier.channels._pa.http_speakers import HttpSpeakers, Reply, Unfinished, either, refusal
from notifier.channels._pa.places import Turn
from notifier.errors import AdapterError, Reason, WillNotWork
from notifier.interfaces import Health, PageWords, Playing, SpeakerChannel, Tools
from notifier.model.settings import SecretText
from notifier.model.site import Speaker
from notifier.model.words import Duration, Written

CREDENTIALS = "Check the API password, and that its clock is within 30 s of ours (NTP)."
FileName = Annotated[str, Field(pattern=r"^[A-Za-z0-9._/-]{1,100}$")]


class AlgoSettings(Written):
    """What an administrator writes under `public_address: algo:`."""

    model_config = ConfigDict(hide_input_in_errors=True)

    password: SecretText | None = None
    """The API password; none: the endpoints ask for none."""
    user: str = Field(default="admin", pattern=r"^[A-Za-z0-9._-]{1,40}$")
    files: dict[str, FileName] = Field(default_factory=dict)
    """Tone of a page to the file on the endpoints that says it, words and all; `live`: a chime for typed pages;
    `fire_stay`, `fire_go`: what is decided when the fire alarm sounds during a lockdown.
    """
    drill_files: dict[str, FileName] = Field(default_factory=dict)
    """The same for drills. Each must say that it is a drill."""
    multicast: bool = False
    """Whether the endpoint relays what it plays to its own multicast zones (`mcast`)."""
    within: Duration = 3.0
    """Seconds for one answer."""
    look_every: Duration = 0.5
    """Seconds between looks at the status while a page plays."""
    longest: Duration = 60.0
    """Seconds after which a page is stopped, whatever the status says."""
    assumed: Duration = 8.0
    """Seconds that a file is taken to play on an endpoint whose status says nothing."""
    status_path: str = Field(default="/api/info/status", pattern=r"^/[A-Za-z0-9._/-]*$")
    status_field: str = "Current Action"
    idle_words: tuple[str, ...] = ("", "idle", "none", "ready")
    """Contents of that field, in small letters, which mean that nothing plays."""


def line_mac(password: str, *parts: str) -> str:
    """Hex of HMAC-SHA256 over the line that the guide prescribes."""
    return hmac.new(password.encode(), ":".join(parts).encode(), hashlib.sha256).hexdigest()


def signature(password: str, method: str, uri: str, body: bytes, when: int, nonce: str) -> tuple[str, str]:
    """(MAC, Content-MD5 or "") over exactly the bytes that are sent (Algo RESTful API guide)."""
    digest = hashlib.md5(body, usedforsecurity=False).hexdigest() if body else ""
    sent = (digest, "application/json") if body else ()
    return line_mac(password, method, uri, *sent, str(when), nonce), digest


def _name(words: PageWords) -> str:
    return words.house or words.tone


class Algo(HttpSpeakers, SpeakerChannel):
    """Pages on Algo endpoints, and what their status says about it."""

    Settings: ClassVar[type[BaseModel]] = AlgoSettings
    settings: AlgoSettings

    def __init__(self, name: str, settings: AlgoSettings, tools: Tools) -> None:
        super().__init__(name, settings, tools)
        self._prepared: set[str] = set()

    async def prepare(self, words: PageWords) -> Sequence[str]:
        """Nothing is rendered: the files lie on the endpoints."""
        self._prepared.add(words.key)
        if words.live and self._file(words) is not None:
            return ["Algo endpoints cannot say words of the moment; only their chime sounds there"]
        if self._file(words) is None and not words.live:
            kind = "drill_files" if words.drill else "files"
            return [f'no file for "{_name(words)}" stands under `{kind}` of algo: its speakers stay silent for it']
        self._sayable(words)
        return []

    def _file(self, words: PageWords) -> str | None:
        files = self.settings.drill_files if words.drill else self.settings.files
        return files.get("live" if words.live else _name(words))

    def _sayable(self, words: PageWords) -> None:
        if words.key not in self._prepared:
            raise WillNotWork("This page was never prepared. Publish again, then try the speakers.", Reason.OUR_FAULT)
        if self._file(words) is not None:
            return
        if words.live:
            text = "Algo endpoints play files of their own and cannot say words of the moment. Page by multicast."
        else:
            text = f'There is no {"drill " if words.drill else ""}file for "{_name(words)}" in the settings of algo.'
        raise WillNotWork(text, Reason.NOT_SUPPORTED)

    async def _play(self, address: str, words: PageWords, turn: Turn, begun: Callable[[], None]) -> int:
        name = self._file(words)
        until = self.clock.now() + self.settings.longest
        taken = 0
        for _time in range(1 if words.live else words.times):
            start = {"path": name, "loop": False, "mcast": self.settings.multicast}
            reply = await self._say("POST", address, "/api/controls/tone/start", start)
            if error := refusal(reply, CREDENTIALS):
                if taken:
                    raise Unfinished(taken, f"it played {taken} of {words.times} times: {error}")
                raise error
            taken += 1
            begun()
            ran = await self._until_idle(address, turn, until)
            if turn.lost.is_set() or not ran:
                await self._hush(address)
            if turn.lost.is_set():
                return taken
            if not ran:
                raise Unfinished(taken, f"it took the page, and its status never said that it plays ({taken} times)")
        if words.live:
            raise Unfinished(taken, "only its chime sounded; it cannot say words of the moment")
        return taken

    async def _until_idle(self, address: str, turn: Turn, until: float) -> bool:
        """Waits for the end; False if the status can be read and never said that it plays."""
        seen, blind, began = False, True, self.clock.now()
        while not turn.lost.is_set() and self.clock.now() < until:
            reading = await self._status(address)
            blind = blind and reading.on is None
            seen = seen or bool(reading.on)
            waited = self.clock.now() - began
            if reading.on is False and (seen or waited >= 2 * self.settings.look_every):
                return seen
            if blind and waited >= self.settings.assumed:
                return True
            await either(self.clock.sleep(self.settings.look_every), turn.lost.wait())
        return seen or blind

    async def _hush(self, address: str) -> None:
        """What a lost page still plays must not run under the next one."""
        try:
            await self._silence(address)
        except AdapterError:
            return  # the next page or the stop says so itself

    async def _silence(self, address: str) -> None:
        """Every tone of ours is named: firmware up to 5.4 stops only what it is told by name."""
        names = sorted({*self.settings.files.values(), *self.settings.drill_files.values()})
        bodies: list[dict[str, Any]] = [{"path": name} for name in names] or [{}]
        for body in bodies:
            reply = await self._say("POST", address, "/api/controls/tone/stop", body)
            if error := refusal(reply, CREDENTIALS):
                raise error

    async def playing(self, speaker: Speaker) -> Playing:
        """See TellsWhetherItPlays."""
        return await self._status(speaker.address.rstrip("/"))

    async def _status(self, address: str) -> Playing:
        try:
            reply = await self._say("GET", address, self.settings.status_path)
        except AdapterError as error:
            return Playing(None, str(error).rstrip("."))
        if reply.status != 200:
            return Playing(None, f"its status answers {reply.status}")
        try:
            said = json.loads(reply.body)[self.settings.status_field]
        except (ValueError, KeyError, TypeError, RecursionError):
            return Playing(None, f"its status has no {self.settings.status_field!r}")
        idle = str(said).strip().lower() in self.settings.idle_words
        return Playing(not idle, f"{self.settings.status_field}: {str(said)[:60] or 'empty'}")

    async def check(self) -> Health:
        if not self._known:
            return Health(True, "No Algo endpoint has been spoken to since the start; try the speakers.")
        asked = await asyncio.gather(*(self._about(address) for address in self._known))
        faults = [
            f"{self._known[address]}: {fault}" for address, fault in zip(self._known, asked, strict=True) if fault
        ]
        return Health(not faults, " ".join(faults) or f"{len(asked)} Algo endpoints answer and know us.")

    async def _about(self, address: str) -> str:
        try:
            error = refusal(await self._say("GET", address, "/api/info/about"), CREDENTIALS)
        except AdapterError as raised:
            error = raised
        return str(error) if error else ""

    async def _say(self, method: str, address: str, uri: str, said: dict[str, Any] | None = None) -> Reply:
        body = json.dumps(said, separators=(",", ":")).encode() if said is not None else b""
        wall = self.clock.wall()
        headers = {"Date": format_datetime(wall, usegmt=True)}
        if body:
            headers["Content-Type"] = "application/json"
        if self.settings.password is not None:
            nonce = str(10_000 + secrets.randbelow(90_000))
            mac, digest = signature(self.settings.password, method, uri, body, int(wall.timestamp()), nonce)
            headers["Authorization"] = f"hmac {self.settings.user}:{nonce}:{mac}"
            if digest:
                headers["Content-MD5"] = digest
        return await self._ask(method, address + uri, headers, body or None, within=self.settings.within)
