"""Check 9: every draw recomputed from pool, commitments and reveals; its acts in the right order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import cast

from bidtool.record.reasons import COMMITTEE, NOT_THERE, OUT_OF_ORDER
from bidtool.record.record import Record, same
from bidtool.record.rows import Row
from bidtool.record.steps import Steps
from kernel import draw
from kernel.errors import Refused

PATH, AGENCY = "draw.json", "agency.json"
FEWEST_MEMBERS = 5
#: Whose nonces are mixed, in words; a record may name others, which are shown as it names them.
WHO_ZH = {
    "trading_center": "交易中心",
    "supervisory_authority": "行政监督部门",
    "procuring_entity": "招标人",
    "client": "项目业主",
}


def check(record: Record, steps: Steps) -> None:
    draws = record.optional(PATH)
    evaluated = [lot for lot in record.lots if record.optional(f"evaluation/{lot}.json") is not None]
    if draws is None and evaluated:
        raise Refused(NOT_THERE(what=PATH))
    for row in draws.rows("draws") if draws is not None else []:
        with steps.at(row.where):
            _check_draw(record, row, steps)
    agency = record.optional(AGENCY)
    if agency is not None:
        with steps.at(AGENCY):
            _check_agency(record, agency, steps)
    if draws is None and agency is None:
        steps.not_yet("抽取", "draws")
    for lot in evaluated if draws is not None else []:
        with steps.at(f"evaluation/{lot}.json"):
            _check_seats(lot, record.folder.json(f"evaluation/{lot}.json"), cast(Row, draws))


def _check_draw(record: Record, row: Row, steps: Steps) -> list[str]:
    """The result, in the order of the draw; empty for a void one."""
    commitments = {c.text("who"): c.hex("commitment", 32) for c in row.rows("commitments")}
    reveals = {r.text("who"): bytes.fromhex(r.hex("nonce", draw.NONCE_SIZE)) for r in row.rows("reveals")}
    _check_acts(record, row)
    name, entries, order = row.text("id"), row.texts("entries"), row.texts("order")
    if not order:
        same("抽取结果 result", row.where, row.items("result"), [])
        same("名单摘要 pool_digest", row.where, row.text("pool_digest"), draw.pool_digest(entries))
        steps.add("record.draw_void", f"{name}：作废，没有结果", f"{name}: void, without a result")
        return []
    found = draw.verify(entries, row.hex("pool_digest", 32), commitments, reveals, order, name)
    same("抽取顺序 order", row.where, order, list(found.order))
    skipped = {s.text("entry") for s in row.rows("skipped")}
    seats = [(s.text("site", empty=True), s.integer("seats")) for s in row.rows("sites")]
    result = taken(order, skipped, row.integer("count"), seats)
    same("抽取结果 result", row.where, row.texts("result"), result)
    steps.add(
        "record.draw",
        f"{name}：{len(entries)} 个签号，{'、'.join(WHO_ZH.get(who, who) for who in sorted(commitments))} 的随机数均与承诺相符，"
        f"种子 {found.seed}，顺序与结果（{len(result)} 个，跳过 {len(skipped)} 个）重算一致",
        f"{name}: {len(entries)} entries, nonces match their commitments, seed {found.seed}, order and result "
        f"({len(result)}, {len(skipped)} passed over) recomputed",
        draw=name,
        seed=found.seed,
        pool_digest=found.pool_digest,
    )
    return result


def taken(order: Sequence[str], skipped: set[str], count: int, seats: Sequence[tuple[str, int]]) -> list[str]:
    """The first ``count`` of the order that are not skipped, as long as their site has free seats."""
    free: dict[str, int] = dict(seats)
    out: list[str] = []
    for entry in order:
        if entry in skipped or len(out) >= count:
            continue
        site = entry.rpartition("@")[2]
        quota = site if site in free else ""
        if seats and free.get(quota, 0) <= 0:
            continue
        free[quota] = free.get(quota, 0) - 1
        out.append(entry)
    return out


def _check_acts(record: Record, row: Row) -> None:
    """Each act carries its commitment or nonce; all commitments stand before the first reveal."""
    last = first = None
    for c in row.rows("commitments"):
        act = record.acts.saying(c.text("act"), c.where, c.text("commitment"), "承诺 commitment")
        last = act if last is None or act.index > last.index else last
    for r in row.rows("reveals"):
        act = record.acts.saying(r.text("act"), r.where, r.text("nonce"), "随机数 nonce")
        first = act if first is None or act.index < first.index else first
    if last is not None and first is not None and last.index >= first.index:
        raise Refused(
            OUT_OF_ORDER(
                earlier="承诺 commitment", earlier_at=last.index, later="揭示 reveal", later_at=first.index
            )
        )


def _check_agency(record: Record, agency: Row, steps: Steps) -> None:
    for act in agency.texts("acts"):
        record.acts.named(act, AGENCY)
    result = _check_draw(record, agency.row("draw"), steps)
    chosen = agency.row("chosen")
    same("中选机构 chosen", chosen.where, [chosen.text("entry")], result[:1])
    agent = record.tender.row_or_none("agent")
    if agent is not None:
        same("招标代理机构 agent", AGENCY, chosen.text("credit_code"), agent.text("credit_code"))


def _check_seats(lot: str, evaluation: Row, draws: Row) -> None:
    """Who sits in the room was drawn; five or more and odd (招法第三十七条)."""
    people: dict[str, Mapping[str, object]] = {}
    order: set[str] = set()
    result: set[str] = set()
    for row in draws.rows("draws"):
        order |= set(row.texts("order"))
        result |= set(row.texts("result"))
        people |= {
            entry: dict(who) for entry, who in row.row("people").value.items() if isinstance(who, dict)
        }
    seated = [seat for seat in evaluation.rows("seats") if not seat.flag("vacated")]
    if len(seated) < FEWEST_MEMBERS or len(seated) % 2 == 0:
        raise Refused(COMMITTEE(lot=lot, found=len(seated)))
    entries = [seat.text("entry") for seat in seated]
    same("席位签号 entry", evaluation.where, len(set(entries)), len(entries))
    for seat in evaluation.rows("seats"):
        entry = seat.text("entry", empty=True)
        if entry not in (order if seat.flag("vacated") else result):
            same("席位签号 entry", seat.where, entry, "draw.json")
        if entry in people and seat.text("name", empty=True):
            same("席位姓名 name", seat.where, seat.text("name"), people[entry].get("name"))
