"""Chapter: the opening hall over WebSocket, from roll call to the signed record."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

from demo.cast import AUTHORITY, BIDDERS, CENTER, OWNER, PROJECT, Bidder
from demo.clients import RoomClient
from demo.stage import Stage
from demo.story.announcing import TENDER
from demo.story.bidding import envelope_of, key_arguments, late_is_refused, server
from kernel.clock import parse_iso

HALL = f"/ws/halls/{PROJECT['number']}/"
_AT_ONCE = 2


def run(stage: Stage) -> None:
    deadline = parse_iso(stage.notes["deadline"])
    stage.advance(deadline - timedelta(minutes=30), "开标前半小时，开标大厅开放签到")
    for key in _present():
        stage.clients[key].login()
    asyncio.run(_session(stage))


def _present() -> list[str]:
    """Who is in the hall: the host, the entity, the supervisor, and every bidder."""
    return [CENTER.key, OWNER.key, AUTHORITY.key, *(b.organization.key for b in BIDDERS)]


async def _session(stage: Stage) -> None:
    rooms = {key: await stage.clients[key].enter(HALL) for key in _present()}
    try:
        await _roll_call(stage, rooms)
        await _decrypt(stage, rooms)
        await _read_out(stage, rooms)
        await _objection(stage, rooms)
        await _record(stage, rooms)
        await _all_have_heard(rooms)
        states = [room.state for room in rooms.values()]
        assert all(state == states[0] for state in states), "大厅里各方看到的状态不一致"
        stage.say(f"{len(rooms)} 个席位收到同样的 {rooms[CENTER.key].seq} 个事件")
    finally:
        for room in rooms.values():
            await room.leave()


async def _all_have_heard(rooms: dict[str, RoomClient]) -> None:
    """Each node tells its own sockets: the last event may reach one a moment after the other."""
    newest = max(room.seq for room in rooms.values())
    for key, room in rooms.items():
        await room.until(lambda state, room=room: room.seq >= newest, f"{key} 收到第 {newest} 个事件")


async def _roll_call(stage: Stage, rooms: dict[str, RoomClient]) -> None:
    for room in rooms.values():
        await room.do("sign_in")
    before = await asyncio.to_thread(stage.clients[CENTER.key].get, f"{TENDER}/opening")
    assert before["bids"] == [], "截止前看得到投标"
    stage.say("各方签到；截止前大厅里没有家数、名单和报价")
    deadline = parse_iso(stage.notes["deadline"])
    await asyncio.to_thread(stage.advance, deadline + timedelta(seconds=2), "投标截止时间已过")
    await asyncio.to_thread(late_is_refused, stage)
    host = rooms[CENTER.key]
    await host.do("start")
    await host.until(lambda s: s.get("step") == "decrypting", "解密开始")
    stage.say(f"主持人宣布开标，公布 {len(host.state['bids'])} 份投标文件")


async def _decrypt(stage: Stage, rooms: dict[str, RoomClient]) -> None:
    await asyncio.to_thread(_release_all, stage)
    host = rooms[CENTER.key]
    await host.until(
        lambda s: all(b.get("decryption") != "waiting" for b in s["bids"].values()), "全部投标文件开启"
    )
    ways = [b.get("decryption") for b in host.state["bids"].values()]
    stage.say(f"{ways.count('opened')} 份由投标人自己的密钥开启，{ways.count('quorum')} 份由托管人分片开启")


def _release_all(stage: Stage) -> None:
    """Every bidder from its own client; the one whose key is lost asks the custodians."""
    own, lost = [], []
    for bidder in BIDDERS:
        for lot in (1, 2):
            attempt = 2 if bidder.twist == "withdraws_and_resubmits" and lot == 1 else 1
            if lot == 2 and bidder.twist in ("late_in_lot_2", "damaged_in_lot_2"):
                continue
            (lost if bidder.twist == "key_lost" and lot == 1 else own).append((bidder, lot, attempt))
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        list(pool.map(lambda one: _release(stage, *one), own))
    for bidder, lot, attempt in lost:
        key = bidder.organization.key
        envelope = str(envelope_of(stage, bidder, lot, attempt))
        stage.bidtool(key, "key-lost", envelope, "--reason", "密钥介质损坏", *server(stage, key))
        stage.say(f"{bidder.organization.name}报失密钥，交易中心与住建局在各自电脑上解开分片")
    for custodian in (CENTER.key, AUTHORITY.key):
        stage.bidtool(custodian, "login", *key_arguments(stage, custodian), *_session_file(stage, custodian),
                      "--platform", stage.base)  # fmt: skip
        stage.bidtool(custodian, "share", PROJECT["number"], *key_arguments(stage, custodian),
                      *_session_file(stage, custodian))  # fmt: skip


def _session_file(stage: Stage, key: str) -> list[str]:
    return [*server(stage, key), "--session", str(stage.person(key) / "session.json")]


def _release(stage: Stage, bidder: Bidder, lot: int, attempt: int) -> None:
    key = bidder.organization.key
    own = key_arguments(stage, key) if bidder.organization.ca == "demo-ca-3" else []
    stage.bidtool(key, "open", str(envelope_of(stage, bidder, lot, attempt)), *own, *server(stage, key))


async def _read_out(stage: Stage, rooms: dict[str, RoomClient]) -> None:
    host = rooms[CENTER.key]
    while True:
        view = await asyncio.to_thread(stage.clients[CENTER.key].get, f"{TENDER}/opening")
        if not view["next_to_read"]:
            break
        await host.do("read_out", bid=view["next_to_read"])
    bids = host.state["bids"].values()
    await host.until(lambda s: all(b.get("guarantee", {}).get("state") in ("valid", "refused")
                                   for b in s["bids"].values()), "保函核验")  # fmt: skip
    for bid in sorted(bids, key=lambda b: (b["lot"], b["no"])):
        verdict: dict[str, Any] = bid["guarantee"]
        stage.say(
            f"唱标 {bid['lot']} 第 {bid['no']} 家 {bid['bidder']} ¥{bid['price']}　保函：{verdict['say'] or verdict['state']}"
        )


async def _objection(stage: Stage, rooms: dict[str, RoomClient]) -> None:
    bidder, host = rooms[BIDDERS[3].organization.key], rooms[OWNER.key]
    raised = await bidder.do(
        "raise_objection", text="对本单位保函金额不足的认定有异议：保函金额系按施工图预算 2% 的 65% 计算。"
    )
    answer = "招标文件第 3.4 条与公告载明一标段投标担保为 160,000.00 元，保函载明 120,000.00 元，以招标文件为准，提交评标委员会评审。"
    await host.do("answer_objection", objection=raised["objection"], answer=answer)
    await rooms[CENTER.key].do("close_objections")
    stage.say("一项异议当场提出、当场答复（招标投标法实施条例第四十四条）")


async def _record(stage: Stage, rooms: dict[str, RoomClient]) -> None:
    record = None
    for _ in range(300):
        record = (await asyncio.to_thread(stage.clients[CENTER.key].get, f"{TENDER}/opening"))["record"]
        if record:
            break
        await asyncio.sleep(0.2)
    if not record:
        raise SystemExit("等不到开标记录")
    for key, room in rooms.items():
        client = stage.clients[key]
        original = f"{record['pdf']}?revision=original"
        pdf = await asyncio.to_thread(client.on_document, f"{TENDER}/opening", original, record["pdf_sha256"])
        await room.do("sign_record", signed=client.sign(record["statement"]), pdf=pdf)
    host = rooms[CENTER.key]
    await host.do("close")
    await host.until(lambda s: s.get("step") == "closed", "闭会")
    stage.say(
        f"开标记录（PDF，SHA-256 {record['pdf_sha256'][:16]}…）由 {len(rooms)} 方在文件本身上签名，闭会"
    )
