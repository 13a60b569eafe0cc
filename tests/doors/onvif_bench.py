"""An ONVIF door controller on a real socket: SOAP 1.2, username tokens judged by a clock that may be off."""

import base64
from datetime import datetime, timedelta
from typing import Any, ClassVar, Self

from aiohttp import web
from lxml import etree

from notifier.campus.digest_guard import DigestGuard, Verdict
from notifier.testing.door_bench import Arrived
from tests.doors.access_door import DoorFault
from tests.doors.controller_bench import PASSWORD, WRONG, ControllerBench
from tests.doors.controller_server import Asked, ControllerServer

SOAP = "http://www.w3.org/2003/05/soap-envelope"
TDS = "http://www.onvif.org/ver10/device/wsdl"
TDC = "http://www.onvif.org/ver10/doorcontrol/wsdl"
TOKEN = "door-7"
LOCKS = ("LockDownDoor", "LockDoor", "BlockDoor")


class OnvifBench(ControllerBench):
    driver = "onvif"
    wrong: ClassVar[dict[str, Any]] = {"password": WRONG}
    login = "token"

    def __init__(self) -> None:
        super().__init__()
        self.ahead = timedelta(hours=3)
        """How far this device's clock is off: nobody set it."""
        self.nonces: set[str] = set()
        self.digest = DigestGuard("onvif", "admin", "MD5")
        self.offers_doors = True

    async def __aenter__(self) -> Self:
        self.server = ControllerServer(self.answer, self.naming, self.guard)
        settings = {"token": TOKEN, "password": PASSWORD, "login": self.login}
        return await self.put_up({**settings, "lock_monitor": True, "door_monitor": True})

    def time(self) -> datetime:
        return self.clock.wall() + self.ahead

    def guard(self, asked: Asked) -> web.Response | None:
        if _operation(asked) == "GetSystemDateAndTime":
            return None
        if self.login == "digest":
            verdict = self.digest.judge(asked.headers.get("Authorization"), asked.method, asked.raw_path, PASSWORD)
            challenge = {"WWW-Authenticate": self.digest.challenge()}
            return None if verdict is Verdict.ACCEPTED else web.Response(status=401, headers=challenge)
        return None if self._signed(asked) else _fault("s:Sender", "ter:NotAuthorized", "not authorized")

    def _signed(self, asked: Asked) -> bool:
        import hashlib

        told = {etree.QName(each).localname: each.text for each in etree.fromstring(asked.body).iter() if each.text}
        created, nonce = told.get("Created", ""), told.get("Nonce", "")
        if not created or nonce in self.nonces or told.get("Username") != "admin":
            return False
        at = datetime.strptime(created, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=self.time().tzinfo)
        if abs(at - self.time()) > timedelta(seconds=5):
            return False
        self.nonces.add(nonce)
        wanted = hashlib.sha1(base64.b64decode(nonce) + created.encode() + PASSWORD.encode()).digest()
        return told["Password"] == base64.b64encode(wanted).decode()

    def naming(self, asked: Asked) -> Arrived | None:
        name = _operation(asked)
        return Arrived.READ if name.startswith("Get") else Arrived.ON if name in LOCKS else Arrived.OFF

    def answer(self, asked: Asked) -> web.Response:
        name = _operation(asked)
        if asked.path == "/onvif/device_service" and name == "GetSystemDateAndTime":
            now = self.time()
            day = f"<t:Year>{now.year}</t:Year><t:Month>{now.month}</t:Month><t:Day>{now.day}</t:Day>"
            clock = f"<t:Hour>{now.hour}</t:Hour><t:Minute>{now.minute}</t:Minute><t:Second>{now.second}</t:Second>"
            utc = f"<t:UTCDateTime><t:Time>{clock}</t:Time><t:Date>{day}</t:Date></t:UTCDateTime>"
            return _reply(TDS, name, f"<x:SystemDateAndTime>{utc}</x:SystemDateAndTime>")
        if asked.path == "/onvif/device_service" and name == "GetServices":
            one = "<x:Service><x:Namespace>{}</x:Namespace><x:XAddr>http://192.0.2.9{}</x:XAddr></x:Service>"
            services = [one.format(TDS, "/onvif/device_service")]
            services += [one.format(TDC, "/onvif/doors")] if self.offers_doors else []
            return _reply(TDS, name, "".join(services))
        if asked.path != "/onvif/doors":
            return web.Response(status=404, text="Not Found")
        token = next(each.text for each in etree.fromstring(asked.body).iter(f"{{{TDC}}}Token"))
        if token != TOKEN:
            return _fault("s:Sender", "ter:InvalidArgs", "no such door", "ter:NotFound")
        if name == "GetDoorState":
            states = self.lock.states()
            tamper = f"<x:Tamper><x:State>{states.pop('Tamper')}</x:State></x:Tamper>"
            told = "".join(f"<x:{key}>{value}</x:{key}>" for key, value in states.items())
            return _reply(TDC, name, f"<x:DoorState>{tamper}{told}</x:DoorState>")
        if name == "GetDoorInfo":
            told = " ".join(f'{key}="{str(value).lower()}"' for key, value in self.lock.capabilities.items())
            return _reply(
                TDC, name, f'<x:DoorInfo token="{TOKEN}"><x:Name>N</x:Name><x:Capabilities {told}/></x:DoorInfo>'
            )
        try:
            self.lock.do(name)
        except DoorFault as fault:
            return _fault(fault.code.replace("env:", "s:"), fault.sub, str(fault))
        return _reply(TDC, name, "")


class DigestOnvifBench(OnvifBench):
    login = "digest"


def _operation(asked: Asked) -> str:
    body = etree.fromstring(asked.body).find(f"{{{SOAP}}}Body")
    assert body is not None
    return str(etree.QName(body[0]).localname)


def _xml(inside: str, status: int = 200) -> web.Response:
    text = (
        f'<?xml version="1.0" encoding="utf-8"?><s:Envelope xmlns:s="{SOAP}" xmlns:t="http://www.onvif.org/ver10/schema"'
        f' xmlns:ter="http://www.onvif.org/ver10/error"><s:Body>{inside}</s:Body></s:Envelope>'
    )
    return web.Response(body=text.encode(), status=status, content_type="application/soap+xml")


def _reply(namespace: str, operation: str, inside: str) -> web.Response:
    return _xml(f'<x:{operation}Response xmlns:x="{namespace}">{inside}</x:{operation}Response>')


def _fault(code: str, sub: str, reason: str, deeper: str = "") -> web.Response:
    inner = f"<s:Subcode><s:Value>{deeper}</s:Value></s:Subcode>" if deeper else ""
    subcode = f"<s:Subcode><s:Value>{sub}</s:Value>{inner}</s:Subcode>"
    words = f'<s:Reason><s:Text xml:lang="en">{reason}</s:Text></s:Reason>'
    return _xml(f"<s:Fault><s:Code><s:Value>{code}</s:Value>{subcode}</s:Code>{words}</s:Fault>", 400)
