"""The raw limit of a press: an aiohttp server that answers 202 and does nothing. `python -m tests.bench.bare_server`"""

from __future__ import annotations

import asyncio
import sys

from aiohttp import web


async def main() -> None:
    async def accepted(_request: web.BaseRequest) -> web.Response:
        return web.json_response({"incident": "x"}, status=202)

    server = await asyncio.get_running_loop().create_server(web.Server(accepted), "127.0.0.1", 0)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
