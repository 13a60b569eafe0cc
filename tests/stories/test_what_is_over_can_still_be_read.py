"""An incident keeps the publication that it began with, for whoever reads about it later."""

from notifier.daemon import OWNER
from notifier.files.folder import read_folder
from notifier.testing.story import story


async def test_after_new_files_and_a_restart_an_old_incident_is_read_as_it_was() -> None:
    async with story() as campus:
        old = (await campus.press("front-office")).incident
        await campus.advance("20s")
        await campus.person("kim").asks_recall()
        await campus.person("ada").approves()
        await campus.advance("1m")
        campus.is_("closed")
        before = campus.daemon.views.incident(old)
        contacts = campus.folder / "contacts" / "people.csv"
        contacts.write_text(
            "".join(line for line in contacts.read_text().splitlines(True) if not line.startswith("ben,"))
        )
        await campus.daemon.commands.publish(read_folder(campus.folder), "Ben has left", OWNER)
        await campus.restarts()
        after = campus.daemon.views.incident(old)
        assert after["publication"] == before["publication"]
        assert after["doors"] == before["doors"]
        people = {row["id"] for row in campus.daemon.views.people(old, limit=100, after=None)["items"]}
        assert "ben" in people
        assert "ben" not in campus.held.people
