"""An ntfy server that only counts: the far end of a benchmark, so that it measures us and not a web framework.

Takes any POST with a Content-Length as published and answers as ntfy does. `GET /count` says how many.
Knows no account, topic, chunked body or fault: for those there is `ntfy_server`.
`python -m notifier.campus.ntfy_sink [PORT]` runs it in a process of its own and writes its port as the first line.
"""

from __future__ import annotations

import asyncio
import sys

_HEAD_END = b"\r\n\r\n"
_LENGTH = b"content-length:"


class SinkCount:
    """What all connections share."""

    def __init__(self) -> None:
        self.taken = 0
        self.first = self.last = 0.0
        """Loop time of the first and the last, seconds."""


class _Connection(asyncio.Protocol):
    def __init__(self, count: SinkCount) -> None:
        self._count = count
        self._rest = b""
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.WriteTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if isinstance(transport, asyncio.WriteTransport):
            self._transport = transport

    def data_received(self, data: bytes) -> None:
        buffer = self._rest + data
        out = []
        while (end := buffer.find(_HEAD_END)) >= 0:
            head = buffer[:end].lower()
            at = head.find(_LENGTH)
            length = int(head[at + len(_LENGTH) :].split(b"\r", 1)[0]) if at >= 0 else 0
            whole = end + len(_HEAD_END) + length
            if len(buffer) < whole:
                break
            out.append(self._answer(head))
            buffer = buffer[whole:]
        self._rest = buffer
        if out and self._transport is not None:
            self._transport.write(b"".join(out))

    def _answer(self, head: bytes) -> bytes:
        count = self._count
        if head.startswith(b"get /count"):
            body = f'{{"taken":{count.taken},"seconds":{count.last - count.first:.6f}}}\n'.encode()
        elif head.startswith(b"get"):
            body = b'{"healthy":true}\n'
        else:
            count.last = self._loop.time()
            if not count.taken:
                count.first = count.last
            count.taken += 1
            body = b'{"id":"s%011d","time":1767225600,"event":"message","topic":"sink"}\n' % count.taken
        return b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)


async def start_sink(host: str = "127.0.0.1", port: int = 0) -> tuple[asyncio.Server, SinkCount]:
    """Listen; the port stands in `server.sockets[0].getsockname()[1]`."""
    count = SinkCount()
    server = await asyncio.get_running_loop().create_server(lambda: _Connection(count), host, port, backlog=1024)
    return server, count


async def _run(port: int) -> None:
    server, _ = await start_sink(port=port)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_run(int(sys.argv[1]) if len(sys.argv) > 1 else 0))
