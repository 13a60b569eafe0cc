"""Doors on Openpath (Avigilon Alta), over its cloud: a session token, lockdown plans that are triggered and reverted.

Needs the uplink. A plan holds zones of many doors; doors that name the same one share a request. What can be read is
whether the plan is active: that is what the cloud was told, and says nothing of a lock, so a person has to look.
Seen with our own imitation only. Source: Openpath's published OpenAPI (auth/login, lockdownPlans,
cloudKeyTriggerLockdownPlan, cloudKeyRevertLockdownPlan).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

from pydantic import Field

from notifier.clock import Clock
from notifier.doors._cloud import NEEDS_UPLINK, CloudSettings, Granted, Pass, Scenarios, opens_alone, stays_alone
from notifier.doors._controllers import Controllers, plain
from notifier.errors import AdapterError, Reason, WillNotWork
from notifier.interfaces import DoorDriver, Health, Tools
from notifier.model.door import DoorReading, Mode
from notifier.model.settings import SecretText
from notifier.model.site import Door
from notifier.wire.device_settings import login_of, read_settings
from notifier.wire.web_device import Reply, WebDevice

SHORTEST_SESSION = 600.0
"""Seconds a session is taken to last whose end the cloud does not tell in a way that reads."""


class OpenpathSettings(CloudSettings):
    """What a door writes under `settings:`."""

    org: int = Field(ge=1)
    plan: int = Field(ge=1)
    """The lockdown plan that holds this door."""
    cloud_user: int = Field(ge=1)
    """The id of the user whose cloud key triggers the plan."""
    credential: int = Field(ge=1)
    """The id of that user's cloud key credential."""
    email: str = Field(min_length=3)
    password: SecretText = Field(repr=False)
    bearer: bool = False
    """Whether the token is sent as `Bearer TOKEN`; the vendor's text sends it bare."""


class OpenpathAccount:
    """One account: its session, its line, its plans."""

    def __init__(self, device: WebDevice, settings: OpenpathSettings, clock: Clock) -> None:
        self.device, self._settings, self._clock = device, settings, clock
        self._pass = Pass(clock, self._fetch)
        self.plans = Scenarios()

    async def tell(self, path: str, body: Mapping[str, Any]) -> Mapping[str, Any]:
        return await self.device.command(lambda: self._call("POST", path, body, early=False))

    async def ask(self, path: str) -> Mapping[str, Any]:
        return await self.device.ask(path, lambda: self._call("GET", path, None, early=True))

    async def _call(self, method: str, path: str, body: Mapping[str, Any] | None, *, early: bool) -> Mapping[str, Any]:
        """One exchange; a session that ended before its time is renewed once."""
        reply = await self._send(method, path, body, early)
        if reply.status == 401:
            reply = await self._send(method, path, body, early)
        if reply.status == 204:
            return {}
        if reply.status not in (200, 201):
            raise self.device.refusal(reply.status, "do it")
        data = _data(reply)
        if method == "POST" or not isinstance(data, dict):
            raise self.device.stranger()
        return data

    async def _send(self, method: str, path: str, body: Mapping[str, Any] | None, early: bool) -> Reply:
        token = await self._pass.token(early=early)
        headers = {"Authorization": f"Bearer {token}" if self._settings.bearer else token}
        sent = None if body is None else json.dumps(body)
        if sent is not None:
            headers["Content-Type"] = "application/json"
        reply = await self.device.exchange(method, path, headers=headers, body=sent)
        if reply.status == 401:
            self._pass.refused(token)
        return reply

    async def _fetch(self, refresh: str | None) -> Granted:
        login = {"email": self._settings.email, "password": plain(self._settings.password)}
        headers = {"Content-Type": "application/json"}
        reply = await self.device.exchange("POST", "/auth/login", headers=headers, body=json.dumps(login))
        data = _data(reply)
        token = data.get("token") if isinstance(data, dict) else None
        if reply.status in (200, 201) and isinstance(token, str) and isinstance(data, dict):
            return Granted(token, self._left(data.get("expiresAt")))
        if reply.status in (400, 401, 403):
            raise WillNotWork("Openpath's cloud refuses the account (settings: email, password).", Reason.CREDENTIALS)
        raise (self.device.stranger() if reply.status in (200, 201) else self.device.refusal(reply.status, "do it"))

    def _left(self, written: object) -> float:
        try:
            at = datetime.fromisoformat(written) if isinstance(written, str) else None
        except ValueError:
            at = None
        if at is None or at.tzinfo is None:
            return SHORTEST_SESSION
        return max(1.0, (at - self._clock.wall()).total_seconds())


class OpenpathDoor(DoorDriver):
    """A door held by a lockdown plan. Needs the uplink."""

    Settings = OpenpathSettings
    proof = "none: the cloud tells whether the plan is active, not whether a lock is thrown, so a person has to look"
    leaves = "the lockdown plan, until it is reverted; then the door does what its schedule says"

    def __init__(self, tools: Tools) -> None:
        super().__init__(tools)
        clock = tools.clock
        self._controllers = Controllers(
            tools.allow_addresses, "Openpath cloud", lambda device, settings: OpenpathAccount(device, settings, clock)
        )

    async def close(self) -> None:
        for account in self._controllers.everyone:
            await account.plans.close()
        await self._controllers.close()

    async def secure(self, door: Door) -> None:
        await self._say(door, "Trigger")

    async def restore(self, door: Door) -> None:
        opens_alone(read_settings(OpenpathSettings, door.settings), "lockdown plan")
        await self._say(door, "Revert")

    def locks_down(self, door: Door) -> bool:
        return True

    async def release(self, door: Door) -> None:
        """The plan ends, and the cloud knows no word to lock a door that its schedule opens then."""
        stays_alone(read_settings(OpenpathSettings, door.settings), "lockdown plan")
        await self._say(door, "Revert")

    async def read(self, door: Door) -> DoorReading:
        try:
            account, settings = self._found(door)
            plan = await account.ask(_plan(settings))
        except AdapterError as error:
            return DoorReading(detail=f"{error} ({NEEDS_UPLINK})")
        active = plan.get("isActive")
        if not isinstance(active, bool):
            return DoorReading(detail=f"the cloud does not say whether the plan is active ({NEEDS_UPLINK})")
        words = f"lockdown plan {'' if active else 'not '}active ({NEEDS_UPLINK}), nothing senses the lock"
        return DoorReading(relay_on=active, detail=words, mode=Mode.LOCKDOWN if active else Mode.NORMAL)

    async def check(self, door: Door) -> Health:
        """Whether the plan can be read, and does not end by itself; switches nothing."""
        words = f"{door.title}: {NEEDS_UPLINK}; it cannot be locked from here while the uplink is down."
        try:
            account, settings = self._found(door)
            plan = await account.ask(_plan(settings))
        except AdapterError as error:
            return Health(False, f"{words} {error}")
        if not isinstance(plan.get("isActive"), bool):
            return Health(False, f"{words} The cloud does not say whether the plan is active.")
        ends = plan.get("autoRevertAfterSeconds")
        if isinstance(ends, int | float) and ends > 0:
            return Health(False, f"{words} The plan ends by itself after {ends:g} s and would unlock: turn that off.")
        return Health(True, words)

    async def _say(self, door: Door, verb: Literal["Trigger", "Revert"]) -> None:
        account, settings = self._found(door)
        path = f"/orgs/{settings.org}/users/{settings.cloud_user}/credentials/{settings.credential}"
        body = {"lockdownPlanId": settings.plan, "description": "notifier"}
        await account.plans.say(
            f"{settings.org}/{settings.plan}",
            verb,
            lambda: account.tell(f"{path}/cloudKey{verb}LockdownPlan", body),
        )

    def _found(self, door: Door) -> tuple[OpenpathAccount, OpenpathSettings]:
        settings: OpenpathSettings = read_settings(OpenpathSettings, door.settings)
        # Named, not sent: what is sent is a token. Doors whose accounts differ must not share one.
        login = login_of(door.address, settings, "none", settings.email, settings.password)
        return self._controllers.at(login, settings), settings


def _plan(settings: OpenpathSettings) -> str:
    return f"/orgs/{settings.org}/lockdownPlans/{settings.plan}"


def _data(reply: Reply) -> object:
    return reply.json.get("data") if isinstance(reply.json, dict) else None
