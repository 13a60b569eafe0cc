"""The raw limit of texts: Twilio's own SDK over one pooled session. `python -m tests.bench.bare_sms URL N WINDOW`"""

from __future__ import annotations

import asyncio
import json
import sys
import time
import warnings

from twilio.http.async_http_client import AsyncTwilioHttpClient
from twilio.rest import Client

ACCOUNT = "AC" + "0" * 32


class Elsewhere(AsyncTwilioHttpClient):
    """Their client, sent to the sink instead of to api.twilio.com; nothing else changed."""

    def __init__(self, url: str) -> None:
        super().__init__(pool_connections=True)
        self._url = url

    async def request(self, method, url, *args, **how):  # type: ignore[no-untyped-def] # the SDK's own signature
        return await super().request(method, f"{self._url}/{url.split('/', 3)[3]}", *args, **how)


async def main(url: str, count: int, window: int) -> None:
    wire = Elsewhere(url)
    texts = Client(ACCOUNT, "token", http_client=wire).api.v2010.account.messages
    left = iter(range(count))

    async def worker() -> None:
        for number in left:
            await texts.create_async(
                to=f"+1555{number:07}",
                body="Bench School: Everybody at 10:41. Stay where you are. ABCD",
                from_="+15550100000",
                validity_period=3600,
            )

    cpu, wall = time.process_time(), time.perf_counter()
    await asyncio.gather(*(worker() for _ in range(window)))
    told = {"seconds": time.perf_counter() - wall, "cpu": time.process_time() - cpu, "count": count}
    await wire.close()
    sys.stdout.write(json.dumps(told) + "\n")


if __name__ == "__main__":
    warnings.simplefilter("ignore", DeprecationWarning)  # of aiohttp about what the SDK hands it
    asyncio.run(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
