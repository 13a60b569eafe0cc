"""From a kind in a file to its driver: `driver: shelly_gen2` under doors means `notifier/doors/shelly_gen2.py`.

The file name is the registration. Only the driver that is used is imported, so an SDK that nobody uses costs nothing;
what is merely listed is found by reading the source.
"""

from __future__ import annotations

import difflib
import functools
import importlib
import inspect
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Generic, TypeVar, cast

from pydantic import BaseModel

from notifier.errors import Fault, SetupError
from notifier.interfaces import CameraDriver, Channel, DoorDriver, SignalDriver, SpeakerChannel, Trigger

T = TypeVar("T")

HOUSE = Path(__file__).parent
ROOMS: Mapping[type, str] = {
    DoorDriver: "doors",
    SignalDriver: "doors",
    CameraDriver: "cameras",
    Channel: "channels",
    SpeakerChannel: "channels",
    Trigger: "triggers",
}
"""In which room the drivers of a socket live; a file may hold a driver for each of the room's sockets."""
BASES = re.compile(r"^class \w+\(([^()]*)\)", re.MULTILINE)
"""The bases of a class, as they are written. Every start looks at every driver: to parse them all took 0.2 s of it."""
NAME = re.compile(r"(?<![\w.])\w+")
CALLED: Mapping[type, str] = {
    DoorDriver: "door driver",
    SignalDriver: "signal driver",
    CameraDriver: "camera driver",
    Channel: "channel",
    SpeakerChannel: "speaker channel",
    Trigger: "trigger",
}


class UnknownKind(SetupError):
    """A file names a driver that this installation does not have; raised with the nearest known name."""

    def __init__(self, kind: str, called: str, known: list[str]) -> None:
        near = difflib.get_close_matches(kind, known, n=1)
        advice = (f"Did you mean {near[0]}? " if near else "") + f"Known: {', '.join(known) or 'none'}."
        self.text = f"There is no {called} called {kind!r}. {advice}"
        super().__init__([Fault("", 0, 0, f"there is no {called} called {kind!r}", advice)])

    def __str__(self) -> str:
        return self.text


def door_driver(kind: str) -> type[DoorDriver]:
    return cast("type[DoorDriver]", _load(DoorDriver, kind))


def signal_driver(kind: str) -> type[SignalDriver]:
    return cast("type[SignalDriver]", _load(SignalDriver, kind))


def camera_driver(kind: str) -> type[CameraDriver]:
    return cast("type[CameraDriver]", _load(CameraDriver, kind))


def channel(kind: str) -> type[Channel]:
    return cast("type[Channel]", _load(Channel, kind))


def speaker_channel(kind: str) -> type[SpeakerChannel]:
    return cast("type[SpeakerChannel]", _load(SpeakerChannel, kind))


def trigger(kind: str) -> type[Trigger]:
    return cast("type[Trigger]", _load(Trigger, kind))


def known(socket: type) -> list[str]:
    """The kinds there are for `socket`, without importing any."""
    return [path.stem for path in _files(ROOMS[socket]) if _names_a_class_of(path, socket.__name__)]


def settings_class(driver: type[Any]) -> type[BaseModel] | None:
    """What files may write under `settings:` for this driver; None if it takes none."""
    found = getattr(driver, "Settings", None)
    return found if isinstance(found, type) and issubclass(found, BaseModel) else None


class Kinds(Mapping[str, T], Generic[T]):
    """Kind to something of its driver, each imported when it is asked for: what `files` is handed."""

    def __init__(self, socket: type, of: Callable[[type[Any]], T]) -> None:
        self._socket, self._of = socket, of

    def __getitem__(self, kind: str) -> T:
        try:
            return self._of(_load(self._socket, kind))
        except UnknownKind:
            raise KeyError(kind) from None

    def __iter__(self) -> Iterator[str]:
        return iter(known(self._socket))

    def __len__(self) -> int:
        return len(known(self._socket))


class Installed:
    """The drivers of this installation, as `files.catalogue.AdapterCatalogue` wants to know them."""

    door_kinds = Kinds(DoorDriver, settings_class)
    signal_kinds = Kinds(SignalDriver, settings_class)
    speaker_kinds = Kinds(SpeakerChannel, settings_class)
    channel_kinds = Kinds(Channel, settings_class)
    trigger_kinds = Kinds(Trigger, settings_class)
    camera_kinds = Kinds(CameraDriver, settings_class)
    address_kinds = Kinds(Channel, lambda driver: str(driver.address_kind))


def _load(socket: type, kind: str) -> type:
    kinds = known(socket)
    if kind not in kinds:
        raise UnknownKind(kind, CALLED[socket], kinds)
    module = importlib.import_module(f"notifier.{ROOMS[socket]}.{kind}")
    found = [
        thing
        for _, thing in inspect.getmembers(module, inspect.isclass)
        if issubclass(thing, socket) and thing.__module__.startswith(module.__name__) and not inspect.isabstract(thing)
    ]
    if len(found) != 1:
        names = ", ".join(each.__name__ for each in found) or "none"
        raise TypeError(f"{module.__name__} must hold exactly one {socket.__name__}, and holds {names}")
    return found[0]


def _files(room: str) -> list[Path]:
    """Files that start with `_` are shared by drivers and are none themselves."""
    return sorted((HOUSE / room).glob("[!_]*"))


@functools.cache
def _names_a_class_of(path: Path, socket: str) -> bool:
    """Whether a class in this file or package names `socket` among its bases."""
    if not (path.suffix == ".py" or (path / "__init__.py").exists()):
        return False
    sources = [path] if path.suffix == ".py" else sorted(path.glob("*.py"))
    bases = (found[1] for source in sources for found in BASES.finditer(source.read_text(encoding="utf-8")))
    return any(socket in NAME.findall(each) for each in bases)
