"""Things of a story: doors, speakers, strobes, providers, the fire panel; what breaks them, and what must be true."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from notifier.campus.camera_model import CameraModel, Sight
from notifier.campus.door_model import DoorModel, LockFault
from notifier.campus.mail_model import MailFault, MailModel
from notifier.campus.ntfy_model import NtfyModel, PushFault
from notifier.campus.relay_device import RelayDevice, Wire
from notifier.campus.sms_model import Fault, SmsModel
from notifier.testing.fake_clock import seconds

if TYPE_CHECKING:
    from notifier.testing.story import Story


class DoorInStory:
    """One door: what it really does, what is known of it, and what it was told."""

    def __init__(self, story: Story, door: str) -> None:
        self._story, self.id = story, door
        assert door in story.held.doors, f"There is no door {door} at this school."  # noqa: S101 a story's check

    @property
    def model(self) -> DoorModel:
        return self._story.campus.grounds.doors[self.id]

    @property
    def device(self) -> RelayDevice:
        return self._story.campus.grounds.device_of(self.id)

    @property
    def now(self) -> float:
        return self._story.campus.clock.now()

    def known(self) -> Mapping[str, Any]:
        """Its row in the ledger."""
        return self._story.log.read("lock_door", id=self.id)[0]

    # ---------------------------------------------------------------------------------------------------- what breaks

    def jams(self) -> DoorInStory:
        """The relay works; the bolt stays where it is."""
        self.model.fault = LockFault.JAMMED
        return self

    def lies(self) -> DoorInStory:
        """The relay says what it was told, and nothing reaches the lock."""
        self.model.fault = LockFault.LYING
        return self

    def loses_its_contact(self) -> DoorInStory:
        self.model.fault = LockFault.NO_CONTACT
        return self

    def lags(self, travel: str | float) -> DoorInStory:
        """The bolt takes so long."""
        self.model.travel = seconds(travel)
        return self

    def goes_dead(self, wire: Wire = Wire.UNPLUGGED) -> DoorInStory:
        self.device.set_wire(wire)
        return self

    def mends(self) -> DoorInStory:
        self.device.set_wire(Wire.WELL)
        self.model.mend(self.now)
        return self

    def is_unlocked_by_key(self) -> DoorInStory:
        """Somebody with a key turns the bolt back; the relay knows nothing of it."""
        self.model.turn_key(self.now, lock=False)
        return self

    # ------------------------------------------------------------------------------------------------ what must be true

    def is_secured(self) -> DoorInStory:
        """It really holds, and the record says that its sensor says so."""
        assert self.model.secured(self.now), f"Door {self.id} does not hold: {self.device.inputs(self.now)}."  # noqa: S101 a story's check
        self.is_known_as("secured")
        return self

    def is_unlocked(self) -> DoorInStory:
        assert not self.model.secured(self.now), f"Door {self.id} is locked and should not be."  # noqa: S101 a story's check
        return self

    def is_known_as(self, lock: str) -> DoorInStory:
        """What is sensed of it, as the record has it."""
        known = self.known()
        said = f"Door {self.id} should be known as {lock}, and is {known['lock']} ({known['sensed_how']})."
        assert known["lock"] == lock, said  # noqa: S101 a story's check
        return self

    def is_named_not_secured(self) -> DoorInStory:
        """It stands among the doors not secured on the board."""
        shown = self._story.daemon.views.doors(self._story.incident)["not_secured"]
        named = [each["door"] for each in shown]
        assert self.id in named, f"The board does not name door {self.id} as NOT secured; it names {named}."  # noqa: S101 a story's check
        return self

    def lock_commands(self, since: float = 0.0) -> int:
        """How often it was told to lock since then, by its first way."""
        return self._commands(since, lock=True)

    def unlock_commands(self, since: float = 0.0) -> int:
        return self._commands(since, lock=False)

    def _commands(self, since: float, *, lock: bool) -> int:
        """`since`: true time as `Story.now` gives it; devices stamp in the campus clock's."""
        clock = self._story.campus.clock
        ahead = clock.now() - self._story.now()
        on = lock is (self.model.secured_when == "relay_on")
        relays = {number for number, output in self.device.outputs.items() if output is self.model}
        return sum(
            seen.on is on and seen.relay in relays and seen.at - ahead >= since - 1e-6 for seen in self.device.requests
        )

    def was_never_told_to_unlock(self) -> DoorInStory:
        told = self._story.campus.grounds.unlock_commands()
        assert self.id not in told, f"Door {self.id} was told to unlock."  # noqa: S101 a story's check
        return self


class SpeakerInStory:
    def __init__(self, story: Story, speaker: str) -> None:
        self._story, self.id = story, speaker

    def said(self) -> list[str]:
        """The tone and words of each page it played, whole or not, in order."""
        kind = self._story.held.speakers[self.id].channel
        pages = self._story.campus.speakers[kind].heard(self.id)
        return [f"{page.words.tone}: {' '.join(page.words.texts.values())}" for page in pages]

    def heard(self, words: str) -> SpeakerInStory:
        """A page with this tone or these words was on the air there."""
        said = self.said()
        assert any(words in page for page in said), f"{self.id} never said {words!r}; it said {said}."  # noqa: S101 a story's check
        return self

    def is_silent(self) -> SpeakerInStory:
        assert not self.said(), f"{self.id} should be silent, and said {self.said()}."  # noqa: S101 a story's check
        return self

    def is_dead(self) -> SpeakerInStory:
        """From now on it is not reached."""
        kind = self._story.held.speakers[self.id].channel
        self._story.campus.speakers[kind].down.add(self.id)
        return self


class CameraInStory:
    """One camera: what is before it and behind it, and what is known of it."""

    def __init__(self, story: Story, camera: str) -> None:
        self._story, self.id = story, camera

    @property
    def model(self) -> CameraModel:
        return self._story.campus.grounds.cameras[self.id]

    def goes_dead(self, wire: Wire = Wire.UNPLUGGED) -> CameraInStory:
        self.model.set_wire(wire)
        return self

    def freezes(self) -> CameraInStory:
        self.model.sight = Sight.FROZEN
        return self

    def sees_nothing(self) -> CameraInStory:
        self.model.sight = Sight.DARK
        return self

    def mends(self) -> CameraInStory:
        self.model.sight = Sight.CLEAR
        self.model.set_wire(Wire.WELL)
        return self


class SignalInStory:
    def __init__(self, story: Story, signal: str) -> None:
        self._story, self.id = story, signal

    def _on(self) -> bool:
        return self._story.campus.grounds.signals[self.id].on(self._story.campus.clock.now())

    def sticks(self) -> SignalInStory:
        """Its device answers and does nothing, whatever it is told."""
        self._story.campus.grounds.signals[self.id].fault = LockFault.DEAF
        return self

    def mends(self) -> SignalInStory:
        self._story.campus.grounds.signals[self.id].fault = None
        return self

    def is_on(self) -> SignalInStory:
        assert self._on(), f"{self.id} should be on."  # noqa: S101 a story's check
        return self

    def is_off(self) -> SignalInStory:
        assert not self._on(), f"{self.id} should be off."  # noqa: S101 a story's check
        return self


SMS_FAULTS = {
    "hangs": Fault.HANGS,
    "fails": Fault.DOWN,
    "takes_and_hangs": Fault.TAKES_AND_HANGS,
    "breaks": Fault.BROKEN,
    "refuses_us": Fault.STRANGER,
}
PUSH_FAULTS = {
    "hangs": PushFault.HANGS,
    "fails": PushFault.BROKEN,
    "takes_and_hangs": PushFault.TAKES_AND_HANGS,
    "breaks": PushFault.RESET,
    "refuses_us": PushFault.STRANGER,
}
MAIL_FAULTS = {
    "hangs": MailFault.HANGS,
    "fails": MailFault.BROKEN,
    "takes_and_hangs": MailFault.TAKES_AND_HANGS,
    "breaks": MailFault.RESET,
    "refuses_us": MailFault.STRANGER,
}


class SenderInStory:
    """The provider behind one sender."""

    def __init__(self, story: Story, name: str) -> None:
        self._story, self.name = story, name

    @property
    def model(self) -> SmsModel | NtfyModel | MailModel:
        campus = self._story.campus
        found = campus.sms.get(self.name) or campus.push.get(self.name) or campus.mail.get(self.name)
        assert found is not None, f"There is no sender {self.name}."  # noqa: S101 a story's check
        return found

    def hangs(self) -> SenderInStory:
        """It reads everything, takes nothing and never answers."""
        return self._meets("hangs")

    def fails(self) -> SenderInStory:
        """It cannot be reached, or answers that it is broken; nothing left."""
        return self._meets("fails")

    def takes_and_hangs(self) -> SenderInStory:
        """It takes everything and never answers."""
        return self._meets("takes_and_hangs")

    def breaks(self) -> SenderInStory:
        """It takes nothing and breaks off: whether it took anything cannot be told from here."""
        return self._meets("breaks")

    def refuses_us(self) -> SenderInStory:
        """It does not know us any more: a key has run out."""
        return self._meets("refuses_us")

    def recovers(self) -> SenderInStory:
        model = self.model
        if isinstance(model, SmsModel):
            model.fault = Fault.NONE
        else:
            model.heal()
        return self

    def _meets(self, fault: str) -> SenderInStory:
        model = self.model
        if isinstance(model, SmsModel):
            model.fault = SMS_FAULTS[fault]
        elif isinstance(model, NtfyModel):
            model.order(PUSH_FAULTS[fault])
        else:
            model.order(MAIL_FAULTS[fault])
        return self

    def sent(self, words: str = "") -> list[str]:
        """What this provider has taken from us, with `words` in it."""
        model = self.model
        if isinstance(model, SmsModel):
            texts = [text.body for text in model.texts.values() if not text.inbound]
        elif isinstance(model, NtfyModel):
            texts = [f"{each.title}\n{each.message}" for each in model.published]
        else:
            texts = [f"{letter.subject}\n{letter.text}" for letter in model.letters]
        return [text for text in texts if words in text]


class FirePanelInStory:
    """The contact of the fire panel."""

    def __init__(self, story: Story) -> None:
        self._story = story

    def alarms(self) -> None:
        self._set(active=True)

    def is_reset(self) -> None:
        self._set(active=False)

    def goes_dead(self) -> None:
        self._story.campus.grounds.device_of("fire_alarm").set_wire(Wire.UNPLUGGED)

    def _set(self, *, active: bool) -> None:
        alarm = self._story.held.site.fire_alarm
        assert alarm is not None, "This school has no fire panel."  # noqa: S101 a story's check
        device = self._story.campus.grounds.device_of("fire_alarm")
        device.contacts[alarm.input] = active is alarm.active_is
