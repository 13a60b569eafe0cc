"""Pages of lists: whatever a client sends as the place to go on from, it is no fault of ours."""

import pytest

from notifier.errors import Refused
from notifier.testing.story import story


async def test_a_place_in_the_incidents_that_is_none_is_refused() -> None:
    async with story() as campus:
        await campus.press("front-office")
        with pytest.raises(Refused, match="no `next` of this list") as refused:
            campus.daemon.views.incidents(open_only=False, limit=5, after="abc")
        assert refused.value.status == 400


@pytest.mark.parametrize("after", ["", "node1", "node1:²", "node1:" + "9" * 200, "node1:-1", ":", "\x00:1"])
async def test_a_place_in_the_timeline_that_is_none_gives_a_page_all_the_same(after: str) -> None:
    async with story() as campus:
        await campus.press("front-office")
        assert "items" in campus.daemon.views.timeline(None, limit=5, after=after)
