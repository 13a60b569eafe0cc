"""The people of a campus: one person, all their phones and boxes, and what they do with what arrives.

A person is scripted before or during a story and does each thing once, to the first message that it fits:

    crowd["ada-abara"].taps("safe", after=2.0)             opens the link of a push and answers
    crowd["ben-brandt"].texts("1", after=3.5)              replies to an SMS
    crowd["officer-1"].texts("On it", when="LOCKDOWN")     replies to the first SMS with that in it

Whoever has no script never answers. Nothing here knows whether a socket or a call lies between.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from notifier.campus.mail_model import Letter, MailModel
from notifier.campus.ntfy_model import NtfyModel, Published
from notifier.campus.sms_model import Arrival, Phone, SmsModel
from notifier.clock import Clock
from notifier.model.people import Person

TextsBack = Callable[[str, str], object]
"""(number, text): what a person writing to a sender does there."""
Taps = Callable[[str, str], Awaitable[object]]
"""(link, answer): what opening an answer page and choosing does."""


@dataclass(frozen=True, slots=True)
class Received:
    """One message as a person has it before them."""

    at: float
    """Steady seconds of the campus clock."""
    by: Literal["sms", "push", "email"]
    raw: str | Letter
    link: str = ""
    sender: str = ""
    """Of an SMS: the number it came from."""

    @property
    def text(self) -> str:
        """Title and words."""
        return f"{self.raw.subject}\n{self.raw.text}" if isinstance(self.raw, Letter) else self.raw


@dataclass(frozen=True, slots=True)
class Deed:
    """What a person will do, once."""

    by: Literal["sms", "push"]
    say: str
    after: float
    when: str


@dataclass(frozen=True, slots=True)
class Said:
    """What a person did."""

    at: float
    """When the far end had taken it, in steady seconds of the campus clock."""
    by: Literal["sms", "push"]
    say: str


@dataclass(slots=True)
class Somebody:
    """One person, or a passer-by with a phone."""

    id: str
    """As in the contacts; empty for a passer-by."""
    name: str
    received: list[Received] = field(default_factory=list)
    said: list[Said] = field(default_factory=list)
    deeds: list[Deed] = field(default_factory=list)
    chances: list[tuple[Received, Callable[[str], object]]] = field(default_factory=list, repr=False)
    """Messages that can be answered, each with how."""

    def texts(self, text: str, *, after: float = 1.0, when: str = "") -> Somebody:
        """Reply to the first SMS with `when` in it, `after` so many seconds."""
        self.deeds.append(Deed("sms", text, after, when))
        return self

    def taps(self, answer: str, *, after: float = 1.0, when: str = "") -> Somebody:
        """Answer on the page of the first push with a link and with `when` in it, `after` so many seconds."""
        self.deeds.append(Deed("push", answer, after, when))
        return self

    def got(self, text: str = "", by: str = "") -> list[Received]:
        """The messages with `text` in them, that came by `by` (empty: any way)."""
        return [one for one in self.received if by in ("", one.by) and text in one.text]


class Crowd(Mapping[str, Somebody]):
    """Everybody by person id. Listens to the models behind the providers."""

    def __init__(self, people: Iterable[Person], clock: Clock, taps: Taps) -> None:
        self._clock, self._taps = clock, taps
        self._people: dict[str, Somebody] = {}
        self._at: dict[tuple[str, str], list[Somebody]] = {}
        self._doing: set[asyncio.Task[None]] = set()
        self.failed: list[str] = []
        """What people could not do, in words: nobody took their answer."""
        self.listeners: list[Callable[[Somebody, Received], None]] = []
        """Called at every message that arrives."""
        self.news = asyncio.Event()
        """Set at every message that arrives and every deed that is done; whoever waits clears it."""
        for person in people:
            somebody = self._people[person.id] = Somebody(person.id, person.name)
            for kind, address in person.addresses.items():
                self._at.setdefault((kind, address), []).append(somebody)

    def __getitem__(self, person: str) -> Somebody:
        return self._people[person]

    def __iter__(self) -> Iterator[str]:
        return iter(self._people)

    def __len__(self) -> int:
        return len(self._people)

    @property
    def busy(self) -> int:
        """How many deeds people have begun and not done."""
        return len(self._doing)

    def stranger(self, number: str) -> Somebody:
        """A phone that no contact list knows."""
        somebody = Somebody("", "A visitor")
        self._at.setdefault(("sms", number), []).append(somebody)
        return somebody

    def look_again(self, person: str) -> None:
        """They take up their phone and do what they were scripted for meanwhile, on what has arrived before."""
        somebody = self._people[person]
        for received, do in tuple(somebody.chances):
            self._act_on(somebody, received, do)

    async def until(self, condition: Callable[[], bool]) -> None:
        """Returns when `condition()`; looks again at every message and deed."""
        while not condition():
            self.news.clear()
            await self.news.wait()

    async def close(self) -> None:
        for task in tuple(self._doing):
            task.cancel()
        await asyncio.gather(*self._doing, return_exceptions=True)

    # ------------------------------------------------------------------------------------------- where they listen

    def listen_to_sms(self, model: SmsModel, texts_back: TextsBack) -> None:
        """`texts_back`: how they write to this provider's numbers."""

        def heard(phone: Phone, arrival: Arrival) -> None:
            received = Received(arrival.at, "sms", arrival.text, sender=arrival.sender)
            for somebody in self._at.get(("sms", phone.number), ()):
                self._take(somebody, received, lambda text: texts_back(phone.number, text))

        model.listeners.append(heard)

    def listen_to_push(self, model: NtfyModel) -> None:
        def heard(published: Published) -> None:
            received = Received(
                self._clock.now(), "push", f"{published.title}\n{published.message}", link=published.click
            )
            for somebody in self._at.get(("push", published.topic), ()):
                self._take(somebody, received, lambda answer: self._taps(published.click, answer))

        model.listeners.append(heard)

    def listen_to_mail(self, model: MailModel) -> None:
        def heard(letter: Letter) -> None:
            received = Received(self._clock.now(), "email", letter)
            for address in letter.recipients:
                for somebody in self._at.get(("email", address), ()):
                    self._take(somebody, received, None)

        model.listeners.append(heard)

    def _take(self, somebody: Somebody, received: Received, do: Callable[[str], object] | None) -> None:
        somebody.received.append(received)
        self.news.set()
        for listener in self.listeners:
            listener(somebody, received)
        if do is not None and (received.by != "push" or received.link):
            somebody.chances.append((received, do))
            self._act_on(somebody, received, do)

    def _act_on(self, somebody: Somebody, received: Received, do: Callable[[str], object]) -> None:
        fits = (deed for deed in somebody.deeds if deed.by == received.by and deed.when in received.text)
        if (deed := next(fits, None)) is not None:
            somebody.deeds.remove(deed)
            task = asyncio.get_running_loop().create_task(self._do(somebody, deed, do))
            self._doing.add(task)
            task.add_done_callback(self._doing.discard)

    async def _do(self, somebody: Somebody, deed: Deed, do: Callable[[str], object]) -> None:
        await self._clock.sleep(deed.after)
        try:
            done = do(deed.say)
            if isinstance(done, Awaitable):
                await done
        except Exception as error:  # noqa: BLE001 a person whose answer is not taken is a finding, not the end
            self.failed.append(f"{somebody.name} could not say {deed.say!r}: {error!r}")
        else:
            somebody.said.append(Said(self._clock.now(), deed.by, deed.say))
        self.news.set()
