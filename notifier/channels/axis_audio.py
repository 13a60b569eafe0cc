"""Kind `axis_audio`: Axis network speakers by VAPIX (docs/how_to/set_up_axis_speakers.md).

A page is streamed live, as 8 kHz mu-law over `/axis-cgi/audio/transmit.cgi`, so that typed and spoken pages are said
too; digest, the challenge asked for with an empty request first. Formats: VAPIX audio API, and public clients of it.
Seen to work with our own double only; no Axis device was run. Unverified, and settings therefore: how far ahead of the
words a device buffers, and that a second talker is refused while one speaks.

The device answers only when the stream is over, and then that it took it; VAPIX has no read-back over HTTP that we know
of for what a speaker says, so "sent" is all that this channel claims. A stream that the device ends is named.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import ClassVar

from pydantic import BaseModel, ConfigDict, Field

from notifier.channels._pa.digest import Challenge, NoChallenge, challenge_of
from notifier.channels._pa.http_speakers import HttpSpeakers, Reply, Unfinished, refusal
from notifier.channels._pa.places import Turn
from notifier.channels._pa.shelf import Shelf
from notifier.errors import AdapterError, Reason, TryAgain, WillNotWork
from notifier.interfaces import Health, PageWords, SpeakerChannel, Tools
from notifier.model.settings import SecretText
from notifier.model.words import Duration, Written

RATE = 8000
PIECE = RATE // 10
"""Bytes handed over at once: a tenth of a second."""
TRANSMIT = "/axis-cgi/audio/transmit.cgi"
CHECK = "/axis-cgi/param.cgi?action=list&group=Properties.Audio"
CREDENTIALS = "Check user and password; paging needs an operator or a viewer who may speak."


class AxisSettings(Written):
    """What an administrator writes under `public_address: axis_audio:`."""

    model_config = ConfigDict(hide_input_in_errors=True)

    user: str = Field(min_length=1, max_length=60)
    password: SecretText
    within: Duration = 3.0
    """Seconds for an answer that is due."""
    lead: Duration = 0.4
    """Seconds of speech that a device is given ahead of its time, against a stalled network; a stop cuts it off."""
    speech_program: str = "espeak-ng"


class AxisAudio(HttpSpeakers, SpeakerChannel):
    """Pages streamed to Axis speakers, each by a connection of its own."""

    Settings: ClassVar[type[BaseModel]] = AxisSettings
    settings: AxisSettings

    def __init__(self, name: str, settings: AxisSettings, tools: Tools) -> None:
        super().__init__(name, settings, tools)
        self._shelf = Shelf(Path(tools.state_dir) / "audio", settings.speech_program)
        self._challenges: dict[str, Challenge] = {}

    async def prepare(self, words: PageWords) -> Sequence[str]:
        """See SpeakerChannel."""
        warnings, _dropped = await self._shelf.prepare(words, ())
        return warnings

    def _sayable(self, words: PageWords) -> None:
        self._shelf.fetch(words.key)

    async def _play(self, address: str, words: PageWords, turn: Turn, begun: Callable[[], None]) -> int:
        audio = self._shelf.audio[words.key]
        headers = {"Content-Type": "audio/basic", "Content-Length": str(len(audio))}
        if (proof := await self._proof(address, "POST", TRANSMIT)) is not None:
            headers["Authorization"] = proof
        sent = Sent()
        stream = asyncio.create_task(
            self._ask(
                "POST", address + TRANSMIT, headers, self._pieces(audio, sent, begun),
                within=len(audio) / RATE + self.settings.within,
            )
        )  # fmt: skip
        lost = asyncio.create_task(turn.lost.wait())
        try:
            await asyncio.wait((stream, lost), return_when=asyncio.FIRST_COMPLETED)
            if turn.lost.is_set():
                return sent.pieces
            reply = stream.result()
        except AdapterError as broken:
            if sent.pieces > 1:
                raise Unfinished(sent.pieces, f"it broke off after {sent.seconds:.1f} s: {broken}") from None
            raise
        finally:
            stream.cancel()
            lost.cancel()
            await asyncio.gather(stream, lost, return_exceptions=True)
        if error := self._refused(address, reply):
            raise error
        if sent.seconds < len(audio) / RATE:
            raise Unfinished(sent.pieces, f"it ended the stream after {sent.seconds:.1f} s of {len(audio) / RATE:.1f}")
        return sent.pieces

    async def _pieces(self, audio: bytes, sent: Sent, begun: Callable[[], None]) -> AsyncIterator[bytes]:
        """At the pace of speech, `lead` ahead of it: a device plays as it comes."""
        start = self.clock.now()
        for at in range(0, len(audio), PIECE):
            await self.clock.sleep_until(start + at / RATE - self.settings.lead)
            yield audio[at : at + PIECE]
            sent.pieces, sent.seconds = sent.pieces + 1, min(at + PIECE, len(audio)) / RATE
            if sent.pieces == 1:
                begun()
        await self.clock.sleep_until(start + len(audio) / RATE)  # the last words are heard before the line closes

    async def _proof(self, address: str, method: str, uri: str) -> str | None:
        """Authorization for one request; None if the device asks for none. Raises AdapterError."""
        known = self._challenges.get(address)
        if known is None:
            reply = await self._ask(
                "POST", address + TRANSMIT, {"Content-Type": "audio/basic"}, within=self.settings.within
            )
            if reply.status != 401:
                if error := refusal(reply, CREDENTIALS):
                    raise error
                return None
            try:
                known = self._challenges[address] = challenge_of(reply.headers.getall("WWW-Authenticate", ()))
            except NoChallenge as error:
                raise WillNotWork(str(error), Reason.CREDENTIALS) from None
        return known.answer(self.settings.user, self.settings.password, method, uri)

    def _refused(self, address: str, reply: Reply) -> AdapterError | None:
        if reply.status == 401:
            # A nonce runs out: the next request asks for a new one.
            self._challenges.pop(address, None)
            if "stale=true" in str(reply.headers.get("WWW-Authenticate", "")).lower().replace('"', ""):
                return TryAgain("Its challenge had run out.")
        return refusal(reply, CREDENTIALS)

    async def _silence(self, address: str) -> None:
        """Ending the stream is the stop, and it ended with the page's turn; an earlier daemon's ended with it."""

    async def check(self) -> Health:
        if not self._known:
            return Health(True, "No Axis speaker has been spoken to since the start; try the speakers.")
        asked = await asyncio.gather(*(self._properties(address) for address in self._known))
        faults = [f"{speaker}: {fault}" for speaker, fault in zip(self._known.values(), asked, strict=True) if fault]
        return Health(not faults, " ".join(faults) or f"{len(asked)} Axis speakers answer, know us and have audio.")

    async def _properties(self, address: str) -> str:
        try:
            proof = await self._proof(address, "GET", CHECK)
            headers = {"Authorization": proof} if proof else {}
            reply = await self._ask("GET", address + CHECK, headers, within=self.settings.within)
        except AdapterError as error:
            return str(error)
        if refused := self._refused(address, reply):
            return str(refused)
        return "" if b"Properties.Audio.Audio=yes" in reply.body else "It says that it has no audio."


class Sent:
    """How much of one stream has left."""

    def __init__(self) -> None:
        self.pieces, self.seconds = 0, 0.0
