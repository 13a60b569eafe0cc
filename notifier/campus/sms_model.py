"""An SMS provider, its carriers and people's phones, as a pure model: time is handed in, nothing is sent by itself.

Two skins move it: `twilio_server` over real sockets in Twilio's wire format, `in_process_sms` in virtual time.
Not modelled: Twilio's own automatic answers to STOP and HELP, media, prices, scheduled messages.
"""

from __future__ import annotations

import heapq
import re
from array import array
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from notifier.model.segments import segments
from notifier.model.states import State

NUMBER = re.compile(r"\+[1-9][0-9]{6,14}")
OPT_OUT = frozenset({"STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"})
OPT_IN = frozenset({"START", "YES", "UNSTOP"})
HELP = frozenset({"HELP", "INFO"})

NEVER_LEFT = frozenset({30001, 30002, 30036})
"""Codes of messages that die inside the provider: their status is `failed`; others end `undelivered`."""


class Fault(State):
    """What is wrong with the whole provider, until it is told otherwise."""

    NONE = "none", "Nothing."
    DOWN = "down", "Nobody listens."
    BUSY = "busy", "It takes nothing and asks to wait (429, Retry-After)."
    STRANGER = "stranger", "It refuses everybody's credentials."
    BROKEN = "broken", "It answers 500 and takes nothing."
    NONSENSE = "nonsense", "It takes the message and answers something that is no JSON."
    RESET = "reset", "It reads the request, takes nothing and drops the connection."
    HANGS = "hangs", "It reads the request, takes nothing and never answers."
    TAKES_AND_HANGS = "takes_and_hangs", "It takes the message and never answers."


@dataclass(frozen=True, slots=True)
class Course:
    """Seconds after its turn at which a message changes its status; `delivered` None: it is never known to arrive."""

    sending: float = 0.02
    sent: float = 0.1
    delivered: float | None = 0.4


@dataclass(frozen=True, slots=True)
class Habit:
    """How the provider calls back."""

    late: Mapping[str, float] = field(default_factory=dict)
    """Status to seconds by which its callback comes late: out of order if a later status is not late too."""
    twice: bool = False
    never: bool = False


@dataclass(slots=True)
class Text:
    """One SMS, from us to a phone or back."""

    sid: str
    to: str
    sender: str
    body: str
    status: str
    created: float
    inbound: bool = False
    sent: float | None = None
    updated: float = 0.0
    code: int | None = None
    callback: str = ""
    service: str = ""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a message was not taken, in the provider's numbers."""

    code: int
    http: int = 400
    retry_after: int | None = None


@dataclass(frozen=True, slots=True)
class StatusNews:
    """A status callback that is due."""

    text: Text
    status: str
    code: int | None


@dataclass(frozen=True, slots=True)
class InboundNews:
    """A webhook with a person's text that is due."""

    text: Text
    opt_out_type: str


News = StatusNews | InboundNews


@dataclass(frozen=True, slots=True)
class Arrival:
    """A message as a person sees it."""

    at: float
    text: str
    sender: str
    sid: str


@dataclass(frozen=True, slots=True)
class Reply:
    """What a person will text back, once, `after` seconds; to the first message that has `when` in it."""

    text: str
    after: float = 1.0
    when: str = ""


@dataclass(slots=True)
class Phone:
    """One person's phone. A phone without replies never answers."""

    number: str
    inbox: list[Arrival] = field(default_factory=list)
    replies: list[Reply] = field(default_factory=list)
    code: int | None = None
    """What happens to every message to it: 2xxxx is refused at once, 3xxxx is taken and fails later."""

    def will_reply(self, text: str, after: float = 1.0, when: str = "") -> Phone:
        self.replies.append(Reply(text, after, when))
        return self


class SmsModel:
    """The provider. `sink`: it counts what it takes and forgets it, for benchmarks."""

    def __init__(self, numbers: Sequence[str] = ("+15550100000",), *, sink: bool = False, series: int = 1) -> None:
        """`series` makes the ids of several providers differ."""
        self.numbers = tuple(numbers)
        self.sink = sink
        self.course, self.habit = Course(), Habit()
        self.fault, self.retry_after, self.slow_by = Fault.NONE, 1, 0.0
        self.limit: float | None = None
        """Segments per second."""
        self.over_limit: Literal["refuse", "queue"] = "refuse"
        self.burst = 1.0
        """Seconds of its limit that may come at once."""
        self.advanced_opt_out = True
        self.taken_at = array("d")
        """When each message was taken: small enough to keep for any number of them."""
        self.texts: dict[str, Text] = {}
        self.listeners: list[Callable[[Phone, Arrival], None]] = []
        self._of_number: dict[str, list[Text]] = defaultdict(list)
        self._phones: dict[str, Phone] = {}
        self._opted_out: set[tuple[str, str]] = set()
        self._due: list[tuple[float, int, Callable[[float], Sequence[News]]]] = []
        self._ids, self._order, self._turn = series << 64, 0, 0.0

    def phone(self, number: str) -> Phone:
        if number not in self._phones:
            self._phones[number] = Phone(number)
        return self._phones[number]

    def submit(
        self, now: float, to: str, sender: str, body: str, callback: str = "", service: str = ""
    ) -> Text | Refusal:
        """Take a message, or say why not."""
        if refused := self._refusal(to, sender, body, service):
            return refused
        turn = self._turn_for(now, body)
        if turn is None:
            return Refusal(20429, 429, self.retry_after)
        self.taken_at.append(now)
        sender = sender or self.numbers[0]
        text = Text(self._sid("SM"), to, sender, body, "accepted" if service else "queued", now, updated=now)
        if self.sink:
            return text
        text.callback, text.service = callback, service
        self._keep(text)
        self._at(turn + self.course.sending, lambda at: self._change(text, "sending", at))
        return text

    def person_texts(self, now: float, number: str, body: str, to: str = "") -> Text:
        """A person writes to us; the webhook for it is due at once."""
        to = to or self.numbers[0]
        text = Text(self._sid("SM"), to, number, body, "received", now, inbound=True, sent=now, updated=now)
        self._keep(text)
        word, kind = body.strip().upper(), ""
        if word in OPT_OUT:
            kind = "STOP"
            self._opted_out.add((number, to))
        elif word in OPT_IN:
            kind = "START"
            self._opted_out.discard((number, to))
        elif word in HELP:
            kind = "HELP"
        news = InboundNews(text, kind if self.advanced_opt_out else "")
        self._at(now, lambda _at: (news,))
        return text

    def due(self) -> float | None:
        """When the next thing happens by itself."""
        return self._due[0][0] if self._due else None

    def advance(self, now: float) -> list[News]:
        """Everything that has happened up to `now`, in order: what the provider now tells us."""
        news: list[News] = []
        while self._due and self._due[0][0] <= now:
            at, _, happen = heapq.heappop(self._due)
            news.extend(happen(at))
        return news

    def newest_first(self, number: str = "") -> Iterator[Text]:
        """Messages to or from `number`; all of them without one."""
        return reversed(self._of_number.get(number, []) if number else self.texts.values())

    def _refusal(self, to: str, sender: str, body: str, service: str) -> Refusal | None:
        if not service and sender not in self.numbers:
            return Refusal(21606)
        if not NUMBER.fullmatch(to):
            return Refusal(21211)
        if not body:
            return Refusal(21602)
        if len(body) > 1600:
            return Refusal(21617)
        if (to, sender or self.numbers[0]) in self._opted_out:
            return Refusal(21610)
        phone = self._phones.get(to)
        if phone is not None and phone.code is not None and phone.code < 30000:
            return Refusal(phone.code)
        return None

    def _turn_for(self, now: float, body: str) -> float | None:
        """When its turn comes under the limit; None if there is no room for it."""
        if self.limit is None:
            return now
        turn = max(self._turn, now)
        if self.over_limit == "refuse" and turn - now > self.burst:
            return None
        self._turn = turn + segments(body) / self.limit
        return turn if self.over_limit == "queue" else now

    def _change(self, text: Text, status: str, at: float) -> Sequence[News]:
        phone = self.phone(text.to)
        code = phone.code if status in {"failed", "undelivered"} else None
        text.status, text.code, text.updated = status, code, at
        if status == "sending":
            lost = phone.code in NEVER_LEFT
            self._at(
                at + self.course.sent - self.course.sending,
                lambda then: self._change(text, "failed" if lost else "sent", then),
            )
        elif status == "sent":
            text.sent = at
            if self.course.delivered is not None:
                fails = phone.code is not None
                self._at(
                    at + self.course.delivered - self.course.sent,
                    lambda then: self._change(text, "undelivered" if fails else "delivered", then),
                )
        elif status == "delivered":
            self._arrive(phone, text, at)
        if text.callback and not self.habit.never:
            news = StatusNews(text, status, code)
            late = self.habit.late.get(status, 0.0)
            for _ in range(2 if self.habit.twice else 1):
                self._at(at + late, lambda _at: (news,))
        return ()

    def _arrive(self, phone: Phone, text: Text, at: float) -> None:
        arrival = Arrival(at, text.body, text.sender, text.sid)
        phone.inbox.append(arrival)
        for listener in tuple(self.listeners):
            listener(phone, arrival)
        reply = next((reply for reply in phone.replies if reply.when in text.body), None)
        if reply is not None:
            phone.replies.remove(reply)
            self._at(at + reply.after, lambda then: self._write_back(phone, reply, text, then))

    def _write_back(self, phone: Phone, reply: Reply, to: Text, at: float) -> Sequence[News]:
        self.person_texts(at, phone.number, reply.text, to.sender)
        return ()

    def _keep(self, text: Text) -> None:
        self.texts[text.sid] = text
        self._of_number[text.sender].append(text)
        self._of_number[text.to].append(text)

    def _at(self, when: float, happen: Callable[[float], Sequence[News]]) -> None:
        self._order += 1
        heapq.heappush(self._due, (when, self._order, happen))

    def _sid(self, kind: str) -> str:
        self._ids += 1
        return f"{kind}{self._ids:032x}"
