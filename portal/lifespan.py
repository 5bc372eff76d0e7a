"""ASGI lifespan for servers that speak it (uvicorn); Daphne does not, and needs none of it."""

from __future__ import annotations

from typing import Any


class Lifespan:
    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        while True:
            message = await receive()
            await send({"type": message["type"] + ".complete"})
            if message["type"] == "lifespan.shutdown":
                return
