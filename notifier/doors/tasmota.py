"""Doors, signals and contacts on relays that run Tasmota.

Written from the project's Commands page (github.com/tasmota/docs) and tried against our own imitation only, on no
device. What that page does not show, the shape of some answers, is a setting here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated, Any
from urllib.parse import quote

from pydantic import Field, StringConstraints

from notifier.doors._web_relay import Status, WebDoor, WebSignal, Wire, as_state
from notifier.errors import Reason, TryAgain, WillNotWork
from notifier.interfaces import DoorDriver, SignalDriver
from notifier.model.contact import relay_for
from notifier.model.settings import Secret
from notifier.model.site import Door
from notifier.wire.device_settings import LoginSettings
from notifier.wire.web_device import WebDevice

Question = Annotated[str, StringConstraints(pattern="^Status( [0-9]{1,2})?$")]
"""Status commands only, so that no question can ever switch anything."""


class TasmotaSettings(LoginSettings):
    """What a door, signal or fire alarm writes under `settings:`."""

    relay: int = Field(default=1, ge=1, le=32)
    """Which relay, counted from 1 as Tasmota does (`Power1`)."""
    questions: tuple[Question, ...] = Field(default=("Status 0",), min_length=1, max_length=4)
    """What is asked to read back. `Status 0` brings everything; old firmware may need `Status 11` and `Status 10`."""
    input_key: str = Field(default="Switch{n}", pattern=r"^[A-Za-z0-9_]*\{n\}[A-Za-z0-9_]*$")
    """How an input is called among the sensors (`StatusSNS`)."""


class Tasmota(Wire[TasmotaSettings]):
    """`GET /cm?cmnd=…`; user and password stand in the query, so it is never shown."""

    called = "Tasmota relay"

    async def switch(self, device: WebDevice, settings: TasmotaSettings, on: bool) -> None:
        word = "ON" if on else "OFF"
        fields = await _say(device, settings, f"Power{settings.relay} {word}")
        said = _power(fields, settings.relay)
        if said is None:
            raise WillNotWork(f"{device.name} has no relay {settings.relay}.", Reason.NOT_SUPPORTED)
        if said is not on:
            held = "PowerLock or Interlock may hold it"
            raise TryAgain(f"{device.name} was told {word} and answers {'ON' if said else 'OFF'}: {held}.")

    async def status(self, device: WebDevice, settings: TasmotaSettings, inputs: frozenset[int]) -> Status:
        found: dict[str, Any] = {}
        for question in settings.questions:
            found.update(await _say(device, settings, question))
        relay_on = _power(_part(found, "StatusSTS"), settings.relay)
        sensors = _part(found, "StatusSNS")
        read = {n: as_state(sensors.get(settings.input_key.format(n=n))) for n in inputs}
        words = "" if relay_on is not None else f"it says nothing of a relay {settings.relay}"
        return Status(relay_on, read, words=words)

    async def dangers(self, device: WebDevice, settings: TasmotaSettings, door: Door) -> Iterable[str]:
        """PulseTime and PowerOnState; without arguments these commands only answer."""
        relay, found = settings.relay, []
        pulse = (await _say(device, settings, f"PulseTime{relay}")).get(f"PulseTime{relay}")
        length = pulse.get("Set") if isinstance(pulse, dict) else pulse
        if isinstance(length, int) and length > 0 and relay_for(door, secured=True):
            found.append("PulseTime would unlock this door by itself: set it to 0.")
        start = (await _say(device, settings, "PowerOnState")).get("PowerOnState")
        unlocks = (0, 5) if relay_for(door, secured=True) else (1, 4)
        if start in unlocks and door.on_power_loss != "unlocks":
            found.append(f"When power returns its relay would unlock this door (PowerOnState {start}): set 3.")
        return found


class TasmotaDoor(WebDoor, DoorDriver):
    """A lock on one relay, its contacts on the switches of the same device."""

    Settings = TasmotaSettings
    proof = "the Switch input declared under sensed_by; never the relay's own POWER"
    wire = Tasmota()


class TasmotaSignal(WebSignal, SignalDriver):
    """A strobe, sign or beacon on one relay."""

    Settings = TasmotaSettings
    wire = Tasmota()


async def _say(device: WebDevice, settings: TasmotaSettings, command: str) -> Mapping[str, Any]:
    """One command and its answer; every answer is 200, so what it means stands inside. Raises AdapterError."""
    login = ""
    if settings.password is not None:
        password = settings.password.reveal() if isinstance(settings.password, Secret) else settings.password
        login = f"user={quote(settings.user, safe='')}&password={quote(password, safe='')}&"
    fields = await device.fields(f"/cm?{login}cmnd={quote(command, safe='')}", f"answer {command!r}")
    if "Need user" in str(fields.get("WARNING", "")):
        what = "asks for a login: give one" if settings.password is None else "refuses the login"
        raise WillNotWork(f"{device.name} {what} (settings: user, password).", Reason.CREDENTIALS)
    if fields.get("Command") in ("Unknown", "Error"):
        raise WillNotWork(f"{device.name} does not know {command!r}.", Reason.NOT_SUPPORTED)
    return fields


def _part(found: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    part = found.get(name)
    return part if isinstance(part, dict) else {}


def _power(fields: Mapping[str, Any], relay: int) -> bool | None:
    """`POWER` where there is one relay, `POWER2` where there are more, or with SetOption26."""
    said = fields.get(f"POWER{relay}")
    if said is None and relay == 1:
        said = fields.get("POWER")
    return as_state(said)
