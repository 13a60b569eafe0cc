"""The line to the running daemon: over its Unix socket, or over HTTP(S) with a token."""

from __future__ import annotations

import ipaddress
import os
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any
from urllib.parse import urlsplit

import aiohttp

from notifier.errors import NotifierError
from notifier.files.positions import LARGEST_YAML, read_yaml

API = "/api/v1"
SETTINGS_FILE = "settings.yaml"
SOCKET_NAME = "control.sock"  # as console/server.py makes it in the state folder
PATIENCE = 30.0
"""Seconds for one answer: a daemon that takes longer for a command than this is not well."""
LONG_PATIENCE = 900.0
"""Seconds for rendering every page of a large school, or verifying a year of records."""
BLOCK = 1 << 18
"""Bytes of a download taken at once."""
PAGE = 200  # the most that a list gives at once

_STATE_LINE = re.compile(r"^state:[ \t]*[\"']?([^\s\"'#]+)", re.MULTILINE)


class NoDaemon(NotifierError):
    """Nothing answers where the daemon should be."""


class Answered(NotifierError):
    """The daemon answered with a problem (RFC 9457), in its own words."""

    def __init__(self, status: int, problem: Mapping[str, Any]) -> None:
        self.status = status
        self.problem = problem
        self.faults: list[Mapping[str, str]] = list(problem.get("faults", ()))
        lines = [f"{one['where']}: {one['what']} {one['advice']}".rstrip() for one in self.faults]
        trouble = f" (trouble {problem['trouble']})" if problem.get("trouble") else ""
        said = str(problem.get("detail") or f"The daemon answered {status}.")
        advice = _ADVICE.get(status, str(problem.get("advice", "")))
        super().__init__("\n".join([*lines, f"{said}{trouble} {advice}".rstrip()]))


_ADVICE = {
    401: "Name your token with --token-file or in NOTIFIER_TOKEN; 'notifier user add' makes one.",
    403: "Ask with an account that may (--token-file, NOTIFIER_TOKEN), or somebody who may to do it.",
    404: "",
    409: "",
    422: "",
}
"""Where the daemon's own advice is written for programs, or its sentence already says what to do."""


@dataclass(frozen=True, slots=True)
class Where:
    """How to reach the daemon."""

    folder: Path
    server: str | None = None
    token: str | None = field(default=None, repr=False)

    @property
    def socket(self) -> Path:
        return state_folder(self.folder) / SOCKET_NAME


def state_folder(folder: Path) -> Path:
    """Where the node of this folder keeps its state, also when its settings have a mistake elsewhere."""
    try:
        with (folder / SETTINGS_FILE).open("rb") as file:
            raw = file.read(LARGEST_YAML)
    except OSError:
        raw = b""
    document, _ = read_yaml(SETTINGS_FILE, raw, show_values=False)
    if document is not None and isinstance(document.data, dict):
        written = document.data.get("state", "state")
    else:
        found = _STATE_LINE.search(raw.decode("utf-8", "replace"))
        written = found[1] if found else "state"
    return (folder / (written if isinstance(written, str) and written and "\0" not in written else "state")).resolve()


def token_from(file: str | None) -> str | None:
    """The token in `file`, else in NOTIFIER_TOKEN, else none. Raises NotifierError."""
    if file is None:
        return os.environ.get("NOTIFIER_TOKEN", "").strip() or None
    try:
        token = Path(file).read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it holds no token"
        raise NotifierError(
            f"The token file {file} cannot be used: {why}. It holds the token and nothing else."
        ) from None
    if not token or len(token.split()) != 1:
        raise NotifierError(f"The token file {file} does not hold one token. It holds the token and nothing else.")
    return token


class Client:
    """Asks the daemon; what it refuses is raised in its own words."""

    def __init__(self, session: aiohttp.ClientSession, base: str, where: Where) -> None:
        self._session, self._base, self._where = session, base, where

    async def get(self, path: str, patience: float = PATIENCE, **query: Any) -> Any:
        asked = {name: _query(value) for name, value in query.items() if value is not None and value is not False}
        return await self._ask("GET", path, patience, params=asked)

    async def page(self, path: str) -> str:
        """A page of HTML, to be saved."""
        return (await self._whole(path, "text/html")).decode()

    async def picture(self, path: str) -> bytes:
        """A JPEG."""
        return await self._whole(path, "image/jpeg")

    async def _whole(self, path: str, media: str) -> bytes:
        limit = aiohttp.ClientTimeout(total=PATIENCE, sock_connect=10.0)
        try:
            async with self._session.get(f"{self._base}{API}{path}", timeout=limit, allow_redirects=False) as response:
                if response.status < 300 and response.content_type == media:
                    return await response.read()
                content = await self._content(response)
        except TimeoutError:
            raise NoDaemon(f"The daemon did not answer within {PATIENCE:g} seconds.") from None
        except (aiohttp.ClientError, OSError) as error:
            raise self._nobody(error) from None
        raise Answered(response.status, content if isinstance(content, dict) else {})

    async def download(self, path: str, to: IO[bytes]) -> None:
        """What is made by asking for it, as bytes into a file; raises NoDaemon if it ends before its end."""
        limit = aiohttp.ClientTimeout(total=None, sock_connect=10.0, sock_read=LONG_PATIENCE)
        try:
            async with self._session.post(
                f"{self._base}{API}{path}", timeout=limit, allow_redirects=False, json={}
            ) as response:
                if response.status < 300:
                    async for block in response.content.iter_chunked(BLOCK):
                        to.write(block)
                    return
                content = await self._content(response)
        except aiohttp.ClientPayloadError:
            raise NoDaemon("The daemon went away in the middle. Nothing was kept; ask again.") from None
        except TimeoutError:
            raise NoDaemon(f"The daemon said nothing for {LONG_PATIENCE:g} seconds. Nothing was kept.") from None
        except aiohttp.ClientError as error:
            raise self._nobody(error) from None
        raise Answered(response.status, content if isinstance(content, dict) else {})

    async def post(self, path: str, body: Mapping[str, Any] | None = None, patience: float = PATIENCE) -> Any:
        return await self._ask("POST", path, patience, json=dict(body or {}))

    async def post_sound(self, path: str, sound: bytes, **query: str) -> Any:
        """A WAV file; rendering it takes a second or two."""
        return await self._ask("POST", path, PATIENCE, data=sound, params=query, headers={"Content-Type": "audio/wav"})

    async def delete(self, path: str) -> Any:
        return await self._ask("DELETE", path, PATIENCE)

    async def each(self, path: str, **query: Any) -> AsyncIterator[dict[str, Any]]:
        """Every item of a list, page after page."""
        after: str | None = None
        while True:
            page = await self.get(path, limit=PAGE, after=after, **query)
            for item in page["items"]:
                yield item
            after = page["next"]
            if after is None:
                return

    async def _ask(self, method: str, path: str, patience: float, **more: Any) -> Any:
        limit = aiohttp.ClientTimeout(total=patience, sock_connect=10.0)
        try:
            async with self._session.request(
                method, f"{self._base}{API}{path}", timeout=limit, allow_redirects=False, **more
            ) as response:
                content = await self._content(response)
        except TimeoutError:
            text = f"The daemon did not answer within {patience:g} seconds; it is not known whether it was done."
            raise NoDaemon(f"{text} Look with 'notifier incidents' before you repeat it.") from None
        except (aiohttp.ClientError, OSError) as error:
            raise self._nobody(error) from None
        if response.status >= 300:
            raise Answered(response.status, content if isinstance(content, dict) else {})
        return content

    async def _content(self, response: aiohttp.ClientResponse) -> Any:
        if "json" not in response.content_type:
            text = f"What answers at {self._where.server or self._where.socket} is not a notifier daemon."
            raise NoDaemon(f"{text} Check the address.")
        return await response.json(content_type=None)

    def _nobody(self, error: Exception) -> NoDaemon:
        cause = error.__cause__ if isinstance(error.__cause__, OSError) else error
        if self._where.server is not None:
            why = getattr(error, "certificate_error", None) or getattr(error, "os_error", None) or error
            advice = (
                "Check the address, the line and, for https, that this machine trusts the certificate (SSL_CERT_FILE)."
            )
            return NoDaemon(f"No daemon answers at {self._where.server}: {why}. {advice}")
        path = self._where.socket
        if isinstance(getattr(error, "os_error", cause), PermissionError):
            advice = "Ask as the daemon's user or group, or over --server with a token."
            return NoDaemon(f"This user may not open {path}. {advice}")
        if isinstance(error, aiohttp.ServerDisconnectedError | ConnectionResetError):
            text = f"The daemon at {path} went away before it answered; it is not known whether it was done."
            return NoDaemon(f"{text} Start it again and look with 'notifier incidents'.")
        advice = f"Start it with 'notifier run {self._where.folder}', or name its folder with --dir, or --server URL."
        return NoDaemon(f"No daemon answers at {path}. {advice}")


@asynccontextmanager
async def connected(where: Where) -> AsyncIterator[Client]:
    """A client for the time of one command. Raises NotifierError if the address would leak the token."""
    headers = {"Accept": "application/json"}
    if where.token:
        headers["Authorization"] = f"Bearer {where.token}"
    connector: aiohttp.BaseConnector
    if where.server is None:
        connector, base = aiohttp.UnixConnector(str(where.socket)), "http://daemon"
    else:
        connector, base = aiohttp.TCPConnector(), _checked(where.server)
    async with aiohttp.ClientSession(
        connector=connector, headers=headers, cookie_jar=aiohttp.DummyCookieJar()
    ) as session:
        yield Client(session, base, where)


def _checked(server: str) -> str:
    parts = urlsplit(server)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise NotifierError(
            f"{server} is no address. Write it like https://alerts.example.org or http://127.0.0.1:8470."
        )
    if parts.scheme == "http" and not _is_loopback(parts.hostname):
        raise NotifierError(f"{server} would show your token to everybody on the way. Use its https address.")
    return server.rstrip("/")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _query(value: Any) -> str:
    return "true" if value is True else str(value)
