"""Doors on Brivo Access, over Brivo's cloud: OAuth 2 token, lockdown scenarios, status per access point.

Needs the uplink. A scenario is set up at Brivo and may hold many doors; doors that name the same one share a request.
Seen with our own imitation only. Source: apidocs.brivo.com (emergency scenarios, device status); the verbs, the names
of states and which input means what are from memory, so each of them is a setting.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Literal
from urllib.parse import urlencode

from pydantic import Field, model_validator

from notifier.clock import Clock
from notifier.doors._cloud import NEEDS_UPLINK, CloudSettings, Granted, Pass, Scenarios, opens_alone, stays_alone
from notifier.doors._controllers import Controllers, plain
from notifier.errors import AdapterError, Reason, TryAgain, WillNotWork
from notifier.interfaces import DoorDriver, Health, Tools
from notifier.model.door import DoorReading, Leaf, Lock, Mode
from notifier.model.settings import SecretText
from notifier.model.site import Door
from notifier.model.words import Duration
from notifier.wire.device_settings import login_of, read_settings
from notifier.wire.web_device import Reply, WebDevice

FORM = "application/x-www-form-urlencoded"
SCENARIO_ID = ("scenarioOid", "id")
"""What a listed scenario may call its own number (the first as in the answers to initiate and clear)."""


class BrivoSettings(CloudSettings):
    """What a door writes under `settings:`."""

    access_point: int = Field(ge=1)
    scenario: int = Field(ge=1)
    """The lockdown scenario that holds this door."""
    api_key: SecretText = Field(repr=False)
    client_id: str
    client_secret: SecretText = Field(repr=False)
    user: str
    password: SecretText = Field(repr=False)
    auth_address: str = "https://auth.brivo.com"
    verb: Literal["POST", "PUT"] = "POST"
    initiate: str = "/emergency-scenarios/lockdown/{scenario}/initiate"
    clear: str = "/emergency-scenarios/lockdown/{scenario}/clear"
    status: str = "/device-status/{access_point}"
    active: str | None = "/emergency-scenarios/active-scenarios"
    """Where the scenarios that are active now are listed; None: nothing tells whether ours is."""
    told_field: str = "accessPointState"
    told_locked: tuple[str, ...] = ("LOCKED", "LOCKDOWN")
    told_open: tuple[str, ...] = ("UNLOCKED", "OPEN")
    door_monitor: bool = False
    leaf_field: str = "accessPointInputState"
    leaf_open: tuple[str, ...] = ("OPEN",)
    leaf_closed: tuple[str, ...] = ("CLOSED",)
    lock_monitor: bool = False
    """Whether an input of the panel senses the lock itself; then `lock_field` says which field tells it."""
    lock_field: str | None = None
    lock_secured: tuple[str, ...] = ("SECURED", "LOCKED")
    lock_unsecured: tuple[str, ...] = ("UNSECURED", "UNLOCKED")
    fresh_for: Duration = Field(default=300.0, gt=0, le=86400)
    """A status that the cloud has not renewed for so long proves nothing: the panel may be cut off from it."""

    @model_validator(mode="after")
    def _a_monitor_has_a_field(self) -> BrivoSettings:
        if self.lock_monitor and self.lock_field in (None, self.told_field):
            raise ValueError("lock_monitor needs lock_field: the status field of the lock's input, not of its relay")
        return self


class BrivoAccount:
    """One account: its token, its line, its scenarios."""

    def __init__(self, device: WebDevice, auth: WebDevice, settings: BrivoSettings, clock: Clock) -> None:
        self.device, self._auth, self._settings = device, auth, settings
        self._pass = Pass(clock, self._fetch)
        self.scenarios = Scenarios()

    async def tell(self, path: str, verb: str) -> Mapping[str, Any]:
        return await self.device.command(lambda: self._call(verb, path, early=False))

    async def ask(self, path: str) -> Mapping[str, Any]:
        return await self.device.ask(path, lambda: self._call("GET", path, early=True))

    async def _call(self, method: str, path: str, *, early: bool) -> Mapping[str, Any]:
        """One exchange; a token that ended before its time is renewed once."""
        reply = await self._send(method, path, early)
        if reply.status == 401:
            reply = await self._send(method, path, early)
        fields = reply.json
        if reply.status == 204:
            return {}
        if reply.status == 200:
            if not isinstance(fields, dict):
                raise self.device.stranger()
            return fields
        if reply.status == 400:
            raise TryAgain("Brivo's cloud says that every door of the scenario failed, or that there are too many.")
        raise self.device.refusal(reply.status, "do it")

    async def _send(self, method: str, path: str, early: bool) -> Reply:
        token = await self._pass.token(early=early)
        headers = {"Authorization": f"bearer {token}", "api-key": plain(self._settings.api_key)}
        reply = await self.device.exchange(method, path, headers=headers)
        if reply.status == 401:
            self._pass.refused(token)
        return reply

    async def _fetch(self, refresh: str | None) -> Granted:
        settings = self._settings
        asked = {"grant_type": "password", "username": settings.user, "password": plain(settings.password)}
        if refresh is not None:
            try:
                return await self._token({"grant_type": "refresh_token", "refresh_token": refresh})
            except WillNotWork:
                pass  # a refresh token may end too; the password is asked for then
        return await self._token(asked)

    async def _token(self, asked: Mapping[str, str]) -> Granted:
        client = f"{self._settings.client_id}:{plain(self._settings.client_secret)}"
        headers = {
            "Authorization": f"Basic {base64.b64encode(client.encode()).decode()}",
            "api-key": plain(self._settings.api_key),
            "Content-Type": FORM,
        }
        reply = await self._auth.exchange("POST", "/oauth/token", headers=headers, body=urlencode(asked))
        fields = reply.json if isinstance(reply.json, dict) else {}
        token, lasts = fields.get("access_token"), fields.get("expires_in", 60)
        if reply.status == 200 and isinstance(token, str) and isinstance(lasts, int | float):
            refresh = fields.get("refresh_token")
            return Granted(token, float(lasts), refresh if isinstance(refresh, str) else None)
        if reply.status in (400, 401, 403):  # RFC 6749 5.2: invalid_grant and invalid_client come as 400 or 401
            raise WillNotWork("Brivo's cloud refuses the account (settings: client_id, user …).", Reason.CREDENTIALS)
        raise (self.device.stranger() if reply.status == 200 else self.device.refusal(reply.status, "do it"))


class BrivoDoor(DoorDriver):
    """A door held by a lockdown scenario. Needs the uplink."""

    Settings = BrivoSettings
    proof = "an input of the panel that senses the lock, where settings declare one and the cloud's status is fresh"
    leaves = "the lockdown scenario, until it is cleared; then the door does what its schedule says"

    def __init__(self, tools: Tools) -> None:
        super().__init__(tools)
        self._controllers: Controllers[BrivoAccount] = Controllers(tools.allow_addresses, "Brivo cloud", self._account)

    async def close(self) -> None:
        for account in self._controllers.everyone:
            await account.scenarios.close()
        await self._controllers.close()

    async def secure(self, door: Door) -> None:
        await self._say(door, "initiate")

    async def restore(self, door: Door) -> None:
        opens_alone(read_settings(BrivoSettings, door.settings), "lockdown scenario")
        await self._say(door, "clear")

    def locks_down(self, door: Door) -> bool:
        return True

    async def release(self, door: Door) -> None:
        """The scenario ends, and the cloud knows no word to lock a door that its schedule opens then."""
        stays_alone(read_settings(BrivoSettings, door.settings), "lockdown scenario")
        await self._say(door, "clear")

    async def read(self, door: Door) -> DoorReading:
        try:
            account, settings = self._found(door)
            status = await account.ask(settings.status.format(access_point=settings.access_point))
        except AdapterError as error:
            return DoorReading(detail=f"{error} ({NEEDS_UPLINK})")
        reading = reading_of_status(status, settings, self.tools.clock)
        if settings.active is None:
            return reading
        try:
            listed = await account.ask(settings.active)
        except AdapterError as error:
            return replace(reading, detail=f"{reading.detail}; its scenario was not read: {error}")
        return replace(reading, mode=mode_of_scenarios(listed, settings.scenario))

    async def check(self, door: Door) -> Health:
        """Whether the cloud tells this door's status; switches nothing."""
        reading = await self.read(door)
        well = reading.relay_on is not None or reading.lock is not Lock.UNKNOWN
        return Health(well, f"{door.title}: {reading.detail}. It cannot be locked from here while the uplink is down.")

    async def _say(self, door: Door, verb: Literal["initiate", "clear"]) -> None:
        account, settings = self._found(door)
        path = (settings.initiate if verb == "initiate" else settings.clear).format(scenario=settings.scenario)
        verdict = await account.scenarios.say(str(settings.scenario), verb, lambda: account.tell(path, settings.verb))
        _raise_if_failed(verdict, settings.access_point)

    def _account(self, device: WebDevice, settings: BrivoSettings) -> BrivoAccount:
        auth = self._controllers.device(login_of(settings.auth_address, settings, "none", "", None))
        return BrivoAccount(device, auth, settings, self.tools.clock)

    def _found(self, door: Door) -> tuple[BrivoAccount, BrivoSettings]:
        settings: BrivoSettings = read_settings(BrivoSettings, door.settings)
        secrets = "\n".join(map(plain, (settings.api_key, settings.client_secret, settings.password)))
        # Named, not sent: what is sent is a token. Doors whose accounts differ must not share one.
        login = login_of(door.address, settings, "none", f"{settings.client_id} {settings.user}", secrets)
        return self._controllers.at(login, settings), settings


def reading_of_status(fields: Mapping[str, Any], settings: BrivoSettings, clock: Clock) -> DoorReading:
    """What the cloud's status says of a door. Old news proves nothing, whatever it says."""
    told_word = _word(fields, settings.told_field)
    told = True if told_word in settings.told_locked else False if told_word in settings.told_open else None
    words = [f"Brivo says {told_word or 'nothing'} ({NEEDS_UPLINK})"]
    lock, leaf = Lock.UNKNOWN, Leaf.UNKNOWN
    if settings.door_monitor:
        said = _word(fields, settings.leaf_field)
        leaf = Leaf.OPEN if said in settings.leaf_open else Leaf.CLOSED if said in settings.leaf_closed else leaf
        words.append({Leaf.OPEN: "leaf OPEN", Leaf.CLOSED: "leaf closed"}.get(leaf, "nothing is known of the leaf"))
    if settings.lock_monitor and settings.lock_field is not None:
        said = _word(fields, settings.lock_field)
        lock = Lock.SECURED if said in settings.lock_secured else lock
        lock = Lock.UNSECURED if said in settings.lock_unsecured else lock
        words.append(f"the lock's input says {said or 'nothing'}")
    else:
        words.append("nothing senses the lock")
    if lock is Lock.SECURED and leaf is Leaf.OPEN:
        lock = Lock.UNSECURED
    age = _age(fields.get("statusUpdated"), clock)
    if age is None or age > settings.fresh_for:
        words.append("the cloud does not say since when" if age is None else f"the cloud heard of it {age:.0f} s ago")
        lock = Lock.UNKNOWN if lock is Lock.SECURED else lock
    return DoorReading(lock, leaf, told, ", ".join(words))


def mode_of_scenarios(listed: Mapping[str, Any], scenario: int) -> Mode | None:
    """Whether `scenario` is among the active ones; None if the answer holds no list of them."""
    rows = next((value for value in listed.values() if isinstance(value, list)), None)
    if rows is None:
        return None
    named = {str(row[name]) for row in rows if isinstance(row, dict) for name in SCENARIO_ID if name in row}
    if str(scenario) in named:
        return Mode.LOCKDOWN
    more = isinstance(listed.get("count"), int) and listed["count"] > len(rows)
    return None if more or (rows and not named) else Mode.NORMAL


def _raise_if_failed(fields: Mapping[str, Any], access_point: int) -> None:
    """A 200 may list doors that did not obey."""
    listed = fields.get("devicesThatDidFail")
    failed = {each.get("deviceOid") for each in listed if isinstance(each, dict)} if isinstance(listed, list) else set()
    if fields.get("didAllFail") is True or access_point in failed:
        raise TryAgain("Brivo's cloud took the lockdown and says that this door did not obey.")


def _word(fields: Mapping[str, Any], name: str) -> str:
    found = fields.get(name)
    return found.upper() if isinstance(found, str) else ""


def _age(written: object, clock: Clock) -> float | None:
    """Seconds since an ISO 8601 time with its zone; None if it is none."""
    try:
        at = datetime.fromisoformat(written) if isinstance(written, str) else None
    except ValueError:
        return None
    if at is None or at.tzinfo is None:
        return None
    return (clock.wall() - at).total_seconds()
