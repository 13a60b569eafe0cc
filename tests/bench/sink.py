"""A far end that stamps: answers as ntfy or as Twilio does, and remembers when each message came and to whom.

`python -m tests.bench.sink` runs it in a process of its own and says its port on its first line. Times are
CLOCK_MONOTONIC, which every process on the machine shares. `GET /count`,
`GET /stamps?from=N` (JSON: [time, to, words]).
"""

from __future__ import annotations

import asyncio
import json
import re
import sys
import time
from urllib.parse import parse_qs

_TOPIC = re.compile(rb'"topic":"([^"]*)"')
CLOSING = (b"is over", b"was a mistake", b"is+over", b"was+a+mistake")


class Sink(asyncio.Protocol):
    stamps: list[tuple[float, str, str]] = []  # noqa: RUF012 -- one list for all connections, on purpose

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport, self._rest = transport, b""

    def data_received(self, data: bytes) -> None:
        now = time.monotonic()
        buffer, out = self._rest + data, []
        while (end := buffer.find(b"\r\n\r\n")) >= 0:
            head = buffer[:end]
            at = head.lower().find(b"content-length:")
            length = int(head[at + 15 :].split(b"\r", 1)[0]) if at >= 0 else 0
            if len(buffer) < end + 4 + length:
                break
            out.append(self._answer(head, buffer[end + 4 : end + 4 + length], now))
            buffer = buffer[end + 4 + length :]
        self._rest = buffer
        if out:
            self._transport.write(b"".join(out))

    def _answer(self, head: bytes, body: bytes, now: float) -> bytes:
        if head.startswith(b"GET"):
            return _reply(200, self._told(head.split(b" ", 2)[1].decode()))
        words = "closing" if any(each in body for each in CLOSING) else "main"
        if b"Messages.json" in head:
            to = parse_qs(body.decode())["To"][0]
            self.stamps.append((now, to, words))
            made = {"sid": f"SM{len(self.stamps):032x}", "status": "queued", "num_segments": "1", "error_code": None}
            return _reply(201, json.dumps(made).encode())
        found = _TOPIC.search(body)
        self.stamps.append((now, found[1].decode() if found else "", words))
        return _reply(200, b'{"id":"s%011d","time":1767225600,"event":"message","topic":"x"}\n' % len(self.stamps))

    def _told(self, path: str) -> bytes:
        if path.startswith("/count"):
            return json.dumps({"taken": len(self.stamps)}).encode()
        if path.startswith("/stamps"):
            return json.dumps(self.stamps[int(path.rpartition("=")[2]) :]).encode()
        return b'{"healthy":true}'


def _reply(status: int, body: bytes) -> bytes:
    word = {200: b"OK", 201: b"Created"}[status]
    return b"HTTP/1.1 %d %b\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b" % (
        status, word, len(body), body,
    )  # fmt: skip


async def main() -> None:
    server = await asyncio.get_running_loop().create_server(Sink, "127.0.0.1", 0, backlog=1024)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
