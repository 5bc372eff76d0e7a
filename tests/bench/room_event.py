"""One room event to 300 sockets against a bare broadcast of the same bytes, in a real Daphne process."""

from __future__ import annotations

import asyncio
import json
import tempfile
import time
import uuid
from pathlib import Path
from typing import Any

from websockets.asyncio.client import ClientConnection, connect

from tests import servers
from tests.bench.measure import Result, result

SOCKETS = 300
EVENTS = 21


async def _join(url: str, count: int) -> list[ClientConnection]:
    sockets: list[ClientConnection] = []
    for start in range(0, count, 25):
        more = (connect(url, compression=None, max_queue=64) for _ in range(min(25, count - start)))
        sockets += await asyncio.gather(*more)
    return sockets


async def _until(socket: ClientConnection, mark: str) -> str:
    """Read until the frame with ``mark`` is here; what it was."""
    while True:
        text = await socket.recv()
        if mark in str(text):
            return str(text)


async def _once(sockets: list[ClientConnection], frame: str, mark: str) -> tuple[float, str]:
    """Seconds from sending ``frame`` on the first socket until the last has the event."""
    start = time.perf_counter()
    readers = [asyncio.create_task(_until(socket, mark)) for socket in sockets]
    await sockets[0].send(frame)
    texts = await asyncio.gather(*readers)
    return time.perf_counter() - start, texts[-1]


def _frame(mark: str) -> str:
    args = {"words": f"宣读第 {mark} 号投标：报价 8,750,000.00 元。"}
    return json.dumps({"t": "do", "id": str(uuid.uuid4()), "verb": "ring", "args": args}, ensure_ascii=False)


async def _measure(url: str) -> tuple[list[float], list[float], int]:
    ours_at, raw_at = await _join(f"{url}/ws/room/", SOCKETS), await _join(f"{url}/ws/raw/", SOCKETS)
    for socket in ours_at:
        await socket.recv()  # hello
    mine: list[float] = []
    bare: list[float] = []
    size = 0
    for number in range(EVENTS):
        mark = f"m{number:04d}"
        took, text = await _once(ours_at, _frame(mark), mark)
        raw_took, _ = await _once(raw_at, text, mark)
        size = len(text.encode())
        if number:  # the first round warms up
            mine.append(took)
            bare.append(raw_took)
    for socket in (*ours_at, *raw_at):
        socket.transport.abort()
    return mine, bare, size


def run() -> Result:
    with tempfile.TemporaryDirectory(prefix="bench-room-") as folder:
        var = Path(folder)
        with servers.daphne(var, application="tests.bench.room_app:application") as url:
            found: Any = asyncio.run(_measure(url.replace("http://", "ws://")))
    mine, bare, size = found
    return result(
        "room_event_300",
        f"大厅的一个事件（命令、存证、事件号、{size} 字节的帧）到 {SOCKETS} 个连接全部收到",
        f"同样的字节向 {SOCKETS} 个裸 WebSocket 广播",
        mine,
        bare,
        sockets=SOCKETS,
        frame_bytes=size,
    )
