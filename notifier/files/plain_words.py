"""What pydantic says, said so that a hurried author who is no programmer knows what to do."""

from __future__ import annotations

import difflib
import types
from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import Enum
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError

from notifier.errors import Fault
from notifier.files.positions import MOST_FAULTS, Document, Path

MOST_COMPARED = 1000
"""Names that are compared letter by letter; of more, only those that begin alike."""


def nearest(written: str, known: Iterable[str]) -> str:
    """Words like "Did you mean `x`?", or the known names if none is near and they are few."""
    names = sorted(str(name) for name in known)
    if len(names) > MOST_COMPARED:
        names = [name for name in names if name[:1] == written[:1] and abs(len(name) - len(written)) < 3][
            :MOST_COMPARED
        ]
    near = difflib.get_close_matches(written[:64], names, n=1, cutoff=0.6)
    if near:
        return f"Did you mean `{near[0]}`?"
    if not names:
        return ""
    shown = ", ".join(names[:12])
    return f"Known here: {shown}{', …' if len(names) > 12 else '.'}"


def faults_of(
    error: ValidationError,
    document: Document,
    model: type[BaseModel],
    at: Path = (),
    *,
    show_values: bool = True,
) -> list[Fault]:
    """Every fault pydantic found in the value at `at`, each at its own line and column.

    `show_values`: false where a fault must not repeat what is written, because it may be a secret.
    """
    faults: dict[tuple[object, ...], Fault] = {}
    details = error.errors(include_url=False, include_input=True)[: 2 * MOST_FAULTS]
    for detail in details:
        if _echo(detail, details):
            continue
        number = isinstance(detail["input"], (int, float))
        hidden = _HIDDEN_NUMBER if number else _HIDDEN
        said: Mapping[str, Any] = detail if show_values else {**detail, "input": hidden}
        fault = _fault(said, document, model, at)
        named = detail["loc"][-1] if detail["type"] in _NAMES_A_KEY else None
        # A union says one mistake once for each of its kinds: the first is enough.
        faults.setdefault((fault.line, fault.column, named), fault)
    return list(faults.values())[:MOST_FAULTS]


_NAMES_A_KEY = frozenset({"extra_forbidden", "missing"})


def _echo(detail: Mapping[str, Any], details: Sequence[Mapping[str, Any]]) -> bool:
    """Whether this only repeats what another detail says better.

    A list of which every entry is faulty is called too short, and a mapping with a fault inside is called no text by
    the other kinds it could have been.
    """
    written, loc = detail["input"], tuple(detail["loc"])
    if detail["type"] == "too_short":
        return bool(written)
    if isinstance(written, Mapping) and detail["type"] in {"literal_error", "string_type", "int_type"}:
        stem = loc[:-1] if detail["type"] == "literal_error" else loc
        return any(
            len(tuple(one["loc"])) > len(stem) and tuple(one["loc"])[: len(stem)] == stem
            for one in details
            if one is not detail and one["type"] in _NAMES_A_KEY
        )
    return False


class _Hidden:
    def __str__(self) -> str:
        return "•••"


_HIDDEN, _HIDDEN_NUMBER = _Hidden(), _Hidden()


def _fault(detail: Mapping[str, Any], document: Document, model: type[BaseModel], at: Path) -> Fault:
    kind, loc = str(detail["type"]), tuple(detail["loc"])
    if kind in _NAMES_A_KEY:
        around = _written_part(document, at, loc[:-1])
        model_there = _model_at(model, loc[:-1])
        fields = _field_names(model_there)
        name = str(loc[-1])
        if kind == "missing":
            line, column = document.place((*at, *around))
            text = f"`{name}` is missing{_inside((*at, *around), document)}."
            return Fault(document.file, line, column, text, _how(model_there, name))
        line, column = document.place((*at, *around, name), key=True)
        text = f"`{name}` is not known{_inside((*at, *around), document)}."
        return Fault(document.file, line, column, text, nearest(name, fields))
    path = _written_part(document, at, loc)
    is_key = bool(loc) and loc[-1] == "[key]"
    line, column = document.place((*at, *path), key=is_key)
    text, advice = _say(kind, detail, _named((*at, *path), document))
    return Fault(document.file, line, column, f"{text[:1].upper()}{text[1:]}", advice)


def _written_part(document: Document, at: Path, loc: tuple[Any, ...]) -> Path:
    """`loc` without what pydantic puts between: names of union branches, `[key]`."""
    path: Path = ()
    for part in loc:
        if (*at, *path, part) in document.values or (*at, *path, part) in document.keys:
            path = (*path, part)
    return path


def _inside(path: Path, document: Document) -> str:
    return f" in {_named(path, document)}" if path else ""


STEPS = {"steps": "", "all_clear": " in `all_clear`", "correction": " in `correction`"}
"""The lists of a playbook's steps, whose entries people know by their ids, with what tells them apart."""


def _named(path: Path, document: Document) -> str:
    """`to` of the step `staff`; elsewhere `doors[2].address`, counted from 1 as people count."""
    step = path[:2]
    if len(step) == 2 and step[0] in STEPS and isinstance(step[1], int):
        own = document.value((*step, "id"))
        called = f"the step {f'`{own}`' if isinstance(own, str) else step[1] + 1}{STEPS[str(step[0])]}"
        return f"{_dotted(path[2:])} of {called}" if path[2:] else called
    return _dotted(path) if path else "The file"


def _dotted(path: Path) -> str:
    said = ""
    for part in path:
        said += f"[{part + 1}]" if isinstance(part, int) else f"{'.' if said else ''}{part}"
    return f"`{said}`"


_PATTERNS = {
    r"^[a-z0-9][a-z0-9_-]{0,63}$": (
        "cannot be an id", "Use lower case letters, digits, - and _ (at most 64, no spaces), like `north-2`."),
    r"^[0-9A-Z]{4,8}$": ("cannot be a card's code", "Use four to eight capital letters and digits, in quotes."),
    r"^[a-z]{2}(-[A-Za-z]{2,4})?$": ("is not a language", "Use the two letters of a language, like en or es."),
}  # fmt: skip


def _say(kind: str, detail: Mapping[str, Any], name: str) -> tuple[str, str]:
    written, more = detail.get("input"), detail.get("ctx", {})
    if kind in _SENTENCES:
        return _SENTENCES[kind](name, written, more)
    if kind.startswith("date"):
        return f"{name} is {_shown(written)}; a date is needed.", "Write it like 2026-10-01."
    said = str(detail["msg"])
    return f"{name}: {said[:1].lower()}{said[1:].rstrip('.')}, not {_shown(written)}.", ""


def _shown(written: Any) -> str:
    if written is None:
        return "empty"
    if isinstance(written, Mapping):
        return "a group of keys"
    if isinstance(written, (list, tuple)):
        return "a list"
    if isinstance(written, bool):
        return "true" if written else "false"
    said = str(written)
    return f"`{said[:40]}…`" if len(said) > 40 else f"`{said}`"


Sentence = Callable[[str, Any, Mapping[str, Any]], tuple[str, str]]


def _text_needed(name: str, written: Any, _more: Mapping[str, Any]) -> tuple[str, str]:
    if written is _HIDDEN_NUMBER:
        return f"{name} is a number; a text is needed.", "Put it in quotes."
    if isinstance(written, (int, float, bool)):
        return f"{name} is {_shown(written)}; a text is needed.", f'Put it in quotes: "{written}".'
    if written is None:
        return f"{name} is empty.", "Write a text, or remove the line."
    return f"{name} is {_shown(written)}; one text is needed.", "Write one text, in quotes if it has a colon in it."


def _list_needed(name: str, written: Any, _more: Mapping[str, Any]) -> tuple[str, str]:
    if written is None:
        return f"{name} is empty.", "Write a list, or remove the line."
    if isinstance(written, Mapping):
        return f"{name} is a group of keys; a list is needed.", "Put a dash (-) before each of its entries."
    return f"{name} is {_shown(written)}; a list is needed.", f"Write it in brackets: [{str(written)[:40]}]."


def _choice(name: str, written: Any, more: Mapping[str, Any]) -> tuple[str, str]:
    known = [word.strip().strip("'") for word in str(more.get("expected", "")).replace(" or ", ", ").split(",")]
    text = f"{name} is {_shown(written)}; it can be {', '.join(known[:-1])}{' or ' if known[:-1] else ''}{known[-1]}."
    if name in _OTHER_FORMS:
        return text, _OTHER_FORMS[name]
    near = difflib.get_close_matches(str(written), known, n=1, cutoff=0.6)
    return text, f"Did you mean `{near[0]}`?" if near else ""


_OTHER_FORMS = {
    "`lockdown_exterior`": 'To leave them as they are, write {leave: "the reason", by: "the name of who decided"}.',
}
"""What else may stand where a closed list of words is not all."""


def _pattern(name: str, written: Any, more: Mapping[str, Any]) -> tuple[str, str]:
    why, advice = _PATTERNS.get(str(more.get("pattern")), ("does not have the form that is needed here", ""))
    return f"{name}: {_shown(written)} {why}.", advice


def _own(name: str, _written: Any, more: Mapping[str, Any]) -> tuple[str, str]:
    said = str(more.get("error", "")).rstrip(".")
    return f"{name}: {said}.", ""


def _keys_needed(name: str, written: Any, _more: Mapping[str, Any]) -> tuple[str, str]:
    advice = "Indent them below it." if name.startswith("`") else "Write them without dashes before them."
    if name.startswith("the step") and isinstance(written, str):
        advice = f"Write it after its dash like: id: {written[:40]}"
    return f"{name} is {_shown(written)}; `key: value` lines are needed here.", advice


def _number(name: str, written: Any, _more: Mapping[str, Any]) -> tuple[str, str]:
    return f"{name} is {_shown(written)}; a number is needed.", ""


def _limit(words: str, key: str) -> Sentence:
    def say(name: str, written: Any, more: Mapping[str, Any]) -> tuple[str, str]:
        return f"{name} is {_shown(written)}; it must be {words} {more.get(key)}.", ""

    return say


_SENTENCES: dict[str, Sentence] = {
    "string_type": _text_needed,
    "tuple_type": _list_needed,
    "list_type": _list_needed,
    "set_type": _list_needed,
    "literal_error": _choice,
    "enum": _choice,
    "string_pattern_mismatch": _pattern,
    "value_error": _own,
    "model_type": _keys_needed,
    "model_attributes_type": _keys_needed,
    "dict_type": _keys_needed,
    "int_type": _number,
    "int_parsing": _number,
    "int_from_float": lambda name, written, _more: (f"{name} is {_shown(written)}; a whole number is needed.", ""),
    "float_type": _number,
    "float_parsing": _number,
    "bool_type": lambda name, written, _more: (f"{name} is {_shown(written)}; it can be true or false.", ""),
    "bool_parsing": lambda name, written, _more: (f"{name} is {_shown(written)}; it can be true or false.", ""),
    "too_short": lambda name, _written, _more: (f"{name} has nothing in it.", "Name at least one."),
    "string_too_short": lambda name, _written, _more: (f"{name} is empty.", "Write a text."),
    "greater_than_equal": _limit("at least", "ge"),
    "greater_than": _limit("more than", "gt"),
    "less_than_equal": _limit("at most", "le"),
    "less_than": _limit("less than", "lt"),
}
"""By pydantic's own error types; what is missing here is said in pydantic's words."""


# ------------------------------------------------------------------------------------------ what a model knows where


def _model_at(annotation: Any, loc: tuple[Any, ...]) -> type[BaseModel] | None:
    """The model that stands at `loc` below `annotation`."""
    models = _models_in(annotation)
    for part in loc:
        inner = [model.model_fields[part].annotation for model in models if part in model.model_fields]
        if inner:
            models = [found for kind in inner for found in _models_in(kind)]
    return models[0] if models else None


def _models_in(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    if get_origin(annotation) in {Annotated, Union, types.UnionType, tuple, list, dict}:
        return [model for kind in get_args(annotation) for model in _models_in(kind)]
    return []


def _field_names(model: type[BaseModel] | None) -> list[str]:
    return list(model.model_fields) if model else []


def _how(model: type[BaseModel] | None, name: str) -> str:
    """What to write for a missing field, where its type says it."""
    if model is None or name not in model.model_fields:
        return f"Add a line `{name}: …`."
    annotation = model.model_fields[name].annotation
    words: list[str] = []
    if get_origin(annotation) is Literal:
        words = [str(word) for word in get_args(annotation)]
    elif isinstance(annotation, type) and issubclass(annotation, Enum):
        words = [str(member.value) for member in annotation]
    if words:
        return f"Add a line `{name}: …` with one of {', '.join(words)}."
    if get_origin(annotation) in {tuple, list}:
        return f"Add `{name}:` with a list below it."
    return f"Add a line `{name}: …`."
