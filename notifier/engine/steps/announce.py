"""Say a page: which speakers, which audio. One command row per kind of speaker output."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator

from notifier.engine.held import Held
from notifier.engine.scene import Scene
from notifier.engine.selectors import select_speakers
from notifier.engine.steps.secure_doors import command_row
from notifier.interfaces import PageWords
from notifier.model.door import CommandState
from notifier.model.facts import Row
from notifier.model.fire_words import TIMES, TONES, FireWord, said_in
from notifier.model.incident import Action
from notifier.model.message import stamp_for
from notifier.model.playbook import Announce, Playbook, Step, fill
from notifier.model.site import Speaker
from notifier.model.step import Phase


def page_words(held: Held, playbook: Playbook, deed: Announce, drill: bool) -> PageWords:
    """What is rendered when the set is published. Fields are filled with what is known then: the site's name."""
    facts = {"site": held.site.name, "action": playbook.title}
    texts = {}
    for language, text in deed.say.items():
        texts[language] = stamped(fill(text, facts, language), language, drill)
    recordings = {language: held.recording(path) for language, path in deed.recording.items()}
    raw = json.dumps([deed.tone, texts, recordings, deed.times, drill], sort_keys=True)
    key = hashlib.sha256(raw.encode()).hexdigest()[:32]
    return PageWords(key, deed.tone, texts, recordings, deed.times, drill)


def stamped(words: str, language: str, drill: bool) -> str:
    """What is said aloud: of a drill, the word for it stands at both ends."""
    stamp = stamp_for(language)
    return f"{stamp}. {stamp}. {words} {stamp}." if drill else words


def fire_page(held: Held, word: FireWord, drill: bool) -> PageWords:
    """What is said where the fire alarm sounds during a lockdown and somebody has decided; the house's own words."""
    texts = {each: stamped(text, each, drill) for each, text in said_in(word, held.site.languages).items()}
    house = f"fire_{word}"
    raw = json.dumps([house, TONES[word], texts, TIMES, drill])
    key = hashlib.sha256(raw.encode()).hexdigest()[:32]
    return PageWords(key, TONES[word], texts, {}, TIMES, drill, house=house)


def all_pages(held: Held) -> Iterator[tuple[str, PageWords]]:
    """(kind of speaker output, words) of every page this publication can say, live and drill."""
    kinds = sorted({speaker.channel for speaker in held.site.speakers})
    for playbook in held.playbooks.values():
        for phase in Phase:
            for step in playbook.phase(phase):
                if step.announce is None:
                    continue
                for drill in (False, True):
                    for kind in kinds:
                        yield kind, page_words(held, playbook, step.announce, drill)
    if any(each.action == Action.LOCKDOWN and each.audible for each in held.playbooks.values()):
        for word in FireWord:
            for drill in (False, True):
                for kind in kinds:
                    yield kind, fire_page(held, word, drill)


def page_speakers(scene: Scene, step: Step) -> dict[str, list[Speaker]]:
    """Speakers by kind of output."""
    deed = step.announce
    assert deed is not None
    found: dict[str, list[Speaker]] = {}
    for speaker in select_speakers(scene.held, deed.speakers, scene.zone):
        found.setdefault(speaker.channel, []).append(speaker)
    return found


def first_rows(scene: Scene, step: Step) -> list[Row]:
    if not scene.playbook.audible:
        return []
    return [command_row(scene, step, "page", kind, "say", CommandState.SENDING) for kind in page_speakers(scene, step)]
