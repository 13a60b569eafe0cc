"""The pages keep their promises: links lead somewhere, decisions are numbered and complete."""

import re
from pathlib import Path

import pytest

HOUSE = Path(__file__).resolve().parent.parent
DECISIONS = sorted((HOUSE / "docs/decisions").glob("[0-9]*.md"))
PAGES = sorted([*HOUSE.glob("*.md"), *HOUSE.glob("docs/**/*.md")])

LINK = re.compile(r"(?<!!)\[[^\]]*\]\((?P<target>[^)\s]+)\)|!\[[^\]]*\]\((?P<picture>[^)\s]+)\)")
CODE = re.compile(r"```.*?```|`[^`\n]*`", re.DOTALL)
HEADING = re.compile(r"^#{1,6}\s+(.*?)\s*$", re.MULTILINE)


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
