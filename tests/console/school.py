"""A school for the console's tests: real listeners and accounts, and an engine that only remembers what it was told."""

import json
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp

from notifier.access.accounts import AccountBook
from notifier.access.entrance import Entrance
from notifier.access.provider import ProviderClient
from notifier.access.sessions import Place
from notifier.clock import SystemClock
from notifier.console.callers import SESSION_COOKIE
from notifier.console.parts import ConsoleParts, Metric, StreamLimits
from notifier.console.server import Server, serve
from notifier.errors import NotFound, Refused
from notifier.interfaces import CallbackReply, CallbackRequest, Outcome, Pressed, TriedCamera
from notifier.model.delivery import DeliveryWord, Report
from notifier.model.events import EventKind
from notifier.model.facts import Event
from notifier.model.incident import Activation
from notifier.model.rights import Caller, Right
from notifier.model.settings import NodeSettings
from notifier.model.site import Button
from tests.access.memory_ledger import MemoryLedger

SITE = "maplewood"
ADMIN = Caller("account:root", "Root", None, frozenset({Right.ADMINISTER}))
INCIDENT = "inc-7f3k"


class Engine:
    """Commands: says yes to all, and keeps what was said."""

    def __init__(self) -> None:
        self.presses: list[tuple[Activation, Caller]] = []
        self.said: list[tuple[str, tuple[Any, ...]]] = []
        self.raises: Exception | None = None
        self.outcome = Outcome(True, "It is so.")
        self.tried = TriedCamera({"text": "It is so.", "well": True, "asked_at": "", "taken_at": None}, b"a picture")

    async def press(self, activation: Activation, caller: Caller) -> Pressed:
        if self.raises:
            raise self.raises
        self.presses.append((activation, caller))
        return Pressed(activation.id, INCIDENT, "7F3K", False, True, activation.problems)

    def __getattr__(self, verb: str) -> Callable[..., Any]:
        if verb.startswith("_"):
            raise AttributeError(verb)

        async def say(*args: Any, **named: Any) -> Any:
            if self.raises:
                raise self.raises
            self.said.append((verb, (*args, *named.values())))
            told = {"plan": lambda: plan(args[0]), "reported": lambda: None, "try_camera": lambda: self.tried}
            return told.get(verb, lambda: self.outcome)()

        return say


def plan(playbook: str) -> dict[str, Any]:
    return {"plan": playbook, "reach": {"people": 7, "outside": 2, "waits": 0}, "phases": {"main": []}}


@dataclass
class Pictures:
    """Views: a small past, and one link."""

    events: list[Event] = field(default_factory=list)
    links: dict[str, dict[str, Any]] = field(default_factory=dict)
    ready: bool = True

    def site(self) -> Mapping[str, Any]:
        return {
            "id": SITE, "name": "Maplewood <Elementary>", "address": "100 Maple Street", "entrance": "Entrance A",
            "timezone": "America/Denver", "languages": ["en", "es"], "version": 3,
            "zones": [{"id": "front", "name": "Front office", "parent": None}],
        }  # fmt: skip

    def incidents(self, *, open_only: bool, limit: int, after: str | None) -> Mapping[str, Any]:
        one = {"id": INCIDENT, "open_only": open_only, "limit": limit, "after": after}
        known = {
            "drill": False,
            "action": "lockdown",
            "playbook": "lockdown",
            "raised_wall": "2026-10-01T16:41:52Z",
            "began": "2026-10-01T16:41:52Z",
            "code": "7F3K",
        }
        return {"items": [one | known], "next": None}

    def incident(self, incident: str) -> Mapping[str, Any]:
        if incident != INCIDENT:
            raise NotFound(f"There is no incident {incident!r}; the list of incidents names them all.")
        return {"id": incident}

    def timeline(self, incident: str | None, *, limit: int, after: str | None) -> Mapping[str, Any]:
        seen = int(after.rpartition(":")[2]) if after else 0
        left = [one for one in self.events if one.n > seen and incident in (None, one.incident)]
        items = [self.shown(one) for one in left[:limit]]
        return {"items": items, "next": items[-1]["cursor"] if len(left) > limit else None}

    def shown(self, event: Event) -> Mapping[str, Any]:
        return {"cursor": f"{event.node}:{event.n}", "kind": str(event.kind), "incident": event.incident, **event.data}

    def seen_by(self, person: str | None) -> "Pictures":
        return self

    def pretends(self, incident: str) -> bool:
        return False

    def as_if(self) -> list[Mapping[str, Any]]:
        return []

    def cursor(self) -> str:
        return f"node1:{self.events[-1].n}" if self.events else ""

    def room_cards(self) -> Mapping[str, Any]:
        return {
            "site": "Maplewood",
            "languages": ["en", "es"],
            "numbers": ["+15550100000"],
            "items": [
                {
                    "id": "r12",
                    "room": "Room 12 <b>",
                    "zone": "North",
                    "code": "NKX7Y",
                    "link": "https://alerts.maplewood.example/r/card.Zk3vR8mTq1",
                },
            ],
            "without_code": ["Gym"],
        }

    def answer_page(self, token: str) -> Mapping[str, Any]:
        if token not in self.links:
            raise NotFound("This link has died.")
        return self.links[token]

    def health(self) -> Mapping[str, Any]:
        return {"ready": self.ready, "recorded": True, "text": "It is well."}

    def state(self, what: str) -> Mapping[str, Any]:
        books = [{"id": "lockdown", "action": "lockdown", "scope": "site", "audible": True}]
        return {"items": books if what == "playbooks" else [{"what": what}], "next": None}

    def proposals(self) -> list[Mapping[str, Any]]:
        return []

    def published_files(self, version: int | None, *, recordings: bool = False) -> Mapping[str, Any]:
        return {"version": version or 3, "files": {}}

    def __getattr__(self, what: str) -> Callable[..., Mapping[str, Any]]:
        if what.startswith("_"):
            raise AttributeError(what)
        return lambda *args, **named: {"items": [{"what": what, "of": args, **named}], "next": None}


class SignedSender:
    """A channel with callbacks: takes what is signed for the address that it was sent to."""

    def __init__(self) -> None:
        self.seen: list[CallbackRequest] = []

    def callbacks(self) -> Mapping[str, Callable[[CallbackRequest], CallbackReply]]:
        return {"status": self.status}

    def status(self, request: CallbackRequest) -> CallbackReply:
        self.seen.append(request)
        if request.headers.get("X-Signature") != request.url:
            raise Refused("The signature does not fit; the provider's token may have been changed.")
        report = Report(request.body.decode(), DeliveryWord.DELIVERED)
        return CallbackReply(reports=[report], status=200, content_type="text/xml", body="<ok/>")


LINK = "Lk0123456789abcdef"


def link(**more: Any) -> dict[str, Any]:
    return {
        "site": "Maplewood <Elementary>", "timezone": "America/Denver", "code": "7F3K", "action": "lockdown",
        "drill": False, "started": "2026-10-01T16:41:52Z", "over": False, "name": "Dana Whitlock", "room": "Room 108",
        "language": "en", "languages": ["en", "es"], "directive": {}, "answers": ["safe", "need_help"],
        "answered": None, "taken": None, **more,
    }  # fmt: skip


@dataclass
class School:
    server: Server
    engine: Engine
    views: Pictures
    accounts: AccountBook
    ledger: MemoryLedger
    sender: SignedSender
    http: aiohttp.ClientSession
    faults: list[tuple[str, str]]
    listeners: list[Callable[[Sequence[Event]], None]]
    buttons: dict[str, Button]
    unfollowed: Callable[[], None] = lambda: None
    """Called when a follower of events has stopped following."""

    @property
    def url(self) -> str:
        return self.server.addresses["main"]

    async def token(self, *roles: str, person: str | None = None, sites: Sequence[str] = ()) -> dict[str, str]:
        """The header of a new account."""
        _, token = await self.accounts.add_user("Somebody", roles, sites, None, person, ADMIN)
        return {"Authorization": f"Bearer {token}"}

    async def cookie(self, *roles: str, person: str | None = "ada", how: str = "passkey") -> dict[str, str]:
        """The headers of a browser that a new account has just signed in with, as a page of ours sends them."""
        account, _ = await self.accounts.add_user("Ada Lopez", roles, [], None, person, ADMIN)
        known = self.accounts.account(account)
        assert known is not None
        secret = await self.entrance.sessions.sign_in(known, how, Place("127.0.0.1", "Test browser"))
        return {"Cookie": f"{SESSION_COOKIE}={secret}", "Sec-Fetch-Site": "same-origin"}

    @property
    def entrance(self) -> Entrance:
        return self.server._parts.entrance

    async def button(self, button: str = "office") -> str:
        """A button's path."""
        return f"/press/{await self.accounts.enrol_button(button, ADMIN)}"

    async def ask(
        self, method: str, path: str, headers: Mapping[str, str] | None = None, **more: Any
    ) -> tuple[int, Any, aiohttp.ClientResponse]:
        """Status, JSON content or text, and the response."""
        async with self.http.request(method, self.url + path, headers=headers, **more) as response:
            text = await response.text()
            if "json" in response.content_type and text:
                return response.status, json.loads(text), response
            return response.status, text, response

    def happens(
        self, count: int = 1, incident: str | None = INCIDENT, kind: EventKind = EventKind.NOTE, **data: Any
    ) -> None:
        """Commit events and tell the followers."""
        start = self.views.events[-1].n if self.views.events else 0
        made = [Event("node1", start + 1 + i, 0.0, "", kind, SITE, incident, data) for i in range(count)]
        self.views.events += made
        for listener in list(self.listeners):
            listener(made)


@asynccontextmanager
async def open_school(
    folder: Path, *, settings: Mapping[str, Any] | None = None, stream: StreamLimits | None = None,
    public_url: str | None = None, own_uid: int | None = None, provider: ProviderClient | None = None,
) -> AsyncIterator[School]:  # fmt: skip
    buttons = {
        "office": Button(id="office", zone="front", name="Front office", playbook="lockdown"),
        "getter": Button(id="getter", zone="gym", playbook="hold", get=True, networks=("127.0.0.0/8",)),
        "far": Button(id="far", zone="gym", playbook="hold", get=True, networks=("10.9.0.0/16",)),
        "nowhere": Button(id="nowhere", zone="gym", playbook="hold", get=True),
    }
    ledger = MemoryLedger()
    accounts = AccountBook(ledger, SITE, buttons.get, own_uid)
    entrance = Entrance(ledger, SITE, "Maplewood", accounts, b"k" * 32, provider)
    engine, views, sender = Engine(), Pictures(links={LINK: link()}), SignedSender()
    faults: list[tuple[str, str]] = []
    listeners: list[Callable[[Sequence[Event]], None]] = []

    def follow(listener: Callable[[Sequence[Event]], None]) -> Callable[[], None]:
        listeners.append(listener)

        def unfollow() -> None:
            listeners.remove(listener)
            school.unfollowed()

        return unfollow

    parts = ConsoleParts(
        commands=engine, views=views, accounts=accounts, entrance=entrance, follow=follow, clock=SystemClock(),
        settings=NodeSettings.model_validate({"listen": {"address": "127.0.0.1:0"}, **(settings or {})}), site=SITE,
        state_dir=folder, public_url=public_url, callbacks={"sms": sender},
        metrics=lambda: [
            Metric("incidents_open", 'Open "incidents".', [({"action": "hold"}, 2.0)]),
            Metric("live_streams", "Told by the wiring too.", [({}, 7.0)]),
        ],
        fault=lambda trouble, text: faults.append((trouble, text)), stream=stream or StreamLimits(),
    )  # fmt: skip
    server = await serve(parts)
    try:
        async with aiohttp.ClientSession() as http:
            school = School(server, engine, views, accounts, ledger, sender, http, faults, listeners, buttons)
            yield school
    finally:
        await server.close()
        await entrance.close()
