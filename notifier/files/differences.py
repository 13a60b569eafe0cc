"""What a change of a playbook means, in sentences. Pure: two playbooks in, words out; the text's own diff is apart."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from notifier.model.playbook import Acknowledge, Playbook, Step
from notifier.model.step import Phase

Tell = Callable[[str, Any, Any], Iterator[str]]

_PHASES = {Phase.MAIN: "", Phase.ALL_CLEAR: "All-clear: ", Phase.CORRECTION: "Correction: "}
_DEEDS = {
    "secure_doors": "secures doors",
    "restore_doors": "brings doors back",
    "announce": "speaks a page",
    "signal": "switches signals on",
    "notify": "sends messages",
}


def differences(old: Playbook | None, new: Playbook | None) -> list[str]:
    """One sentence for each change of meaning, steps in their order; none if only comments and spaces differ."""
    if new is None:
        return [f"The playbook {old.title} is taken out."] if old else []
    if old is None:
        return [f"The playbook {new.title} is new: {_count(len(new.steps), 'step')} when it is pressed."]
    found = [
        f"{words} is {_word(getattr(new, name))} instead of {_word(getattr(old, name))}."
        for name, words in _OWN.items()
        if getattr(old, name) != getattr(new, name)
    ]
    for phase, lead in _PHASES.items():
        found += [f"{lead}{sentence}" for sentence in _steps(old.phase(phase), new.phase(phase))]
    return found


def reach_told(old: Mapping[str, Any] | None, new: Mapping[str, Any] | None) -> list[str]:
    """How many people more or fewer two plans reach at once, and after an approval."""
    if not old or not new:
        return []
    found = []
    for name, words in (("people", "reached"), ("waits", "reached after an approval")):
        more = new["reach"][name] - old["reach"][name]
        if more:
            verb = "is" if abs(more) == 1 else "are"
            people = "1 person" if abs(more) == 1 else f"{abs(more):,} people"
            found.append(f"{people} {'more' if more > 0 else 'fewer'} {verb} {words}.")
    return found


def span(seconds: float) -> str:
    """A time as people say it: 45 s, 2 min, 1 min 30 s, 1 h."""
    hours, rest = divmod(seconds, 3600)
    minutes, left = divmod(rest, 60)
    said = [f"{int(hours)} h"] if hours else []
    said += [f"{int(minutes)} min"] if minutes else []
    said += [f"{left:g} s"] if left or not said else []
    return " ".join(said)


_OWN = {
    "playbook": "Its id",
    "title": "The title",
    "action": "The action",
    "severity": "The severity",
    "urgency": "The urgency",
    "certainty": "The certainty",
    "scope": "How far a press reaches",
    "audible": "Whether it sounds",
    "drill": "Whether a drill touches doors and people outside",
}


def _steps(old: Sequence[Step], new: Sequence[Step]) -> Iterator[str]:
    before = {step.id: step for step in old}
    after = {step.id: step for step in new}
    for name, step in before.items():
        if name not in after:
            yield f"Step {name} is taken out ({_DEEDS[step.deed]})."
    for name, step in after.items():
        if name not in before:
            yield f"Step {name} is new: it {_DEEDS[step.deed]}."
        else:
            yield from _step(name, before[name], step)
    kept = [step.id for step in new if step.id in before]
    if kept != [step.id for step in old if step.id in after]:
        yield "The steps stand in another order; that alone changes nothing, for all of them start at once."


def _step(name: str, old: Step, new: Step) -> Iterator[str]:
    if old.deed != new.deed:
        yield f"Step {name} {_DEEDS[new.deed]}; before it {_DEEDS[old.deed]}."
        return
    if old.delay != new.delay:
        yield f"Step {name} waits {span(new.delay)} instead of {span(old.delay)}."
    yield from _lists(f"Step {name} waits for", old.after, new.after, "nothing")
    yield from _lists(f"Step {name} needs the approval of one of", old.approve, new.approve, "nobody")
    was, now = getattr(old, old.deed), getattr(new, new.deed)
    for field, tell in _TOLD.get(new.deed, {}).items():
        if getattr(was, field) != getattr(now, field):
            yield from tell(name, getattr(was, field), getattr(now, field))
    yield from _acknowledge(name, old.acknowledge, new.acknowledge)


def _acknowledge(name: str, old: Acknowledge | None, new: Acknowledge | None) -> Iterator[str]:
    if old is None or new is None:
        if old is not new:
            yield f"Step {name} {'waits for no answers any more' if new is None else 'waits for answers now'}."
        return
    if old.need != new.need:
        yield f"Step {name} needs {_need(new.need)} instead of {_need(old.need)}."
    if len(old.escalate) != len(new.escalate):
        levels = _count(len(new.escalate), "escalation")
        yield f"Step {name} has {levels} instead of {len(old.escalate)}."
    for number, (was, now) in enumerate(zip(old.escalate, new.escalate, strict=False), 1):
        which = f"Escalation {number}" if len(new.escalate) > 1 else "Escalation"
        if was.wait != now.wait:
            yield f"{which} after {span(now.wait)} instead of {span(was.wait)} (step {name})."
        yield from _lists(f"{which} of step {name} goes to", was.to, now.to, "nobody")
        yield from _lists(f"{which} of step {name} leaves by", was.by, now.by, "nothing")
        yield from _texts(f"{which} of step {name}", was.message, now.message)


def _lists(lead: str, old: Sequence[str], new: Sequence[str], none: str) -> Iterator[str]:
    if tuple(old) != tuple(new):
        yield f"{lead} {', '.join(new) or none} instead of {', '.join(old) or none}."


def _texts(lead: str, old: Mapping[str, str], new: Mapping[str, str]) -> Iterator[str]:
    for language in sorted({*old, *new}):
        if language not in new:
            yield f"{lead} says nothing in {language} any more."
        elif language not in old:
            yield f"{lead} says it in {language} too."
        elif old[language] != new[language]:
            yield f"{lead} says other words in {language}."


def _as_list(words: str, none: str = "nobody") -> Tell:
    return lambda name, old, new: _lists(f"Step {name} {words}", old, new, none)


def _as_texts(name: str, old: Any, new: Any) -> Iterator[str]:
    return _texts(f"Step {name}", old, new)


def _as_time(words: str) -> Tell:
    def tell(name: str, old: Any, new: Any) -> Iterator[str]:
        said = [span(one) if one is not None else "never" for one in (new, old)]
        yield f"Step {name} {words} {said[0]} instead of {said[1]}."

    return tell


def _as_word(words: str) -> Tell:
    def tell(name: str, old: Any, new: Any) -> Iterator[str]:
        yield f"Step {name} {words} {_word(new)} instead of {_word(old)}."

    return tell


def _otherwise(name: str, old: Any, new: Any) -> Iterator[str]:
    was, now = (one.notify if one else () for one in (old, new))
    yield from _lists(f"If step {name} does not end well, it tells", was, now, "nobody")
    if tuple(was) == tuple(now):
        yield f"What step {name} says if doors are not secured has changed."


_TOLD: Mapping[str, Mapping[str, Tell]] = {
    "secure_doors": {
        "doors": _as_list("secures", "no door"),
        "within": _as_time("tells a person after"),
        "otherwise": _otherwise,
    },
    "restore_doors": {"doors": _as_list("brings back", "no door"), "within": _as_time("gives up after")},
    "announce": {
        "speakers": _as_list("speaks on", "no speaker"),
        "tone": _as_word("begins with the tone"),
        "say": _as_texts,
        "recording": _as_texts,
        "times": _as_word("is said this many times:"),
        "again_every": _as_time("is said again every"),
    },
    "signal": {"outputs": _as_list("switches on", "nothing")},
    "notify": {
        "to": _as_list("goes to"),
        "by": _as_list("leaves by", "nothing"),
        "purpose": _as_word("is sent as"),
        "title": _as_texts,
        "message": _as_texts,
        "answers": _as_list("asks for the answers", "none"),
    },
}


def _need(need: str) -> str:
    return {"all": "every answer", "any": "one answer"}.get(need, f"{need} answers")


def _word(value: Any) -> str:
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)


def _count(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"
