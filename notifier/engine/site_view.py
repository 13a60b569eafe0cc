"""What hangs on the walls of a site: what it was told, what it reads, when it was last seen, what is wrong. Read-only.

Three words are kept apart: *seen* at a time, *not seen* since this process began, and what *cannot be asked* at all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from notifier.engine.desk import Desk
from notifier.engine.last_seen import Sign
from notifier.engine.page_records import Said, detail_of
from notifier.engine.page_view import said_in_words
from notifier.engine.supervision import Kind
from notifier.engine.walk_tests import newest_of, standing
from notifier.interfaces import Ledger, TellsWhetherItPlays
from notifier.model.site import Button, Camera, Door, Signal, Speaker

PAGES_BACK = 50
"""Newest pages of one kind of output that are looked through for a word about a speaker: years of a school."""


@dataclass(frozen=True, slots=True)
class Around:
    """What every kind of thing is drawn from, read once for a page."""

    troubles: Mapping[tuple[str, str], Sequence[Mapping[str, Any]]]
    doors: Mapping[str, Mapping[str, Any]]
    walks: Sequence[Mapping[str, Any]]


class SiteView:
    def __init__(self, desk: Desk, ledger: Ledger) -> None:
        self._desk, self._ledger = desk, ledger
        self._since = desk.clock.now()

    def equipment(self) -> dict[str, Any]:
        """Every kind, and `since`: from when this process has looked."""
        site, around = self._desk.held.site, self._around()
        return {
            "doors": [self._door(each, around) for each in site.doors],
            "speakers": self._speakers(around),
            "signals": [self._signal(each, around) for each in site.signals],
            "cameras": [self._camera(each, around) for each in site.cameras],
            "buttons": [self._button(each, around) for each in site.buttons],
            "walks": standing(self._desk.held, around.walks, self._desk.clock.wall()),
            "since": self.wall(self._since),
        }

    def speakers(self) -> list[dict[str, Any]]:
        return self._speakers(self._around())

    def signals(self) -> list[dict[str, Any]]:
        around = self._around()
        return [self._signal(each, around) for each in self._desk.held.site.signals]

    def buttons(self) -> list[dict[str, Any]]:
        around = self._around()
        return [self._button(each, around) for each in self._desk.held.site.buttons]

    def cameras(self) -> list[dict[str, Any]]:
        around = self._around()
        return [self._camera(each, around) for each in self._desk.held.site.cameras]

    def seen(self, kind: Kind, subject: str, *, asked: bool = True) -> dict[str, Any]:
        """`asked`: whether it can be asked at all, or speaks by itself; `seen`: wall; `said`: its last words."""
        sign = self._desk.last_seen.of(kind, subject) or Sign(0.0, "")
        return {"asked": asked, "seen": self.wall(sign.at or None), "said": sign.said}

    def last_press(self, source: str) -> dict[str, Any] | None:
        """`at` (wall) and `by` of the newest press of a device."""
        rows = self._ledger.read("last_press", site=self._desk.site, source=source)
        return {"at": rows[0]["received_wall"], "by": rows[0]["presser"]} if rows else None

    def _around(self) -> Around:
        site = self._desk.site
        troubles: dict[tuple[str, str], list[dict[str, Any]]] = {}
        for row in self._ledger.read("troubles", site=site):
            told = {name: row[name] for name in ("id", "text", "state", "raised_wall", "by_whom")}
            # A trouble may be about a part of a thing: `d7:second`, `d7:lockdown`.
            troubles.setdefault((row["kind"], row["subject"].partition(":")[0]), []).append(told)
        doors = {row["id"]: row for row in self._ledger.read("doors_of_site", site=site)}
        return Around(troubles, doors, self._ledger.read("walk_tests", site=site))

    def _known(self, kind: Kind, each: Any, driver: str, around: Around, *, asked: bool = False) -> dict[str, Any]:
        return {
            "id": each.id,
            "name": each.name or each.id,
            "zone": each.zone,
            "zone_name": self._desk.held.zone_names.get(each.zone, each.zone),
            "driver": driver,
            "troubles": around.troubles.get((kind, each.id), []),
            **self.seen(kind, each.id, asked=asked),
        }

    # --------------------------------------------------------------------------------------------------------- doors

    def _door(self, door: Door, around: Around) -> dict[str, Any]:
        row = around.doors.get(door.id)
        sensor = f"input {door.sensed_by.input} of its device" if door.sensed_by else "the controller's lock monitor"
        asked = door.driver in self._desk.gear.door_drivers
        second = self.seen(Kind.DOOR, f"{door.id}:second") if door.second_path is not None else None
        return {
            **self._known(Kind.DOOR, door, door.driver, around, asked=asked),
            "name": door.title,
            "side": door.side,
            "lock": row["lock"] if row else "unknown",
            "leaf": row["leaf"] if row else "unknown",
            "told": row["commanded"] if row else None,
            "told_at": self.wall(row["commanded_at"]) if row else None,
            "reads": row["sensed_how"] if row else None,
            "since": self.wall(row["sensed_at"]) if row else None,
            "second": second,
            "held_by": row["held_by"] if row else None,
            "proof": sensor if door.can_be_proven else "",
            "commandable": door.commandable,
            "egress": door.egress,
            "on_power_loss": door.on_power_loss,
            "fire_release": door.fire_release,
            "verified_by": door.verified_by,
            "verified_on": door.verified_on.isoformat() if door.verified_on else None,
        }

    # ------------------------------------------------------------------------------------------ signals and speakers

    def _signal(self, signal: Signal, around: Around) -> dict[str, Any]:
        driver = self._desk.gear.signal_drivers.get(signal.driver)
        asked = driver is not None and driver.can_tell(signal)
        rows = self._newest("signal", signal.id, 1)
        told = rows[0] if rows else None
        known = self._known(Kind.SIGNAL, signal, signal.driver, around, asked=asked)
        return {
            **known,
            "reads": known["said"],
            "told": told["verb"] if told else None,
            "told_at": self.wall(told["at"]) if told else None,
            "obeyed": told["state"] != "not_proven" if told else None,
        }

    def _speakers(self, around: Around) -> list[dict[str, Any]]:
        speakers = self._desk.held.site.speakers
        pages = {kind: self._newest("page", kind, PAGES_BACK) for kind in {each.channel for each in speakers}}
        heard = newest_of(around.walks, "heard")
        return [self._speaker(each, around, pages[each.channel], heard) for each in speakers]

    def _speaker(
        self,
        speaker: Speaker,
        around: Around,
        pages: Sequence[Mapping[str, Any]],
        heard: Mapping[str, tuple[str, Mapping[str, Any]]],
    ) -> dict[str, Any]:
        """What senses a speaker is a person's ear: the newest word about it, and the newest walk test of its zone."""
        channel: object = self._desk.gear.speaker_channels.get(speaker.channel)
        said = [(page, found) for page in pages if (found := detail_of(page).get("speakers", {}).get(speaker.id))]
        by_ear = next(((page, each) for page, each in said if each["state"] in (Said.HEARD, Said.NOT_HEARD)), None)
        wall, walk = heard.get(speaker.zone, (None, None))
        return {
            **self._known(
                Kind.SPEAKER, speaker, speaker.channel, around, asked=isinstance(channel, TellsWhetherItPlays)
            ),
            "channel": speaker.channel,
            "output": self.seen(Kind.SPEAKER, f"by_{speaker.channel}", asked=channel is not None),
            "told_at": self.wall(said[0][0]["at"]) if said else None,
            "told": said_in_words(said[0][1]) if said else "",
            "ear": None if by_ear is None else {
                "at": self.wall(by_ear[0]["at"]), "by": by_ear[1].get("by"),
                "heard": by_ear[1]["state"] == Said.HEARD,
            },
            "walk": None if walk is None else {"at": wall, "by": walk.get("by"), "heard": bool(walk["heard"])},
        }  # fmt: skip

    def _newest(self, kind: str, device: str, limit: int) -> Sequence[Mapping[str, Any]]:
        return self._ledger.read("newest_commands", site=self._desk.site, kind=kind, device=device, limit=limit)

    # ------------------------------------------------------------------------------------------------------- cameras

    def _camera(self, camera: Camera, around: Around) -> dict[str, Any]:
        """A camera is told nothing: what there is to say is what the last look through it brought."""
        asked = camera.driver in self._desk.gear.camera_drivers
        last = self._desk.pictures.last(camera.id)
        return {
            **self._known(Kind.CAMERA, camera, camera.driver, around, asked=asked),
            "seen": _to_the_second(last.picture_at) if last else None,
            "answers": last.well if last else None,
            "said": last.said if last else "",
            "looked_at": _to_the_second(last.looked_at) if last else None,
            "picture_at": _to_the_second(last.picture_at) if last else None,
            "taken_at": _to_the_second(last.taken_at) if last else None,
            "size": last.size if last else "",
        }

    # ------------------------------------------------------------------------------------------------------- buttons

    def _button(self, button: Button, around: Around) -> dict[str, Any]:
        """A wall button says nothing between two presses, unless its device gives signs of life."""
        speaks = button.seen_every is not None or self._desk.last_seen.of(Kind.BUTTON, button.id) is not None
        return {
            **self._known(Kind.BUTTON, button, "", around, asked=speaks),
            "playbook": button.playbook,
            "pressed": self.last_press(f"button:{button.id}"),
            "seen_every": button.seen_every,
        }

    def wall(self, steady: float | None) -> str | None:
        """Ledger time as wall time, to the second."""
        if steady is None:
            return None
        moment = self._desk.clock.wall() + timedelta(seconds=steady - self._desk.clock.now())
        return (moment + timedelta(milliseconds=500)).isoformat(timespec="seconds")


def _to_the_second(wall: datetime | None) -> str | None:
    return wall.isoformat(timespec="seconds") if wall is not None else None
