"""Posts over kept connections: what counts as an answer, what breaks off, and what had certainly not left."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from notifier.channels._keep_alive import MOST_BODY, MOST_CHUNKS, MOST_HEAD, BrokenOff, NotConnected, Posts
from tests.cli.certificate import certificate

WELL = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


class Far:
    """A far end that reads whole requests and answers each with the next of `answers`, in pieces of `piece` bytes."""

    def __init__(self, answers: Sequence[bytes], piece: int, then_close: bool) -> None:
        self.answers, self.piece, self.then_close = list(answers), piece, then_close
        self.requests: list[bytes] = []
        self.open: list[asyncio.StreamWriter] = []
        self.tasks: list[asyncio.Task[None]] = []
        self.gone = asyncio.Event()
        self.came = asyncio.Event()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.open.append(writer)
        self.tasks.append(asyncio.current_task())  # type: ignore[arg-type]  # this runs in one
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r")[0])
                self.requests.append(head + await reader.readexactly(length))
                self.came.set()
                if not self.answers:
                    continue
                answer = self.answers.pop(0)
                for at in range(0, len(answer), self.piece):
                    writer.write(answer[at : at + self.piece])
                    await writer.drain()
                    await asyncio.sleep(0)
                if self.then_close:
                    break
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            self.gone.set()
            writer.close()


@asynccontextmanager
async def far_end(
    *answers: bytes,
    piece: int = 1_000_000,
    then_close: bool = False,
    tls: ssl.SSLContext | None = None,
    host: str = "127.0.0.1",
    headers: dict[str, str] | None = None,
) -> AsyncIterator[tuple[Far, Posts]]:
    far = Far(answers, piece, then_close)
    server = await asyncio.start_server(far.serve, "127.0.0.1", 0, ssl=tls)
    port = server.sockets[0].getsockname()[1]
    posts = Posts(f"{'https' if tls else 'http'}://{host}:{port}/there", headers or {}, 2.0)
    try:
        yield far, posts
    finally:
        posts.close()
        server.close()
        for writer in far.open:
            writer.close()
        async with asyncio.timeout(5):
            await asyncio.gather(*far.tasks)
        await server.wait_closed()


async def test_a_request_says_its_length_and_the_same_headers_each_time() -> None:
    async with far_end(WELL, WELL, headers={"Content-Type": "text/plain", "User-Agent": "notifier"}) as (far, posts):
        assert (await posts.post(b"one")).body == b"ok"
        await posts.post("zwölf".encode())
    host = far.requests[0].partition(b"Host: ")[2].partition(b"\r\n")[0]
    assert far.requests[0] == (
        b"POST /there HTTP/1.1\r\nHost: %b\r\nContent-Type: text/plain\r\nUser-Agent: notifier\r\n"
        b"Content-Length: 3\r\n\r\none" % host
    )
    assert far.requests[1].endswith("Content-Length: 6\r\n\r\nzwölf".encode())
    assert len(far.open) == 1


async def test_a_header_cannot_break_out_of_its_line() -> None:
    with pytest.raises(ValueError, match="line end"):
        Posts("http://127.0.0.1/", {"Authorization": "Bearer x\r\nHost: elsewhere"}, 1.0)


async def test_another_path_of_the_same_far_end_shares_its_connections() -> None:
    async with far_end(WELL, WELL) as (far, posts):
        await posts.post(b"one")
        await posts.post(b"two", "/2010/Messages.json?x=y")
        with pytest.raises(ValueError, match="path"):
            await posts.post(b"three", "/ HTTP/1.1\r\nHost: elsewhere")
    assert far.requests[1].startswith(b"POST /2010/Messages.json?x=y HTTP/1.1\r\n")
    assert len(far.open) == 1


ANSWERS = {
    "with its length": (WELL, 200, b"ok", True),
    "without words": (b"HTTP/1.1 204\r\n\r\n", 204, b"", True),
    "in chunks": (
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: Chunked\r\n\r\n3;x=y\r\nabc\r\nA\r\n0123456789\r\n0\r\nT: 1\r\n\r\n",
        200,
        b"abc0123456789",
        True,
    ),
    "after an early hint": (b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" + WELL, 200, b"ok", True),
    "that closes": (
        b"HTTP/1.1 429 No\r\nConnection: Close\r\nRetry-After: 7\r\nContent-Length: 0\r\n\r\n",
        429,
        b"",
        False,
    ),
}


@pytest.mark.parametrize("piece", [1, 3, 1_000_000])
@pytest.mark.parametrize("how", ANSWERS)
async def test_an_answer_is_read_however_it_is_cut(how: str, piece: int) -> None:
    written, status, body, kept = ANSWERS[how]
    async with far_end(written, WELL, piece=piece) as (far, posts):
        answer = await posts.post(b"one")
        assert (answer.status, answer.body) == (status, body)
        await posts.post(b"two")
        assert len(far.open) == (1 if kept else 2)


async def test_an_answer_without_a_length_ends_with_its_connection() -> None:
    async with far_end(b"HTTP/1.1 503 Busy\r\nX: y\r\n\r\nnot now", WELL, then_close=True) as (far, posts):
        answer = await posts.post(b"one")
        assert (answer.status, answer.body, answer.headers) == (503, b"not now", {b"x": b"y"})
        assert (await posts.post(b"two")).status == 200
        assert len(far.open) == 2


BROKEN: dict[str, bytes] = {
    "not HTTP": b"SSH-2.0-OpenSSH_9.2\r\n\r\n\r\n",
    "an older HTTP": b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok",
    "another protocol": b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n",
    "two lengths": b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nok",
    "a length and chunks": b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "an unknown coding": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    "two codings": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "a length below nothing": b"HTTP/1.1 200 OK\r\nContent-Length: -2\r\n\r\nok",
    "a length with a sign": b"HTTP/1.1 200 OK\r\nContent-Length: +2\r\n\r\nok",
    "a length too long": b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % (MOST_BODY + 1),
    "a folded header": b"HTTP/1.1 200 OK\r\nX: 1\r\n 2\r\nContent-Length: 2\r\n\r\nok",
    "a blank before the colon": b"HTTP/1.1 200 OK\r\nContent-Length : 2\r\n\r\nok",
    "a bare line feed": b"HTTP/1.1 200 OK\r\nX: 1\nContent-Length: 9\r\nContent-Length: 2\r\n\r\nok",
    "a chunk of no length": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0x2\r\nok\r\n0\r\n\r\n",
    "a chunk longer than it says": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nok\r\n0\r\n\r\n",
    "a chunk too long": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n" % (MOST_BODY + 1),
    "too many chunks": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"1\r\nx\r\n" * (MOST_CHUNKS + 2),
    "a head without end": b"HTTP/1.1 200 OK\r\nX: " + b"x" * (MOST_HEAD + 9),
    "a trailer without end": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX: " + b"x" * (MOST_HEAD + 9),
    "nothing but hints": b"HTTP/1.1 100 Continue\r\n\r\n" * 5_000,
    "a body without end": b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * (MOST_BODY + 9),
}


@pytest.mark.parametrize("what", BROKEN)
async def test_what_is_not_http_to_the_letter_breaks_off_and_ends_the_connection(what: str) -> None:
    async with far_end(BROKEN[what], WELL) as (far, posts), asyncio.timeout(5):
        with pytest.raises(BrokenOff):
            await posts.post(b"one")
        await far.gone.wait()
        assert (await posts.post(b"two")).status == 200


@pytest.mark.parametrize("cut", [0, 20, len(WELL) - 1])
async def test_an_answer_that_is_cut_short_may_have_been_taken(cut: int) -> None:
    async with far_end(WELL[:cut] or b" ", then_close=True) as (_, posts):
        with pytest.raises(BrokenOff):
            await posts.post(b"one")


async def test_a_connection_that_the_far_end_closed_meanwhile_is_not_written_to() -> None:
    async with far_end(WELL, WELL, then_close=True) as (far, posts):
        await posts.post(b"one")
        await far.gone.wait()
        while not posts._idle[0].lost:  # noqa: ASYNC110 -- its end is on its way through the loop and tells nobody
            await asyncio.sleep(0)
        assert (await posts.post(b"two")).status == 200
        assert len(far.open) == 2


async def test_an_answer_with_more_behind_it_ends_its_connection() -> None:
    async with far_end(WELL + b"HTTP/1.1 200 OK\r\n", WELL) as (far, posts):
        assert (await posts.post(b"one")).body == b"ok"
        assert (await posts.post(b"two")).status == 200
        assert len(far.open) == 2


async def test_what_comes_unasked_on_a_kept_connection_answers_nobody() -> None:
    async with far_end(WELL, WELL) as (far, posts):
        await posts.post(b"one")
        far.open[0].write(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nwrong")
        await far.gone.wait()
        assert (await posts.post(b"two")).body == b"ok"


async def test_a_caller_that_stops_waiting_leaves_no_answer_to_the_next() -> None:
    async with far_end() as (far, posts), asyncio.timeout(5):
        waiting = asyncio.create_task(posts.post(b"one"))
        await far.came.wait()
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        await far.gone.wait()
        far.answers.append(WELL)
        assert (await posts.post(b"two")).body == b"ok"
        assert len(far.open) == 2


async def test_many_at_once_use_as_many_connections_and_keep_them() -> None:
    async with far_end(*[WELL] * 40) as (far, posts):
        for _ in range(2):
            await asyncio.gather(*(posts.post(b"x") for _ in range(20)))
        assert len(far.open) == 20


async def test_nothing_left_where_nobody_listens(unused_tcp_port_factory: Callable[[], int]) -> None:
    with pytest.raises(NotConnected):
        await Posts(f"http://127.0.0.1:{unused_tcp_port_factory()}/", {}, 1.0).post(b"one")


async def test_nothing_left_to_a_name_that_nobody_knows() -> None:
    posts = Posts("http://nobody.invalid/", {}, 5.0)
    for _ in range(2):
        with pytest.raises(NotConnected):
            await posts.post(b"one")


async def test_over_tls_the_name_must_be_certified(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    certificate(tmp_path, "localhost", days=9)
    own = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    own.load_cert_chain(tmp_path / "server.pem", tmp_path / "server.key")
    async with far_end(WELL, tls=own, host="localhost") as (far, posts):
        with pytest.raises(NotConnected):
            await posts.post(b"one")
        assert far.requests == []
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "server.pem"))
    async with far_end(WELL, WELL, tls=own, host="localhost") as (far, posts):
        assert (await posts.post(b"one")).body == b"ok"
        await posts.post(b"two")
        assert len(far.open) == 1
    async with far_end(WELL, tls=own, host="127.0.0.1") as (far, posts):
        with pytest.raises(NotConnected):
            await posts.post(b"one")
