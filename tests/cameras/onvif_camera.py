"""An ONVIF camera on a real socket: SOAP 1.2, tokens judged by a clock that may be off, a picture."""

import base64
import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from aiohttp import web
from lxml import etree

from tests.cameras.camera_device import PASSWORD, FakeCamera

SOAP = "http://www.w3.org/2003/05/soap-envelope"
TDS = "http://www.onvif.org/ver10/device/wsdl"
TRT = "http://www.onvif.org/ver10/media/wsdl"
TT = "http://www.onvif.org/ver10/schema"
BOMB = (
    '<?xml version="1.0"?><!DOCTYPE b [<!ENTITY a "aaaaaaaaaa">'
    + "".join(f'<!ENTITY {new} "{f"&{old};" * 10}">' for old, new in zip("abcdefgh", "bcdefghi", strict=True))
    + f']><s:Envelope xmlns:s="{SOAP}"><s:Body>&i;</s:Body></s:Envelope>'
)


class FakeOnvifCamera(FakeCamera):
    driver = "onvif"
    by = "token"

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.ahead = timedelta(hours=3)
        """How far its clock is off: nobody set it."""
        self.nonces: set[str] = set()
        self.where = "/onvif-http/snapshot?Profile_1"
        self.host: str | None = None
        """What it names instead of the address that it is spoken to: an inside one behind a router."""
        self.profiles = ["Profile_1", "Profile_2"]
        self.offers_media = True
        self.says: str | None = None
        """Answered to every SOAP request."""
        self.operations: list[str] = []

    def written(self, password: str) -> dict[str, Any]:
        return {"user": self.user, "password": password, "login": self.by}

    def did(self) -> Sequence[str]:
        return [name for name in self.operations if not name.startswith("Get")]

    def accepts(self, request: web.BaseRequest) -> bool:
        if request.method == "GET" or self.by == "digest":
            return super().accepts(request)
        return True  # the envelope says who asks

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse:
        if request.method == "GET":
            return await self.send_picture(request) if request.raw_path == self.where else web.Response(status=404)
        if self.says is not None:
            return web.Response(text=self.says, content_type="application/soap+xml")
        root = etree.fromstring(await request.read())
        asked = root.find(f"{{{SOAP}}}Body")[0]
        name = str(etree.QName(asked).localname)
        self.operations.append(name)
        if name == "GetSystemDateAndTime":
            return _reply(TDS, name, _time(self.clock.wall() + self.ahead))
        if self.by == "token" and not self._signed(root):
            return _fault("ter:NotAuthorized", "Sender not authorized")
        if name == "GetServices":
            return _reply(TDS, name, self._services())
        if request.path != "/onvif/media_service":
            return web.Response(status=404)
        if name == "GetProfiles":
            one = '<x:Profiles token="{}" fixed="true"><t:Name>P</t:Name></x:Profiles>'
            return _reply(TRT, name, "".join(map(one.format, self.profiles)))
        token = asked.findtext(f"{{{TRT}}}ProfileToken")
        if name != "GetSnapshotUri" or token not in self.profiles:
            return _fault("ter:InvalidArgVal", "no such profile", "ter:NoProfile")
        uri = f"http://{self.host or f'127.0.0.1:{self.port}'}{self.where}".replace("&", "&amp;")
        valid = "<t:InvalidAfterConnect>false</t:InvalidAfterConnect><t:InvalidAfterReboot>true</t:InvalidAfterReboot>"
        return _reply(TRT, name, f"<x:MediaUri><t:Uri>{uri}</t:Uri>{valid}<t:Timeout>PT0S</t:Timeout></x:MediaUri>")

    def _services(self) -> str:
        found = {TDS: "/onvif/device_service", **({TRT: "/onvif/media_service"} if self.offers_media else {})}
        one = "<x:Service><x:Namespace>{}</x:Namespace><x:XAddr>http://192.0.2.9{}</x:XAddr></x:Service>"
        return "".join(one.format(namespace, path) for namespace, path in found.items())

    def _signed(self, root: Any) -> bool:
        told = {etree.QName(each).localname: each.text for each in root.iter() if each.text}
        created, nonce = told.get("Created", ""), told.get("Nonce", "")
        if not created or nonce in self.nonces or told.get("Username") != self.user:
            return False
        at = datetime.strptime(created, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=self.clock.wall().tzinfo)
        if abs(at - self.clock.wall() - self.ahead) > timedelta(seconds=5):
            return False
        self.nonces.add(nonce)
        wanted = hashlib.sha1(base64.b64decode(nonce) + created.encode() + PASSWORD.encode()).digest()
        return bool(told["Password"] == base64.b64encode(wanted).decode())


class DigestOnvifCamera(FakeOnvifCamera):
    by = "digest"


def _time(at: datetime) -> str:
    day = f"<t:Year>{at.year}</t:Year><t:Month>{at.month}</t:Month><t:Day>{at.day}</t:Day>"
    clock = f"<t:Hour>{at.hour}</t:Hour><t:Minute>{at.minute}</t:Minute><t:Second>{at.second}</t:Second>"
    utc = f"<t:UTCDateTime><t:Time>{clock}</t:Time><t:Date>{day}</t:Date></t:UTCDateTime>"
    return f"<x:SystemDateAndTime>{utc}</x:SystemDateAndTime>"


def _reply(namespace: str, operation: str, inside: str) -> web.Response:
    return _xml(f'<x:{operation}Response xmlns:x="{namespace}">{inside}</x:{operation}Response>')


def _fault(sub: str, reason: str, deeper: str = "") -> web.Response:
    inner = f"<s:Subcode><s:Value>{deeper}</s:Value></s:Subcode>" if deeper else ""
    codes = f"<s:Code><s:Value>s:Sender</s:Value><s:Subcode><s:Value>{sub}</s:Value>{inner}</s:Subcode></s:Code>"
    return _xml(f'<s:Fault>{codes}<s:Reason><s:Text xml:lang="en">{reason}</s:Text></s:Reason></s:Fault>', 400)


def _xml(inside: str, status: int = 200) -> web.Response:
    names = f'xmlns:s="{SOAP}" xmlns:t="{TT}" xmlns:ter="http://www.onvif.org/ver10/error"'
    text = f'<?xml version="1.0" encoding="utf-8"?><s:Envelope {names}><s:Body>{inside}</s:Body></s:Envelope>'
    return web.Response(body=text.encode(), status=status, content_type="application/soap+xml")
