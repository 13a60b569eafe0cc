"""From what a person types for an incident to its id: the whole id, its beginning, or the code that is read out."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from notifier.cli.client import Answered, Client
from notifier.errors import NotFound

WHOLE_ID = re.compile(r"[0-9a-f]{32}")
SHORTEST = 4
"""Characters of an id's beginning that may stand for it; codes have four too."""


async def incident_id(client: Client, said: str) -> str:
    """The id of the one incident that is meant, open ones first. Raises NotFound; asks nothing for a whole id."""
    if WHOLE_ID.fullmatch(said):
        return said
    try:
        for open_only in (True, False):
            known = [item async for item in client.each("/incidents", open=open_only)]
            found = [item for item in known if _means(said, item)]
            if len(found) == 1:
                return str(found[0]["id"])
            if found:
                codes = ", ".join(f"{item['code']} ({item['id'][:8]}, {item['state']})" for item in found[:5])
                raise NotFound(f"{said} may mean {len(found)} incidents: {codes}. Type more of the id.")
    except Answered as error:
        if error.status == 403:  # who may act without seeing types the whole id
            raise NotFound(f"This account sees no list of incidents; type the whole id instead of {said}.") from None
        raise
    raise NotFound(f"There is no incident {said}. 'notifier incidents' lists them.")


def _means(said: str, item: Mapping[str, Any]) -> bool:
    return said.upper() == item["code"] or (len(said) >= SHORTEST and str(item["id"]).startswith(said.lower()))
