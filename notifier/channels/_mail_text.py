"""One mail from one message: what stands in its headers, and that nothing else can."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from hashlib import sha256

from notifier.model.delivery import Purpose
from notifier.model.message import Message

# RFC 5322 dot-atom, which is what people have; quoted local parts and SMTPUTF8 are not taken. 254: RFC 5321, 4.5.3.1.3.
_LOCAL = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
ADDRESS = re.compile(rf"(?=.{{3,254}}\Z){_LOCAL}@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{{0,61}}[A-Za-z0-9])?\.?)+(?<!\.)")

_ID = re.compile(r"[A-Za-z0-9_-]{1,64}(?:\.[A-Za-z0-9_-]{1,64}){0,3}")
_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8}){0,3}")

# Longer subjects are cut by mail programs anyway; the whole of it stands in the text's first line.
LONGEST_SUBJECT = 200


@dataclass(frozen=True, slots=True)
class Letterhead:
    """What is the same on every mail of one sender."""

    address: str
    name: str = ""
    reply_to: str | None = None


def mailbox(written: str) -> str | None:
    """The address as it goes on the wire, its domain in IDNA; None if it is none that we can write to."""
    local, at, domain = written.rpartition("@")
    try:
        ascii_form = f"{local}{at}{domain.encode('idna').decode()}"
    except UnicodeError:
        return None
    return ascii_form if ADDRESS.fullmatch(ascii_form) else None


def message_id(delivery: str, domain: str) -> str:
    """The same for every attempt of one delivery, so that a repeat can be recognised (RFC 5322, 3.6.4)."""
    known = delivery if _ID.fullmatch(delivery) else sha256(delivery.encode("utf-8", "replace")).hexdigest()[:32]
    return f"<{known}@{domain}>"


def mail(letterhead: Letterhead, to: str, message: Message, delivery: str, now: datetime) -> bytes:
    """The mail's bytes, CRLF line ends, 7 bit. `to` has been through `mailbox`; `now` is aware.

    Headers: RFC 5322; Auto-Submitted RFC 3834 (no vacation reply comes back); Content-Language RFC 3282; Precedence as
    sendmail and others read it (special-delivery goes first in their queues, bulk last).
    """
    made = EmailMessage(policy=SMTP)
    made["From"] = Address(one_line(letterhead.name), addr_spec=letterhead.address)
    made["To"] = Address(addr_spec=to)
    if letterhead.reply_to:
        made["Reply-To"] = Address(addr_spec=letterhead.reply_to)
    made["Subject"] = subject(message)
    made["Date"] = format_datetime(now)
    made["Message-ID"] = message_id(delivery, letterhead.address.rpartition("@")[2])
    made["Auto-Submitted"] = "auto-generated"
    if message.purpose is Purpose.EMERGENCY:
        made["Precedence"] = "special-delivery"
        if not message.quiet:
            made["X-Priority"] = "1 (Highest)"
            made["Importance"] = "high"
    else:
        made["Precedence"] = "bulk"
    made.set_content(body(message), charset="utf-8", cte="quoted-printable")
    if _LANGUAGE.fullmatch(message.language):  # after the content: putting that in removes every Content- header
        made["Content-Language"] = message.language
    return made.as_bytes()


def subject(message: Message) -> str:
    """The title on one line. A drill's is cut behind its first stamp, never before it."""
    title = one_line(message.title)
    return title if len(title) <= LONGEST_SUBJECT else f"{title[: LONGEST_SUBJECT - 1].rstrip()}…"


def body(message: Message) -> str:
    """The text, then the link on a line of its own, where mail programs make it something to tap."""
    text = _encodable(message.text).replace("\r\n", "\n").replace("\r", "\n")
    link = "".join(_encodable(message.link).split())
    return f"{text}\n\n{link}\n" if link else f"{text}\n"


def one_line(text: str) -> str:
    """`text` without line ends and other control characters: nothing that could start another header.

    `=?` would be read as an encoded word, and Python before 3.11.10 and 3.12.5 writes a line end that was hidden in
    one as a line end (python/cpython gh-121650).
    """
    line = " ".join("".join(letter if letter.isprintable() else " " for letter in _encodable(text)).split())
    return line.replace("=?", "= ?")


def _encodable(text: str) -> str:
    return text.encode("utf-8", "replace").decode()
