"""Light a strobe or a sign for a moment, for a technician who stands where it should be seen.

A strobe that lights means danger to whoever sees it: it is lit only by a person's word, never beside a response, for
three seconds, and a sign says DRILL. It goes dark again whatever happens, unless a response has begun that wants it on.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from notifier.clock import stopwatch
from notifier.engine.orchestrator import Orchestrator
from notifier.engine.steps.signals import OUTPUT
from notifier.engine.supervision import Kind
from notifier.errors import AdapterError, NotFound, Refused
from notifier.interfaces import ShowsText, SignalDriver, SignWords
from notifier.model.events import EventKind
from notifier.model.facts import Body, Fact
from notifier.model.incident import Action
from notifier.model.rights import Caller
from notifier.model.site import Signal

LIT_FOR = 3.0
"""Seconds that it is on: long enough to be seen by somebody who waits for it, too short to begin to hide."""
LOOKS = (0.1, 0.2, 0.4, 0.8)
"""Seconds between readings until it says what it was told: a relay board answers within 0.5 s when it is well."""
TOLD_DARK = 4
"""Times that it is told to go dark again before that is given up and said."""
LOOK = "That it can be seen, only somebody who looks can say: stand where people are, and write down a walk test."


class SignalTrying:
    def __init__(self, engine: Orchestrator) -> None:
        self._engine, self._desk = engine, engine.desk
        self._lit: set[str] = set()

    async def signal(self, name: str, caller: Caller, command: bool) -> Mapping[str, Any]:
        """What signal `name` says of its output now; `command`: light it too.

        Raises NotFound, or Refused for a command that may not be.
        """
        signals = self._desk.held.signals
        if name not in signals:
            known = ", ".join(sorted(signals)) or "none"
            raise NotFound(f"The published site has no strobe or sign {name!r}. There are: {known}.")
        signal = signals[name]
        driver = self._desk.gear.signal_drivers.get(signal.driver)
        if driver is None:
            raise NotFound(f"No driver {signal.driver} runs for {title(signal)}: nothing can be asked or lit.")
        if command:
            self._refuse(signal)
        started = stopwatch()
        said, fault = await self._read(signal, driver)
        picture = self._picture(signal, driver, said, fault)
        picture["latency_ms"] = round((stopwatch() - started) * 1000, 1)
        if command:
            lit = await self._light(signal, driver, caller, said, fault)
            picture |= {"command": lit, "well": lit["well"], "to_do": lit["to_do"]}
        return picture

    def _picture(self, signal: Signal, driver: SignalDriver, said: bool | None, fault: str) -> dict[str, Any]:
        can_tell = driver.can_tell(signal)
        answered = OUTPUT[said] or fault or ("no answer" if can_tell else "nothing: it cannot be read back")
        lit_by_us = next((row["code"] for row in self._desk.incidents.values()), None)
        to_do = [] if said is not None or not can_tell else ["Look at its power and its network, and try again."]
        return {
            "id": signal.id, "title": title(signal), "driver": signal.driver, "address": signal.address,
            "can_tell": can_tell, "on": said, "answered": answered, "well": said is not None or not can_tell,
            "meaning": _meaning(can_tell, said, lit_by_us), "to_do": to_do, "held_by": lit_by_us, "command": None,
        }  # fmt: skip

    async def _read(self, signal: Signal, driver: SignalDriver) -> tuple[bool | None, str]:
        """(what its output says, the fault if it could not be asked)."""
        if not driver.can_tell(signal):
            return None, ""
        try:
            said = await driver.read_signal(signal)
        except AdapterError as error:
            return None, str(error)
        if (words := OUTPUT[said]) is not None:
            self._desk.last_seen.saw(Kind.SIGNAL, signal.id, self._desk.clock.now(), words)
        return said, ""

    # ------------------------------------------------------------------------------------------------- with a command

    def _refuse(self, signal: Signal) -> None:
        if self._desk.incidents:
            code = next(iter(self._desk.incidents.values()))["code"]
            raise Refused(f"{code} is open: no strobe or sign is lit for a try meanwhile.", 409)
        if signal.id in self._lit:
            raise Refused(f"{title(signal)} is being tried at this moment; wait until it is dark again.", 409)

    async def _light(
        self, signal: Signal, driver: SignalDriver, caller: Caller, before: bool | None, fault: str
    ) -> dict[str, Any]:
        if before is None and driver.can_tell(signal):
            raise Refused(f"{title(signal)} does not answer, so nothing was lit. {fault}".rstrip(), 409)
        if before:
            text = f"{title(signal)} is on already, and no response wants it: look who lit it before you try it."
            raise Refused(text, 409)
        self._lit.add(signal.id)
        try:
            await self._record(signal, caller, "asked", {})
            self._refuse_late()
            found = await self._on_and_off(signal, driver)
            await self._record(signal, caller, "over", found)
        finally:
            self._lit.discard(signal.id)
        return found

    def _refuse_late(self) -> None:
        if self._desk.incidents:
            raise Refused("A response began at this moment: nothing was lit for a try.", 409)

    async def _on_and_off(self, signal: Signal, driver: SignalDriver) -> dict[str, Any]:
        clock, fault = self._desk.clock, ""
        until = clock.now() + LIT_FOR
        said: bool | None = None
        try:
            await self._tell(signal, driver, on=True)
            said = await self._until(signal, driver, True)
            while clock.now() < until and not self._desk.incidents:
                await clock.sleep(min(0.25, max(0.0, until - clock.now())))
        except AdapterError as error:
            fault = str(error)
        finally:
            dark, afterwards = await self._dark(signal, driver)
        can_tell = driver.can_tell(signal)
        well = not fault and dark and (said is True or not can_tell)
        came_on = OUTPUT[said] or ("it cannot be read back" if can_tell is False else "no answer")
        to_do = [LOOK] if well else ["Look at the strobe, its supply and the wire from its output.", LOOK]
        if not dark:
            to_do.insert(0, "Look at it NOW: it may still be on, and people would take it for an alarm.")
        return {
            "well": well, "on": said, "answered": came_on, "fault": fault, "seconds": LIT_FOR,
            "afterwards": afterwards, "to_do": to_do,
        }  # fmt: skip

    async def _tell(self, signal: Signal, driver: SignalDriver, *, on: bool) -> None:
        if on and isinstance(driver, ShowsText):
            await driver.show(signal, SignWords(str(Action.OTHER), drill=True))
        else:
            await driver.set_signal(signal, on)

    async def _until(self, signal: Signal, driver: SignalDriver, wanted: bool) -> bool | None:
        said, _ = await self._read(signal, driver)
        for pause in LOOKS if driver.can_tell(signal) else ():
            if said is wanted:
                break
            await self._desk.clock.sleep(pause)
            said, _ = await self._read(signal, driver)
        return said

    async def _dark(self, signal: Signal, driver: SignalDriver) -> tuple[bool, str]:
        """(whether nothing is left to be done, what became of it). What a response wants on is told on again."""
        fault = ""
        for _ in range(TOLD_DARK):
            if self._engine.devices.lit_by_response(signal.id):
                return True, "left on: a response began meanwhile and wants it on"
            try:
                await self._tell(signal, driver, on=False)
                said = await self._until(signal, driver, False)
                fault = "" if said is not None or not driver.can_tell(signal) else "no answer"
            except AdapterError as error:
                said, fault = None, str(error)
                await self._desk.clock.sleep(LOOKS[-1])
            if self._engine.devices.light_again(signal.id):
                return True, "told on again: a response began while it was told to go dark"
            if said is False:
                return True, "dark again, and its output says so"
            if not driver.can_tell(signal) and not fault:
                return True, "told to go dark; it cannot be read back, so look whether it is"
        return False, f"NOT proven dark: told {TOLD_DARK} times ({fault or 'its output says on'})"

    async def _record(self, signal: Signal, caller: Caller, what: str, data: Mapping[str, Any]) -> None:
        def body() -> Body[None]:
            said = {"signal": signal.id, "by": caller.name, "what": what, **data}
            yield Fact(EventKind.SIGNAL_TRIED, self._desk.site, None, said)

        await self._engine.ledger.run(body)


def title(signal: Signal) -> str:
    return signal.name or signal.id


def _meaning(can_tell: bool, said: bool | None, held_by: str | None) -> str:
    if not can_tell:
        return "It has no way back: what it is told counts as sent, and only a person can say whether it is on."
    if said is None:
        return "It does not answer: in a lockdown it would stay dark."
    if said and held_by is None:
        return "Its output says on, and no response is open: people may take it for an alarm."
    return "Its output says on." if said else "Its output says off: right while nothing is wrong."
