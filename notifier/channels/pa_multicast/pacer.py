"""The pacing child: sends G.711 over RTP multicast, one packet each `packet_ms`, and does nothing else.

Its own process, because a stalled event loop is heard as a hole in the sentence (ARCHITECTURE, decision 16). Standard
library only, no import of the rest of the house: it is started as `python -I -S pacer.py OPTIONS` and is there in
some 20 ms. Descriptor 0 is a socket to the daemon: orders come in, reports go out, each one line of JSON; a `load`
order is followed by its audio, so that a press costs a hundred bytes and this process never waits for a disk.

Sources: RFC 3550 §5.1 (header), RFC 3551 §4.1 and §4.5.14 (marker on the first packet of a talkspurt, PCMU),
RFC 2474 and ip(7) (DSCP in IP_TOS).
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
PATIENCE = 0.05
"""Seconds to wait for a predecessor to fall silent after it was told to."""


class Turn:
    """One page on one group: waiting, or playing as a stream of its own (new SSRC, sequence and timestamp)."""

    def __init__(self, page: int, group: str, priority: int, audio: bytes) -> None:
        self.page, self.group, self.priority, self.audio = page, group, priority, audio
        host, _, port = group.rpartition(":")
        self.address = (host, int(port))
        self.ssrc, self.sequence, self.timestamp = struct.unpack("!IHI", os.urandom(10))
        self.n = self.sent = self.failed = 0
        self.begun = self.last = self.worst = 0.0
        self.error = ""


class Pacer:
    def __init__(self, link: socket.socket, options: dict[str, Any]) -> None:
        self.link = link
        self.options = options
        self.step: float = options["packet_ms"] / 1000
        self.size: int = RATE * options["packet_ms"] // 1000
        self.out = _multicast_socket(options)
        self.audio: dict[str, bytes] = {}
        self.playing: dict[str, Turn] = {}
        """Group to the one turn that has it: two pages can never mix, because there is one place."""
        self.waiting: dict[str, deque[Turn]] = {}
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
        while not self.orphan or self.playing:
            now = time.monotonic()
            if now >= self.next_beat:
                self._beat(now)
            self._send_due(now)
            if not self.orphan:
                self._exchange()
            elif self.playing:
                time.sleep(max(0.0, min(map(self._due, self.playing.values())) - time.monotonic()))

    def _exchange(self) -> None:
        wake = min([self.next_beat, *map(self._due, self.playing.values())])
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
            turn = Turn(order["page"], group, order["priority"], self.audio.get(order["key"], b""))
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
        return turn.begun + turn.n * self.step  # absolute: nothing adds up over minutes

    def _begin(self, turn: Turn, begun: float) -> None:
        turn.begun = begun
        self.playing[turn.group] = turn
        if begun <= time.monotonic():
            self._send_one(turn)

    def _send_due(self, now: float) -> None:
        for turn in list(self.playing.values()):
            late = now - self._due(turn)
            if late > CATCH_UP:
                turn.begun += late
            while self.playing.get(turn.group) is turn and self._due(turn) <= now:
                self._send_one(turn)

    def _send_one(self, turn: Turn) -> None:
        marker = 0x80 if turn.n == 0 else 0
        header = struct.pack(
            "!BBHII",
            0x80,
            marker | self.options["payload_type"],
            (turn.sequence + turn.n) & 0xFFFF,
            (turn.timestamp + turn.n * self.size) & 0xFFFFFFFF,
            turn.ssrc,
        )
        start = turn.n * self.size
        turn.n += 1
        try:
            self.out.sendto(header + turn.audio[start : start + self.size], turn.address)
        except OSError as error:
            turn.failed += 1
            turn.error = error.strerror or "not sent"
            if turn.sent == 0 and turn.failed * self.step >= HOPELESS:
                self._end(turn, "unsent")
            return
        else:
            now = time.monotonic()
            if turn.sent:
                turn.worst = max(turn.worst, now - turn.last)
            turn.last = now
            turn.sent += 1
            if turn.page not in self.first_told:
                self.first_told.add(turn.page)
                self.report(say="first", page=turn.page, group=turn.group)
        finally:
            if start + self.size >= len(turn.audio) and self.playing.get(turn.group) is turn:
                self._end(turn, "played" if turn.sent else "unsent")

    def _end(self, turn: Turn, how: str) -> None:
        self.report(
            say="ended", page=turn.page, group=turn.group, how=how, packets=turn.sent, failed=turn.failed,
            worst_gap_ms=round(turn.worst * 1000, 3), error=turn.error,
        )  # fmt: skip
        if self.playing.get(turn.group) is not turn:
            return
        del self.playing[turn.group]
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
