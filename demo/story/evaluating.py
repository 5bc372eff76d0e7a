"""Chapter: the experts are drawn, sit at four sites, review, score blind, lock and sign."""

from __future__ import annotations

import asyncio
import io
import os
import random
import time
from decimal import Decimal
from typing import Any

from pypdf import PdfReader

from demo.cast import AUTHORITY, CENTER, EXPERTS, OWNER, PROJECT, Expert
from demo.clients import Client, RoomClient
from demo.method import ITEMS
from demo.stage import Stage
from kernel import draw

BASE = f"/api/v1/evaluation/{PROJECT['number']}"
PARTIES = {
    CENTER.key: "trading_center",
    AUTHORITY.key: "supervisory_authority",
    OWNER.key: "procuring_entity",
}
SITES = (("盐城主场", 2), ("大丰副场", 1), ("东台副场", 1), ("射阳副场", 1))
_REGION = "江苏省盐城市"


def register_experts(stage: Stage) -> None:
    """The pool: every expert registers with a personal certificate, the center enters the profile."""
    center = stage.clients[CENTER.key]
    for number, expert in enumerate(EXPERTS, start=1):
        person = stage.clients[f"expert-{number}"].register("expert")["person"]
        center.post("/api/v1/parties/roles", {"person": person, "role": "expert"})
        center.post("/api/v1/experts", {"person": person, "region": _REGION, **_profile(expert)})
        stage.clients[f"expert-{number}"].login()
    stage.say(f"专家库 {len(EXPERTS)} 人，分布在 {len(SITES)} 个场地")


def _profile(expert: Expert) -> dict[str, Any]:
    return {
        "specialties": [expert.specialty.split()[0]],
        "employer": expert.employer,
        "employer_credit_code": expert.employer_code,
        "site": expert.site,
        "title": expert.title,
        "years": expert.years,
    }


def draw_committee(stage: Stage) -> None:
    """Commit, reveal, order; then invitations one after the other until five have accepted."""
    center = stage.clients[CENTER.key]
    center.post(f"{BASE}/draw", {
        "number": 5, "specialties": ["A0803", "A0804", "B0801"], "reserves": 0, "reply_minutes": 60,
        "sites": [{"site": site, "seats": seats} for site, seats in SITES],
    })  # fmt: skip
    frozen = center.get(f"{BASE}/draw")
    stage.say(
        f"专家池 {frozen['pool_size']} 人（回避 {frozen['excluded']} 人），池摘要 {frozen['pool_digest'][:16]}…"
    )
    nonces = {key: os.urandom(32) for key in PARTIES}
    for key, who in PARTIES.items():
        said = draw.commitment(nonces[key], who, frozen["draw"])
        stage.clients[key].post(f"{BASE}/draw/commitments", {"who": who, "commitment": said})
    for key, who in PARTIES.items():
        stage.clients[key].post(f"{BASE}/draw/reveals", {"who": who, "nonce": nonces[key].hex()})
    _answer_invitations(stage)
    drawn = center.get(f"{BASE}/draw")
    assert drawn["seats_taken"] == drawn["size"] == 5, drawn
    stage.say(f"三方承诺并揭示，种子 {drawn['seed'][:16]}…，5 席就位")


def _answer_invitations(stage: Stage) -> None:
    """Whoever is invited accepts, but for the first of the main site, who is ill: the next one is asked."""
    declined = False
    for _ in range(len(EXPERTS)):
        answered = 0
        for number, expert in enumerate(EXPERTS, start=1):
            client = stage.clients[f"expert-{number}"]
            for invitation in client.get("/api/v1/evaluation/invitations")["invitations"]:
                accept = declined or expert.site != SITES[0][0]
                body = {"accept": accept} if accept else {"accept": False, "reason": "身体原因不能到场"}
                client.post(f"/api/v1/evaluation/invitations/{invitation['ticket']}", body)
                declined = declined or not accept
                answered += 1
        if not answered:
            break
    stage.say("一人因病不能到场，按抽取顺序递补" if declined else "无人放弃")


def _seated(stage: Stage) -> list[str]:
    """Who has a room; a worker convenes them, which on a busy machine takes its time."""
    until = time.monotonic() + 60
    while True:
        members = [f"expert-{n}" for n in range(1, len(EXPERTS) + 1)
                   if stage.clients[f"expert-{n}"].get("/api/v1/evaluation/rooms")["rooms"]]  # fmt: skip
        if members or time.monotonic() > until:
            return members
        time.sleep(0.5)


def evaluate(stage: Stage) -> None:
    members = _seated(stage)
    stage.notes["cast"]["expert"] = members[0]
    for lot in (1, 2):
        asyncio.run(_evaluate_lot(stage, lot, members))


async def _evaluate_lot(stage: Stage, lot: int, members: list[str]) -> None:
    clients = {key: stage.clients[key] for key in members}
    rooms = {
        key: await client.enter(f"/ws/evaluation/{PROJECT['number']}/{lot}/")
        for key, client in clients.items()
    }
    views = {key: await asyncio.to_thread(client.get, f"{BASE}/{lot}") for key, client in clients.items()}
    by_seat = {view["seat"]: key for key, view in views.items()}
    try:
        for key, room in rooms.items():
            await room.do("declare", signed=clients[key].sign(views[key]["sign"]))
        for room in rooms.values():
            await room.do("vote_chair", seat=min(by_seat))
        await _review(stage, lot, clients, rooms, rooms[by_seat[min(by_seat)]])
        await _score(stage, lot, clients, rooms)
        await _sign(stage, lot, clients, rooms)
    finally:
        for room in rooms.values():
            await room.leave()


async def _review(
    stage: Stage, lot: int, clients: dict[str, Client], rooms: dict[str, RoomClient], chair: RoomClient
) -> None:
    """Everybody looks at each bid's papers; a manager registered for another field is not qualified."""
    first = next(iter(clients))
    view = await asyncio.to_thread(clients[first].get, f"{BASE}/{lot}")
    rejected = []
    for bid in view["documents"]:
        paper = next(d for d in bid["documents"] if d["role"] == "qualification")
        response = await asyncio.to_thread(clients[first].http.get, paper["href"])
        response.raise_for_status()
        text = "".join(page.extract_text() for page in PdfReader(io.BytesIO(response.content)).pages)
        fit = "市政公用工程），注册编号" in text.replace("\n", "")
        if not fit:
            rejected.append(bid["alias"])
        for room in rooms.values():
            against = {} if fit else {
                "ground": "not_qualified", "document": paper["path"], "page": 1,
                "reason": "项目负责人注册专业为建筑工程，招标文件要求市政公用工程专业",
            }  # fmt: skip
            await room.do("review", bid=bid["bid"], passed=fit, **against)
    await chair.do("close_review")
    await chair.until(lambda s: s.get("step") == "scoring", "进入评分")
    said = f"否决{'、'.join(rejected)}（资格不符，招例第五十一条第三项）" if rejected else "全部通过"
    stage.say(f"{lot} 标段初步评审：{len(view['documents'])} 份投标文件，{said}")


async def _score(stage: Stage, lot: int, clients: dict[str, Client], rooms: dict[str, RoomClient]) -> None:
    view = await asyncio.to_thread(next(iter(clients.values())).get, f"{BASE}/{lot}")
    bids = [bid["bid"] for bid in view["documents"] if not bid["rejected"]]
    keys = list(rooms)
    await asyncio.gather(*(_fill(rooms[key], key, bids, lot) for key in keys if key != keys[2]))
    # The third member's line breaks half way; what was saved is there when the member comes back.
    broken = rooms[keys[2]]
    await _fill(broken, keys[2], bids[: len(bids) // 2], lot)
    await broken.leave()
    rooms[keys[2]] = back = await clients[keys[2]].enter(f"/ws/evaluation/{PROJECT['number']}/{lot}/")
    assert sorted(back.state["sheet"]) == sorted(bids[: len(bids) // 2]), "断线丢了分"
    await _fill(back, keys[2], bids[len(bids) // 2 :], lot)
    for key, room in rooms.items():
        others = [k for k in room.state if k.startswith("seat:")]
        assert not others, f"{key} 看到了别人的分：{others}"
        await room.do("lock")
    stage.say(f"{lot} 标段暗标打分 {len(keys)} 人 × {len(bids)} 家 × {len(ITEMS)} 项，一人断线重连，未丢一分")


async def _fill(room: RoomClient, key: str, bids: list[str], lot: int) -> None:
    for bid in bids:
        for item, _, _, most, objective, _ in ITEMS:
            await room.do(
                "score", bid=bid, item=item, points=_points(key, bid, item, Decimal(most), objective)
            )


def _points(key: str, bid: str, item: str, most: Decimal, objective: bool) -> str:
    """What an expert would give: objective items are what the papers say, the same for everybody."""
    if objective:
        return str((most * random.Random(f"{bid} {item}").choice((2, 3, 3)) / 3).quantize(Decimal("0.1")))
    share = Decimal(
        random.Random(f"{bid} {item}").randint(72, 92) + random.Random(f"{key} {bid} {item}").randint(-4, 6)
    )
    return str((most * share / 100).quantize(Decimal("0.1")))


async def _sign(stage: Stage, lot: int, clients: dict[str, Client], rooms: dict[str, RoomClient]) -> None:
    some = next(iter(rooms.values()))
    await some.until(lambda s: s.get("step") == "signing", "价格分与评标报告", 90)
    for key, room in rooms.items():
        view = await asyncio.to_thread(clients[key].get, f"{BASE}/{lot}")
        said = view["sign"]
        original = f"/evaluation/{PROJECT['number']}/{lot}/report.pdf?revision=original"
        sha256 = said["payload"]["report_sha256"]
        pdf = await asyncio.to_thread(clients[key].on_document, f"{BASE}/{lot}", original, sha256)
        await room.do("sign", signed=clients[key].sign(said), pdf=pdf)
    await some.until(lambda s: s.get("step") == "finished", "评标报告签完")
    authorities = sorted({EXPERTS[int(key.split("-")[1]) - 1].ca for key in clients})
    stage.say(f"{lot} 标段评标报告由 {len(rooms)} 位专家用 {len(authorities)} 家 CA 的证书签名")
