"""A UniFi Access console on a real socket: its own self-signed certificate, a token, rules per door."""

import json
from typing import Any, ClassVar, Self

from aiohttp import web

from notifier.campus.door_model import LockFault
from notifier.testing.door_bench import Arrived, Trouble
from tests.doors.controller_bench import ControllerBench
from tests.doors.controller_server import Asked, ControllerServer
from tests.doors.own_certificate import OwnCertificate

ID = "0ed545f8-2fcd-4839-9021-b39e707f6aa9"
TOKEN = "wHFmHR-console-token"
RULES = {"keep_lock": "LockDownDoor", "keep_unlock": "UnlockDoor", "lock_early": "LockDoor"}


class UnifiBench(ControllerBench):
    driver = "unifi_access"
    proves = False
    secrets = (TOKEN, "not-the-token")
    wrong: ClassVar[dict[str, Any]] = {"token": "not-the-token"}
    cannot = frozenset({Trouble.SILENT_CONTACT})

    def __init__(self) -> None:
        super().__init__()
        self.rule = "schedule"
        self.bound = True
        self.code = ""
        """An error code that every call is answered with."""
        self.rules_unread = False

    async def __aenter__(self) -> Self:
        self.certificate = OwnCertificate()
        self.server = ControllerServer(self.answer, self.naming, self.guard, tls=self.certificate.context)
        settings = {"door": ID, "token": TOKEN, "door_monitor": True}
        return await self.put_up({**settings, "fingerprint": self.certificate.fingerprint})

    def guard(self, asked: Asked) -> web.Response | None:
        if asked.headers.get("Authorization") == f"Bearer {TOKEN}":
            return None
        return web.json_response({"code": "CODE_ACCESS_TOKEN_INVALID", "msg": "no", "data": None}, status=401)

    def naming(self, asked: Asked) -> Arrived | None:
        if asked.method == "GET":
            return Arrived.READ
        return Arrived.ON if json.loads(asked.body)["type"] == "keep_lock" else Arrived.OFF

    def answer(self, asked: Asked) -> web.Response:
        door = f"/api/v1/developer/doors/{ID}"
        if self.code:
            return web.json_response({"code": self.code, "msg": "no", "data": None})
        if asked.method == "PUT" and asked.path == f"{door}/lock_rule":
            self._obey(json.loads(asked.body)["type"])
            return _success("success")
        if asked.path == f"{door}/lock_rule" and self.rules_unread:
            return web.json_response({"code": "CODE_SYSTEM_ERROR", "msg": "no", "data": None})
        if asked.path == f"{door}/lock_rule":
            return _success({"type": self.rule, "ended_time": 0})
        if asked.path != door:
            return web.json_response({"code": "CODE_NOT_EXISTS", "msg": "no", "data": None})
        return _success(
            {
                "id": ID,
                "is_bind_hub": self.bound,
                "door_lock_relay_status": "unlock" if self.lock.mode == "Unlocked" else "lock",
                "door_position_status": {"Closed": "close", "Open": "open"}.get(self.lock.leaf),
            }
        )

    def _obey(self, kind: str) -> None:
        """A rule stays until another takes its place; `reset` gives the door back to its schedule."""
        if self.lock.mode == "LockedDown":
            self.lock.do("LockDownReleaseDoor")
        self.lock.do(RULES[kind]) if kind in RULES else None
        if self.lock.fault is not LockFault.DEAF:
            self.rule = kind if kind in ("keep_lock", "keep_unlock") else "schedule"


def _success(data: object) -> web.Response:
    return web.json_response({"code": "SUCCESS", "msg": "success", "data": data})
