"""Check 12: candidates are the first of the ranking, the standstill was kept, award and contract follow."""

from __future__ import annotations

from datetime import timedelta

from bidtool.record.reasons import CONTRACT_LATE, NOT_THERE, OUT_OF_ORDER, PASSED_OVER, STANDSTILL
from bidtool.record.record import Record, same
from bidtool.record.rows import Row
from bidtool.record.scores import evaluations
from bidtool.record.steps import Steps
from kernel.calendar import CHINA
from kernel.clock import BEIJING, beijing
from kernel.errors import Refused

PATH = "awards.json"
MOST_CANDIDATES, STANDSTILL_DAYS, CONTRACT_DAYS = 3, 3, 30
#: 招例第五十五条: why a candidate may be passed over.
GROUNDS = frozenset({"gave_up", "force_majeure", "no_performance_security", "unlawful_conduct"})


def check(record: Record, steps: Steps) -> None:
    awards = record.optional(PATH)
    lots = awards.rows("lots") if awards is not None else []
    for lot in lots:
        with steps.at(f"{PATH}: {lot.text('lot')}"):
            _check_lot(record, lot, steps)
    if not lots:
        steps.not_yet("定标", "awards")


def _check_lot(record: Record, lot: Row, steps: Steps) -> None:
    no = lot.text("lot")
    if no not in record.lots:
        raise lot.bad("lot", "招标中没有此标段 / no such lot")
    candidates = lot.rows("candidates")
    if not candidates:
        if lot.row_or_none("award") is not None:
            raise Refused(NOT_THERE(what="中标候选人 candidates"))
        return
    _check_candidates(record, no, lot, candidates)
    _check_standstill(no, lot)
    award = lot.row_or_none("award")
    if award is not None:
        _check_award(record, no, lot, award, candidates)
    winner = award.text("bidder") if award is not None else "尚未定标"
    steps.add(
        "record.award",
        f"标段 {no}：候选人与排名一致，公示至 {beijing(lot.time('standstill_until'))}，中标人：{winner}",
        f"lot {no}: candidates follow the ranking, standstill until {lot.text('standstill_until')}, winner: "
        + (award.text("bidder") if award is not None else "not decided yet"),
        lot=no,
    )


def _check_candidates(record: Record, no: str, lot: Row, candidates: list[Row]) -> None:
    ranking = evaluations(record)
    if no not in ranking:
        raise Refused(NOT_THERE(what=f"evaluation/{no}.json"))
    # A bid that was revoked while the committee sat is in its report, and passed over here.
    standing = [
        r for r in ranking[no].rows("ranking") if record.bids[r.text("bid")].text("status") != "revoked"
    ]
    wanted = [(r.text("bid"), r.decimal("price"), r.decimal("score")) for r in standing]
    found = [(c.text("bid"), c.decimal("price"), c.decimal("score")) for c in candidates]
    same("中标候选人 candidates", lot.where, found, wanted[: len(found)])
    same("名次 rank", lot.where, [c.integer("rank") for c in candidates], [*range(1, len(candidates) + 1)])
    if len(candidates) > MOST_CANDIDATES:
        same("候选人数 count", lot.where, len(candidates), f"≤ {MOST_CANDIDATES}")
    for candidate in candidates:
        _check_bidder(record, candidate)


def _check_bidder(record: Record, row: Row) -> None:
    bidder = record.opening(row.text("bid")).row("bidder")
    same("投标人 bidder", row.where, row.text("bidder"), bidder.text("name"))
    same("统一社会信用代码 credit_code", row.where, row.text("credit_code"), bidder.text("credit_code"))


def _check_standstill(no: str, lot: Row) -> None:
    start, end = lot.time("announced_at"), lot.time("standstill_until")
    if end < CHINA.end_of_period(start, STANDSTILL_DAYS):
        raise Refused(STANDSTILL(lot=no, start=beijing(start), end=beijing(end)))
    for row in lot.rows("objections"):
        if row.time_or_none("answered_at") is None and lot.row_or_none("award") is not None:
            raise row.bad("answered_at", "异议未答复而已定标 / awarded before the objection was answered")


def _check_award(record: Record, no: str, lot: Row, award: Row, candidates: list[Row]) -> None:
    by_bid = {c.text("bid"): c for c in candidates}
    if award.text("bid") not in by_bid:
        raise award.bad("bid", "中标人不在候选人之列 / not a candidate")
    _check_bidder(record, award)
    chosen = by_bid[award.text("bid")]
    same("中标价 price", award.where, award.decimal("price"), chosen.decimal("price"))
    excused = {row.text("bid") for row in award.rows("passed_over") if row.text("ground") in GROUNDS}
    for candidate in candidates[: chosen.integer("rank") - 1]:
        if record.tender.flag("state_funded") and candidate.text("bid") not in excused:
            raise Refused(PASSED_OVER(lot=no, rank=candidate.integer("rank")))
    decided, end = award.time("decided_at"), lot.time("standstill_until")
    if decided < end:
        raise Refused(
            OUT_OF_ORDER(earlier="公示期满", earlier_at=beijing(end), later="定标", later_at=beijing(decided))
        )
    contract = lot.row_or_none("contract")
    if contract is not None:
        _check_contract(no, award, contract)


def _check_contract(no: str, award: Row, contract: Row) -> None:
    same("合同价 price", contract.where, contract.decimal("price"), award.decimal("price"))
    notified = award.time("notified_at")
    start, signed = notified.astimezone(BEIJING).date(), contract.day("signed_on")
    end = max(CHINA.last_day_of_period(notified, CONTRACT_DAYS), start + timedelta(days=CONTRACT_DAYS))
    if not start <= signed <= end:
        raise Refused(CONTRACT_LATE(lot=no, found=signed, start=start, end=end))
