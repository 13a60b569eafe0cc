"""A mail server on a real local socket: aiosmtpd's protocol class on our own loop, over the pure model."""

from __future__ import annotations

import asyncio
import logging
import ssl
from types import TracebackType
from typing import Any, Self

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from notifier.campus.mail_model import REPLIES, Letter, MailFault, MailModel
from notifier.clock import Clock, SystemClock

LOGGER = "mail.log"
"""aiosmtpd writes every command there, addresses included."""

# At every login aiosmtpd warns of an attribute that only it sets.
logging.getLogger(LOGGER).addFilter(lambda record: "login_data is deprecated" not in record.getMessage())


class MailServer:
    """`async with MailServer(model) as server:` listens on `server.host`:`server.port`; restarts keep the port."""

    def __init__(
        self,
        model: MailModel,
        host: str = "127.0.0.1",
        port: int = 0,
        *,
        tls: ssl.SSLContext | None = None,
        tls_from_start: bool = False,
        clock: Clock | None = None,
    ) -> None:
        """`tls`: offered as STARTTLS, or spoken from the first byte if `tls_from_start`."""
        self.model = model
        self.host, self.port = host, port
        self.connections = 0
        """How many were ever opened."""
        self._tls, self._tls_from_start = tls, tls_from_start
        self._clock = clock or SystemClock()
        self._server: asyncio.Server | None = None
        self._open: set[_Conversation] = set()
        self._leaving = asyncio.Event()

    async def start(self) -> None:
        self._leaving.clear()
        self._server = await asyncio.get_running_loop().create_server(
            self._meet, self.host, self.port, ssl=self._tls if self._tls_from_start else None
        )
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Drop every connection, hanging ones too."""
        self._leaving.set()
        if self._server is not None:
            self._server.close()
        for conversation in list(self._open):
            conversation.drop()
        if self._server is not None:
            await self._server.wait_closed()
            self._server = None
        ending = [task for task in (one.task for one in self._open) if task is not None]
        if ending:
            await asyncio.wait(ending)
        self._open.clear()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    def _meet(self) -> _Conversation:
        self.connections += 1
        made = _Conversation(self, self.connections, None if self._tls_from_start else self._tls)
        self._open.add(made)
        return made

    def left(self, conversation: _Conversation) -> None:
        self._open.discard(conversation)

    async def obstruct(self, conversation: _Conversation) -> str:
        """Take nothing more from this client until the server stops."""
        await self._leaving.wait()
        conversation.drop()
        return "421 4.3.2 Closing"

    # ------------------------------------------------------------------- aiosmtpd's hooks, one per command

    async def handle_MAIL(  # noqa: N802  # aiosmtpd names its hooks so
        self, server: _Conversation, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        fault = self.model.fault
        if fault is MailFault.GOOD_BYE:
            self.model.used()
            # After the reply is written; closing flushes it.
            asyncio.get_running_loop().call_soon(server.hang_up)
            return REPLIES[fault]
        if fault is MailFault.BROKEN:
            self.model.used()
            return REPLIES[fault]
        if self.model.accounts and not session.authenticated:
            return "530 5.7.0 Authentication required"
        envelope.mail_from = address
        return "250 2.1.0 OK"

    async def handle_RCPT(  # noqa: N802  # aiosmtpd names its hooks so
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        refused = self.model.refuses_recipient(address)
        if refused is not None:
            self.model.used()
            return refused
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(  # noqa: N802  # aiosmtpd names its hooks so
        self, server: _Conversation, session: Session, envelope: Envelope
    ) -> str:
        fault, refused = self.model.fault, self.model.refuses_content()
        self.model.used()
        if refused is not None:
            return refused
        if fault in (MailFault.HANGS, MailFault.RESET):
            return await self._silent(server, fault)
        content = envelope.original_content or b""
        reply = self.model.take(Letter(str(envelope.mail_from), tuple(envelope.rcpt_tos), content, server.number))
        if fault in (MailFault.TAKES_AND_HANGS, MailFault.DROPS_AFTER_DATA):
            return await self._silent(server, fault)
        if fault is MailFault.SLOW:
            await self._clock.sleep(self.model.slow)
        return "what?" if fault is MailFault.NONSENSE else reply

    async def handle_NOOP(  # noqa: N802  # aiosmtpd names its hooks so
        self, server: _Conversation, session: Session, envelope: Envelope, arg: str
    ) -> str:
        fault = self.model.fault
        if fault in (MailFault.HANGS, MailFault.TAKES_AND_HANGS):
            return await self.obstruct(server)
        return REPLIES[fault] if fault is MailFault.BROKEN else "250 2.0.0 OK"

    async def _silent(self, server: _Conversation, fault: MailFault) -> str:
        if fault in (MailFault.RESET, MailFault.DROPS_AFTER_DATA):
            server.drop()
            await self._leaving.wait()
        return await self.obstruct(server)


class _Conversation(SMTP):
    """One client's connection."""

    def __init__(self, owner: MailServer, number: int, tls: ssl.SSLContext | None) -> None:
        super().__init__(
            owner,
            hostname="mail.campus.example",
            ident="campus",
            tls_context=tls,
            require_starttls=tls is not None,
            auth_require_tls=False,
            authenticator=self._known,
            loop=asyncio.get_running_loop(),
        )
        self.number = number
        self._owner = owner
        self.task: asyncio.Task[Any] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self.task = self._handler_coroutine

    def connection_lost(self, error: Exception | None) -> None:
        super().connection_lost(error)
        self._owner.left(self)

    def drop(self) -> None:
        """Hang up without a word."""
        transport = self._original_transport or self.transport
        if isinstance(transport, asyncio.WriteTransport):
            transport.abort()
        if self.task is not None:
            # A TLS handshake that the client gave up is never reported to aiosmtpd.
            self.task.cancel()

    def hang_up(self) -> None:
        """Close in good order."""
        if self.transport is not None:
            self.transport.close()

    def _known(self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
        if not isinstance(data, LoginPassword):
            return AuthResult(success=False, handled=False)
        known = self._owner.model.knows(data.login.decode(), data.password.decode())
        return AuthResult(success=known, handled=False)
