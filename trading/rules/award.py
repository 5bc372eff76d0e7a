"""Candidates, standstill, award, contract: what 招例 arts. 53–58 and 招法 arts. 45–46 ask."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from kernel.calendar import CHINA
from kernel.clock import BEIJING
from kernel.errors import Kind, Reason, ReasonForm
from kernel.guarantee_terms import figure
from trading.rules.rulebook import Rulebook

_ACT, _R = "招标投标法", "招标投标法实施条例"

RANKING_BAD = ReasonForm(
    "award.ranking_bad",
    zh="评标结果不合格：{why}",
    en="the evaluation result is not acceptable: {why}",
    law=f"{_R}第五十三条",
    field="ranking",
)
TOO_MANY = ReasonForm(
    "award.too_many_candidates",
    zh="中标候选人 {found} 个，不得超过 {most} 个",
    en="{found} candidates: at most {most} are possible",
    law=f"{_R}第五十三条",
    field="candidates",
)
NOT_THE_REPORT = ReasonForm(
    "award.not_as_reported",
    zh="公示的中标候选人应与评标报告推荐的名单和排序一致",
    en="the candidates on show must be those of the evaluation report, in its order",
    law=f"{_ACT}第四十条；{_R}第五十四条",
    field="candidates",
)
STANDSTILL_TOO_SHORT = ReasonForm(
    "award.standstill_too_short",
    zh="公示期 {found} 日，不得少于 {least} 日",
    en="a standstill of {found} days: at least {least} are needed",
    law=f"{_R}第五十四条",
    field="standstill_days",
)
NOT_A_CANDIDATE = ReasonForm(
    "award.not_a_candidate",
    zh="中标人应在评标委员会推荐的中标候选人中确定",
    en="the winner must be one of the committee's candidates",
    law=f"{_ACT}第四十条、第五十七条",
    field="bid",
)
NOT_FIRST = ReasonForm(
    "award.not_first",
    zh="国有资金占控股或者主导地位的项目应确定排名第一的中标候选人；排名第 {rank} 的候选人没有法定的另定事由",
    en="a project of state funds goes to the first candidate; no listed ground is given against rank {rank}",
    law=f"{_R}第五十五条",
    field="bid",
)
GROUND_UNKNOWN = ReasonForm(
    "award.ground_not_listed",
    zh="「{ground}」不是另定中标人的法定事由",
    en="{ground} is not among the grounds for passing over a candidate",
    law=f"{_R}第五十五条",
    field="passed_over",
)
NOTE_MISSING = ReasonForm(
    "award.ground_not_explained",
    zh="不定排名第 {rank} 的候选人，应写明事实",
    en="say the facts for passing over the candidate of rank {rank}",
    law=f"{_R}第五十五条",
    field="passed_over",
)
WINNER_STANDS = ReasonForm(
    "award.winner_stands",
    zh="现中标人没有被依法取消，不能另定中标人",
    en="the present winner is not lawfully passed over: no other award is possible",
    kind=Kind.CONFLICT,
    law=f"{_R}第五十五条",
    field="passed_over",
)
LETTERS_MISSING = ReasonForm(
    "award.letters_missing",
    zh="中标结果应同时通知所有未中标的投标人，还缺：{who}",
    en="all losers are told the result at the same time; missing: {who}",
    law=f"{_ACT}第四十五条",
    field="letters",
)
PRICE_DIFFERS = ReasonForm(
    "contract.price_differs",
    zh="合同价 {found} 与中标价 {wanted} 不一致，合同不得背离投标文件的实质性内容",
    en="the contract price {found} differs from the award {wanted}: no deviation in substance",
    law=f"{_ACT}第四十六条；{_R}第五十七条",
    field="price",
)
SECURITY_OVER_CAP = ReasonForm(
    "contract.performance_security_over_cap",
    zh="履约保证金 {found} 超过中标合同金额的 10%（{cap}）",
    en="the performance security {found} is over 10 % of the contract price ({cap})",
    law=f"{_R}第五十八条",
    field="performance_security",
)
SIGNED_TOO_EARLY = ReasonForm(
    "contract.signed_before_notice",
    zh="合同签订日期 {found} 早于中标通知书发出日期 {notice} 或晚于今天",
    en="the contract is dated {found}, before the acceptance notice of {notice} or after today",
    law=f"{_ACT}第四十六条",
    field="signed_on",
)
SIGNED_LATE = ReasonForm(
    "contract.signed_late",
    zh="合同于 {found} 签订，晚于中标通知书发出后 {most} 日（{limit}）",
    en="the contract was signed on {found}, later than {most} days after the notice ({limit})",
    law=f"{_ACT}第四十六条",
)
ANNOUNCED_LATE = ReasonForm(
    "award.announced_late",
    zh="中标候选人应自收到评标报告之日起 {most} 日内公示，期限为 {limit}",
    en="candidates go on show within {most} days of the report, by {limit}",
    law=f"{_R}第五十四条",
)

#: Why a candidate may be passed over (招例第五十五条), code → words.
PASSED_OVER = {
    "gave_up": "放弃中标",
    "force_majeure": "因不可抗力不能履行合同",
    "no_performance_security": "不按照招标文件要求提交履约保证金",
    "unlawful_conduct": "被查实存在影响中标结果的违法行为等情形，不符合中标条件",
}


@dataclass(frozen=True)
class Ranked:
    """One ranked bid of the report."""

    bid: str
    rank: int
    price: Decimal


def ranking_reasons(
    ranking: Sequence[Ranked], rejected: Sequence[str], opened: Mapping[str, Decimal | None]
) -> tuple[Reason, ...]:
    """``opened``: every opened bid of the lot → its read-out price. Each is ranked once or rejected once,
    ranks run 1, 2, 3 …, and no price has changed since the read-out."""
    named = [row.bid for row in ranking] + list(rejected)
    if sorted(named) != sorted(opened):
        return (
            RANKING_BAD(
                why="每份已开启的投标应恰好排名或否决一次 / each opened bid is ranked or rejected once"
            ),
        )
    if [row.rank for row in ranking] != list(range(1, len(ranking) + 1)) or not ranking:
        return (RANKING_BAD(why="名次应为 1、2、3… / ranks must run 1, 2, 3 …"),)
    if any(opened[row.bid] != row.price for row in ranking):
        return (RANKING_BAD(why="报价与开标记录不一致 / a price differs from the opening record"),)
    return ()


def candidate_reasons(wanted: Sequence[str], ranked: Sequence[str], book: Rulebook) -> tuple[Reason, ...]:
    """The candidates on show are the first of the report, three at most."""
    most = book.candidates_most.days
    if len(wanted) > most:
        return (TOO_MANY(found=len(wanted), most=most),)
    if not wanted or list(wanted) != list(ranked[: len(wanted)]):
        return (NOT_THE_REPORT(),)
    return ()


def standstill_reason(days: int, book: Rulebook) -> Reason | None:
    least = book.standstill_days.days
    return STANDSTILL_TOO_SHORT(found=days, least=least) if days < least else None


def standstill_end(start: datetime, days: int) -> datetime:
    """24:00 of the last day; a last day off moves to the next working day (民法典第二百零一、二百零三条)."""
    return CHINA.end_of_period(start, days)


def resumed_standstill(until: datetime, paused_since: datetime, now: datetime) -> datetime:
    """The end of a standstill that was paused from ``paused_since`` to ``now``: what was left is added,
    up to 24:00 of that day, moved off days off."""
    rest = max(until - paused_since, timedelta())
    # Counted from the moment before, so that an end at exactly 24:00 stays on its own day.
    last = now + rest - timedelta(microseconds=1)
    return CHINA.end_of_period(last, 0)


def announced_late(received: datetime, now: datetime, book: Rulebook) -> Reason | None:
    """A warning, never a block: a late publication is still better than none."""
    limit = CHINA.end_of_period(received, book.candidates_within_days.days)
    if now < limit:
        return None
    last = CHINA.last_day_of_period(received, book.candidates_within_days.days)
    return ANNOUNCED_LATE(most=book.candidates_within_days.days, limit=last)


def award_reasons(
    bid: str, ranks: Mapping[str, int], passed_over: Mapping[str, tuple[str, str]], state_funded: bool
) -> tuple[Reason, ...]:
    """``ranks``: candidate bid → rank; ``passed_over``: bid → (ground, note). With state funds every better
    candidate needs a listed ground; without, any candidate may win, but given grounds must be listed."""
    if bid not in ranks:
        return (NOT_A_CANDIDATE(),)
    found: list[Reason] = []
    for other, (ground, note) in passed_over.items():
        if ground not in PASSED_OVER:
            found.append(GROUND_UNKNOWN(ground=ground))
        elif other not in ranks or other == bid:
            found.append(NOT_A_CANDIDATE())
        elif not note.strip():
            found.append(NOTE_MISSING(rank=ranks[other]))
    if state_funded:
        better = sorted((rank, other) for other, rank in ranks.items() if rank < ranks[bid])
        found += [NOT_FIRST(rank=rank) for rank, other in better if other not in passed_over]
    return tuple(found)


@dataclass(frozen=True)
class ContractPlan:
    price: Decimal
    signed_on: date
    performance_security: Decimal | None = None


def contract_reasons(
    plan: ContractPlan, award_price: Decimal, notified_at: datetime, now: datetime, book: Rulebook
) -> tuple[Reason, ...]:
    found: list[Reason] = []
    if plan.price != award_price:
        found.append(PRICE_DIFFERS(found=figure(plan.price), wanted=figure(award_price)))
    cap = (plan.price * book.performance_percent.value / 100).quantize(Decimal("0.01"), rounding="ROUND_DOWN")
    if plan.performance_security is not None and plan.performance_security > cap:
        found.append(SECURITY_OVER_CAP(found=figure(plan.performance_security), cap=figure(cap)))
    notice = notified_at.astimezone(BEIJING).date()
    if not notice <= plan.signed_on <= now.astimezone(BEIJING).date():
        found.append(SIGNED_TOO_EARLY(found=plan.signed_on, notice=notice))
    return tuple(found)


def signed_late(signed_on: date, notified_at: datetime, book: Rulebook) -> Reason | None:
    """A warning: the contract stands, the lateness is recorded (process.md §16)."""
    limit = CHINA.last_day_of_period(notified_at, book.contract_days.days)
    if signed_on <= limit:
        return None
    return SIGNED_LATE(found=signed_on, most=book.contract_days.days, limit=limit)


def read_passed_over(value: Any) -> dict[str, tuple[str, str]]:
    """``[{"bid", "ground", "note"}]`` → bid → (ground, note)."""
    from trading.rules import fields

    rows = fields.rows(value, "passed_over", most=3)
    return {
        fields.text(row, "bid", limit=40): (
            fields.text(row, "ground", limit=40),
            fields.text(row, "note", limit=1000, optional=True),
        )
        for row in rows
    }
