"""SOAP 1.2 as ONVIF devices speak it: envelopes, the username token, faults. XML without entities, files or network.

Sources: SOAP 1.2 (W3C); OASIS WSS UsernameToken Profile 1.0, section 3.1 for the digest; ONVIF Core Specification,
sections on error handling and on the Device service.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from lxml import etree

SOAP = "http://www.w3.org/2003/05/soap-envelope"
DEVICE = "http://www.onvif.org/ver10/device/wsdl"
DOORS = "http://www.onvif.org/ver10/doorcontrol/wsdl"
_OASIS = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss"
WSSE = f"{_OASIS}-wssecurity-secext-1.0.xsd"
WSU = f"{_OASIS}-wssecurity-utility-1.0.xsd"
DIGEST = f"{_OASIS}-username-token-profile-1.0#PasswordDigest"
BASE64 = f"{_OASIS}-soap-message-security-1.0#Base64Binary"
CONTENT_TYPE = "application/soap+xml; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Token:
    """Who we say we are, and when by the device's own clock."""

    user: str
    password: str
    at: datetime

    def __repr__(self) -> str:
        return f"Token({self.user!r})"


def envelope(namespace: str, operation: str, arguments: Mapping[str, str], token: Token | None) -> bytes:
    """One request; with a `token` it is signed by a username token."""
    root = etree.Element(f"{{{SOAP}}}Envelope", nsmap={"s": SOAP, "q": namespace})
    if token is not None:
        _sign(etree.SubElement(root, f"{{{SOAP}}}Header"), token)
    asked = etree.SubElement(etree.SubElement(root, f"{{{SOAP}}}Body"), f"{{{namespace}}}{operation}")
    for name, text in arguments.items():
        etree.SubElement(asked, f"{{{namespace}}}{name}").text = text
    return bytes(etree.tostring(root, xml_declaration=True, encoding="utf-8"))


def digest_of(nonce: bytes, created: str, password: str) -> str:
    """Base64(SHA1(nonce + created + password)): the profile knows no other hash."""
    made = hashlib.sha1(nonce + created.encode() + password.encode(), usedforsecurity=False)
    return base64.b64encode(made.digest()).decode()


def body_of(document: bytes) -> Any | None:
    """The first element inside the body (an lxml element); None if this is no SOAP."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(document, parser)
    except (etree.XMLSyntaxError, ValueError):
        return None
    if root.getroottree().docinfo.internalDTD is not None or root.tag != f"{{{SOAP}}}Envelope":
        return None
    body = root.find(f"{{{SOAP}}}Body")
    return None if body is None else next((each for each in body if isinstance(each.tag, str)), None)


def fault_words(body: Any) -> str:
    """Code, subcodes and reason of a fault in one line; empty if this is none."""
    if body.tag != f"{{{SOAP}}}Fault":
        return ""
    codes = [str(each.text).strip() for each in body.iter(f"{{{SOAP}}}Value") if each.text]
    reasons = [str(each.text).strip() for each in body.iter(f"{{{SOAP}}}Text") if each.text]
    return " ".join((*codes, *reasons))[:300] or "a fault without words"


def fields_of(element: Any) -> dict[str, Any]:
    """Child elements by local name: their text, or their own fields; attributes of a childless, textless one."""
    found: dict[str, Any] = {}
    for each in element:
        if not isinstance(each.tag, str):
            continue
        name = etree.QName(each).localname
        text = (each.text or "").strip()
        found[name] = fields_of(each) if len(each) else text or dict(each.attrib)
    return found


def device_time(fields: Mapping[str, Any]) -> datetime | None:
    """The UTC time in an answer to GetSystemDateAndTime; None if it holds none that reads."""
    try:
        told = fields["SystemDateAndTime"]["UTCDateTime"]
        day, clock = told["Date"], told["Time"]
        year, month, date = (int(day[part]) for part in ("Year", "Month", "Day"))
        hour, minute, second = (int(clock[part]) for part in ("Hour", "Minute", "Second"))
        return datetime(year, month, date, hour, minute, second, tzinfo=UTC)
    except (KeyError, TypeError, ValueError):
        return None


def _sign(header: Any, token: Token) -> None:
    nonce, created = secrets.token_bytes(16), token.at.strftime("%Y-%m-%dT%H:%M:%SZ")
    security = etree.SubElement(header, f"{{{WSSE}}}Security", nsmap={"wsse": WSSE, "wsu": WSU})
    security.set(f"{{{SOAP}}}mustUnderstand", "1")
    signed = etree.SubElement(security, f"{{{WSSE}}}UsernameToken")
    etree.SubElement(signed, f"{{{WSSE}}}Username").text = token.user
    password = etree.SubElement(signed, f"{{{WSSE}}}Password", Type=DIGEST)
    password.text = digest_of(nonce, created, token.password)
    once = etree.SubElement(signed, f"{{{WSSE}}}Nonce", EncodingType=BASE64)
    once.text = base64.b64encode(nonce).decode()
    etree.SubElement(signed, f"{{{WSU}}}Created").text = created
