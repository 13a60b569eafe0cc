"""The pacing child: sends G.711 over multicast, each packet at its time, and does nothing else.

Its own process, because a stalled event loop is heard as a hole in the sentence (ARCHITECTURE, decision 16). Standard
library only, no import of the rest of the house: it is started as `python -I -S pacer.py OPTIONS` and is there in
some 20 ms. Descriptor 0 is a socket to the daemon: orders come in, reports go out, each one line of JSON; a `load`
order is followed by its audio, so that a press costs a hundred bytes and this process never waits for a disk.

Sources: RFC 3550 §5.1 (header), RFC 3551 §4.1 and §4.5.14 (marker on the first packet of a talkspurt, PCMU),
RFC 2474 and ip(7) (DSCP in IP_TOS); Poly Engineering Advisory 70568 (group paging: alert, transmit, end).
"""

from __future__ import annotations

import fcntl
import gc
import json
import os
import select
import signal
import socket
import struct
import sys
import time
from collections import deque
from typing import Any

SILENCE = 0xFF
"""G.711 mu-law for zero."""
RATE = 8000
"""Samples, and so bytes, a second."""
BEAT = 0.2
"""Seconds between heartbeats: three missed ones are still within the second in which a dead child must be seen."""
CATCH_UP = 0.06
"""Seconds of lateness that are made good by sending faster, as a phone's jitter buffer takes it; beyond, the clock of
the stream is moved, so that words come late rather than crushed."""
HOPELESS = 0.5
"""Seconds without one packet accepted by the kernel after which a stream is given up and the daemon is told."""
LONGEST_QUEUE = 16
"""Pages of equal priority that may wait for one group: beyond it something is looping."""
SIGNAL_GAP = 0.03
"""Seconds between the end packets of a Poly page."""
CUT_ENDS = 4
"""End packets of a Poly page that is cut short: one is enough for a phone, the others are for lost ones."""
PATIENCE = 0.05
"""Seconds to wait for a predecessor to fall silent after it was told to."""


class RtpStream:
    """RTP of one page: a stream of its own (new SSRC, sequence and timestamp)."""

    def __init__(self, audio: bytes, options: dict[str, Any]) -> None:
        self.audio, self.kind = audio, options["payload_type"]
        self.step: float = options["packet_ms"] / 1000
        self.size = RATE * options["packet_ms"] // 1000
        self.total = -(-len(audio) // self.size)
        self.ssrc, self.sequence, self.timestamp = struct.unpack("!IHI", os.urandom(10))

    def offset(self, n: int) -> float:
        """Seconds after the beginning at which packet `n` is due; of the one after the last: when all is said."""
        return n * self.step

    def speaks(self, n: int) -> bool:
        """Whether packet `n` follows a packet of speech with speech."""
        return n > 0

    def packet(self, n: int) -> bytes:
        header = struct.pack(
            "!BBHII", 0x80, (0 if n else 0x80) | self.kind, (self.sequence + n) & 0xFFFF,
            (self.timestamp + n * self.size) & 0xFFFFFFFF, self.ssrc,
        )  # fmt: skip
        return header + self.audio[n * self.size : (n + 1) * self.size]

    def farewell(self) -> list[bytes]:
        return []


class PolyStream:
    """Poly group paging of one page: alerts, speech where each packet repeats the frame before it, ends."""

    SIZE = RATE // 50

    def __init__(self, audio: bytes, options: dict[str, Any], channel: int) -> None:
        self.audio, self.options = audio, options
        self.alerts: int = options["alerts"]
        self.frames = -(-len(audio) // self.SIZE)
        self.total = self.alerts + self.frames + options["ends"]
        caller = options["caller_id"].encode("ascii", "replace")[:13].ljust(13, b"\0")
        self.tail = struct.pack("!BIB13s", channel, options["serial"], 13, caller)

    def offset(self, n: int) -> float:
        """See RtpStream."""
        spacing: float = self.options["signal_ms"] / 1000
        pause: float = self.options["pause_ms"] / 1000
        at = min(n, self.alerts)
        due = at * spacing + min(max(0, n - at), self.frames) * 0.02
        late = n - self.alerts - self.frames
        return due if late < 0 else due + pause + late * spacing

    def speaks(self, n: int) -> bool:
        return self.alerts < n < self.alerts + self.frames

    def packet(self, n: int) -> bytes:
        frame = n - self.alerts
        if frame < 0:
            return b"\x0f" + self.tail
        if frame >= self.frames:
            return b"\xff" + self.tail
        said = struct.pack("!BBI", 0, self.options["flags"], frame * self.SIZE & 0xFFFFFFFF)
        return b"\x10" + self.tail + said + self.audio[max(0, frame - 1) * self.SIZE : (frame + 1) * self.SIZE]

    def farewell(self) -> list[bytes]:
        """Ends of a page that was cut: fewer than usual, because the next page waits for them."""
        return [b"\xff" + self.tail] * CUT_ENDS


class Turn:
    """One page on one group ("address:port", for Poly "address:port/channel"): waiting, or playing."""

    def __init__(self, page: int, group: str, priority: int, audio: bytes, options: dict[str, Any]) -> None:
        self.page, self.group, self.priority, self.audio = page, group, priority, audio
        place, _, channel = group.partition("/")
        host, _, port = place.rpartition(":")
        self.address = (host, int(port))
        self.stream = PolyStream(audio, options, int(channel)) if channel else RtpStream(audio, options)
        self.n = self.sent = self.failed = 0
        self.begun = self.last = self.worst = 0.0
        self.error = ""


class Pacer:
    def __init__(self, link: socket.socket, options: dict[str, Any]) -> None:
        self.link = link
        self.options = options
        self.size: int = RATE * options["packet_ms"] // 1000
        self.out = _multicast_socket(options)
        self.audio: dict[str, bytes] = {}
        self.playing: dict[str, Turn] = {}
        """Group to the one turn that has it: two pages can never mix, because there is one place."""
        self.waiting: dict[str, deque[Turn]] = {}
        self.farewells: deque[tuple[float, str, bytes, Turn]] = deque()
        """What is still due for pages that were cut short: (when, group, packet, page)."""
        self.first_told: set[int] = set()
        self.inbox = bytearray()
        self.outbox = bytearray()
        self.orphan = False
        self.next_beat = 0.0
        self.lock = _lock_file(options["lock"])
        self.alone = self._take_lock()
        signal.signal(signal.SIGUSR1, self._successor_speaks)

    # ------------------------------------------------------------------------------------------------- the loop

    def run(self) -> None:
        self.report(say="hello", pid=os.getpid(), first_in_line=os.sched_getscheduler(0) == os.SCHED_RR)
        while not self.orphan or self.playing or self.farewells:
            now = time.monotonic()
            if now >= self.next_beat:
                self._beat(now)
            self._send_due(now)
            if not self.orphan:
                self._exchange()
            elif self.playing or self.farewells:
                time.sleep(max(0.0, min(self._all_due()) - time.monotonic()))

    def _exchange(self) -> None:
        wake = min([self.next_beat, *self._all_due()])
        writing = [self.link] if self.outbox else []
        readable, _, _ = select.select([self.link], writing, [], max(0.0, wake - time.monotonic()))
        self._flush()
        if not readable:
            return
        try:
            received = self.link.recv(1 << 16)
        except BlockingIOError:
            return
        except OSError:
            received = b""
        if not received:
            self.orphan = True  # the daemon is gone: the sentence is finished, nothing new begins
            return
        self.inbox += received
        while self._one_order():
            pass

    def _one_order(self) -> bool:
        end = self.inbox.find(b"\n")
        if end < 0:
            return False
        order = json.loads(self.inbox[:end])
        whole = end + 1 + order.get("bytes", 0)
        if len(self.inbox) < whole:
            return False
        raw = bytes(self.inbox[end + 1 : whole])
        del self.inbox[:whole]
        what = order["do"]
        if what == "load":
            self.audio[order["key"]] = raw + bytes([SILENCE]) * (-len(raw) % self.size)
        elif what == "drop":
            self.audio.pop(order["key"], None)
        elif what == "play":
            self._play(order)
        elif what == "stop":
            self._stop(order)
        elif what == "probe":
            self.report(say="probed", ask=order["ask"], error=self.probe())
        return True

    def _beat(self, now: float) -> None:
        self.next_beat = now + BEAT
        if not self.alone:
            self.alone = self._take_lock()
        if not self.orphan and not self.outbox:  # a daemon that does not listen needs no second heartbeat
            self.report(say="beat", sent=[[turn.page, turn.group, turn.sent] for turn in self.playing.values()])

    # ------------------------------------------------------------------------------------------------- orders

    def _play(self, order: dict[str, Any]) -> None:
        self._silence_predecessor()
        unaimed = self.aim()  # by the wrong card it would leave, be heard nowhere, and count as said
        begun = time.monotonic()
        for group in order["groups"]:
            turn = Turn(order["page"], group, order["priority"], self.audio.get(order["key"], b""), self.options)
            turn.error = unaimed or ("" if turn.audio else "the audio never reached the pacing process")
            if turn.error:
                self._end(turn, "unsent")
                continue
            holder = self.playing.get(group)
            queue = self.waiting.setdefault(group, deque())
            if holder is None:
                self._begin(turn, begun)
            elif turn.priority > holder.priority:
                for lower in [holder, *queue]:
                    self._end(lower, "overtaken")
                queue.clear()
                self._begin(turn, begun)
            elif turn.priority == holder.priority and len(queue) < LONGEST_QUEUE:
                queue.append(turn)
            else:
                self._end(turn, "refused")

    def _stop(self, order: dict[str, Any]) -> None:
        for group in order["groups"]:
            waiting = self.waiting.pop(group, deque())
            playing = [self.playing[group]] if group in self.playing else []
            for turn in [*playing, *waiting]:
                self._end(turn, "stopped")
        self.report(say="stopped", ask=order["ask"], alone=self._silence_predecessor())

    def aim(self) -> str:
        """Chooses the interface again, because its address may have come back on a new card."""
        if not self.options["interface"]:
            return ""
        try:
            self.out.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(self.options["interface"]))
        except OSError as error:
            return f"{self.options['interface']}: {error.strerror}"
        return ""

    def probe(self) -> str:
        """Whether a packet would find a way out; sends nothing (connect(2) of UDP only looks up the route)."""
        unaimed = self.aim()
        if unaimed:
            return unaimed
        try:
            with _multicast_socket(self.options) as trial:
                trial.connect(("239.255.255.250", 5004))
        except OSError as error:
            return str(error.strerror)
        return ""

    # ------------------------------------------------------------------------------------------------- packets

    def _due(self, turn: Turn) -> float:
        return turn.begun + turn.stream.offset(turn.n)  # absolute: nothing adds up over minutes

    def _all_due(self) -> list[float]:
        return [*map(self._due, self.playing.values()), *(due for due, *_ in self.farewells)]

    def _begin(self, turn: Turn, begun: float) -> None:
        turn.begun = max([begun, *(due + SIGNAL_GAP for due, group, *_ in self.farewells if group == turn.group)])
        self.playing[turn.group] = turn
        if turn.begun <= time.monotonic():
            self._send_one(turn)

    def _send_due(self, now: float) -> None:
        while self.farewells and self.farewells[0][0] <= now:
            _due, _group, packet, turn = self.farewells.popleft()
            try:
                self.out.sendto(packet, turn.address)
            except OSError:
                continue  # a phone that hears no end closes by itself soon after the last word
        for turn in list(self.playing.values()):
            late = now - self._due(turn)
            if late > CATCH_UP:
                turn.begun += late
            while self.playing.get(turn.group) is turn and self._due(turn) <= now:
                self._send_one(turn)

    def _send_one(self, turn: Turn) -> None:
        packet, speaks = turn.stream.packet(turn.n), turn.stream.speaks(turn.n)
        turn.n += 1
        try:
            self.out.sendto(packet, turn.address)
        except OSError as error:
            turn.failed += 1
            turn.error = error.strerror or "not sent"
            if turn.sent == 0 and turn.stream.offset(turn.failed) >= HOPELESS:
                self._end(turn, "unsent")
            return
        else:
            now = time.monotonic()
            if turn.sent and speaks:
                turn.worst = max(turn.worst, now - turn.last)
            turn.last = now
            turn.sent += 1
            if turn.page not in self.first_told:
                self.first_told.add(turn.page)
                self.report(say="first", page=turn.page, group=turn.group)
        finally:
            if turn.n >= turn.stream.total and self.playing.get(turn.group) is turn:
                self._end(turn, "played" if turn.sent else "unsent")

    def _end(self, turn: Turn, how: str) -> None:
        self.report(
            say="ended", page=turn.page, group=turn.group, how=how, packets=turn.sent, failed=turn.failed,
            worst_gap_ms=round(turn.worst * 1000, 3), error=turn.error,
        )  # fmt: skip
        if self.playing.get(turn.group) is not turn:
            return
        del self.playing[turn.group]
        if how in {"overtaken", "stopped"} and turn.sent:
            now = time.monotonic()
            cut = [(now + n * SIGNAL_GAP, turn.group, each, turn) for n, each in enumerate(turn.stream.farewell())]
            self.farewells = deque(sorted([*self.farewells, *cut], key=lambda each: each[0]))
        queue = self.waiting.get(turn.group)
        if queue and how not in {"overtaken", "stopped"}:
            self._begin(queue.popleft(), self._due(turn))

    # ------------------------------------------------------------------------------------------------- the daemon

    def report(self, **said: Any) -> None:
        if not self.orphan:
            self.outbox += json.dumps(said).encode() + b"\n"
            self._flush()

    def _flush(self) -> None:
        try:
            while self.outbox:
                del self.outbox[: self.link.send(self.outbox)]
        except BlockingIOError:
            pass
        except OSError:
            self.orphan = True

    # ------------------------------------------------------------------------------------------------- predecessors

    def _take_lock(self) -> bool:
        """Whether no earlier child of this output still finishes a sentence of a daemon that died."""
        if self.lock < 0:
            return True
        try:
            fcntl.flock(self.lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError:
            return True  # a file system without locks: there is nobody to ask
        os.ftruncate(self.lock, 0)
        os.pwrite(self.lock, str(os.getpid()).encode(), 0)
        return True

    def _silence_predecessor(self) -> bool:
        """The newer daemon knows more: an orphan of an older one stops for it. False: it cannot be seen to."""
        until = time.monotonic() + PATIENCE
        while not self.alone:
            try:
                os.kill(int(os.pread(self.lock, 20, 0)), signal.SIGUSR1)
            except (OSError, ValueError):
                pass
            else:
                time.sleep(0.001)
            self.alone = self._take_lock()
            if time.monotonic() > until:
                break
        return self.alone

    def _successor_speaks(self, *_: object) -> None:
        if self.orphan:
            os._exit(0)


def _lock_file(path: str) -> int:
    try:
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError:
        return -1  # a full or read-only disk must not keep a page from being said


def _multicast_socket(options: dict[str, Any]) -> socket.socket:
    made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    made.setblocking(False)
    made.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, options["ttl"])
    made.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_LOOP, options["loop"])
    made.setsockopt(socket.IPPROTO_IP, socket.IP_TOS, options["dscp"] << 2)
    return made


def _go_first() -> None:
    """Ask the kernel to run us before others; an ordinary user may not, and the pacing holds without."""
    try:
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1))
    except OSError:
        try:
            os.setpriority(os.PRIO_PROCESS, 0, -15)
        except OSError:
            return


def main() -> None:
    # A terminal's Ctrl-C and a service manager's stop reach the daemon; the sentence is finished when it is gone.
    for ignored in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGPIPE):
        signal.signal(ignored, signal.SIG_IGN)
    gc.disable()
    _go_first()
    link = socket.socket(fileno=0)
    link.setblocking(False)
    pacer = Pacer(link, json.loads(sys.argv[1]))
    pacer.aim()
    try:
        pacer.run()
    except Exception as error:
        pacer.report(say="crash", text=f"{type(error).__name__}: {error}"[:200])
        raise


if __name__ == "__main__":
    main()
