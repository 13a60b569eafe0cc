"""People of a story: those whose phones ring, and those who decide."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any

from notifier.campus.in_process_sms import SimSms
from notifier.engine.commands import EngineCommands
from notifier.interfaces import Ending, Outcome
from notifier.model.fire_words import FireWord
from notifier.model.people import Person
from notifier.model.rights import Caller, Right
from notifier.testing.fake_clock import seconds

if TYPE_CHECKING:
    from notifier.campus.crowd import Received, Somebody
    from notifier.testing.story import Story

Say = Callable[[EngineCommands], Coroutine[Any, Any, Outcome]]


class PhoneInStory:
    """Everything that can reach one person."""

    def __init__(self, story: Story, person: Person) -> None:
        self._story, self._person = story, person
        self._by, self._words = "", ""

    @property
    def owner(self) -> Somebody:
        return self._story.campus.crowd[self._person.id]

    def expects_sms(self, words: str = "") -> PhoneInStory:
        """Before the end of the story an SMS with these words comes, or has come."""
        return self._expects("sms", words)

    def expects_push(self, words: str = "") -> PhoneInStory:
        return self._expects("push", words)

    def expects_email(self, words: str = "") -> PhoneInStory:
        return self._expects("email", words)

    def _expects(self, by: str, words: str) -> PhoneInStory:
        self._by, self._words = by, words

        def missing() -> str:
            got = [one.text for one in self.owner.received if one.by == by]
            if any(words in text for text in got):
                return ""
            return f"{self._person.name} waited in vain for {by} with {words!r}; there came: {got or 'nothing'}."

        self._story.expectations.append(missing)
        return self

    def replies(self, answer: str, after: str | float = "1s") -> PhoneInStory:
        """Answers what it expects, once: an SMS by texting back, a push by its link; at once if it has come already."""
        come = [one for one in self.owner.received if one.by == self._by and self._words in one.text]
        if come and self._by == "sms":
            self.writes(answer)
        elif self._by == "sms":
            self.owner.texts(answer, after=seconds(after), when=self._words)
        else:
            self.owner.taps(answer, after=seconds(after), when=self._words)
        return self

    def writes(self, text: str, sender: str = "") -> PhoneInStory:
        """Texts to the school by itself, to the number of `sender` (the first that takes SMS)."""
        name = sender or next(iter(self._story.campus.sms))
        channel = self._story.campus.channels[name]
        assert isinstance(channel, SimSms)  # noqa: S101 the campus keeps them under the same names
        channel.person_texts(self._person.addresses["sms"], text)
        return self

    # -------------------------------------------------------------------------------------------------------- checks

    def got(self, words: str = "", by: str = "") -> list[Received]:
        return self.owner.got(words, by)

    def has(self, words: str, by: str = "", times: int | None = None) -> PhoneInStory:
        """A message with these words has come, exactly so many times if `times` is given."""
        found = self.got(words, by)
        every = [f"{one.by}: {one.text}" for one in self.owner.received]
        wanted = "a message" if times is None else f"{times} messages"
        said = f"{self._person.name} should have {wanted} with {words!r}; there came {len(found)} of {every}."
        assert len(found) == times if times is not None else found, said  # noqa: S101 a story's check
        return self

    def has_not(self, words: str, by: str = "") -> PhoneInStory:
        """Nothing with these words has come."""
        found = [one.text for one in self.got(words, by)]
        assert not found, f"{self._person.name} should have nothing with {words!r}, and got {found}."  # noqa: S101 see `has`
        return self

    def is_silent(self) -> PhoneInStory:
        """Nothing at all has come."""
        return self.has_not("")


class PersonInStory:
    """Somebody with an account at the console."""

    def __init__(self, story: Story, person: Person, rights: frozenset[Right]) -> None:
        self._story = story
        self.caller = Caller(f"account:{person.id}", person.name, person.id, rights)

    async def _say(self, say: Say) -> Outcome:
        return await self._story.ask(say)

    async def asks(self, ending: Ending, reason: str = "it is over", incident: str = "") -> Outcome:
        """Asks for an ending, or is the second to ask for the same one."""
        name = incident or self._story.incident
        return await self._say(lambda commands: commands.end(name, ending, self.caller, reason))

    async def asks_all_clear(self, incident: str = "") -> Outcome:
        return await self.asks(Ending.ALL_CLEAR, incident=incident)

    async def asks_recall(self, incident: str = "") -> Outcome:
        return await self.asks(Ending.RECALL, "a test went wrong", incident)

    async def asks_mistake(self, incident: str = "") -> Outcome:
        return await self.asks(Ending.MISTAKE, "nobody meant it", incident)

    async def stops_drill(self) -> Outcome:
        return await self.asks(Ending.STOP_DRILL)

    async def approves(self) -> Outcome:
        """Grants what somebody else has asked for."""
        return await self._decides(grant=True)

    async def refuses(self) -> Outcome:
        return await self._decides(grant=False)

    async def _decides(self, *, grant: bool) -> Outcome:
        open_ones = [row for row in self._story.log.read("approvals_of_site") if row["state"] == "asked"]
        assert open_ones, f"{self.caller.name} finds nothing to decide."  # noqa: S101 a story's check
        return await self._say(lambda commands: commands.decide(open_ones[0]["id"], self.caller, grant))

    async def releases(self, *rooms: str, override: str = "") -> Outcome:
        name = self._story.incident
        return await self._say(lambda commands: commands.release(name, rooms, self.caller, override))

    async def holds_outside(self) -> Outcome:
        return await self._say(lambda commands: commands.hold_outside(self._story.incident, self.caller, pause=True))

    async def resumes_outside(self) -> Outcome:
        return await self._say(lambda commands: commands.hold_outside(self._story.incident, self.caller, pause=False))

    async def says_mistake(self) -> Outcome:
        """As on the pressing device: nothing is confirmed by it."""
        return await self._say(lambda commands: commands.claim_mistake(self._story.incident, self.caller))

    async def hands_off(self, word: str, who: str) -> Outcome:
        """Says who outside was told (`tell`), has accepted (`accept`) or has come (`arrive`)."""
        name = self._story.incident
        return await self._say(lambda commands: commands.hand_off(name, word, who, self.caller))

    async def takes_command(self) -> Outcome:
        return await self._say(lambda commands: commands.take_command(self._story.incident, self.caller))

    async def approves_step(self, step: str) -> Outcome:
        return await self._say(lambda commands: commands.approve_step(self._story.incident, step, self.caller))

    async def refuses_step(self, step: str, reason: str = "not today") -> Outcome:
        name = self._story.incident
        return await self._say(lambda commands: commands.refuse_step(name, step, reason, self.caller))

    async def moves_task(self, task: str, word: str) -> Outcome:
        return await self._say(lambda commands: commands.move_task(task, word, self.caller))

    async def decides_late_press(self, activation: str, *, fire: bool) -> Outcome:
        return await self._say(lambda commands: commands.stop_late(activation, self.caller, fire))

    async def opens_door(self, door: str, span: str | float) -> Outcome:
        name, long = self._story.incident, seconds(span)
        return await self._say(lambda commands: commands.open_door(name, door, long, self.caller))

    async def sees_door(self, door: str, *, secured: bool) -> Outcome:
        return await self._say(lambda commands: commands.confirm_door(self._story.incident, door, secured, self.caller))

    async def answers_for(self, person: str, answer: str) -> Outcome:
        name = self._story.incident
        return await self._say(lambda commands: commands.answer_for(name, person, answer, "", self.caller))

    async def pages(self, *speakers: str, text: str, times: int = 1, language: str = "en") -> Outcome:
        """Types a page; without `speakers`, for all of them."""
        name, to = self._story.incident, speakers or ("all",)
        return await self._say(lambda commands: commands.page(name, to, text, language, times, self.caller))

    async def decides(self, word: FireWord, zone: str) -> Outcome:
        """The fire alarm sounds in a lockdown: stay, or go."""
        name = self._story.incident
        return await self._say(lambda commands: commands.fire_page(name, zone, word, self.caller))

    async def speaks(self, *speakers: str, sound: bytes, content_type: str = "audio/wav") -> Outcome:
        """Into a microphone: `sound` as it was recorded."""
        name, to = self._story.incident, speakers or ("all",)
        return await self._say(lambda commands: commands.page_audio(name, to, sound, content_type, "en", self.caller))

    async def hears_page(self, speaker: str, *, heard: bool = True) -> Outcome:
        name = self._story.incident
        return await self._say(lambda commands: commands.confirm_page(name, speaker, heard, self.caller))

    async def writes(self, *to: str, text: str) -> Outcome:
        """A typed message by every kind of address."""
        name = self._story.incident
        return await self._say(lambda commands: commands.message(name, to, ("push", "sms", "email"), text, self.caller))
