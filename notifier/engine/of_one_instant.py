"""What decisions of one transaction have in common, worked out once: the scene, who has answered, the words.

A thousand escalations that are due in one instant look at the same incident, the same answers and the same sentence.
Everything here is of one transaction: nobody else can change what it looked at, and what the body itself changes comes
as another row, for which it is worked out anew.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from notifier.engine.acknowledgements import asked_of, people_answered, silent_rooms
from notifier.engine.desk import Desk
from notifier.engine.scene import Scene
from notifier.engine.steps.notify import Letters
from notifier.engine.writing import decoded
from notifier.model.playbook import Notify

STEP = ("incident", "run", "phase", "id", "playbook", "detail")
"""What a scene takes from a step's row."""


@dataclass(frozen=True, slots=True)
class Counted:
    """Who of those whom a step asked has answered."""

    asked: frozenset[str]
    answered: frozenset[str]
    need_help: frozenset[str]
    silent: tuple[str, ...]

    @property
    def safe(self) -> int:
        return len((self.answered - self.need_help) & self.asked)


@dataclass(slots=True)
class OfOneInstant:
    _scenes: dict[tuple[Any, ...], tuple[tuple[Any, ...], Scene]] = field(default_factory=dict)
    _counted: dict[tuple[Any, ...], tuple[tuple[Any, ...], Counted]] = field(default_factory=dict)
    _letters: dict[tuple[Any, ...], tuple[Scene, Letters]] = field(default_factory=dict)

    def scene(
        self,
        desk: Desk,
        incident: Mapping[str, Any],
        step: Mapping[str, Any],
        doors: Sequence[Mapping[str, Any]],
        elsewhere: frozenset[str],
    ) -> Scene:
        """As `Desk.scene_of_step`, at the moment of the first who asked."""
        key = tuple(step[name] for name in STEP) if isinstance(step["detail"], str) else ()
        looked_at = (incident, doors, elsewhere)
        known = self._scenes.get(key) if key else None
        if known is not None and known[0][0] is incident and known[0][1] is doors and known[0][2] == elsewhere:
            return known[1]
        scene = desk.scene_of_step(incident, step, elsewhere=elsewhere, doors={door["id"]: door for door in doors})
        self._scenes[key] = looked_at, scene
        return scene

    def counted(
        self,
        scene: Scene,
        step: Mapping[str, Any],
        answers: Sequence[Mapping[str, Any]],
        rooms: Sequence[Mapping[str, Any]],
        written_to: Sequence[Mapping[str, Any]],
    ) -> Counted:
        key = (step["id"], step["detail"]) if isinstance(step["detail"], str) else ()
        looked_at = (scene, answers, rooms, written_to)
        known = self._counted.get(key) if key else None
        if known is not None and all(one is other for one, other in zip(known[0], looked_at, strict=True)):
            return known[1]
        in_rooms = {room: [person.id for person in people] for room, people in scene.held.people_of_room.items()}
        answered, need_help = people_answered(answers, in_rooms)
        released = frozenset(room["id"] for room in rooms if room["state"] == "released")
        silent = silent_rooms(scene.held.occupied_rooms, in_rooms, answers, released)
        found = Counted(asked_of(written_to, decoded(step["detail"])), answered, need_help, silent)
        self._counted[key] = looked_at, found
        return found

    def letters(self, desk: Desk, scene: Scene, deed: Notify, **facts: str) -> Letters:
        """As `Desk.letters`: the same words of the same scene are written once."""
        words = (tuple(deed.message.items()), tuple(deed.title.items()), deed.answers, deed.purpose)
        key = (id(scene), words, tuple(facts.items()))
        known = self._letters.get(key)
        if known is None:
            known = self._letters[key] = scene, desk.letters(scene, deed, **facts)
        return known[1]
