"""The pages' language: every colour can be read on what it stands on, and some words are never written."""

import re
from pathlib import Path

import pytest

import notifier.console

CONSOLE = Path(notifier.console.__file__).parent
TOKENS = (CONSOLE / "static" / "tokens.css").read_text()
LOOKS = {"light": r":root \{", "dark": r":root\[data-look=dark\] \{"}
TEXT = 4.5  # WCAG 2.2, 1.4.3: letters
EDGE = 3.0  # WCAG 2.2, 1.4.11: edges that matter, filled shapes, icons
PAIRS = (
    ("ink", "bg", 7.0), ("ink", "surface", 7.0), ("ink", "sunken", 7.0), ("ink", "fault-tint", 7.0),
    ("ink-2", "bg", TEXT), ("ink-2", "surface", TEXT), ("ink-2", "sunken", TEXT), ("on-real", "real", TEXT),
    ("real-text", "bg", TEXT), ("real-text", "surface", TEXT), ("fault", "bg", TEXT), ("fault", "surface", TEXT),
    ("fault", "fault-tint", TEXT), ("on-fault", "fault-fill", 7.0), ("on-drill", "drill", TEXT),
    ("drill-text", "bg", TEXT), ("drill-text", "surface", TEXT), ("on-band", "band", 7.0), ("band-2", "band", TEXT),
    ("good", "bg", EDGE), ("good", "surface", EDGE), ("line", "bg", EDGE), ("line", "surface", EDGE),
    ("real", "bg", EDGE), ("real", "surface", EDGE), ("drill", "surface", EDGE),
)  # fmt: skip
NEVER = (
    "OK", "Submit", "Are you sure", "Cancel", "Error", "Invalid", "Oops", "Success", "All good", "Please", "Execute",
    "Abort", "Dismiss", "Payload", "Simply", "Code Red", "active shooter", "intruder", "a moment ago",
    "this is a drill", "this is not a drill",
)  # fmt: skip


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize(("front", "back", "least"), PAIRS, ids=str)
def test_every_colour_can_be_read_on_what_it_stands_on(look: str, front: str, back: str, least: float) -> None:
    colours = tokens("light") | tokens(look)
    assert contrast(colours[front], colours[back]) >= least


def test_a_phone_that_asks_for_dark_and_a_page_that_is_always_dark_show_the_same() -> None:
    asked = TOKENS[TOKENS.index(":root:not([data-look=light])") :]
    assert re.findall(r"--[\w-]+: #\w+", asked[: asked.index("}")]) == [
        f"--{name}: #{value}" for name, value in tokens("dark").items()
    ]


@pytest.mark.parametrize("word", NEVER)
def test_some_words_are_never_written(word: str) -> None:
    found = [
        f"{path.name}: {line.strip()[:100]}"
        for path in sorted((CONSOLE / "templates").glob("*.html"))
        for line in shown(path.read_text()).splitlines()
        if re.search(rf"\b{word}\b", line, 0 if word in {"OK", "Error", "Success"} else re.IGNORECASE)
    ]
    assert found == []


def shown(template: str) -> str:
    """What people read of it: without tags, comments and what the template's language does."""
    written = re.sub(r"{#.*?#}|{%.*?%}|{{.*?}}", " ", template, flags=re.DOTALL)
    return re.sub(r"""<[^>]*>|[\w-]+="[^"]*\"""", " ", written)


def tokens(look: str) -> dict[str, str]:
    found = re.search(LOOKS[look] + r"(.*?)\}", TOKENS, re.DOTALL)
    assert found is not None
    return dict(re.findall(r"--([\w-]+): #(\w{6})", found[1]))


def contrast(one: str, other: str) -> float:
    """By WCAG 2's formula."""
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def luminance(colour: str) -> float:
    parts = (int(colour[at : at + 2], 16) / 255 for at in (0, 2, 4))
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
