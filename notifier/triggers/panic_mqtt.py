"""Panic buttons that speak MQTT 3.1.1, through a broker of the site: Zigbee, Shelly, LoRaWAN, or any JSON.

A press is taken once: retained messages never press, a message that the broker or the device sends again is the same
press, and one that says that it is old is a late press (PRODUCT 5), never a fresh one. The broker keeps what is pressed
while we are away, and a message is acknowledged only after its press is durable. Not seen with hardware; seen with
mosquitto 2.0 and with amqtt 0.12.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import secrets
import ssl
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, ClassVar, Literal
from urllib.parse import urlsplit

from pydantic import Field, field_validator, model_validator

from notifier.interfaces import ButtonSeen, Pressed, Trigger, TriggerTools
from notifier.model.incident import Activation
from notifier.model.settings import SecretText
from notifier.model.site import TriggerEntry
from notifier.model.words import Duration, Identifier, Written
from notifier.triggers._mqtt_payloads import Heard, Reading, beside, heard

log = logging.getLogger(__name__)

KEEPALIVE = 15
"""Seconds: a broker that froze is noticed in one and a half of them, well within the minute for troubles."""
SHORTEST_WAIT, LONGEST_WAIT = 0.5, 15.0
"""Seconds between attempts to connect: doubled each time, so that a broker that restarts is not trampled."""
CONNECT_WITHIN = 5.0
AWAY_IS_LATE = 60.0
"""Seconds out of earshot after which what the broker kept for us counts as pressed when we left: a late press."""
KEPT_FOR_US = 1.0
"""Seconds after connecting in which a message may be one that was kept."""
SAME_COUNTER = 3600.0
"""Seconds in which the same counter is the same press. Devices repeat their last event; a counter that begins anew
after a power cut must not make a button deaf for longer."""
TOO_OLD = 86_400.0
"""Seconds: older than this a press is a replay, or the device's clock is wrong; it is a trouble and starts nothing."""
TRIES, TRY_AGAIN = 3, 0.5
"""The engine took it, in the end, or nobody did: a press is said again this often."""

Press = Callable[[Activation], Awaitable[Pressed]]


class MqttButton(Written):
    """One device and the button of the site that it is."""

    topic: str = Field(pattern=r"^[^+#\x00]{1,500}$")
    """The one topic that it presses on, without wildcards."""
    button: Identifier
    format: Literal["zigbee2mqtt", "shelly_gen1", "shelly_gen2", "chirpstack", "things_stack", "json", "text"]
    press: tuple[str, ...] = ()
    """Words that count as a press; empty: those that the format is known for."""
    path: str = ""
    """Where the word stands ("object.button"); for Shelly Gen2 the component ("input:0")."""
    time_path: str = ""
    id_path: str = ""
    battery_path: str = ""

    @model_validator(mode="after")
    def _json_needs_a_path(self) -> MqttButton:
        if self.format == "json" and not self.path:
            raise ValueError("`format: json` needs a path: where in the message the press stands")
        return self

    @property
    def reading(self) -> Reading:
        return Reading(self.format, self.press, self.path, self.time_path, self.id_path, self.battery_path)


class PanicMqttSettings(Written):
    human: ClassVar[bool] = True

    url: str
    """mqtt://host:1883, or mqtts://host:8883 with TLS."""
    username: str | None = None
    password: SecretText | None = None
    client_id: str = Field(default="", max_length=60)
    """Empty: made from the trigger's id. The broker keeps presses for this name while we are away."""
    ca: str | None = None
    """A PEM file with the broker's own certificate authority; None: those of this machine."""
    buttons: tuple[MqttButton, ...] = Field(min_length=1)
    connect_within: Duration = CONNECT_WITHIN

    @field_validator("url")
    @classmethod
    def _is_a_broker(cls, url: str) -> str:
        parts = urlsplit(url)
        if parts.scheme not in ("mqtt", "mqtts") or not parts.hostname or parts.username or parts.path.strip("/"):
            raise ValueError("write it like mqtt://192.0.2.5:1883 or mqtts://broker.example.org:8883")
        return url

    @property
    def buttons_named(self) -> tuple[tuple[tuple[str | int, ...], str], ...]:
        """Where a button of the site is named, and which: the checker looks whether it exists."""
        return tuple((("buttons", index, "button"), one.button) for index, one in enumerate(self.buttons))


class PanicMqtt(Trigger):
    Settings = PanicMqttSettings

    def __init__(self, entry: TriggerEntry, settings: PanicMqttSettings, tools: TriggerTools) -> None:
        super().__init__(entry, settings, tools)
        self._settings, self._tools = settings, tools
        self._of_topic: dict[str, MqttButton] = {}
        for one in settings.buttons:
            for topic in (one.topic, *beside(one.reading, one.topic)):
                self._of_topic[topic] = one
        self._kept = _Kept(Path(tools.state_dir) / f"mqtt-{entry.id}.json")
        self._presses: set[asyncio.Task[None]] = set()
        """Those at work: they outlive the connection that they came by."""
        self._one_at_a_time = {one.topic: asyncio.Lock() for one in settings.buttons}
        self._connected_at = 0.0
        self._away = 0.0

    async def listen(self, press: Press) -> None:
        try:
            await self._listen(press)
        finally:
            for task in tuple(self._presses):
                task.cancel()
            await asyncio.gather(*self._presses, return_exceptions=True)

    async def _listen(self, press: Press) -> None:
        wait = SHORTEST_WAIT
        while True:
            began = self._tools.clock.now()
            try:
                await self._session(press)
                why = "it closed the connection"
            except asyncio.CancelledError:
                raise
            except Exception as error:  # noqa: BLE001 whatever breaks, the buttons are heard again
                why = _reason(error)
                log.debug("mqtt %s: %s", self.name, why)
            if self._tools.clock.now() - began > LONGEST_WAIT:
                wait = SHORTEST_WAIT
            self._tools.well(
                False, f"The broker of {self.name} cannot be heard: {why}. Its buttons are dead until it is."
            )
            await self._tools.clock.sleep(wait)
            wait = min(wait * 2, LONGEST_WAIT)

    async def _session(self, press: Press) -> None:
        """One connection, from its beginning to its end."""
        import aiomqtt

        parts, settings = urlsplit(self._settings.url), self._settings
        host, port = parts.hostname or "", parts.port or (8883 if parts.scheme == "mqtts" else 1883)
        context = self._tls() if parts.scheme == "mqtts" else None
        if context is not None:
            await self._knock(host, port, context)
        client = aiomqtt.Client(
            host,
            port,
            username=settings.username,
            password=settings.password.reveal() if settings.password is not None else None,  # type: ignore[attr-defined]  # it is a Secret
            identifier=settings.client_id or f"notifier-{self.name}",
            clean_session=False,
            keepalive=KEEPALIVE,
            timeout=settings.connect_within,
            tls_context=context,
            logger=_QUIET,
        )
        wire: Any = client._client  # noqa: SLF001 aiomqtt has no way to acknowledge by hand; paho has
        wire.manual_ack_set(True)
        wire.connect_timeout = settings.connect_within
        noting: asyncio.Task[None] | None = None
        try:
            async with client:
                self._connected_at = self._tools.clock.now()
                self._away = self._kept.away(self._tools.clock.wall().timestamp())
                await client.subscribe([(topic, 1) for topic in self._of_topic])
                self._tools.well(True, f"The broker of {self.name} is heard.")
                noting = asyncio.create_task(self._note_that_we_hear())
                async for message in client.messages:
                    task = asyncio.create_task(self._take(message, press, wire))
                    self._presses.add(task)
                    task.add_done_callback(self._presses.discard)
        finally:
            if noting is not None:
                noting.cancel()
                await asyncio.gather(noting, return_exceptions=True)

    async def _knock(self, host: str, port: int, context: ssl.SSLContext) -> None:
        """Ask by ourselves first: of a refused certificate paho says less, and leaves a socket open."""
        async with asyncio.timeout(self._settings.connect_within):
            _, writer = await asyncio.open_connection(host, port, ssl=context)
        writer.close()
        with contextlib.suppress(OSError, ssl.SSLError):
            await writer.wait_closed()

    async def _note_that_we_hear(self) -> None:
        while True:
            self._kept.hears(self._tools.clock.wall().timestamp())
            await self._tools.clock.sleep(float(KEEPALIVE))

    async def _take(self, message: Any, press: Press, wire: Any) -> None:
        """Acknowledged when its press is durable; what was not is sent again by the broker."""
        topic = str(message.topic)
        one = self._of_topic.get(topic)
        payload = message.payload if isinstance(message.payload, bytes) else b""
        try:
            said = heard(one.reading, topic, payload) if one is not None else Heard()
        except Exception:
            log.exception("a message on %s could not be read", topic)
            said = Heard()
        if one is not None and not message.retain:
            self._note(one, said)
        if one is not None and said.pressed and not message.retain:
            async with self._one_at_a_time[one.topic]:
                if not await self._press(one, said, press):
                    return
        wire.ack(message.mid, message.qos)

    def _note(self, one: MqttButton, said: Heard) -> None:
        self._tools.seen(ButtonSeen(one.button, said.battery, said.here is not False))

    async def _press(self, one: MqttButton, said: Heard, press: Press) -> bool:
        """False: nobody took it."""
        wall = self._tools.clock.wall().timestamp()
        if said.key and self._kept.known(one.topic, said.key, wall):
            return True
        if said.at is not None and wall - said.at > TOO_OLD:
            text = f"A press of {one.button} says that it was made on another day; it started nothing. Set its clock."
            self._tools.fault(one.button, text)
            return True
        button = self._tools.button(one.button)
        problems = () if button is not None else (f"there is no button {one.button!r} in the site file",)
        activation = Activation(
            id=_new_id(),
            source=f"button:{one.button}",
            playbook=button.playbook if button is not None else "",
            zone=button.zone if button is not None else None,
            pressed_at=said.at if said.at is not None else self._kept_since(wall),
            dedupe=f"mqtt:{one.topic}:{said.key}" if said.lasting_key else "",
            presser=(button.name if button is not None else "") or f"Button {one.button}",
            problems=problems,
        )
        for tried in range(TRIES):
            try:
                await press(activation)
            except Exception as error:  # noqa: BLE001 said again; the broker keeps it meanwhile
                log.error("a press of %s was not taken: %s", one.button, type(error).__name__)  # noqa: TRY400 its text may hold more
                if tried + 1 < TRIES:
                    await self._tools.clock.sleep(TRY_AGAIN)
            else:
                self._kept.press(one.topic, said.key, wall)
                return True
        return False

    def _kept_since(self, wall: float) -> float | None:
        """When a message without a time was made at the earliest, if the broker may have kept it while we were away."""
        just_connected = self._tools.clock.now() - self._connected_at < KEPT_FOR_US
        return wall - self._away if just_connected and self._away > AWAY_IS_LATE else None

    def _tls(self) -> ssl.SSLContext:
        context = ssl.create_default_context(cafile=self._settings.ca)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        return context


class _Kept:
    """What must be known after a restart: when we last heard the broker, and the last counter of each button."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._heard = 0.0
        self._last: dict[str, tuple[str, float]] = {}
        with contextlib.suppress(OSError, ValueError, TypeError, KeyError):
            said = json.loads(path.read_bytes())
            self._heard = float(said["heard"])
            self._last = {str(topic): (str(key), float(at)) for topic, (key, at) in said["last"].items()}

    def away(self, wall: float) -> float:
        """Seconds that we could not hear; 0 if we never did: then nobody has kept anything for us."""
        return max(0.0, wall - self._heard) if self._heard else 0.0

    def hears(self, wall: float) -> None:
        self._heard = wall
        self._write()

    def known(self, topic: str, key: str, wall: float) -> bool:
        """Whether this is the press that we took last; each repetition makes it last longer."""
        last = self._last.get(topic)
        if last is None or last[0] != key or wall - last[1] > SAME_COUNTER:
            return False
        self._last[topic] = (key, wall)
        return True

    def press(self, topic: str, key: str, wall: float) -> None:
        self._last[topic] = (key, wall)
        self._write()

    def _write(self) -> None:
        beside = self._path.with_suffix(".new")
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            beside.write_text(json.dumps({"heard": self._heard, "last": self._last}), encoding="utf-8")
            beside.replace(self._path)
        except OSError as error:
            log.warning("%s cannot be written: %s", self._path.name, error.strerror)


def _reason(error: Exception) -> str:
    """Without addresses or names of accounts."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted ({error.verify_message})"
    if isinstance(error, FileNotFoundError):
        return "the file of its certificate authority is not there"
    return str(error).strip().rstrip(".") or type(error).__name__


def _new_id() -> str:
    return secrets.token_hex(12)


_QUIET = logging.getLogger("notifier.triggers.panic_mqtt.wire")
_QUIET.setLevel(logging.CRITICAL)
"""Its lines hold topics and payloads; what matters of them is said by `well`."""
