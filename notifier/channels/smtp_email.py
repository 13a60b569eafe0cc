"""E-mail through the school's or a provider's mail server (SMTP submission, RFC 6409), one recipient per mail.

Seen to work with our own double (aiosmtpd) only. What counts as sent: the server answered 250 to the whole mail. What
became of it behind that server nobody can ask it.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import ssl
from collections.abc import Iterator
from typing import Any, Literal

from aiosmtplib import SMTP
from aiosmtplib.errors import (
    SMTPAuthenticationError,
    SMTPException,
    SMTPNotSupported,
    SMTPResponseException,
)
from pydantic import ConfigDict, Field, field_validator, model_validator

from notifier.channels._mail_replies import Stage, refusal
from notifier.channels._mail_text import Letterhead, mail, mailbox
from notifier.channels._mail_tls import certificate_fault
from notifier.errors import AdapterError, OutcomeUnknown, Reason, TryAgain, WillNotWork
from notifier.interfaces import Channel, Health, Tools
from notifier.model.delivery import Receipt
from notifier.model.message import Message
from notifier.model.outgoing import stays_here
from notifier.model.settings import Secret, SecretText
from notifier.model.words import Duration, Written

# A server that says good-bye may do so between two mails; the mail that finds out takes one new connection.
GOOD_BYE = 421

NOT_OFFERED = "The mail server does not offer the TLS or login that the settings ask for."

# Postfix and many providers say "queued as ID", Exim "id=ID"; a technician finds the mail by it in the server's log.
_QUEUED = re.compile(r"\b(?:queued as |id=)([A-Za-z0-9-]{1,64})\b")

# A kept connection that does not answer at once has been forgotten by a firewall between; nobody waits long for it.
PROBE = 5.0


class SmtpSettings(Written):
    model_config = ConfigDict(hide_input_in_errors=True)  # a wrong setting must not show the password beside it

    host: str = Field(pattern=r"^[A-Za-z0-9.:_-]{1,253}$")
    port: int = Field(default=587, ge=1, le=65535)
    """587 with `starttls`, 465 with `required` (RFC 8314)."""
    tls: Literal["required", "starttls", "none"] = "starttls"
    """required: from the first byte; starttls: nothing is said before it is encrypted; none: see `plain`."""
    plain: bool = False
    """Allows `tls: none` to another machine, a relay in the house without login: words can be read on that network."""
    ca_file: str | None = None
    """Certificates to trust instead of the machine's own, for a mail server with the school's own authority."""
    user: str | None = None
    password: SecretText | None = None
    from_address: str
    from_name: str = ""
    reply_to: str | None = None
    hello: str | None = Field(default=None, pattern=r"^[A-Za-z0-9.-]{1,253}$")
    """The name we greet with (EHLO); None: the domain of `from_address`."""
    connections: int = Field(default=4, ge=1, le=64)
    """Kept open and used again; more mails wait for one."""
    idle: Duration = Field(default=60.0, gt=0)
    """A connection unused for longer is made anew: servers hang up on idle ones (RFC 5321: after 5 min or more)."""
    connect_timeout: Duration = Field(default=10.0, gt=0)
    """For TCP, TLS, greeting and login together."""
    timeout: Duration = Field(default=30.0, gt=0)
    """For each answer."""

    @field_validator("from_address", "reply_to")
    @classmethod
    def _writable(cls, written: str | None) -> str | None:
        if written is not None and mailbox(written) is None:
            raise ValueError("an address like office@school.example is needed, without a name around it")
        return written if written is None else mailbox(written)

    @model_validator(mode="after")
    def _whole(self) -> SmtpSettings:
        if self.tls == "none" and not self.plain and not stays_here(self.host):
            raise ValueError("use tls: starttls or required, or set plain: true if this network may read everything")
        if self.tls == "none" and self.password is not None and not stays_here(self.host):
            raise ValueError("a password is never sent unencrypted to another machine: use tls: starttls or required")
        if (self.user is None) != (self.password is None):
            raise ValueError("give user and password together, or neither")
        return self


class SmtpEmail(Channel):
    """One mail account. An address is an e-mail address."""

    Settings = SmtpSettings
    address_kind = "email"

    def __init__(self, name: str, settings: SmtpSettings, tools: Tools) -> None:
        super().__init__(name, settings, tools)
        self.settings = settings
        self._clock = tools.clock
        self._letterhead = Letterhead(settings.from_address, settings.from_name, settings.reply_to)
        self._free = asyncio.Semaphore(settings.connections)
        self._idle: list[tuple[SMTP, float]] = []
        self._tls: ssl.SSLContext | None = None

    async def open(self) -> None:
        if self.settings.tls != "none":
            # Reading the authorities takes some 30 ms: once, and not on the loop.
            self._tls = await asyncio.to_thread(ssl.create_default_context, cafile=self.settings.ca_file)

    async def close(self) -> None:
        idle, self._idle = self._idle, []
        for line, _ in idle:
            with contextlib.suppress(SMTPException, OSError):
                await line.quit(timeout=min(1.0, self.settings.timeout))
            line.close()

    async def send(self, address: str, message: Message, delivery: str) -> Receipt:
        """Hand one mail to the server; the receipt's ref is the server's queue id, where it says one that we can read.

        The Message-ID is made from `delivery`, so every attempt carries the same.
        A connection that breaks before the text began is a TryAgain; one that breaks after that is OutcomeUnknown.
        """
        to = mailbox(address)
        if to is None:
            text = "This is no address that a mail server takes: one @, and no letters beyond ASCII before it."
            raise WillNotWork(text, Reason.BAD_ADDRESS)
        content = mail(self._letterhead, to, message, delivery, self._clock.wall())
        async with self._free:
            line = await self._begin()
            with _closed_if_broken(line):
                answer = await self._transfer(line, to, content)
            self._keep(line)
        if isinstance(answer, AdapterError):
            raise answer
        queued = _QUEUED.search(answer)
        return Receipt(queued[1] if queued else "")

    async def check(self) -> Health:
        """Connect anew, log in, NOOP."""
        theirs = self.settings
        try:
            line = await self._connect()
        except AdapterError as error:
            return Health(False, f"{error} Look at host, port, tls, user and password.")
        try:
            with _closed_if_broken(line):
                await line.noop(timeout=theirs.timeout)
                await line.quit(timeout=theirs.timeout)
        except (SMTPException, OSError) as error:
            return Health(False, f"The mail server took our connection, but not a NOOP ({type(error).__name__}).")
        return Health(True, "The mail server took our connection and login, and answers.")

    async def _begin(self) -> SMTP:
        """A connection on which the server has taken our MAIL FROM."""
        while (line := self._take()) is not None:
            try:
                with _closed_if_broken(line):
                    await self._say_sender(line, min(PROBE, self.settings.timeout))
            except SMTPResponseException as error:
                if error.code != GOOD_BYE:
                    raise refusal(Stage.SENDER, error.code, error.message) from None
            except (SMTPException, OSError):
                continue
            else:
                return line
        line = await self._connect()
        try:
            with _closed_if_broken(line):
                await self._say_sender(line, self.settings.timeout)
        except SMTPResponseException as error:
            raise refusal(Stage.SENDER, error.code, error.message) from None
        except (SMTPException, OSError):
            raise TryAgain("The mail server fell silent before it had the mail; nothing was sent.") from None
        return line

    async def _say_sender(self, line: SMTP, patience: float) -> None:
        await line.mail(self.settings.from_address, timeout=patience)

    async def _transfer(self, line: SMTP, to: str, content: bytes) -> str | AdapterError:
        """RCPT TO and DATA. Returns the server's last words, or a refusal after which the connection is still good.

        Raises any other refusal. The library's errors carry the address, so none of them is chained to ours.
        """
        stage = Stage.RECIPIENT
        try:
            await line.rcpt(to, timeout=self.settings.timeout)
            stage = Stage.CONTENT
            accepted = await line.data(content, timeout=self.settings.timeout)
        except SMTPResponseException as error:
            refused = refusal(stage, error.code, error.message)
            if error.code == GOOD_BYE or isinstance(refused, OutcomeUnknown) or not await self._reset(line):
                raise refused from None
            return refused
        except (SMTPException, OSError):
            if stage is Stage.RECIPIENT:
                raise TryAgain("The mail server fell silent before it had the mail; nothing was sent.") from None
            text = "The mail server fell silent while it was taking the mail; it may have it."
            raise OutcomeUnknown(text) from None
        return accepted.message

    async def _reset(self, line: SMTP) -> bool:
        """Forget the refused mail, so that one bad address does not cost a new connection with TLS and login."""
        try:
            await line.rset(timeout=min(PROBE, self.settings.timeout))
        except (SMTPException, OSError):
            return False
        return True

    def _take(self) -> SMTP | None:
        """The connection used last; older ones go unused and are closed when they are found too old."""
        now = self._clock.now()
        while self._idle:
            line, since = self._idle.pop()
            if line.is_connected and now - since <= self.settings.idle:
                return line
            line.close()
        return None

    def _keep(self, line: SMTP) -> None:
        self._idle.append((line, self._clock.now()))

    async def _connect(self) -> SMTP:
        theirs = self.settings
        line = SMTP(
            hostname=theirs.host,
            port=theirs.port,
            use_tls=theirs.tls == "required",
            start_tls=theirs.tls == "starttls",
            tls_context=self._tls,
            username=theirs.user,
            password=_revealed(theirs.password),
            local_hostname=theirs.hello or theirs.from_address.rpartition("@")[2],
            timeout=theirs.timeout,
        )
        try:
            async with asyncio.timeout(theirs.connect_timeout):
                await line.connect()
        except SMTPAuthenticationError as error:
            raise refusal(Stage.LOGIN, error.code, error.message) from None
        except SMTPNotSupported:
            raise WillNotWork(NOT_OFFERED, Reason.SENDER_FAULT) from None
        except SMTPResponseException as error:
            raise refusal(Stage.GREETING, error.code, error.message) from None
        except (SMTPException, OSError) as error:
            if type(error) is SMTPException:  # the library's word for "the server does not offer that"
                raise WillNotWork(NOT_OFFERED, Reason.SENDER_FAULT) from None
            if fault := certificate_fault(error, theirs.host):
                raise TryAgain(f"{fault} Nothing was sent.") from None
            kind = type(error).__name__
            raise TryAgain(f"The mail server cannot be reached ({kind}); nothing was sent.") from None
        return line


@contextlib.contextmanager
def _closed_if_broken(line: SMTP) -> Iterator[None]:
    """In the middle of a conversation nobody knows what the server expects next."""
    try:
        yield
    except BaseException:
        line.close()
        raise


def _revealed(secret: str | None) -> Any:
    return secret.reveal() if isinstance(secret, Secret) else secret
