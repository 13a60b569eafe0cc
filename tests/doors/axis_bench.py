"""An Axis door controller on a real socket: VAPIX Door control as JSON, digest with MD5 as the field has it."""

import json
from typing import Any, ClassVar, Self

from aiohttp import web

from notifier.campus.digest_guard import DigestGuard, Verdict
from notifier.testing.door_bench import Arrived
from tests.doors.access_door import DoorFault
from tests.doors.controller_bench import PASSWORD, WRONG, ControllerBench
from tests.doors.controller_server import Asked, ControllerServer

TOKEN = "Axis-00408c184bdb:1352121495.979065000"
READS = ("tdc:GetDoorState", "tdc:GetDoorInfo")
LOCKS = ("tdc:LockDownDoor", "tdc:LockDoor", "tdc:BlockDoor")


class AxisBench(ControllerBench):
    driver = "axis"
    wrong: ClassVar[dict[str, Any]] = {"password": WRONG}

    async def __aenter__(self) -> Self:
        self.digest = DigestGuard("AXIS_00408C184BDB", "root", "MD5")
        self.server = ControllerServer(self.answer, self.naming, self.guard)
        settings = {"token": TOKEN, "password": PASSWORD, "lock_monitor": True, "door_monitor": True}
        return await self.put_up(settings)

    def guard(self, asked: Asked) -> web.Response | None:
        verdict = self.digest.judge(asked.headers.get("Authorization"), asked.method, asked.raw_path, PASSWORD)
        if verdict is Verdict.ACCEPTED:
            return None
        challenge = self.digest.challenge(stale=verdict is Verdict.STALE)
        return web.Response(status=401, headers={"WWW-Authenticate": challenge})

    def naming(self, asked: Asked) -> Arrived | None:
        name = next(iter(json.loads(asked.body)))
        return Arrived.READ if name in READS else Arrived.ON if name in LOCKS else Arrived.OFF

    def answer(self, asked: Asked) -> web.Response:
        if asked.method != "POST" or asked.path != "/vapix/doorcontrol":
            return web.Response(status=404, text="Not Found")
        ((name, args),) = json.loads(asked.body).items()
        token = args["Token"][0] if isinstance(args["Token"], list) else args["Token"]
        if token != TOKEN:
            return _fault("env:Sender", "ter:InvalidArgs", "ter:NotFound", "no such door")
        if name == "tdc:GetDoorState":
            return web.json_response({"DoorState": self.lock.states()})
        if name == "tdc:GetDoorInfo":
            door = {"token": TOKEN, "Name": "North", "Capabilities": self.lock.capabilities}
            return web.json_response({"DoorInfo": [door]})
        try:
            self.lock.do(name.removeprefix("tdc:"))
        except DoorFault as fault:
            return _fault(fault.code, fault.sub, "", str(fault))
        return web.json_response({})


def _fault(code: str, sub: str, detail: str, reason: str) -> web.Response:
    body: dict[str, Any] = {"Fault": code, "FaultCode": sub, "FaultSubCode": detail, "FaultReason": reason}
    return web.json_response(body, status=400)
