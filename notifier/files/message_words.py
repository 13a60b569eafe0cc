"""What a text says and what it must not say: pure rules over words, in the languages we know."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Iterator

from notifier.model.message import STAMPS
from notifier.model.playbook import FIELD_PATTERN, FIELDS

_BRACES = re.compile(r"\{\{(?P<name>[^{}]*)\}\}|\{\{|\}\}|\{\s*(?P<single>[a-z_]+)\s*\}")

# A stem stands for all words that begin with it; accents and case are gone before.
GUIDANCE: dict[str, tuple[str, ...]] = {
    "en": (
        "avoid", "bring", "call", "clear", "close", "come", "do not", "don't", "drop", "evacuate", "follow", "get",
        "go ", "go to", "hide", "keep", "leave", "lock", "move", "remain", "respond", "run", "send", "shelter to",
        "stay", "take", "tell", "wait",
    ),
    "es": (
        "alej", "busque", "cierr", "corra", "cubra", "despej", "entre", "espere", "evacu", "evite", "llam", "llav",
        "lleve", "manten", "no abra", "no salg", "no veng", "no vay", "permane", "qued", "refugi", "responda", "sal",
        "sigan", "siga ", "traig", "vaya",
    ),
}  # fmt: skip
"""Words of protective action. Languages that are not here are not judged."""

HAPPENING: dict[str, tuple[str, ...]] = {
    "hold": ("hold",),
    "secure": ("secure",),
    "lockdown": ("lockdown", "cierre", "encierro", "intruder", "shoot", "tirad"),
    "evacuate": ("evacu", "desaloj", "fire", "incendio", "gas"),
    "shelter": ("shelter", "refugi", "tornado", "weather", "mal tiempo", "earthquake", "sismo"),
    "medical": ("medic", "ayuda", "urgen", "aed"),
}
"""Stems that say what happens, by action; the playbook's own title counts as well."""

_DRILL_WORDS = {*(word.lower() for word in STAMPS.values()), "drills", "simulacros"}
_DRILL_STEMS = "|".join(sorted(map(re.escape, _DRILL_WORDS), key=len, reverse=True))
_DRILL = re.compile(rf"(?<!\w)({_DRILL_STEMS})(?!\w)", re.IGNORECASE)
_NOT_A_DRILL = re.compile(
    r"\b(not|no|isn.t|kein\w*|n.est pas|não)\b[^.!?]{0,20}"
    r"\b(drill|test|exercise|simulacro|prueba|exercice|simulado|übung)",
    re.IGNORECASE,
)
_NEVER_OPEN = re.compile(r"\b(do not|don't|never|no|nunca)\s+(open|unlock|abra\w*|abran)\b", re.IGNORECASE)
_OPEN_DOOR = re.compile(
    r"\b(unlock|open(?! to))\b[^.!?]{0,30}\b(doors?|rooms?|classrooms?)\b"
    r"|\b(abra|abran|abre|abrir|abren)\b[^.!?]{0,30}\b(puertas?|salon(es)?|salón)\b",
    re.IGNORECASE,
)
_CLOCK = re.compile(r"\b\d{1,2}[:.]\d{2}\b")


def unknown_fields(text: str) -> Iterator[str]:
    """Every `{{…}}` that is not a field, as it is written; half a pair of braces and a field in single ones too."""
    for found in _BRACES.finditer(text):
        name = found["name"]
        if found["single"] is not None and found["single"] not in FIELDS:
            continue
        if name is None or not FIELD_PATTERN.fullmatch(found[0]) or name.strip() not in FIELDS:
            yield found[0]


def field_meant(written: str) -> str:
    """The field that somebody meant by `{site}` or `{{sit}}`, as it must be written; "" if none is near."""
    name = written.strip("{} ")
    near = [name] if name in FIELDS else difflib.get_close_matches(name, FIELDS, n=1, cutoff=0.7)
    return f"{{{{{near[0]}}}}}" if near else ""


def fields_in(text: str) -> set[str]:
    return {found[1] for found in FIELD_PATTERN.finditer(text)}


def says_not_a_drill(text: str) -> str:
    """The words by which a text says that it is no drill, or nothing."""
    found = _NOT_A_DRILL.search(text)
    return found[0] if found else ""


def drill_word(text: str) -> str:
    """The first drill word of any language in a text, or nothing."""
    found = _DRILL.search(text)
    return found[0] if found else ""


def opens_a_door(text: str) -> str:
    """The words by which a text tells somebody to open a door, or nothing. "Do not open" is fine."""
    found = _OPEN_DOOR.search(_NEVER_OPEN.sub("", text))
    return found[0] if found else ""


def gives_guidance(text: str, language: str) -> bool:
    """Whether a text says what to do; true for languages whose words we do not know."""
    words = GUIDANCE.get(language.partition("-")[0])
    if words is None:
        return True
    bare = f" {plain(text)} "
    return any(re.search(rf"(?<!\w){re.escape(word)}", bare) for word in words)


def says_what(text: str, action: str, title: str) -> bool:
    """Whether a text names the action or its hazard; any text does for the action `other`."""
    if "action" in fields_in(text) or action not in HAPPENING:
        return True
    bare = plain(text)
    return any(word in bare for word in (plain(title), *HAPPENING[action]))


def says_time(text: str) -> bool:
    return "time" in fields_in(text) or _CLOCK.search(text) is not None


def plain(text: str) -> str:
    """Lower case without accents."""
    return "".join(ch for ch in unicodedata.normalize("NFD", text.casefold()) if not unicodedata.combining(ch))
