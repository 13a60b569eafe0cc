"""The common edits of a playbook as fields of a form: times, people, texts. What is not touched stays as written.

Comments, order and quotes are kept by ruamel.yaml's round trip; `positions` reads the text first, so nothing that it
refuses (anchors, tags, two documents) gets here.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping, MutableMapping, MutableSequence
from dataclasses import dataclass
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.scalarstring import DoubleQuotedScalarString, ScalarString

from notifier.files.positions import read_yaml

PHASES = {"steps": "When it is pressed", "all_clear": "At the all-clear", "correction": "At a recall or a mistake"}
KINDS = ("time", "list", "text", "number")


@dataclass(frozen=True, slots=True)
class Field:
    """One thing that a form may change."""

    path: tuple[str | int, ...]
    kind: str
    label: str
    value: str
    """As it stands in the form: a list with commas, a time like 60s; "" where nothing is written."""

    @property
    def name(self) -> str:
        """Its name in the form: `steps.3.notify.message.es`."""
        return ".".join(map(str, self.path))


@dataclass(frozen=True, slots=True)
class StepFields:
    """One step: what it is called, and what of it may be changed."""

    phase: str
    id: str
    deed: str
    fields: tuple[Field, ...]


def fields_of(text: str) -> tuple[Field, list[StepFields]] | None:
    """(the title, the steps with their fields); None for a text that cannot be read as a playbook."""
    document, _faults = read_yaml("playbook", text.encode("utf-8", "replace"))
    if document is None or not isinstance(document.data, Mapping):
        return None
    steps = []
    for phase in PHASES:
        written = document.data.get(phase)
        for index, step in enumerate(written if isinstance(written, list) else ()):
            if isinstance(step, Mapping):
                found = tuple(_of_step((phase, index), step))
                deed = next((deed for deed in _DEEDS if deed in step), "")
                steps.append(StepFields(phase, str(step.get("id", index + 1)), deed, found))
    return Field(("title",), "text", "Title", _shown(document.data.get("title"))), steps


def field_at(text: str, line: int, column: int) -> str | None:
    """The name of the field that a fault of this place is about."""
    document, _faults = read_yaml("playbook", text.encode("utf-8", "replace"))
    known = fields_of(text)
    if document is None or known is None:
        return None
    for field in (known[0], *(field for step in known[1] for field in step.fields)):
        inside = [path for path in document.values if path[: len(field.path)] == field.path]
        if any(document.values[path] == (line, column) for path in inside):
            return field.name
    return None


def changed(text: str, values: Mapping[str, str]) -> str:
    """The text with these fields (by name) set; a field that says what it said before is not touched.

    Raises ValueError for a text that cannot be read.
    """
    known = fields_of(text)
    if known is None:
        raise ValueError("the text cannot be read; mend it in the text view first")
    title, steps = known
    fields = {field.name: field for field in (title, *(field for step in steps for field in step.fields))}
    wanted = {
        field: _bare(values[name]) for name, field in fields.items() if name in values and values[name] != field.value
    }
    wanted = {field: value for field, value in wanted.items() if value != _bare(field.value)}
    if not wanted:
        return text
    yaml = _yaml()
    tree = yaml.load(text)
    for field, value in wanted.items():
        _set(tree, field, value)
    out = io.StringIO()
    yaml.dump(tree, out)
    return out.getvalue()


_DEEDS = ("secure_doors", "restore_doors", "announce", "signal", "notify")


def _of_step(at: tuple[str | int, ...], step: Mapping[str, Any]) -> Iterator[Field]:
    if at[0] == "steps":
        yield _field((*at, "delay"), "time", "Waits this long before it begins", step)
    if "approve" in step:
        yield _field((*at, "approve"), "list", "Waits until one of these approves it", step)
    for deed in _DEEDS:
        written = step.get(deed)
        if isinstance(written, Mapping):
            for name, kind, label in _FIELDS[deed]:
                if name in written or name in _ALWAYS:
                    yield from _maybe_texts((*at, deed, name), kind, label, written)
            if isinstance(otherwise := written.get("otherwise"), Mapping):
                yield _field((*at, deed, "otherwise", "notify"), "list", "If not secured, tell", otherwise)
    acknowledge = step.get("acknowledge")
    if isinstance(acknowledge, Mapping):
        levels = acknowledge.get("escalate")
        for index, level in enumerate(levels if isinstance(levels, list) else ()):
            if isinstance(level, Mapping):
                start = (*at, "acknowledge", "escalate", index)
                yield _field((*start, "wait"), "time", f"Escalation {index + 1} after", level)
                yield _field((*start, "to"), "list", f"Escalation {index + 1} to", level)
                yield _field((*start, "by"), "list", f"Escalation {index + 1} by", level)
                yield from _maybe_texts((*start, "message"), "text", f"Escalation {index + 1} says", level)


_ALWAYS = {"again_every"}
_FIELDS = {
    "secure_doors": (
        ("doors", "list", "Doors"),
        ("within", "time", "Told to a person if not secured within"),
    ),
    "restore_doors": (("doors", "list", "Doors"), ("within", "time", "Within")),
    "announce": (
        ("speakers", "list", "Speakers"),
        ("times", "number", "Said how many times"),
        ("again_every", "time", "Said again every"),
        ("say", "text", "Words"),
    ),
    "signal": (("outputs", "list", "Outputs"),),
    "notify": (
        ("to", "list", "To"),
        ("by", "list", "By"),
        ("title", "text", "Title"),
        ("message", "text", "Message"),
    ),
}


def _field(path: tuple[str | int, ...], kind: str, label: str, around: Mapping[str, Any]) -> Field:
    return Field(path, kind, label, _shown(around.get(str(path[-1]))))


def _maybe_texts(path: tuple[str | int, ...], kind: str, label: str, around: Mapping[str, Any]) -> Iterator[Field]:
    """A text in several languages is one field for each."""
    written = around.get(str(path[-1]))
    if kind == "text" and isinstance(written, Mapping):
        for language, text in written.items():
            yield Field((*path, str(language)), kind, f"{label}, {language}", _shown(text))
    elif kind != "text" or written is not None:
        yield Field(path, kind, label, _shown(written))


def _shown(written: Any) -> str:
    if written is None:
        return ""
    return ", ".join(map(str, written)) if isinstance(written, list) else str(written)


def _bare(value: str) -> str:
    return re.sub(r"[\r\n]+", " ", value).strip()


def _yaml() -> YAML:
    yaml = YAML()
    yaml.preserve_quotes = True
    yaml.width = 1_000_000  # a long message stays on its line
    yaml.indent(mapping=2, sequence=4, offset=2)
    return yaml


def _set(tree: Any, field: Field, value: str) -> None:
    around, last = tree, field.path[-1]
    for part in field.path[:-1]:
        around = around[part]
    old = around.get(last) if isinstance(around, Mapping) else around[last]
    if not value and isinstance(around, MutableMapping):
        _take_out(around, last)
        return
    new = _as_written(field.kind, value, old)
    if isinstance(around, CommentedMap) and last not in around and "id" in around:
        around.insert(list(around).index("id") + 1, last, new)  # where a person would write it
    else:
        around[last] = new


def _take_out(around: MutableMapping[Any, Any], key: Any) -> None:
    """Without the comment below it, which ruamel hangs on the key before: that one says something of what follows."""
    if isinstance(around, CommentedMap) and key in around.ca.items:
        keys = list(around)
        before = keys[keys.index(key) - 1] if keys.index(key) else None
        token = around.ca.items.pop(key)
        if before is not None and before not in around.ca.items:
            around.ca.items[before] = token
        elif before is not None and token[2] is not None and around.ca.items[before][2] is not None:
            around.ca.items[before][2].value += token[2].value.lstrip("\n")
    around.pop(key, None)


def _as_written(kind: str, value: str, old: Any) -> Any:
    if kind == "list":
        names = [name.strip() for name in value.split(",") if name.strip()]
        if isinstance(old, CommentedSeq) and isinstance(old, MutableSequence):
            if list(old) != names:
                # In place, so that the comments of what stays keep their place.
                old[len(names) :] = []
                for index, name in enumerate(names):
                    if index < len(old):
                        old[index] = name
                    else:
                        old.append(name)
            return old
        listed = CommentedSeq(names)
        listed.fa.set_flow_style()
        return listed
    if kind == "number" and value.isdecimal() and len(value) < 7:
        return int(value)
    if kind == "time" and re.fullmatch(r"[0-9.]+[a-z][0-9a-z.]*", value):
        return value
    return type(old)(value) if isinstance(old, ScalarString) else DoubleQuotedScalarString(value)
