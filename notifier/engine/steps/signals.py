"""Switch strobes and signs on, and off again at the end; each is read back and told again until it obeys."""

from __future__ import annotations

from collections.abc import Callable

from notifier.clock import Clock
from notifier.engine.scene import Scene
from notifier.engine.selectors import select_signals
from notifier.engine.steps.secure_doors import command_row
from notifier.errors import AdapterError
from notifier.interfaces import ShowsText, SignalDriver, SignWords
from notifier.model.door import CommandState
from notifier.model.facts import Row
from notifier.model.playbook import SetSignal, Step
from notifier.model.site import Signal

TRIES = 4
"""Commands before a signal that does not obey becomes somebody's task."""
ALL_OFF = "_signals_off"
"""The step that every closing adds: switch off what this incident switched on."""
PATIENTLY = 10.0
"""Seconds between further commands, after a person was told: in case the board or its switch comes back."""
GIVE_UP_AFTER = 3600.0
"""Seconds after which nobody is helped any more by telling it again: it is a person's task since long."""
OUTPUT = {True: "output on", False: "output off", None: None}
"""What a signal's device says of its output, in words."""
BETWEEN = 0.8
"""Seconds between them: a relay board that reboots after a power dip is back within 3 s."""


def first_rows(scene: Scene, step: Step) -> list[Row]:
    """A drill leaves strobes dark: a strobe cannot say DRILL."""
    deed = step.signal
    assert deed is not None
    if (scene.drill and not scene.playbook.drill) or not scene.playbook.audible:
        return []
    return [
        command_row(scene, step, "signal", signal.id, "on", CommandState.SENDING)
        for signal in select_signals(scene.held, deed.outputs, scene.zone)
    ]


def off_step() -> Step:
    return Step.model_construct(id=ALL_OFF, signal=SetSignal(outputs=("all",)))


async def obey(
    signal: Signal,
    on: bool,
    driver: SignalDriver | None,
    clock: Clock,
    wanted: Callable[[], bool],
    words: SignWords | None = None,
    answered: Callable[[str], None] = lambda _said: None,
) -> tuple[bool, int, str]:
    """(whether the output says that it obeyed, tries, what was seen). `words`: for outputs that can show text.

    `answered` is called with what the output says, whenever it says something.
    """
    seen = f"no driver called {signal.driver}"
    for tries in range(1, TRIES + 1):
        if driver is None or not wanted():
            return False, tries - 1, seen
        try:
            if on and words is not None and isinstance(driver, ShowsText):
                await driver.show(signal, words)
            else:
                await driver.set_signal(signal, on)
            if not driver.can_tell(signal):
                return True, tries, "told; it cannot be read back"
            state = await driver.read_signal(signal)
        except AdapterError as error:
            state, seen = None, str(error)
        else:
            seen = OUTPUT[state] or "no answer"
            if state is not None:
                answered(seen)
        if state is on:
            return True, tries, seen
        await clock.sleep(BETWEEN)
    return False, TRIES, seen


async def obey_late(
    signal: Signal,
    on: bool,
    driver: SignalDriver | None,
    clock: Clock,
    wanted: Callable[[], bool],
    words: SignWords | None = None,
    answered: Callable[[str], None] = lambda _said: None,
) -> str | None:
    """Tell it on, patiently, after a person was told; what was seen when it obeyed at last, None if it never did."""
    until = clock.now() + GIVE_UP_AFTER
    while driver is not None and clock.now() < until:
        await clock.sleep(PATIENTLY)
        if not wanted():
            return None
        obeyed, _, seen = await obey(signal, on, driver, clock, wanted, words, answered)
        if obeyed:
            return seen
    return None
