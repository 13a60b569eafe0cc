"""Cards without a daemon: the same links as the daemon's, or a sentence that says what is missing."""

from pathlib import Path

import pytest

from notifier.adapters import Installed
from notifier.cli.cards_offline import sheet_of
from notifier.cli.entry import main
from notifier.clock import SystemClock
from notifier.engine.desk import Desk
from notifier.engine.held import Gear, Held
from notifier.engine.room_cards import RoomCards
from notifier.errors import NotifierError
from notifier.files.folder import read_folder
from notifier.files.load import load


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    assert main(["init", str(tmp_path / "school")]) == 0
    return tmp_path / "school"


def test_without_the_nodes_key_it_says_where_the_key_comes_from(folder: Path) -> None:
    with pytest.raises(NotifierError, match="makes at its first start"):
        sheet_of(folder)


def test_the_links_are_made_with_the_nodes_key(folder: Path, tmp_path: Path) -> None:
    site = folder / "site.yaml"
    site.write_text(site.read_text() + "public_url: https://alerts.school.example\n")
    (folder / "state").mkdir()
    (folder / "state" / "link.key").write_bytes(b"k" * 32)
    sheet = sheet_of(folder)
    assert sheet["numbers"] == ["+15550100000"]
    assert {item["link"][:36] for item in sheet["items"]} == {"https://alerts.school.example/r/card"}
    (folder / "state" / "link.key").write_bytes(b"j" * 32)
    assert sheet_of(folder)["items"] != sheet["items"]
    out = tmp_path / "cards.html"
    assert main(["cards", "print", str(folder), "-o", str(out)]) == 0
    assert out.read_text().count('<section class="card"') == len(sheet["items"])
    assert out.stat().st_mode & 0o077 == 0


def test_a_desk_with_that_key_knows_the_card_again(folder: Path) -> None:
    site = folder / "site.yaml"
    site.write_text(site.read_text() + "public_url: https://alerts.school.example\n")
    (folder / "state").mkdir()
    (folder / "state" / "link.key").write_bytes(b"k" * 32)
    loaded = load(read_folder(folder), Installed(), {})
    held = Held(1, loaded.site, loaded.people, loaded.playbooks)
    desk = Desk(SystemClock(), "node1", Gear(), b"k" * 32, public_url=held.site.public_url, current=held)
    for item in sheet_of(folder)["items"]:
        assert RoomCards(desk).room_of(item["link"].rpartition("/r/")[2]).id == item["id"]
