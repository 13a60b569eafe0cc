"""Every public word is explained, and names something that exists."""

import importlib
import re
from pathlib import Path

import pytest
from pydantic import BaseModel

GLOSSARY = (Path(__file__).resolve().parents[3] / "docs/glossary.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| (?!word|---)([^|]+) \| ([^|]+) \| ([^|]+) \|$", GLOSSARY, re.MULTILINE)
WORDS = {
    *("activation", "incident", "playbook", "step", "audience", "address", "message", "delivery", "attempt", "receipt"),
    *("acknowledgement", "escalation", "release", "all-clear", "recall", "correction", "drill", "site", "zone", "room"),
    *(
        "door",
        "secure",
        "restore",
        "lockdown mode",
        "lane",
        "trouble",
        "supervision",
        "hold",
        "lockdown",
        "evacuate",
        "shelter",
    ),
    *("status", "urgency", "severity", "certainty"),
    *("trigger", "verify", "kiosk", "duress", "canary", "gap", "walk test", "seal", "quiet hours"),
}


@pytest.mark.parametrize(("word", "meaning", "code"), ROWS, ids=[row[0] for row in ROWS])
def test_a_word_has_one_sentence_and_names_something_that_exists(word: str, meaning: str, code: str) -> None:
    assert meaning.endswith(".")
    assert len(meaning) > 20
    if code == "idea":
        return
    module, *path = code.strip("`").split(".")
    found: object = importlib.import_module(f"notifier.model.{module}")
    for name in path:
        if isinstance(found, type) and issubclass(found, BaseModel):
            assert name in found.model_fields
            return
        found = getattr(found, name)


def test_no_word_of_the_trade_is_missing_or_explained_twice() -> None:
    explained = [word.removesuffix(" (action)") for word, _meaning, _code in ROWS if word != "secure (action)"]
    assert sorted(explained) == sorted(WORDS)
