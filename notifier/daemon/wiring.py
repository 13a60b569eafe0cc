"""The wiring: opens everything, runs it, closes it. The only file that knows every room."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import os
import secrets
import signal
import sys
from collections.abc import Coroutine, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import aiohttp

from notifier.access.accounts import AccountBook
from notifier.access.entrance import Entrance
from notifier.access.provider import ProviderClient
from notifier.clock import Clock, SystemClock
from notifier.console.parts import ConsoleParts
from notifier.console.server import Server, serve
from notifier.daemon.backup import Backups, Node, last_backup
from notifier.daemon.checking_child import CheckingChild
from notifier.daemon.checks import Checks
from notifier.daemon.editing import PlaybookEditing
from notifier.daemon.equipment import Equipment
from notifier.daemon.metrics import MeasuredEngine, Metrics
from notifier.daemon.published_sets import PublishedSets
from notifier.daemon.replay_aside import replay_aside
from notifier.daemon.seals_out import SealsOut
from notifier.daemon.setting_up import SetUp
from notifier.daemon.store import StorePlace
from notifier.daemon.supervision import Supervision
from notifier.daemon.triggers import Triggers
from notifier.daemon.upkeep import Upkeep
from notifier.daemon.watched_devices import WatchedDevices
from notifier.daemon.watched_node import WatchedNode
from notifier.daemon.watches import Watches
from notifier.engine.canary import CanaryKeeper
from notifier.engine.commands import EngineCommands
from notifier.engine.desk import Desk
from notifier.engine.drill_schedule import keep_schedule
from notifier.engine.held import Gear, Held
from notifier.engine.pretended_views import PersonalViews
from notifier.engine.publishing import files_of
from notifier.engine.trouble_telling import keep_telling
from notifier.engine.writing import decoded
from notifier.errors import NotFound, SetupError
from notifier.files.folder import read_folder
from notifier.interfaces import TakesCallbacks, Tools
from notifier.ledger.comeback import Back
from notifier.ledger.failover import FailoverLedger
from notifier.model.facts import Rows
from notifier.model.rights import Caller, Right
from notifier.model.settings import NodeSettings
from notifier.model.site import Button

log = logging.getLogger(__name__)

OWNER = Caller("cli:0", "the first start", None, frozenset(Right), frozenset())
SWITCH_EVERY = 0.0005
"""Seconds after which a busy thread hands the interpreter over. The writer gives it away at every call into SQLite and
would get it back only after the default 5 ms while the loop is busy: a press must not wait for that."""


class Daemon:
    """One node."""

    def __init__(self, folder: Path, settings: NodeSettings, clock: Clock | None = None) -> None:
        self.folder, self.settings = folder, settings
        self.state = (folder / settings.state).resolve()
        self.clock = clock or SystemClock()
        self.store = StorePlace.of(settings, folder, self.state)
        self.sets = PublishedSets(folder, self.state, settings)
        self._closing: list[Any] = []
        self._troubles: list[tuple[str, str, str]] = []
        self._running = False
        self.ledger: FailoverLedger
        self.engine: MeasuredEngine
        self.checks: Checks
        self.commands: EngineCommands
        self.views: PersonalViews
        self.accounts: AccountBook
        self.entrance: Entrance
        self.server: Server
        self.gear = Gear()
        self.again = asyncio.Event()
        """Set: close, and open again with the settings as they are then."""

    # --------------------------------------------------------------------------------------------------------- start

    async def open(self) -> None:
        """Everything ready to be pressed. Raises SetupError for a first start with faulty files, LedgerError."""
        gc.disable()  # nearly all that a start makes stays: to look through it again and again finds nothing
        try:
            await self._open()
        finally:
            gc.enable()

    async def _open(self) -> None:
        self.state.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.ledger = await self._open_ledger()
        self._closing.append(self.ledger.close)
        http = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=60), cookie_jar=aiohttp.DummyCookieJar()
        )
        self._closing.append(http.close)
        self.tools = Tools(http, self.clock, str(self.state), None, self.settings.allow_addresses)
        held_of, first_files = self._published()
        held = held_of[max(held_of)] if held_of else self.sets.checked(first_files or {}, 0)
        self.tools = Tools(http, self.clock, str(self.state), held.site.public_url, self.settings.allow_addresses)
        self.equipment = self._equipment()
        await self.equipment.open_senders(self.settings)
        await self.equipment.fit(held)
        desk = Desk(
            clock=self.clock,
            node=self.ledger.node,
            gear=self.gear,
            link_key=self._key("link.key"),
            public_url=held.site.public_url,
            state_dir=str(self.state),
            held_of=held_of,
            current=held,
            earlier=lambda version: self._earlier(version, held.id),
        )
        self.engine = MeasuredEngine(desk, self.ledger)
        child = CheckingChild()
        self._closing.append(child.close)
        self.checks = Checks(desk, self.sets, child)
        self.commands = EngineCommands(self.engine, self.checks.checked, self.equipment.fit)
        self.views = PersonalViews(self.engine, self.commands.inbox, self.commands.endings.pretences)
        self.accounts = AccountBook(self.ledger, held.id, self._button)
        provider = self.settings.provider
        client = ProviderClient(provider, http, self.clock) if provider else None
        self.entrance = Entrance(self.ledger, held.id, held.site.name, self.accounts, self._key("access.key"), client)
        self._closing.append(self.entrance.close)
        await self.engine.start()
        self._running = True
        if self.ledger.time_jump is not None:
            text = (
                f"The clock stood {self.ledger.time_jump / 3600:.0f} h ahead at this start. Look whether it is right."
            )
            self._say("clock", "start", text)
        for trouble in self._troubles:
            self._say(*trouble)
        if first_files is not None:
            await self.commands.publisher.publish(first_files, "first start", OWNER, render=False)
        else:
            await self._compare_files()
        places, allowed = self.settings.seal_places, self.settings.allow_addresses
        out = SealsOut(places, http, self.gear.channels, self.clock, allowed, self._seal_told)
        self.watches = Watches(self.engine, self.commands, self.ledger, self.clock, out)
        self.ledger.follow(self.watches.heard)
        self.backups = Backups(Node(self.folder, self.state, self.store, self.settings.node), self.ledger, self.clock)
        self.triggers = Triggers(self.engine, self.commands, self.clock, str(self.state), held.site.public_url)
        self._supervise()
        await self._listen(held)

    def _supervise(self) -> None:
        devices = WatchedDevices(self.engine)
        self.node_watch = WatchedNode(self.engine, self.settings, self.state, self.clock, lambda: self.triggers.seen)
        sources = (devices.targets, self.node_watch.targets)
        self.supervision = Supervision(self.engine, self.clock, sources, self.settings.supervise_every)
        self.ledger.follow(self.supervision.heard)
        self.gear.gaps = self.node_watch.gaps
        self.node_watch.seal_left = self.watches.out.age
        measured = (self.supervision, self.node_watch, self.watches)
        self.metrics = Metrics(self.engine, self.ledger, self.clock, self.store.path, measured)
        self.ledger.follow(self.metrics.heard)

    async def _listen(self, held: Held) -> None:
        """Open the doors to the world, and be as quick as can be from now on."""
        callbacks = {
            name: channel for name, channel in self.gear.channels.items() if isinstance(channel, TakesCallbacks)
        }
        self.server = await serve(
            ConsoleParts(
                commands=self.commands,
                views=self.views,
                accounts=self.accounts,
                entrance=self.entrance,
                follow=self.ledger.follow,
                clock=self.clock,
                settings=self.settings,
                site=held.id,
                state_dir=self.state,
                public_url=held.site.public_url,
                callbacks=callbacks,
                hooks=self.triggers.hook,
                metrics=self.metrics.told,
                fault=self._fault,
                verify=self.store.verify(),
                replay=partial(replay_aside, self.store),
                editing=PlaybookEditing(self.engine, self.commands.publisher, self.checks),
                backup=self.backups.made,
                backed_up=self.backups.note,
                last_backup=partial(last_backup, self.state),
                setting_up=SetUp(self, held.id),
            )
        )
        self._closing.append(self.server.close)
        sys.setswitchinterval(SWITCH_EVERY)
        gc.freeze()  # as it is: looking for the 2,000 objects of garbage among 100,000 takes a tenth of a second

    def _button(self, button: str) -> Button | None:
        """As published now: a button's zone and playbook may change under it."""
        return self.engine.desk.held.buttons.get(button)

    async def _open_ledger(self) -> FailoverLedger:
        ledger = await self.store.open(self.clock, self.settings.commit_patience, self.folder / "settings.yaml")
        ledger.on_gone(self._store_gone)
        ledger.on_back(self._store_back)
        return ledger

    async def _seal_told(self, place: str, why: str | None) -> None:
        await (self.engine.clear_trouble("seal", place) if why is None else self.engine.trouble("seal", place, why))

    def _store_gone(self, why: str) -> None:
        log.error("NOT RECORDED: %s", why)
        self._say("store", "gone", f"It runs, but nothing is being written down: {why}")

    def _say(self, kind: str, subject: str, text: str) -> None:
        """A trouble; one that is known before the engine runs waits for it."""
        if self._running:
            self.engine.spawn(self.engine.trouble(kind, subject, text))
        else:
            self._troubles.append((kind, subject, text))

    def _store_back(self, back: Back) -> None:
        log.warning("recorded again: %s", back.text)
        self.entrance.desk.reload()
        self.engine.spawn(self.engine.clear_trouble("store", "gone"))

    def _key(self, name: str) -> bytes:
        """A secret of this node, made at first start, readable by its owner only."""
        path = self.state / name
        if not path.exists():
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "wb") as file:
                file.write(secrets.token_bytes(32))
        return path.read_bytes()

    def _published(self) -> tuple[dict[int, Held], dict[str, bytes] | None]:
        """The published sets that are needed now; at a first start, the files to publish."""
        newest = self.ledger.read("any_publication")
        if not newest:
            files = read_folder(self.folder)
            loaded = self.sets.load(files)
            if loaded.errors:
                raise SetupError(loaded.errors)
            return {}, files
        site = newest[0]["site"]
        documents = self.ledger.read("documents", site=site)
        wanted = {newest[0]["version"]}
        for incident in self.ledger.read("open_incidents", site=site):
            wanted.add(incident["publication"])
            steps = self.ledger.read("steps_of_incident", site=site, incident=incident["id"])
            wanted |= {decoded(step["detail"]).get("publication") or incident["publication"] for step in steps}
        return {version: self._earlier(version, site, documents) for version in sorted(wanted)}, None

    def _earlier(self, version: int, site: str, documents: Rows | None = None) -> Held:
        """A publication as it was published. Raises NotFound."""
        rows = self.ledger.read("publication_by_version", site=site, version=version)
        if not rows:
            raise NotFound(f"Publication {version} is not in the record.")
        found = documents if documents is not None else self.ledger.read("documents", site=site)
        return self.sets.as_published(files_of(rows[0], found), version)

    def _equipment(self) -> Equipment:
        return Equipment(self.gear, self.tools, self._closing.append)

    async def _prepare_pages(self) -> None:
        """Pages that no cache holds are rendered beside the work; a press before then renders its own."""
        subject = ("pages", "rendering")
        await self.engine.trouble(*subject, "Pages are being rendered; one that is pressed now starts late.")
        try:
            for warning in await self.commands.publisher.prepare_pages(self.engine.desk.held):
                log.warning("page: %s", warning)
        except Exception as error:
            log.exception("pages cannot be rendered")
            await self.engine.trouble(*subject, f"Pages cannot be rendered: {error!r}. Try the speakers.")
        else:
            await self.engine.clear_trouble(*subject)
        await asyncio.Event().wait()

    async def _compare_files(self) -> None:
        """Files that differ from what runs are a trouble; whether they are right or wrong, what is published runs."""
        last = self.ledger.read("last_publication", site=self.engine.desk.site)
        published = files_of(last[0], self.ledger.read("documents", site=self.engine.desk.site))
        try:
            files: Mapping[str, bytes] = read_folder(self.folder)
        except SetupError as error:
            files = {}
            log.warning("the files cannot be read: %s", error)
        if dict(files) == published:
            await self.engine.clear_trouble("files", "edited")
            return
        names = sorted({path for path in {*files, *published} if files.get(path) != published.get(path)})
        shown = ", ".join(names[:5]) + (" and more" if len(names) > 5 else "")
        await self.engine.trouble(
            "files",
            "edited",
            f"Edited, not published: {shown}. What runs is version "
            f"{last[0]['version']}. Check with 'notifier check', then 'notifier publish'.",
        )

    # ----------------------------------------------------------------------------------------------------------- run

    async def run(self, ready: asyncio.Event | None = None) -> None:
        """Until SIGTERM or SIGINT, until it wants to be opened again, or until cancelled."""
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for name in (signal.SIGTERM, signal.SIGINT):
            with contextlib.suppress(NotImplementedError, RuntimeError, ValueError):
                loop.add_signal_handler(name, stop.set)
        tasks = [asyncio.create_task(each) for each in self._parts()]
        stopper, again = asyncio.create_task(stop.wait()), asyncio.create_task(self.again.wait())
        if ready is not None:
            ready.set()
        try:
            done, _rest = await asyncio.wait((*tasks, stopper, again), return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                if task not in (stopper, again):
                    task.result()
        finally:
            for task in (*tasks, stopper, again):
                task.cancel()
            await asyncio.gather(*tasks, stopper, again, return_exceptions=True)

    def _parts(self) -> list[Coroutine[Any, Any, None]]:
        """What runs for as long as the daemon does."""
        return [
            self.engine.run(),
            *self.watches.parts(),
            self._prepare_pages(),
            self.engine.kept_going(self.triggers.run),
            self.engine.kept_going(self.supervision.run),
            self.engine.kept_going(partial(keep_telling, self.engine)),
            self.engine.kept_going(CanaryKeeper(self.engine).run),
            self.engine.kept_going(partial(keep_schedule, self.engine)),
            self.engine.kept_going(
                Upkeep(self.engine, self.ledger, self.backups, self.settings, self.folder, self.state).run
            ),
        ]

    async def close(self) -> None:
        """Give everything back, in the order opposite to opening."""
        for close in reversed(self._closing):
            try:
                await close()
            except Exception:
                log.exception("could not close %r", close)
        self._closing.clear()

    def _fault(self, name: str, text: str) -> None:
        self.engine.spawn(self.engine.trouble("our_fault", name, text))
