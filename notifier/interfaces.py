"""The sockets of the house. Rooms on one side implement them, rooms on the other side only know them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar, Protocol, TypeVar, runtime_checkable

from pydantic import BaseModel

from notifier.clock import Clock
from notifier.errors import AdapterError, Fault, Reason, WillNotWork
from notifier.model.delivery import Inbound, Receipt, Report
from notifier.model.door import DoorReading
from notifier.model.facts import Body, Event, Rows
from notifier.model.fire_words import FireWord
from notifier.model.incident import Activation
from notifier.model.looks import LookRules, SamePictures, judged
from notifier.model.message import Message
from notifier.model.picture import Picture
from notifier.model.playbook import Playbook
from notifier.model.rights import Caller
from notifier.model.site import Button, Camera, Door, Signal, Speaker, TriggerEntry

T = TypeVar("T")


# ---------------------------------------------------------------------------------------------------- supervision


@dataclass(frozen=True, slots=True)
class Health:
    """What a read-only check found."""

    well: bool
    text: str
    """One sentence for a technician: what answered, what it means, what to do."""


@dataclass(frozen=True, slots=True)
class Tools:
    """What the wiring hands to every adapter when it builds one."""

    http: Any
    """A shared aiohttp.ClientSession: no redirects, 5 MB cap, keep-alive. Adapters wrap calls in asyncio.timeout."""
    clock: Clock
    state_dir: str
    """A folder of this node that the adapter may keep files in."""
    public_url: str | None = None
    allow_addresses: tuple[str, ...] = ()
    """Networks of devices that may be spoken to although they are loopback or link-local (`model.outgoing`)."""


# -------------------------------------------------------------------------------------------------------- channels


class Channel(ABC):
    """One sender: takes one message to one address at a time. Never retries, never swallows."""

    Settings: ClassVar[type[BaseModel]]
    """What an administrator writes under `senders:` for this kind; frozen, extra="forbid"."""
    address_kind: ClassVar[str]
    """Which of a person's addresses it takes: `push`, `sms`, `email`, `voice`, `chat`."""
    takes_replies: bool = False
    """Whether what a person writes back to a message of it reaches us, so that "Reply 1 SAFE" may stand in it."""
    reply_number: str | None = None
    """The number or short code under which it takes replies, for messages of senders that take none."""

    def __init__(self, name: str, settings: Any, tools: Tools) -> None:
        self.name = name

    async def open(self) -> None:
        """Get ready inside the running loop; must not fail because the far end is down."""

    async def close(self) -> None:
        """Give sockets back."""

    @abstractmethod
    async def send(self, address: str, message: Message, delivery: str) -> Receipt:
        """Hand `message` to the provider.

        `delivery` is our id of it, for providers that take an idempotency or correlation key.
        Raises TryAgain, WillNotWork or OutcomeUnknown and nothing else (cancellation apart).
        """

    def segments(self, message: Message) -> int:
        """What this message costs of the sender's rate: SMS segments, else 1."""
        return 1

    @abstractmethod
    async def check(self) -> Health:
        """Ask the far end, read-only, whether it would work."""


@runtime_checkable
class RegistersBrowsers(Protocol):
    """A channel that writes to browsers, which people register themselves."""

    @property
    def public_key(self) -> str:
        """What a browser asks its push service with (`applicationServerKey`), base64url."""
        ...

    def takes(self, endpoint: str) -> bool:
        """Whether this is the address of a push service that it speaks to."""
        ...


class Ask3(StrEnum):
    """What a provider says when asked about an attempt whose outcome is unknown."""

    FOUND = "found"  # it has it: the receipt stands beside
    NOT_FOUND = "not_found"  # it never got it: sending again is no double
    CANNOT_SAY = "cannot_say"  # it did not answer the question


@runtime_checkable
class CanBeAsked(Protocol):
    """A channel whose provider can say whether an earlier attempt arrived (ask before resend)."""

    async def find(
        self, address: str, message: Message, delivery: str, sent_after: float
    ) -> tuple[Ask3, Receipt | None]:
        """`sent_after`: wall seconds since 1970 before which the attempt cannot have been made."""
        ...


@dataclass(frozen=True, slots=True)
class CallbackRequest:
    """A provider's HTTP request as it reached us; `url` is the public one, as the provider saw it."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class CallbackReply:
    """What a provider's request meant, and what to answer."""

    reports: Sequence[Report] = ()
    inbound: Sequence[Inbound] = ()
    status: int = 200
    content_type: str = "text/plain"
    body: str = ""


@runtime_checkable
class TakesCallbacks(Protocol):
    """A channel whose provider calls us; the console mounts `/webhooks/{channel name}/{callback name}`."""

    def callbacks(self) -> Mapping[str, Callable[[CallbackRequest], CallbackReply]]:
        """Name to a function that checks the signature (raises Refused) and reads the request. No side effect."""
        ...


@runtime_checkable
class CanBePolled(Protocol):
    """A channel that can fetch what callbacks would have told, for nodes that the provider cannot call."""

    async def poll(self, since: float) -> tuple[Sequence[Report], Sequence[Inbound]]:
        """What came since then (wall seconds since 1970), oldest first; may repeat itself, `ref` tells.

        Raises an AdapterError: then ask from the same time again.
        """
        ...


# ------------------------------------------------------------------------------------------------ doors and signals


class DoorDriver(ABC):
    """One kind of door controller. One queue per device address, short connects, warm connections."""

    Settings: ClassVar[type[BaseModel]]
    """What a door writes under `settings:` for this driver; frozen, extra="forbid"."""
    proof: ClassVar[str]
    """In words: what it takes for this driver to say secured."""
    leaves: ClassVar[str] = "nothing: a plain output is commanded, which knows no mode"
    """In words: what its lock command leaves at the controller that `release` has to take back."""

    def __init__(self, tools: Tools) -> None:
        self.tools = tools

    @property
    def needs_uplink(self) -> bool:
        """Whether it commands over the maker's cloud (`needs_uplink` of its Settings), so not at all when cut off."""
        return bool(getattr(self.Settings, "needs_uplink", False))

    async def open(self) -> None: ...

    async def close(self) -> None: ...

    @abstractmethod
    async def secure(self, door: Door) -> None:
        """Command the lock. Harmless to repeat. Returning proves nothing."""

    @abstractmethod
    async def restore(self, door: Door) -> None:
        """Command the lock open again: only for `restore_doors` and a responder's timed opening."""

    def locks_down(self, door: Door) -> bool:
        """Whether `secure` puts this door into a mode of its controller that shuts badges, codes and schedules out.

        Then `read` tells the mode, and `release` leaves it. False: a plain output, nothing of ours stays on.
        """
        return False

    async def release(self, door: Door) -> None:
        """Take the door out of that mode and leave it locked. Harmless to repeat. Returning proves nothing.

        Never opens: where the controller's own schedule would, it is told to lock the plain way, if it knows one.
        Only for `restore_doors`, and for a try that has locked the door down itself.
        """
        raise WillNotWork(f"{door.title} is locked by a plain output: there is no mode to leave.", Reason.NOT_SUPPORTED)

    @abstractmethod
    async def read(self, door: Door) -> DoorReading:
        """Read it back. Never raises for a dead wire: says unknown, with the detail in words."""

    async def check(self, door: Door) -> Health:
        reading = await self.read(door)
        return Health(reading.detail != "" and reading.relay_on is not None, reading.detail)


@runtime_checkable
class ReadsInput(Protocol):
    """A door driver whose device has inputs that can be read by themselves: a fire panel's contact."""

    async def read_input(self, address: str, settings: Mapping[str, Any], number: int) -> bool | None:
        """What input `number` says; None if it says nothing or does not answer. Never raises for a dead wire."""
        ...


class SignalDriver(ABC):
    """One kind of strobe, sign or beacon output. A file in `doors/` may hold both kinds."""

    Settings: ClassVar[type[BaseModel]]
    """What a signal writes under `settings:` for this driver; frozen, extra="forbid"."""

    def __init__(self, tools: Tools) -> None:
        self.tools = tools

    async def open(self) -> None: ...

    async def close(self) -> None: ...

    @abstractmethod
    async def set_signal(self, signal: Signal, on: bool) -> None: ...

    @abstractmethod
    async def read_signal(self, signal: Signal) -> bool | None:
        """What the output says it was told; None if it does not answer."""

    def can_tell(self, signal: Signal) -> bool:
        """Whether this output can be read back at all; if not, what it was told counts as sent and no more."""
        return True


@dataclass(frozen=True, slots=True)
class SignWords:
    """What a sign is to say; the sign's own settings hold the words for it, and stamp them in a drill."""

    action: str
    """One of `model.incident.Action`."""
    drill: bool


@runtime_checkable
class ShowsText(Protocol):
    """A signal driver whose output can say words; it is told these instead of a plain "on"."""

    async def show(self, signal: Signal, words: SignWords) -> None:
        """Show the words for `words.action` until it is told off; raises an AdapterError."""
        ...


# --------------------------------------------------------------------------------------------------------- cameras


@dataclass(frozen=True, slots=True)
class Still:
    """One picture of one camera. It shows people: it is handed on, never kept, never logged."""

    jpeg: bytes = field(repr=False)
    picture: Picture
    """What its headers say; `model.picture.read_jpeg` has found it whole."""
    taken_at: datetime | None = None
    """Wall time by the camera's own word; None: it does not say, and nothing is guessed."""


@dataclass(frozen=True, slots=True)
class Look:
    """What one look through a camera brought."""

    health: Health
    still: Still | None
    """None: no picture came, and `health` says why."""
    sure: bool = False
    """What is wrong is nothing that a lost packet could have made up: one look is enough."""


class CameraDriver(ABC):
    """One kind of camera, or of recorder that answers for cameras. Asks only: nothing is moved, stored or started."""

    Settings: ClassVar[type[BaseModel]]
    """What a camera writes under `settings:` for this driver; frozen, extra="forbid"."""

    def __init__(self, tools: Tools) -> None:
        self.tools = tools
        self._same = SamePictures()

    async def open(self) -> None: ...

    async def close(self) -> None: ...

    @abstractmethod
    async def still(self, camera: Camera) -> Still:
        """A picture of now; nothing that was fetched before is handed out.

        At most 5 MB, no redirects, within its own time limit. Raises TryAgain or WillNotWork and nothing else
        (cancellation apart): asking changes nothing, so no outcome is ever unknown.
        """

    def rules(self, camera: Camera) -> LookRules:
        """What its settings make of a picture; raises WillNotWork for settings that cannot be read."""
        return LookRules()

    async def look(self, camera: Camera) -> Look:
        """A picture of now and what it proves. Never raises for a dead wire."""
        try:
            rules, still = self.rules(camera), await self.still(camera)
        except AdapterError as error:
            return Look(Health(False, str(error)), None)
        clock = self.tools.clock
        same_for = self._same.same_for(camera.id, still.jpeg, clock.now())
        verdict = judged(rules, still.picture, same_for, still.taken_at, clock.wall())
        return Look(Health(verdict.well, verdict.text), still, verdict.sure)

    async def check(self, camera: Camera) -> Health:
        return (await self.look(camera)).health


@dataclass(frozen=True, slots=True)
class TriedCamera:
    """What a camera answered to a person who asked."""

    words: Mapping[str, Any]
    """`camera`, `name`, `driver`, `address`, `well`, `text`, `asked_at`, `taken_at`, `age` (seconds), `size`, `bytes`,
    `latency_ms`, `to_do`; no picture.
    """
    jpeg: bytes | None = field(repr=False)
    """None: no picture came."""


# -------------------------------------------------------------------------------------------------- public address


@dataclass(frozen=True, slots=True)
class PageWords:
    """What a page says; rendered when published, in a live and in a drill version, never at the press."""

    key: str
    """Content hash of all that follows: the name of the rendered audio."""
    tone: str
    texts: Mapping[str, str]
    """Language to words, said one after the other; already stamped if `drill`."""
    recordings: Mapping[str, str]
    """Language to the path of a WAV file; goes before synthesis."""
    times: int
    drill: bool
    live: bool = False
    """Typed or spoken a moment ago: an output that only plays what lies on its devices cannot say these words."""
    house: str = ""
    """Of words that ship with the house (`fire_stay`, `fire_go`): how their recordings are called, and the file of an
    output that plays only what lies on its devices.
    """


@dataclass(frozen=True, slots=True)
class PageReport:
    """What left for one speaker group. Sent is not heard."""

    packets: int
    worst_gap_ms: float
    finished: bool
    """False: it was stopped or overtaken by a page of higher priority."""
    detail: str = ""
    failed: Mapping[str, str] = field(default_factory=dict)
    """Id of each speaker that surely did not take it, to why: only where the output can tell one from another."""


@dataclass(frozen=True, slots=True)
class Playing:
    """What a speaker's own device says of itself."""

    on: bool | None
    """None: it does not answer, or says nothing about it."""
    detail: str
    """In words: what the device answered."""


@runtime_checkable
class TellsWhetherItPlays(Protocol):
    """A speaker output whose devices can be asked, so that "sent" may become "playing, the device says"."""

    async def playing(self, speaker: Speaker) -> Playing:
        """Asks now. Never raises for a dead wire."""
        ...


class SpeakerChannel(ABC):
    """One kind of public address output."""

    Settings: ClassVar[type[BaseModel]]

    def __init__(self, name: str, settings: Any, tools: Tools) -> None:
        self.name = name

    async def open(self) -> None: ...

    async def close(self) -> None: ...

    @abstractmethod
    async def prepare(self, words: PageWords) -> Sequence[str]:
        """Render and keep the audio. Returns warnings ("no recording for es: a synthetic voice speaks")."""

    @abstractmethod
    async def page(
        self, speakers: Sequence[Speaker], words: PageWords, priority: int, started: Callable[[], None]
    ) -> PageReport:
        """Play on all `speakers` at once; calls `started` when the first packet has left.

        A higher `priority` takes a speaker from a lower one; two pages never mix. Ends when the last packet left.
        """

    @abstractmethod
    async def stop(self, speakers: Sequence[Speaker]) -> None:
        """Silence them now."""

    @abstractmethod
    async def check(self) -> Health: ...


# -------------------------------------------------------------------------------------------------------- triggers


@dataclass(frozen=True, slots=True)
class ButtonSeen:
    """A sign of life of a device that presses: for supervision, never a press."""

    device: str
    """A button's id, or the trigger's own where it has none."""
    battery: float | None = None
    """Percent, if it said so."""
    here: bool = True
    """False: its network says that it is gone."""


@dataclass(frozen=True, slots=True)
class TriggerTools:
    """What the wiring hands to every trigger when it builds one. All of it is asked anew at each use."""

    clock: Clock
    state_dir: str
    """A folder of this node that the trigger may keep files in."""
    button: Callable[[str], Button | None]
    """A button of the site, as published now."""
    person: Callable[[str], str | None]
    """A person's name."""
    playbook: Callable[[str], str | None]
    """A playbook's title."""
    well: Callable[[bool, str], None]
    """Whether its far end can be heard, with a sentence for a technician. A no is a trouble until the next yes."""
    seen: Callable[[ButtonSeen], None]
    fault: Callable[[str, str], None]
    """(device, sentence): a trouble that somebody must look at; it clears by a person's word only."""
    public_url: str | None = None


class Trigger(ABC):
    """Something that makes activations."""

    Settings: ClassVar[type[BaseModel]]
    """What a trigger writes under `settings:` in the site file; frozen, extra="forbid".

    A class variable `human` of it says whether a press is a person's: such a trigger takes no `verify`.
    """

    def __init__(self, entry: TriggerEntry, settings: Any, tools: TriggerTools) -> None:
        self.name = entry.id

    @abstractmethod
    async def listen(self, press: Callable[[Activation], Awaitable[Pressed]]) -> None:
        """Runs until cancelled; reconnects by itself."""


@runtime_checkable
class TakesHooks(Protocol):
    """A trigger whose far end calls us; the console mounts `/hooks/{trigger's name}`."""

    async def hook(self, request: CallbackRequest) -> CallbackReply:
        """Checks the signature (raises Refused), presses if that is what it says, and answers.

        Raises Refused with status 503 while it does not listen.
        """
        ...


# ---------------------------------------------------------------------------------------------------------- ledger


class Ledger(ABC):
    """The store: the engine's memory, written before anything is done."""

    node: str
    clock: Clock

    @abstractmethod
    async def run(self, body: Callable[[], Body[T]], *, urgent: bool = False) -> T:
        """Run one transaction; returns when it is durable.

        `body` is called again if the transaction must be run again. `urgent` overtakes queued ones (a press).
        Raises what the body raised (nothing is written then), or StoreGone.
        """

    @abstractmethod
    def read(self, query: str, **args: Any) -> Rows:
        """A named read-only query, answered on the caller's thread in microseconds."""

    @abstractmethod
    def follow(self, listener: Callable[[Sequence[Event]], None]) -> Callable[[], None]:
        """Call `listener` on the loop with each group of committed events; returns how to stop that."""

    @property
    @abstractmethod
    def recorded(self) -> bool:
        """False while the store is gone and everything goes on in memory."""

    @abstractmethod
    async def close(self) -> None: ...


# ------------------------------------------------------------------------------------------- what the console holds


@dataclass(frozen=True, slots=True)
class Pressed:
    """What a presser is told."""

    activation: str
    incident: str
    code: str
    joined: bool
    recorded: bool
    """False: it runs, but nothing is being written down."""
    troubles: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a request to act: done now, or waiting for a second person."""

    done: bool
    text: str
    approval: str | None = None
    expires: str | None = None
    detail: Mapping[str, Any] = field(default_factory=dict)


class Ending(StrEnum):
    """The ways to end or correct; each names the incident."""

    ALL_CLEAR = "all_clear"
    RECALL = "recall"
    MISTAKE = "mistake"
    STOP_DRILL = "stop_drill"


class Commands(Protocol):
    """The few verbs that people and programs may say to the engine. Each raises Refused, NotFound or IllegalMove."""

    async def press(self, activation: Activation, caller: Caller) -> Pressed: ...
    async def end(self, incident: str, ending: Ending, caller: Caller, reason: str, *, duress: bool = False) -> Outcome:
        """`duress`: the caller signed with the code that says so: it looks accepted, changes nothing, police hear."""
        ...

    async def decide(
        self,
        approval: str,
        caller: Caller,
        grant: bool,
        *,
        reauthenticated: bool = False,
        duress: bool = False,
        reason: str = "",
    ) -> Outcome:
        """`reauthenticated`: they proved just now who they are: who asked may then decide alone after 10 min.

        `reason`: why it is refused; needed for files and messages, which somebody has written.
        """
        ...

    async def claim_mistake(self, incident: str, caller: Caller) -> Outcome: ...
    async def hold_outside(self, incident: str, caller: Caller, pause: bool) -> Outcome: ...
    async def release(self, incident: str, rooms: Sequence[str], caller: Caller, override: str) -> Outcome: ...
    async def hand_off(self, incident: str, word: str, who: str, caller: Caller) -> Outcome: ...
    async def take_command(self, incident: str, caller: Caller) -> Outcome: ...
    async def message(
        self, incident: str, to: Sequence[str], by: Sequence[str], text: str, caller: Caller
    ) -> Outcome: ...
    async def page(
        self, incident: str, speakers: Sequence[str], text: str, language: str, times: int, caller: Caller
    ) -> Outcome:
        """Say typed words over speakers now. Done means handed over; what became of it stands in the incident."""
        ...

    async def fire_page(self, incident: str, zone: str, word: FireWord, caller: Caller) -> Outcome:
        """Say the prepared "stay" or "go" of a fire alarm in one zone, in the site's languages; as `page`."""
        ...

    async def page_audio(
        self, incident: str, speakers: Sequence[str], sound: bytes, content_type: str, language: str, caller: Caller
    ) -> Outcome:
        """Say a recording of a moment ago; as `page`."""
        ...

    async def confirm_page(self, incident: str, speaker: str, heard: bool, caller: Caller) -> Outcome: ...
    async def note(self, incident: str, text: str, caller: Caller) -> Outcome: ...
    async def open_door(self, incident: str, door: str, seconds: float, caller: Caller) -> Outcome: ...
    async def confirm_door(self, incident: str, door: str, secured: bool, caller: Caller) -> Outcome: ...
    async def try_door(self, door: str, caller: Caller, command: bool) -> Mapping[str, Any]:
        """What the device answers now, in words; `command`: lock it, read it back, put it back as it was."""
        ...

    async def try_signal(self, signal: str, caller: Caller, command: bool) -> Mapping[str, Any]:
        """What a strobe or sign says now; `command`: light it for a moment, read it back and make it dark again."""
        ...

    async def try_channel(self, sender: str) -> Mapping[str, Any]: ...
    async def try_speaker(self, speaker: str) -> Mapping[str, Any]: ...
    async def try_camera(self, camera: str) -> TriedCamera:
        """A picture of now. It shows people: whoever hands it on writes down that somebody looked."""
        ...

    async def check_contact(self, person: str, caller: Caller) -> Outcome:
        """Send one message that says it is no alarm to this person alone. Not while a response is open."""
        ...

    async def move_task(self, task: str, word: str, caller: Caller, to: str | None = None) -> Outcome:
        """`to`: the contact who is to have it; only with `take`. Without it the caller has it."""
        ...

    async def take_up(self, incident: str, kind: str, subject: str, caller: Caller, to: str | None = None) -> Outcome:
        """Take what the board shows without a task (`model.step.TaskKind`), or give it `to` a contact."""
        ...

    async def lock_again(self, incident: str, door: str, caller: Caller) -> Outcome:
        """Tell a door of this response to lock now, on each of its paths, and read it back."""
        ...

    async def approve_step(self, incident: str, step: str, caller: Caller) -> Outcome: ...
    async def refuse_step(self, incident: str, step: str, reason: str, caller: Caller) -> Outcome:
        """A step that waits for approval is skipped, by a named person and for a reason; its doors stay as they are."""
        ...

    async def stop_late(self, activation: str, caller: Caller, fire: bool) -> Outcome: ...
    async def verify(self, activation: str, word: str, caller: Caller) -> Outcome:
        """A named person about a press that must be verified: `acknowledge`, `veto` or `fire` (PRODUCT 5, verify)."""
        ...

    async def answer(self, token: str, answer: str, text: str) -> Outcome:
        """`answer`: one that was asked for, or `not_me`: somebody else holds the link. Said again with more `text`
        it adds words. Raises NotFound for a link that is none or has died.
        """
        ...

    async def register_browser(
        self, endpoint: str, p256dh: str, auth: str, agent: str, *, caller: Caller | None = None, token: str = ""
    ) -> Outcome:
        """A browser of the caller, or of whoever holds the answer link `token`. Raises Refused, NotFound."""
        ...

    async def answer_for(self, incident: str, person: str, answer: str, text: str, caller: Caller) -> Outcome: ...
    async def reported(self, channel: str, reply: CallbackReply) -> None: ...
    async def walk_test(self, zone: str, heard: bool | None, seen: bool | None, note: str, caller: Caller) -> Outcome:
        """What the caller heard and saw standing in `zone`; None: not tried."""
        ...

    async def acknowledge_trouble(self, trouble: str, caller: Caller) -> Outcome: ...
    async def publish(self, files: Mapping[str, bytes], comment: str, caller: Caller) -> Outcome:
        """Not done: the policy says two, so it is proposed (`Views.proposal`). Raises SetupError, Refused."""
        ...

    async def plan(self, playbook: str, zone: str | None, drill: bool) -> Mapping[str, Any]: ...


class Views(Protocol):
    """Read-only pictures for the console; plain JSON values, addresses masked.

    Every list is `{"items": [...], "next": cursor or None}`; `after` is the `next` of the page before.
    """

    def incidents(self, *, open_only: bool, limit: int, after: str | None) -> Mapping[str, Any]:
        """Each with `began` (wall, ISO 8601: since when it is what it is now) and `grew_from`: None, or `action` and
        `since` of the first press of what was raised since, as a LOCKDOWN grows from a HOLD.
        """
        ...

    def incident(self, incident: str) -> Mapping[str, Any]: ...
    def board(self, incident: str) -> Mapping[str, Any]:
        """`incident` and beside it what a board shows: `door_items`, `room_items`, `newest` (events, newest first,
        without those that only count), `fire_alarm`, `commander_name`, `asks` (whether it asks for answers), `on_site`
        (people); tasks with `since` and `moved`, approvals with
        `asked`, `district` (from when the district counts) and `expires`, door items with `seen`: wall, ISO 8601.
        """
        ...

    def timeline(self, incident: str | None, *, limit: int, after: str | None) -> Mapping[str, Any]:
        """Oldest first, each item as `shown` gives it. `after` is a cursor as `cursor()` gives it: exclusive."""
        ...

    def timeline_back(self, incident: str, *, limit: int, before: str | None) -> Mapping[str, Any]:
        """The same newest first; `before` is the `next` of the page with what came later."""
        ...

    def deliveries(self, incident: str, *, state: str | None, limit: int, after: str | None) -> Mapping[str, Any]: ...
    def doors(self, incident: str | None) -> Mapping[str, Any]: ...
    def people(self, incident: str, *, limit: int, after: str | None, answer: str | None = None) -> Mapping[str, Any]:
        """By id; `answer`: only those whose last answer it is."""
        ...

    def rooms(self, incident: str) -> Mapping[str, Any]: ...
    def state(self, what: str) -> Mapping[str, Any]:
        """`speakers`, `signals`, `cameras`, `buttons`, `channels`, `troubles`, `readiness`, `playbooks`, `contacts`,
        `approvals`, `tasks`, `publications` or `call_list` (people with a role, their numbers in full).
        """
        ...

    def room_cards(self) -> Mapping[str, Any]:
        """What is printed on rooms' cards; their links are secrets. `site`, `languages`, `numbers` (to text to),
        `items` (`id`, `room`, `zone`, `code`, `link`: "" without a public address), `without_code` (names of rooms).
        """
        ...

    def answer_page(self, token: str) -> Mapping[str, Any]:
        """Who is asked, what, in which languages, what was answered; raises NotFound.

        `site`, `timezone`, `code`, `action`, `drill`, `started` (wall, ISO 8601), `over` (bool), `name`, `room` (its
        name or None), `language`, `languages`, `directive` (language to text), `answers` (words asked for),
        `answered` (None or `answer`, `text`, `at`), `taken` (None or `by`, `at`: who has the call for help),
        `help_open` (bool: their call for help is nobody's yet, or not finished). Of a room's card also `card` (True)
        and `waiting` (True: nothing is open, so there is nothing to answer).
        """
        ...

    def site(self) -> Mapping[str, Any]:
        """The published site: `id`, `name`, `address`, `entrance`, `timezone`, `languages`, `version`, `zones` (each
        `id`, `name`, `parent`) and `buttons` (each `id`, `name`, `zone_name`). Before anything is published its name is
        `notifier`.
        """
        ...

    def contacts(self, search: str, having: Mapping[str, str], *, limit: int, after: str | None) -> Mapping[str, Any]:
        """The published people whose name, id, room, group or role has each word of `search`. `having`: `group`,
        `role`, `language`, `only` (`staff`, `outside`, `agencies`, `unreached`, `one_path`). Beside `items` and `next`:
        `start`, `total`, `everybody`, and how many are in each of `groups`, `roles`, `languages`. Needs no loop.
        """
        ...

    def contact(self, person: str) -> Mapping[str, Any]:
        """One of them, with `ways` (`kind`, `address` masked, `senders`, `opted_out`), `agreement` and `checks`."""
        ...

    def reach(self) -> Mapping[str, Any]:
        """Whom nothing reaches: `everybody`, `unreached`, `names`, `one_path`, `kinds`, and `steps` that write to
        people, each with its `people`, `unreached`, `names` and `opted_out`.
        """
        ...

    def equipment(self) -> Mapping[str, Any]:
        """`doors`, `speakers`, `signals`, `cameras`, `buttons`: each `id`, `name`, `zone`, `zone_name`, `driver`, its
        open `troubles`, whether it can be `asked`, when it was last `seen` (wall; None: not in this process) and what
        it `said` then. What each was `told` and `told_at`. Doors beside: what the lock `reads`, `since` when, by what
        `proof`, the `second` path; speakers: who heard a page by `ear` or on a `walk`; buttons: when they were
        `pressed`; cameras: `answers` (None: not looked through yet), `looked_at`, and of the last picture `picture_at`,
        `taken_at` (by the camera's own word) and `size`. `walks`: each zone's newest walk test. `since`: from when
        this process has looked.
        """
        ...

    def last_press(self, source: str) -> Mapping[str, Any] | None:
        """`at` (wall) and `by` of the newest press by this device (`kiosk:ID`, `button:ID`); None: it never pressed."""
        ...

    def health(self) -> Mapping[str, Any]:
        """`ready` and `recorded` (bools), `text` (one sentence), and more for those who may see it."""
        ...

    def closing_reach(self, incident: str, phase: str) -> Mapping[str, Any]:
        """Whom ending it now would reach: `people`, each counted once, and `steps` (id to people). `phase`: all_clear
        or correction. Only who was written to is among them. Raises NotFound.
        """
        ...

    def cursor(self) -> str:
        """Where the log stands now: `node:n`, with a comma between nodes; "" while it is empty."""
        ...

    def seen_by(self, person: str | None) -> Views:
        """These views as one person is shown them: another only for who ended something under duress."""
        ...

    def pretends(self, incident: str) -> bool:
        """Whether these views show an incident otherwise than it is."""
        ...

    def as_if(self) -> Sequence[Mapping[str, Any]]:
        """What of the audit these views show that has not happened, as items of it, newest first."""
        ...

    def shown(self, event: Event) -> Mapping[str, Any]:
        """One event as people may see it: `cursor` (`node:n`), `kind`, `wall`, `incident`, `text`, …; no rows."""
        ...

    def proposals(self) -> Sequence[Mapping[str, Any]]:
        """Files that wait for a second person to let them run, then those lately decided, newest first: `id`, `state`,
        `first`, `first_name`, `second`, `second_name`, `comment`, `why` (it was refused), `base` (the version it was
        made of), `overtaken`, `asked`, `expires` (wall), `began` (steady) and `asker` (a `model.second_person.Human`).
        """
        ...

    def proposal(self, approval: str) -> Mapping[str, Any]:
        """One of them, and `changed`: each `path`, `before`, `after` (None: not there), `sound` (no text), `gone`.

        Raises NotFound.
        """
        ...

    def published_files(self, version: int | None, *, recordings: bool = False) -> Mapping[str, Any]:
        """`version`, `author`, `wall`, `files` (path to text); None is the newest. Addresses are not masked here.

        With `recordings` also `recordings`: path to base64 of every file that is no text.
        """
        ...


class Accounts(Protocol):
    """Who may do what: sign-in by bearer token, buttons, and their making and revoking."""

    def caller_of(self, bearer: str) -> Caller | None: ...
    def caller_of_os_user(self, uid: int) -> Caller: ...
    def button_of(self, secret: str) -> Mapping[str, Any] | None:
        """The enrolled button's row (`id`, `zone`, `playbook`, `get`, `networks`, `site`), or None."""
        ...

    async def add_user(
        self,
        name: str,
        roles: Sequence[str],
        sites: Sequence[str],
        os_user: int | None,
        person: str | None,
        caller: Caller,
        email: str | None = None,
    ) -> tuple[str, str]:
        """(account id, bearer token: shown once)."""
        ...

    async def enrol_button(self, button: str, caller: Caller) -> str:
        """The secret, shown once."""
        ...

    def kiosk_of(self, secret: str) -> Mapping[str, Any] | None:
        """What an enrolled screen may press: the row of its button as `button_of` gives it, and beside it `kiosk` (its
        id, for revoking and as the source of a press) and `device` (its name in words). None: not, or not any more.
        """
        ...

    async def enrol_kiosk(self, name: str, button: str, caller: Caller) -> str:
        """A token for the screen's enrolment address: works once, within ten minutes. Raises NotFound, Refused."""
        ...

    async def redeem_kiosk(self, token: str) -> str:
        """The device's own secret, for its cookie; shown once. Raises Refused if the token is used up or too old."""
        ...

    async def revoke(self, what: str, caller: Caller) -> None: ...
    def listing(self) -> Sequence[Mapping[str, Any]]: ...


@dataclass(frozen=True, slots=True)
class FileVersion:
    """One published state of one file."""

    version: int
    author: str
    comment: str
    wall: str
    text: str | None
    """None: the file was taken out."""


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """What is said of files that are not published: every fault of theirs, and what one playbook would do."""

    version: int
    """What runs, and what the changes were laid upon."""
    faults: Sequence[Fault]
    playbook: Playbook | None
    """None if it cannot be read."""
    live: Mapping[str, Any] | None
    drill: Mapping[str, Any] | None
    """Plans, as `Commands.plan` gives them."""


@dataclass(frozen=True, slots=True)
class BroughtIn:
    """What an export of another program would change in one contacts file."""

    notes: tuple[str, ...]
    unread: tuple[str, ...]
    """Headings that nothing is taken from."""
    people: int
    """Who would stand in the file then."""
    counts: Mapping[str, int]
    """`added`, `changed`, `same`, `refused`, `doubtful`, `noted`, `gone`."""
    rows: Mapping[str, Sequence[Sequence[Any]]]
    """The first of each kind, as the page shows them."""
    body: bytes
    """The file itself."""


Changes = Mapping[str, bytes | None]
"""Path to its new content; None takes the file out."""


class Editing(Protocol):
    """Changes to the published set. Looking changes nothing; only `publish` does, and only what holds."""

    def published(self, path: str) -> tuple[int, str | None]:
        """(the version that runs, the file's text in it)."""
        ...

    def paths(self) -> Sequence[str]:
        """Every file of the version that runs."""
        ...

    def history(self, path: str) -> Sequence[FileVersion]:
        """The versions in which this file was changed, newest first; at most the newest hundred publications."""
        ...

    async def rehearse(self, changes: Changes, path: str, editor: str = "") -> Rehearsed:
        """Check the published set with `changes` in it, and plan the playbook that `path` holds; in another process.

        `editor`: who types; of several looks of one editor only the newest is waited for. Raises Refused (503) while
        too many wait, or if it takes more than it may have; (409) for one whose place a newer one took.
        """
        ...

    async def bring_in(self, name: str, export: bytes, target: str, options: Mapping[str, Any]) -> BroughtIn:
        """What importing `export` into the contacts file `target` would change; in another process.

        `options`: as `files.importing.school.plan_for` takes them. Raises SetupError, Refused as `rehearse` does.
        """
        ...

    async def publish(self, changes: Changes, comment: str, caller: Caller, based_on: int) -> Outcome:
        """Publish the newest set with `changes` in it, if `based_on` still runs. Raises SetupError, Refused.

        Not done: the policy says two, so it is proposed.
        """
        ...


Follow = Callable[[Callable[[Sequence[Event]], None]], Callable[[], None]]
"""How the console hears of committed events (server-sent events)."""
