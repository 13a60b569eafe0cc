"""The listeners: the main address, a press-only one, and the Unix socket of this machine."""

from __future__ import annotations

import asyncio
import errno
import ipaddress
import os
import socket
import ssl
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from aiohttp import web

from notifier.console.callers import networks_of
from notifier.console.connections import Connections
from notifier.console.headers import secure
from notifier.console.operations import LoopWatch
from notifier.console.parts import ConsoleParts
from notifier.console.problems import problem
from notifier.console.reception import Reception
from notifier.console.route import RouteTable
from notifier.console.routes import PRESSES, ROUTES
from notifier.console.turns import Turns
from notifier.errors import Fault, SetupError

SOCKET_NAME = "control.sock"
SOCKET_MODE = 0o660
LINE_LIMIT = 65_536  # bytes of a request line that is read: one that is too long is answered with a page (reception)
HEADER_LIMIT = 16384  # bytes of one header; a signed callback's longest is under 1 kB
KEEP_ALIVE = 75.0  # seconds; longer than the 60 s after which common proxies reuse no connection
BACKLOG = 1024  # connections that wait to be taken while the loop is busy
AT_ONCE = 64  # taken in one turn of the loop: it gives none back before the next, and doors need file descriptors too
HANDSHAKE = 10.0  # seconds for a TLS handshake; until then a connection costs a file descriptor and says nothing
LINGER = 2.0  # seconds for the rest of a body that was refused
TLS_CHECK = 60.0  # seconds between looks whether the certificate's files have changed
GRACE = 2.0  # seconds for requests in flight when the daemon stops


async def serve(parts: ConsoleParts) -> Server:
    """Open every listener that the settings name. Raises SetupError, with nothing left open."""
    server = Server(parts)
    try:
        await server.open()
    except BaseException:
        await server.close()
        raise
    return server


class Server:
    """The open listeners."""

    def __init__(self, parts: ConsoleParts) -> None:
        self.addresses: dict[str, str] = {}
        """By name: `main` and `press` as URLs, `socket` as a path."""
        self.certificate_ends: datetime | None = None
        """When the certificate in use runs out; supervision turns this into a trouble in time."""
        self._parts = parts
        self._table = RouteTable(ROUTES)
        self._runners: list[web.ServerRunner] = []
        self._listening: dict[web.ServerRunner, asyncio.Server] = {}
        self._streams: set[asyncio.Task[Any]] = set()
        self._tasks: list[asyncio.Task[None]] = []
        self._watch = LoopWatch()
        self._connections = Connections()
        self._catching_up = asyncio.Lock()
        self._turns = Turns()
        self._context: ssl.SSLContext | None = None
        self._stamps: tuple[int, ...] = ()
        self._socket_path: Path | None = None

    async def open(self) -> None:
        settings = self._parts.settings
        host, port = _split(settings.listen.address, "listen.address")
        _examine_proxies(settings.behind_proxy)
        self._prepare_tls()
        plain = self._context is None
        if plain and not _is_loopback(host) and not settings.behind_proxy:
            raise _setup(
                "listen", f"{settings.listen.address} would speak plain HTTP to everybody.",
                "Give it `tls: {certificate, key}`, name the proxy in `behind_proxy`, or listen on 127.0.0.1.",
            )  # fmt: skip
        main = self._reception(self._table, proxied=plain and bool(settings.behind_proxy))
        bound = await self._listen(main, _tcp(host, port, "listen.address"), self._context)
        self.addresses["main"] = f"{'http' if plain else 'https'}://{bound}"
        if settings.press_listen:
            host, port = _split(settings.press_listen, "press_listen")
            press = self._reception(RouteTable(PRESSES))
            self.addresses["press"] = f"http://{await self._listen(press, _tcp(host, port, 'press_listen'))}"
        path = self._parts.state_dir / SOCKET_NAME
        await self._listen(self._reception(self._table), _unix(path))
        self._socket_path = path
        self.addresses["socket"] = str(path)
        self._watch.start()
        if not plain:
            self._tasks.append(asyncio.create_task(self._look_after_tls()))

    async def close(self) -> None:
        """Stop listening, end live streams, give requests in flight a moment."""
        self._watch.stop()
        for task in [*self._tasks, *self._streams]:
            task.cancel()
        await asyncio.gather(*self._tasks, *self._streams, return_exceptions=True)
        for runner in self._runners:
            if listening := self._listening.pop(runner, None):
                listening.close()
            await runner.cleanup()
        if self._socket_path:
            self._socket_path.unlink(missing_ok=True)

    def reload_tls(self) -> bool:
        """Use the certificate's files as they are now, for new connections. False: nothing new, or not usable."""
        tls = self._parts.settings.listen.tls
        if tls is None or self._context is None:
            return False
        from cryptography import x509  # a node without TLS starts without it

        certificate, key = Path(tls.certificate), Path(tls.key)
        try:
            stamps = tuple(path.stat().st_mtime_ns for path in (certificate, key))
            if stamps == self._stamps:
                return False
            # Tried in a context of its own first: half a new pair must not spoil the one in use.
            ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain(certificate, key)
            ends = x509.load_pem_x509_certificate(certificate.read_bytes()).not_valid_after_utc
            self._context.load_cert_chain(certificate, key)
        except (OSError, ValueError):
            return False  # the one in use goes on; supervision sees its end coming
        self._stamps, self.certificate_ends = stamps, ends
        return True

    def _reception(self, table: RouteTable, *, proxied: bool = False) -> Reception:
        return Reception(
            self._parts, table, self._streams, self._watch, self._catching_up, self._turns, proxied=proxied
        )

    async def _listen(self, reception: Reception, sock: socket.socket, context: ssl.SSLContext | None = None) -> str:
        lower = _Listener(
            reception, self._connections, access_log=None, max_line_size=LINE_LIMIT, max_field_size=HEADER_LIMIT,
            keepalive_timeout=KEEP_ALIVE, lingering_time=LINGER, auto_decompress=False,
        )  # fmt: skip
        runner = web.ServerRunner(lower, shutdown_timeout=GRACE)
        await runner.setup()
        self._runners.append(runner)
        patience = HANDSHAKE if context else None
        loop = asyncio.get_running_loop()
        self._listening[runner] = await loop.create_server(
            lower, sock=sock, ssl=context, backlog=AT_ONCE, ssl_handshake_timeout=patience
        )
        sock.listen(BACKLOG)  # asyncio uses one number for both
        name = sock.getsockname()
        if not isinstance(name, tuple):
            return str(name)
        return f"[{name[0]}]:{name[1]}" if ":" in name[0] else f"{name[0]}:{name[1]}"

    def _prepare_tls(self) -> None:
        tls = self._parts.settings.listen.tls
        if tls is None:
            return
        self._context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self._context.minimum_version = ssl.TLSVersion.TLSv1_2
        if not self.reload_tls():
            raise _setup(
                "listen.tls", f"The certificate {tls.certificate} with the key {tls.key} cannot be used.",
                "Both must be PEM files that this user can read, and belong together; `notifier init` makes a pair.",
            )  # fmt: skip

    async def _look_after_tls(self) -> None:
        while True:
            await self._parts.clock.sleep(TLS_CHECK)
            self.reload_tls()


class _Listener(web.Server):
    def __init__(self, reception: Reception, connections: Connections, **how: Any) -> None:
        super().__init__(self._answer, **how)
        self._reception, self._held = reception, connections

    def __call__(self) -> web.RequestHandler:
        return _Connection(self, self._held, loop=asyncio.get_running_loop(), **self._kwargs)

    async def _answer(self, request: web.BaseRequest) -> web.StreamResponse:
        connection = request.protocol
        assert isinstance(connection, _Connection)  # noqa: S101 we make no others
        connection.idle = False
        self._held.used(connection)
        try:
            return await self._reception(request)
        finally:
            connection.idle = True


class _Connection(web.RequestHandler):
    """What is not even HTTP is answered like everything else, and its bytes, maybe a secret, are not logged."""

    __slots__ = ("_held", "idle")

    def __init__(self, manager: web.Server, held: Connections, **how: Any) -> None:
        super().__init__(manager, **how)
        self.idle = True
        self._held = held

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._held.take(self)
        super().connection_made(transport)

    def connection_lost(self, exc: BaseException | None) -> None:
        self._held.gone(self)
        super().connection_lost(exc)

    def let_go(self) -> None:
        if isinstance(self.transport, asyncio.Transport):
            self.transport.abort()

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        if request.writer.output_size > 0:
            raise ConnectionError("half an answer has left")
        response = problem(status, "The request could not be read as HTTP, or its line or a header is too long.")
        secure(response, request.secure)
        response.force_close()
        return response


def _examine_proxies(written: Sequence[str]) -> None:
    try:
        networks_of(written)
    except ValueError as error:
        raise _setup("behind_proxy", f"{error}.", "Write networks like 10.0.0.0/8.") from None


def _split(address: str, where: str) -> tuple[str, int]:
    host, colon, port = address.rpartition(":")
    if not colon or not host or not port.isdecimal() or int(port) > 65535:
        raise _setup(where, f"{address!r} is no address.", "Write host:port, like 127.0.0.1:8470.")
    return host.strip("[]"), int(port)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _tcp(host: str, port: int, where: str) -> socket.socket:
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        sock = socket.socket(family, kind, protocol)
    except OSError as error:
        raise _setup(where, f"{host} is no address of this machine: {error.strerror}.", "Name one it has.") from None
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind(address)
    except OSError as error:
        sock.close()
        taken = error.errno == errno.EADDRINUSE
        why = "another program listens there already" if taken else error.strerror
        advice = f"Stop it (ss -ltnp shows who has port {port}), or name another." if taken else "Name another."
        raise _setup(where, f"{host}:{port} cannot be listened on: {why}.", advice) from None
    return sock


def _unix(path: Path) -> socket.socket:
    """A socket that only this user and group can open, from its first instant."""
    _remove_stale(path)
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    before = os.umask(0o777 & ~SOCKET_MODE)
    try:
        sock.bind(str(path))
    except OSError as error:
        sock.close()
        advice = "The state folder must exist, be writable, and its path be shorter than 100 characters."
        raise _setup("state", f"The control socket {path} cannot be made: {error.strerror or error}.", advice) from None
    finally:
        os.umask(before)
    return sock


def _remove_stale(path: Path) -> None:
    """What a killed daemon left; one that answers belongs to a daemon that runs. Raises SetupError."""
    if not path.is_socket():
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        try:
            probe.connect(str(path))
        except OSError:
            path.unlink(missing_ok=True)
            return
    raise _setup("state", f"A daemon answers on {path} already.", "Stop it first, or use another state folder.")


def _setup(where: str, text: str, advice: str) -> SetupError:
    return SetupError([Fault("settings.yaml", 1, 1, f"{where}: {text}", advice)])
