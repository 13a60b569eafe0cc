"""What a YAML parser says, said where the mistake was made and as somebody who is no programmer needs it."""

from __future__ import annotations

import re

import yaml

Said = tuple[int, int, str, str]
"""(line, column, what is wrong, advice), counted from 1."""

AROUND = 2
"""Lines before the place of an error in which its cause is looked for."""
FAR = 40
"""Lines after which an open quote is hardly the cause any more."""
_COLON_MISSING, _WRITE_A_KEY = (
    "A colon is missing, or the space after it.",
    "Write `key: value`; long texts go in quotes.",
)
_ERRORS = (
    ("could not find expected ':'", _COLON_MISSING, _WRITE_A_KEY),
    ("mapping values are not allowed", "There is a colon where none can be.",
     "Put a text that has a colon in it in quotes, or check the indentation."),
    ("found unexpected end of stream", "A quote is opened and never closed.", "Close it."),
    ("did not find expected ',' or '}'", "A { is not closed, or a comma is missing.", "Close it with }, or add it."),
    ("did not find expected ',' or ']'", "A [ is not closed, or a comma is missing.", "Close it with ], or add it."),
    ("did not find expected key", "The indentation does not fit the lines above.", "Indent it like its neighbours."),
    ("did not find expected '-' indicator", "The indentation of this line is off.",
     "Begin it in the same column as the lines that it belongs with."),
    ("cannot start any token", "This character cannot stand here unquoted.", "Put the text in quotes."),
    ("unknown escape character", "A \\ in double quotes begins an escape that does not exist.",
     "Use single quotes, or write \\\\."),
    ("found undefined tag handle", "An ! begins a YAML tag; tags are not used here.", "Put the text in quotes."),
    ("undefined alias", "An * begins a YAML alias; none are used here.", "Put the text in quotes, or write it out."),
)  # fmt: skip
_AT_ITS_BEGIN = ("could not find expected ':'", "expected ',' or '}'", "expected ',' or ']'")
"""Errors that the parser notices only later, and whose begin it names as context."""
_SPACES = re.compile("^[ ]*([\u00a0\u2000-\u200b\u202f\u3000])")
_DASHES = re.compile(r"^ *([–—‒−•·‣▪])\s?")
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"' + r"|'(?:[^']|'')*'|#.*$")
_OPENS = re.compile(r"""[:\[{,-]\s*(["'])""")


def in_plain_words(error: yaml.MarkedYAMLError, text: str) -> Said:
    """The cause, if one of the usual ones stands in the lines before; else what the parser says."""
    mark = error.problem_mark or error.context_mark
    line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
    lines = text.splitlines()
    for at in range(max(1, line - AROUND), min(line, len(lines)) + 1):
        if found := _foreign_sign(lines[at - 1]):
            return (at, *found)
    said = f"{error.context or ''} {error.problem or ''}"
    if found_quote := _unclosed(lines, line):
        return found_quote
    if "mapping values are not allowed" in said and (found_line := _without_colon(lines, line)):
        return found_line
    for part, why, advice in _ERRORS:
        if part in said:
            if part in _AT_ITS_BEGIN and error.context_mark is not None:
                line, column = error.context_mark.line + 1, error.context_mark.column + 1
            return line, column, why, advice
    why = f"This is not YAML: {error.problem or error.context}."
    return line, column, why, "Compare it with the examples in playbooks/."


def _foreign_sign(line: str) -> tuple[int, str, str] | None:
    """Of what a word processor or a web page puts where a space or a hyphen is meant: (column, text, advice)."""
    if found := _SPACES.match(line):
        why = f"The line is indented with a sign that only looks like a space (U+{ord(found[1]):04X})."
        return found.start(1) + 1, why, "Delete it and type spaces."
    if found := _DASHES.match(line):
        return found.start(1) + 1, f"The line begins with {found[1]}, which is no hyphen.", "Type - and a space."
    return None


def _unclosed(lines: list[str], until: int) -> Said | None:
    """The last quote of a text that is opened before the error and not closed in its own line."""
    open_at: Said | None = None
    for number, line in enumerate(lines[:until], 1):
        rest = _QUOTED.sub(lambda found: " " * len(found[0]), line)
        if open_at is not None:
            if open_at[2][0] in rest:  # a text over several lines ends here
                open_at = None
            continue
        if found := _OPENS.search(rest):
            quote = found[1]
            why = f"{quote} opens a text here, and nothing closes it in this line."
            open_at = (number, found.start(1) + 1, why, f"Put {quote} at its end.")
    return open_at if open_at is not None and until - open_at[0] <= FAR else None


def _without_colon(lines: list[str], until: int) -> Said | None:
    """The line above, if it begins like a key beside the one with the colon and has none itself."""
    above, here = lines[until - 2] if until >= 2 else "", lines[until - 1] if until <= len(lines) else ""
    indent = len(above) - len(above.lstrip())
    if not re.match(r" *[\w-]+ ", above) or re.search(r":(\s|$)", above) or indent != len(here) - len(here.lstrip()):
        return None
    return until - 1, indent + 1, _COLON_MISSING, _WRITE_A_KEY
