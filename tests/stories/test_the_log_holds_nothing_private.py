"""The log of a whole story holds no secret, no whole number and no words of a message, in either form."""

import json
import logging
import re
from collections.abc import Iterator

import pytest

from notifier.cli.log_lines import JsonLines, Lines
from notifier.testing.story import Story, story


class Kept(logging.Handler):
    """Every line as the daemon would print it, in both forms, down to debug."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []
        self.json: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(Lines(trace=False).format(record))
        self.json.append(JsonLines(trace=False).format(record))


@pytest.fixture
def kept() -> Iterator[Kept]:
    handler, root = Kept(), logging.getLogger()
    before = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield handler
    root.removeHandler(handler)
    root.setLevel(before)


def told_words(campus: Story) -> set[str]:
    """Runs of five words of everything that reached a phone or a mailbox."""
    found = set()
    for sender in ("sms", "push", "email"):
        for text in campus.sender(sender).sent():
            words = text.split()
            found |= {" ".join(words[place : place + 5]) for place in range(len(words) - 4)}
    return found


def secrets_of(campus: Story) -> set[str]:
    desk = campus.daemon.engine.desk
    found = {desk.link_key.hex(), desk.link_key.decode("latin-1")}
    found |= {desk.link_token(campus.incident, person) for person in campus.held.people}
    for sender in campus.settings.senders.values():
        secret = {name for name in sender.settings if "token" in name or "password" in name}
        found |= {str.__str__(sender.settings[name]) for name in secret}
    return {each for each in found if len(each) > 7}


async def test_a_whole_story_leaves_nothing_private_in_the_log(kept: Kept) -> None:
    async with story() as campus:
        campus.door("d7").jams()
        campus.sender("push").fails()
        campus.phone("Ben").expects_sms("LOCKDOWN").replies("2")
        await campus.press("front-office", note="He said 4471 Elm, gun in room twelve today")
        await campus.advance("3m")
        campus.sender("sms").refuses_us()
        await campus.advance("2m")
        campus.sender("sms").recovers()
        campus.sender("push").recovers()
        await campus.restarts()
        await campus.person("kim").asks_all_clear()
        await campus.person("ada").approves()
        await campus.advance("1m")
        whole = "\n".join([*kept.lines, *kept.json])
        people = campus.held.people.values()
        numbers = {address for person in people for address in person.addresses.values()}
        words, secrets = told_words(campus), secrets_of(campus)
    assert kept.lines
    assert words
    assert secrets
    for private in (*numbers, *(number.lstrip("+") for number in numbers), *secrets, *words):
        assert private not in whole, private
    assert "gun in room" not in whole
    assert "4471 Elm" not in whole


async def test_json_lines_are_one_document_each(kept: Kept) -> None:
    async with story() as campus:
        campus.door("d7").jams()
        await campus.press("front-office")
        await campus.advance("30s")
    logging.getLogger("notifier.test").warning("two\nlines")
    try:
        raise ValueError("+15550100001")
    except ValueError:
        logging.getLogger("notifier.test").exception("a deed failed")
    for line in kept.json:
        document = json.loads(line)
        assert {"at", "level", "from", "text"} <= set(document)
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:.]+\+00:00", document["at"])
        assert "\n" not in line
    last = json.loads(kept.json[-1])
    assert last["error"] == "ValueError"
    assert "+15550100001" not in kept.json[-1]
    assert "+15550100001" not in kept.lines[-1]
