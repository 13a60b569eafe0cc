"""What people say back: by link, SMS, room card or account. Finds who and which incident, then records."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from notifier.engine.acknowledgements import PHONE_GONE, Given, Reading, answer_body, plain, read_text
from notifier.engine.desk import hash_token
from notifier.engine.room_cards import RoomCards, is_card
from notifier.engine.writing import decoded
from notifier.errors import NotFound, Refused
from notifier.interfaces import Outcome
from notifier.model.delivery import Inbound
from notifier.model.events import EventKind
from notifier.model.facts import Ask, Body, Fact, Row
from notifier.model.people import Person
from notifier.model.rights import Caller

if TYPE_CHECKING:
    from notifier.engine.orchestrator import Orchestrator

ANSWERS = ("safe", "need_help", "taking_it")


class Inbox:
    def __init__(self, engine: Orchestrator) -> None:
        self._engine, self._desk, self._ledger = engine, engine.desk, engine.ledger
        self.cards = RoomCards(engine.desk)

    async def by_link(self, token: str, answer: str, text: str) -> Outcome:
        """A link is one person's for one incident, or one room's card; it can only answer."""
        if is_card(token):
            return await self._by_card(token, answer, text)
        row = self.link_row(token)
        incident = self._known_incident(row["incident"])
        person = self._desk.held_for(incident["publication"]).people.get(row["person"])
        if person is None:
            raise NotFound("This link is not known any more.")
        if answer == "not_me":
            await self._wrong_holder(incident["id"], person, text)
            return Outcome(True, "Recorded: this link is not yours.", detail={"answer": answer})
        if answer not in self.answers_asked(row["incident"]):
            raise Refused("That answer is not one of those asked.", status=422)
        await self._record(incident["id"], person, None, Reading(answer, True, rest=text), "link", None)
        return Outcome(True, "Recorded.", detail={"answer": answer, "incident": incident["id"]})

    async def _by_card(self, token: str, answer: str, text: str) -> Outcome:
        """Whoever stands in the room may answer for it, as with its code over SMS."""
        room, incident = self.cards.room_of(token), self.cards.open_incident()
        if incident is None:
            raise Refused("Nothing is going on now, so there is nothing to answer.", status=409)
        if answer not in self.answers_asked(incident["id"]):
            raise Refused("That answer is not one of those asked.", status=422)
        await self._record(incident["id"], None, room.id, Reading(answer, True, rest=text), "card", None)
        return Outcome(True, "Recorded.", detail={"answer": answer, "incident": incident["id"]})

    def link_row(self, token: str) -> Any:
        rows = self._ledger.read("link_by_hash", hash=hash_token(token))
        if not rows or (rows[0]["dies_at"] is not None and rows[0]["dies_at"] < self._desk.clock.now()):
            raise NotFound("This link is not known, or its time is over.")
        return rows[0]

    def _known_incident(self, incident: str) -> Any:
        rows = self._ledger.read("incident_by_id", site=self._desk.site, id=incident)
        if not rows:
            raise NotFound("This incident is not known.")
        return rows[0]

    def answers_asked(self, incident: str) -> tuple[str, ...]:
        """The answers that the incident's running playbook asks for, in their order; custom ones among them."""
        row = self._known_incident(incident)
        playbook = self._desk.held_for(row["publication"]).playbooks[row["playbook"]]
        asked: list[str] = []
        for step in playbook.steps:
            for answer in step.notify.answers if step.notify else ():
                if answer not in asked:
                    asked.append(answer)
        return tuple(asked) or ("safe", "need_help")

    def _reading_of(self, person: Person, incident: str, channel: str, reading: Reading) -> Reading:
        """The text as an answer to what this very person was asked: digits follow the order that they were sent.

        Whoever was asked nothing, police among them, may say any answer by its words; digits need a question.
        """
        codes = [reading.code] if reading.code else ()
        asked = self._ledger.read(
            "questions_to_person", site=self._desk.site, incident=incident, person=person.id, kind=channel
        )
        if asked:
            return read_text(reading.rest, decoded(asked[0]["body"])["answers"], codes, ())
        if reading.certain or any(word.isdecimal() for word in plain(reading.rest).split()):
            return reading
        return read_text(reading.rest, ANSWERS, codes, ())

    async def by_account(self, incident: str, person: str, answer: str, text: str, caller: Caller) -> Outcome:
        row = self._engine.open_incident(incident)
        if row is None:
            raise NotFound(f"There is no open incident {incident}.")
        known = self._desk.held_for(row["publication"]).people.get(person)
        if known is None:
            raise NotFound(f"There is no person {person}.")
        if answer not in (*ANSWERS, *self.answers_asked(incident)):
            raise Refused(f"{answer!r} is not one of the answers asked.", status=422)
        await self._record(incident, known, None, Reading(answer, True, rest=text), f"by {caller.name}", None)
        return Outcome(True, f"Recorded for {known.name}: {answer.replace('_', ' ')}.")

    async def by_message(self, channel: str, message: Inbound) -> None:
        """An SMS from a known number, or with a room card's code from any. Forgeable: never ends anything."""
        if message.opt_out or message.opt_in:
            await self._ledger.run(lambda: opt_out_body(self._desk.site, message, channel, self._desk.clock.now()))
            if message.opt_in:
                return
        live = list(self._desk.incidents.values())
        if not live:
            return
        held = self._desk.held
        answers = self.answers_asked(live[0]["id"])
        reading = read_text(message.text, answers, [row["code"] for row in live], tuple(held.room_cards))
        incident = self._which(live, reading, message)
        if incident is None:
            return
        reading = read_text(
            message.text, self.answers_asked(incident["id"]), [row["code"] for row in live], tuple(held.room_cards)
        )
        if message.opt_out:
            reading = Reading(PHONE_GONE, True, rest=message.text)
        room = held.room_cards.get(reading.card or "")
        if room is not None:
            await self._record(incident["id"], None, room.id, reading, "card by sms", message.ref)
            return
        people = held.by_address.get((message.channel, message.address), ())
        if not people:
            await self._unknown_number(incident["id"], message)
            return
        for person in people:
            said = reading
            if not message.opt_out:
                said = self._reading_of(person, incident["id"], message.channel, reading)
            await self._record(incident["id"], person, None, said, message.channel, message.ref)

    def _which(self, live: list[Any], reading: Reading, message: Inbound) -> Any:
        """The incident that was named, else the one that last wrote to this address, else the newest live one."""
        if reading.code is not None:
            return next(row for row in live if row["code"] == reading.code)
        if len(live) == 1:
            return live[0]
        rows = self._ledger.read(
            "last_incident_of_address", site=self._desk.site, kind=message.channel, address=message.address
        )
        for row in rows:
            if row["incident"] in self._desk.incidents:
                return self._desk.incidents[row["incident"]]
        real = [row for row in live if not row["drill"]]
        return max(real or live, key=lambda row: float(row["raised_at"]))

    async def _record(
        self, incident: str, person: Person | None, room: str | None, reading: Reading, channel: str, ref: str | None
    ) -> None:
        desk = self._desk
        who = person.name if person else f"The card of {desk.held.rooms[room or ''].name or room}"
        key = f"{ref}:{person.id if person else room}" if ref else uuid.uuid4().hex
        at = desk.moment()
        given = Given(
            id=key,
            site=desk.site,
            incident=incident,
            person=person.id if person else None,
            room=room or (person.room if person and person.on_site else None),
            answer=reading.answer,
            text=reading.rest,
            channel=channel,
            ref=ref,
            certain=reading.certain,
            now=at.now,
            wall=at.wall,
            who=who,
        )
        if person is not None and reading.answer != PHONE_GONE:
            desk.answered.add((incident, person.id))  # before the wire: the claim that is leaving now asks this
        await self._ledger.run(lambda: answer_body(given))
        self._engine.nudge(incident)

    async def _wrong_holder(self, incident: str, person: Person, text: str) -> None:
        """Somebody else holds this person's link: they are not answered, and a person must look."""
        at = self._desk.moment()

        def body() -> Body[None]:
            yield Fact(
                EventKind.TASK_OPENED,
                self._desk.site,
                incident,
                {"person": person.id, "kind": "wrong_holder"},
                [
                    Row(
                        "task",
                        {
                            "site": self._desk.site,
                            "id": f"not_me:{incident}:{person.id}",
                            "incident": incident,
                            "kind": "wrong_holder",
                            "subject": person.id,
                            "text": f"The link of {person.name} is in somebody else's hands. {text[:200]}".strip(),
                            "state": "open",
                            "owner": None,
                            "owner_name": None,
                            "at": at.now,
                            "moved_at": None,
                        },
                        new=True,
                    )
                ],
            )

        await self._ledger.run(body)

    async def _unknown_number(self, incident: str, message: Inbound) -> None:
        """Somebody we do not know writes during an incident: a person must look."""

        def body() -> Body[None]:
            seen = yield Ask("seen_by_ref", {"site": self._desk.site, "ref": message.ref})
            if seen:
                return
            yield Fact(
                EventKind.UNREADABLE,
                self._desk.site,
                incident,
                {"channel": message.channel, "known": False},
                [
                    Row("seen", {"site": self._desk.site, "ref": message.ref, "at": self._desk.clock.now()}, new=True),
                    Row(
                        "task",
                        {
                            "site": self._desk.site,
                            "id": f"unknown:{message.ref}",
                            "incident": incident,
                            "kind": "unknown_sender",
                            "subject": message.address[-4:],
                            "text": f"A number that is not in the contacts (••• {message.address[-4:]}) wrote: "
                            f'"{message.text[:200]}"',
                            "state": "open",
                            "owner": None,
                            "owner_name": None,
                            "at": self._desk.clock.now(),
                            "moved_at": None,
                        },
                        new=True,
                    ),
                ],
            )

        await self._ledger.run(body)


def opt_out_body(site: str, message: Inbound, lane: str, now: float) -> Body[None]:
    """An opt-out is kept and shown as "phone gone: call"; opting in again lifts it."""
    yield Fact(
        EventKind.OPTED_OUT,
        site,
        None,
        {"channel": message.channel, "sender": lane, "active": message.opt_out},
        [
            Row(
                "opt_out",
                {
                    "site": site,
                    "kind": message.channel,
                    "address": message.address,
                    "lane": lane,
                    "at": now,
                    "active": int(message.opt_out),
                },
                new=True,
            )
        ],
    )
