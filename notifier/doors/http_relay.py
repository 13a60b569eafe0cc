"""Doors, signals and contacts on anything that is told by HTTP: what is sent and how the answer is read are settings.

For relay boards without a driver of their own, gateways and access systems with a plain HTTP call. Seen with no device
yet; what it says on the wire is what the settings say.
"""

from __future__ import annotations

from notifier.doors._http_recipe import HttpRelaySettings, HttpRelaySignalSettings, Request, Sense, found_in, request_of
from notifier.doors._web_relay import Status, WebDoor, WebSignal, Wire, as_state
from notifier.errors import OutcomeUnknown, Reason, WillNotWork
from notifier.interfaces import DoorDriver, SignalDriver
from notifier.model.contact import relay_for
from notifier.model.door import Mode
from notifier.model.site import Door
from notifier.wire.device_settings import login_of
from notifier.wire.web_device import Login, Scheme, WebDevice


class HttpRelay(Wire[HttpRelaySettings]):
    """Sends what the settings say, and believes only the statuses that they call taken."""

    called = "HTTP relay"

    def login(self, address: str, settings: HttpRelaySettings) -> Login:
        scheme: Scheme = "none" if settings.auth == "header" else settings.auth
        return login_of(address, settings, scheme, settings.user, settings.password)

    async def switch(self, device: WebDevice, settings: HttpRelaySettings, on: bool) -> None:
        await self._tell(
            device, settings, settings.turn_on if on else settings.turn_off, f"switch {'on' if on else 'off'}"
        )

    async def secure(self, device: WebDevice, settings: HttpRelaySettings, door: Door) -> None:
        if settings.secure is None:
            await self.switch(device, settings, relay_for(door, secured=True))
        else:
            await self._tell(device, settings, settings.secure, "secure the door")

    async def restore(self, device: WebDevice, settings: HttpRelaySettings, door: Door) -> None:
        if settings.restore is None:
            await self.switch(device, settings, relay_for(door, secured=False))
        else:
            await self._tell(device, settings, settings.restore, "restore the door")

    def locks_down(self, settings: HttpRelaySettings) -> bool:
        return settings.release is not None

    async def release(self, device: WebDevice, settings: HttpRelaySettings, door: Door) -> None:
        await self._tell(device, settings, settings.release, "release the door")

    async def status(self, device: WebDevice, settings: HttpRelaySettings, inputs: frozenset[int]) -> Status:
        if settings.state is None and not settings.inputs:
            raise WillNotWork(
                f"{device.name} cannot be asked: settings name no `state` and no `inputs`.", Reason.NOT_SUPPORTED
            )
        bodies: dict[tuple[str, str], str] = {}
        wanted = {number: settings.inputs[number] for number in sorted(inputs) if number in settings.inputs}
        senses = [each for each in (settings.state, settings.lockdown, *wanted.values()) if each is not None]
        for sense in senses:
            if sense.place not in bodies:
                bodies[sense.place] = await self._ask(device, settings, sense)
        relay_on = None if settings.state is None else _read(settings.state, bodies)
        words = "" if settings.state is None or relay_on is not None else "its answer is neither on nor off"
        if settings.state is None:
            words = "its output cannot be read: no `state` in the settings"
        held = None if settings.lockdown is None else _read(settings.lockdown, bodies)
        mode = None if held is None else Mode.LOCKDOWN if held else Mode.NORMAL
        read = {number: _read(sense, bodies) for number, sense in wanted.items()}
        return Status(relay_on, read, words=words, mode=mode)

    async def _ask(self, device: WebDevice, settings: HttpRelaySettings, sense: Sense) -> str:
        method, path, headers, body = request_of(sense, settings)
        reply = await device.exchange(method, path, headers=headers, body=body)
        if reply.status != 200:
            raise device.refusal(reply.status, "tell its state")
        return reply.text

    async def _tell(self, device: WebDevice, settings: HttpRelaySettings, request: Request | None, doing: str) -> None:
        if request is None:
            raise WillNotWork(f"The settings of {device.name} do not say how to {doing}.", Reason.OUR_FAULT)
        method, path, headers, body = request_of(request, settings)
        reply = await device.exchange(method, path, headers=headers, body=body)
        if reply.status not in settings.taken:
            fault = device.refusal(reply.status, doing)
            if 200 <= reply.status < 300:
                fault = OutcomeUnknown(f"{device.name} answered {reply.status}, which settings do not call taken.")
            raise fault
        if settings.taken_says is not None and settings.taken_says not in reply.text:
            raise OutcomeUnknown(f"{device.name} answered without the words of `taken_says`.")


class HttpRelayDoor(WebDoor, DoorDriver):
    """A lock that is told by HTTP; its contacts are whatever can be asked by HTTP."""

    Settings = HttpRelaySettings
    proof = "what `inputs` reads for the number under sensed_by; never what `state` reads, nor the answer to a command"
    leaves = "nothing, or with `release` the mode that `secure` puts the device into"
    wire = HttpRelay()


class HttpRelaySignal(WebSignal, SignalDriver):
    """A strobe, sign or beacon that is told by HTTP."""

    Settings = HttpRelaySignalSettings
    wire = HttpRelay()


def _read(sense: Sense, bodies: dict[tuple[str, str], str]) -> bool | None:
    return as_state(found_in(sense, bodies[sense.place]), sense.reads_on, sense.reads_off)
