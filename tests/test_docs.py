"""The pages keep their promises: links lead somewhere, drawn pages are fresh, decisions are numbered and complete."""

import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pytest

from notifier.model.events import EventKind

HOUSE = Path(__file__).resolve().parent.parent
DECISIONS = sorted((HOUSE / "docs/decisions").glob("[0-9]*.md"))
PAGES = sorted([*HOUSE.glob("*.md"), *HOUSE.glob("docs/**/*.md")])

LINK = re.compile(r"(?<!!)\[[^\]]*\]\((?P<target>[^)\s]+)\)|!\[[^\]]*\]\((?P<picture>[^)\s]+)\)")
CODE = re.compile(r"```.*?```|`[^`\n]*`", re.DOTALL)
HEADING = re.compile(r"^#{1,6}\s+(.*?)\s*$", re.MULTILINE)


def generator() -> ModuleType:
    """`docs/generate.py`, which is no part of the package."""
    found = importlib.util.spec_from_file_location("docs_generate", HOUSE / "docs/generate.py")
    assert found is not None
    assert found.loader is not None
    made = importlib.util.module_from_spec(found)
    found.loader.exec_module(made)
    return made


GENERATE = generator()


def anchors(page: Path) -> set[str]:
    """The names under which a page's headings can be linked to, made as code hosts make them."""
    text = re.sub(r"```.*?```", "", page.read_text(), flags=re.DOTALL)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in HEADING.findall(text)}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(HOUSE)))
def test_every_link_inside_the_project_leads_somewhere(page: Path) -> None:
    dead = []
    for link in LINK.finditer(CODE.sub("", page.read_text())):
        target = link["target"] or link["picture"]
        if re.match(r"[a-z]+:", target) or page.name == "0000-template.md":
            continue
        path, _, anchor = target.partition("#")
        linked = (page.parent / path).resolve() if path else page
        if not linked.exists() or (anchor and linked.suffix == ".md" and anchor not in anchors(linked)):
            dead.append(target)
    assert dead == []


@pytest.mark.parametrize("name", sorted(GENERATE.PAGES))
def test_a_drawn_page_is_as_the_code_draws_it(name: str) -> None:
    assert (HOUSE / "docs" / name).read_text() == GENERATE.PAGES[name](), "type: make docs"


def test_every_page_of_the_reference_is_drawn_from_the_code() -> None:
    assert {f"reference/{page.name}" for page in HOUSE.glob("docs/reference/*.md")} <= set(GENERATE.PAGES)


def test_every_kind_of_event_is_in_the_reference_with_its_sentence() -> None:
    page = (HOUSE / "docs/reference/events.md").read_text()
    assert [kind for kind in EventKind if f"| `{kind}` | {kind.sentence} |" not in page] == []


PLACE = re.compile(r"(?<![\w./{~-])(?:notifier|tests|docs|deploy|requirements)/[\w./-]*\w/?")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(HOUSE)))
def test_every_file_that_a_page_names_is_there(page: Path) -> None:
    """Names with a made-up part (`acme`, `NNNN`) are examples."""
    named = {
        place
        for code in re.findall(r"`([^`\n]+)`", page.read_text())
        for place in PLACE.findall(code)
        if "acme" not in place
    }
    assert [place for place in sorted(named) if not (HOUSE / place).exists()] == []


def test_one_panic_press_names_kinds_of_events_that_exist() -> None:
    page = (HOUSE / "docs/explanation/one_panic_press.md").read_text()
    rows = [line.split("|") for line in page.splitlines() if line.startswith("| ")][2:]
    kinds = {kind for row in rows for kind in re.findall(r"`([a-z_]+)`", row[-2])}
    assert len(kinds) > 10
    assert kinds <= set(EventKind)


TEST_NAME = re.compile(r"`(test_\w+)`")


@pytest.mark.parametrize("page", sorted(HOUSE.glob("docs/explanation/*.md")), ids=lambda page: page.stem)
def test_every_test_that_an_explanation_names_is_there(page: Path) -> None:
    known = {
        name
        for path in (HOUSE / "tests").rglob("test_*.py")
        for name in [path.stem, *re.findall(r"^(?:async )?def (test_\w+)", path.read_text(), re.MULTILINE)]
    }
    assert sorted(set(TEST_NAME.findall(page.read_text())) - known) == []


def test_decisions_are_numbered_without_gaps() -> None:
    assert [int(page.name[:4]) for page in DECISIONS] == list(range(len(DECISIONS)))


@pytest.mark.parametrize("page", DECISIONS, ids=lambda page: page.stem)
def test_a_decision_says_what_was_weighed_and_what_it_costs(page: Path) -> None:
    text = page.read_text()
    assert text.startswith(f"# {page.name[:4]}. ")
    assert re.findall(r"^## (.+)$", text, re.MULTILINE) == ["Context", "Options", "Decision", "What it costs us"]
    assert re.search(r"^Status: (proposed|accepted|replaced by \[\d{4}\])", text, re.MULTILINE)
    if page.name != "0000-template.md":
        assert re.search(r"^Date: \d{4}-\d{2}-\d{2}$", text, re.MULTILINE)


def test_the_index_lists_every_page_once() -> None:
    """Lists that are merged by union keep both sides' lines; this is where that is noticed."""
    listed = re.findall(r"\]\(([^)#]+\.md)\)", (HOUSE / "docs/index.md").read_text())
    pages = [
        str(page.relative_to(HOUSE / "docs"))
        for page in HOUSE.glob("docs/**/*.md")
        if page.name != "index.md" and page.parent.name != "decisions"
    ]
    assert sorted(place for place in listed if place[:2] != ".." and place[:9] != "decisions") == sorted(pages)


def test_the_changelog_says_nothing_twice() -> None:
    said = [line for line in (HOUSE / "CHANGELOG.md").read_text().splitlines() if line.startswith("- ")]
    assert sorted(set(said)) == sorted(said)
