"""Brivo's and Openpath's clouds on real sockets: tokens that end, scenarios, answers that are not yet deeds."""

import json
from datetime import timedelta
from typing import Any, ClassVar, Self
from urllib.parse import parse_qs

from aiohttp import web

from notifier.campus.door_model import LockFault
from notifier.testing.door_bench import Arrived, Trouble
from tests.doors.controller_bench import PASSWORD, WRONG, ControllerBench
from tests.doors.controller_server import Asked, ControllerServer

KEY = "brivo-api-key-1"
SECRET = "brivo-client-secret-1"


class CloudBench(ControllerBench):
    """Hands out tokens `token-1`, `token-2` … each good for an hour by the cloud's clock."""

    wrong: ClassVar[dict[str, Any]] = {"password": WRONG}
    schedule_wins = True
    lasts = 3600.0

    def __init__(self) -> None:
        super().__init__()
        self.lock.schedule = "Unlocked"
        self.tokens: dict[str, float] = {}
        self.logins: list[str] = []

    async def __aenter__(self) -> Self:
        self.server = ControllerServer(self.answer, self.naming, self.guard)
        return await self.put_up(self.written())

    def written(self) -> dict[str, Any]:
        raise NotImplementedError

    def answer(self, asked: Asked) -> web.Response:
        raise NotImplementedError

    def guard(self, asked: Asked) -> web.Response | None:
        raise NotImplementedError

    def naming(self, asked: Asked) -> Arrived | None:
        raise NotImplementedError

    def stands_locked(self) -> None:
        super().stands_locked()
        self.lock.schedule = "Locked"

    def end_tokens(self) -> None:
        """As when somebody signs the account out everywhere."""
        self.tokens.clear()

    def grant(self, how: str) -> str:
        self.logins.append(how)
        token = f"token-{len(self.logins)}"
        self.tokens[token] = self.clock.now() + self.lasts
        return token

    def holds_down(self) -> None:
        if self.lock.mode != "LockedDown":
            self.lock.do("LockDownDoor")

    def lets_go(self) -> None:
        """The door does again what its schedule says; by day that is to stand open."""
        if self.lock.mode == "LockedDown":
            self.lock.do("LockDownReleaseDoor")

    def good(self, token: str) -> bool:
        return self.tokens.get(token, 0.0) > self.clock.now()


class BrivoBench(CloudBench):
    driver = "brivo"
    secrets = (PASSWORD, WRONG, KEY, SECRET)

    def __init__(self) -> None:
        super().__init__()
        self.disobey: list[int] = []
        self.status_age = timedelta()
        self.refreshes = True

    async def __aenter__(self) -> Self:
        await super().__aenter__()
        self.door = self.with_settings(auth_address=self.url)
        return self

    def written(self) -> dict[str, Any]:
        return {
            "access_point": 12,
            "scenario": 5,
            "api_key": KEY,
            "client_id": "us",
            "client_secret": SECRET,
            "user": "office",
            "password": PASSWORD,
            "lock_monitor": True,
            "lock_field": "lockInputState",
            "door_monitor": True,
            "alone": True,
        }

    def guard(self, asked: Asked) -> web.Response | None:
        if asked.headers.get("api-key") != KEY:
            return web.json_response({"error": "no key"}, status=403)
        if asked.path == "/oauth/token":
            said = {name: values[0] for name, values in parse_qs(asked.body.decode()).items()}
            bad = said["grant_type"] == "password" and said["password"] != PASSWORD
            bad = bad or (said["grant_type"] == "refresh_token" and not self.refreshes)
            return web.json_response({"error": "invalid_grant"}, status=400) if bad else None
        if self.good(asked.headers.get("Authorization", "").removeprefix("bearer ")):
            return None
        return web.json_response({"error": "invalid_token"}, status=401)

    def naming(self, asked: Asked) -> Arrived | None:
        if asked.method == "GET" or asked.path == "/oauth/token":
            return Arrived.READ
        return Arrived.ON if asked.path.endswith("/initiate") else Arrived.OFF

    def answer(self, asked: Asked) -> web.Response:
        if asked.path == "/oauth/token":
            how = parse_qs(asked.body.decode())["grant_type"][0]
            token = self.grant(how)
            granted = {"access_token": token, "token_type": "bearer", "expires_in": self.lasts, "refresh_token": "r"}
            return web.json_response(granted)
        if asked.path == "/device-status/12":
            states = self.lock.states()
            at = (self.clock.wall() - self.status_age).isoformat()
            told = {"LockedDown": "LOCKDOWN", "Locked": "LOCKED"}.get(states["DoorMode"], "UNLOCKED")
            lock = {"Locked": "SECURED", "Unlocked": "UNSECURED"}.get(states["LockPhysicalState"], "")
            leaf = states["DoorPhysicalState"].upper()
            return web.json_response(
                {"accessPointState": told, "accessPointInputState": leaf, "lockInputState": lock, "statusUpdated": at}
            )
        if asked.path == "/emergency-scenarios/lockdown/5/initiate":
            if not self.disobey:
                self.holds_down()
            failed = [{"deviceOid": each, "name": "Door"} for each in self.disobey]
            return web.json_response({"didAllFail": False, "devicesThatDidFail": failed, "scenarioOid": 5})
        if asked.path == "/emergency-scenarios/lockdown/5/clear":
            self.lets_go()
            return web.json_response({"didAllFail": False, "devicesThatDidFail": [], "scenarioOid": 5})
        if asked.path == "/emergency-scenarios/active-scenarios":
            active = [{"scenarioOid": 5, "name": "Lockdown"}] if self.lock.mode == "LockedDown" else []
            return web.json_response({"data": active, "offset": 0, "pageSize": 20, "count": len(active)})
        return web.Response(status=404)


class OpenpathBench(CloudBench):
    driver = "openpath"
    proves = False
    cannot = frozenset({Trouble.SILENT_CONTACT})

    def __init__(self) -> None:
        super().__init__()
        self.active = False
        self.ends_after: int | None = None

    def written(self) -> dict[str, Any]:
        ids = {"org": 3, "plan": 7, "cloud_user": 9, "credential": 11}
        return {**ids, "email": "office@example.org", "password": PASSWORD, "alone": True}

    def guard(self, asked: Asked) -> web.Response | None:
        if asked.path == "/auth/login":
            good = json.loads(asked.body)["password"] == PASSWORD
        else:
            good = self.good(asked.headers.get("Authorization", ""))
        return None if good else web.json_response({"message": "Unauthorized"}, status=401)

    def naming(self, asked: Asked) -> Arrived | None:
        if asked.method == "GET" or asked.path == "/auth/login":
            return Arrived.READ
        return Arrived.ON if "Trigger" in asked.path else Arrived.OFF

    def answer(self, asked: Asked) -> web.Response:
        if asked.path == "/auth/login":
            ends = self.clock.wall() + timedelta(seconds=self.lasts)
            return web.json_response({"data": {"token": self.grant("login"), "expiresAt": ends.isoformat()}})
        if asked.path == "/orgs/3/lockdownPlans/7":
            plan = {"id": 7, "isActive": self.active, "autoRevertAfterSeconds": self.ends_after}
            return web.json_response({"data": plan})
        action = asked.path.removeprefix("/orgs/3/users/9/credentials/11/cloudKey")
        if action not in ("TriggerLockdownPlan", "RevertLockdownPlan") or json.loads(asked.body)["lockdownPlanId"] != 7:
            return web.Response(status=404)
        if self.lock.fault is not LockFault.DEAF:
            self.active = action.startswith("Trigger")
            self.holds_down() if self.active else self.lets_go()
        return web.Response(status=204)
