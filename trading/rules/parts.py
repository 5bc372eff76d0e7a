"""A bid in two envelopes (双信封): its parts, what makes it one bid, when each part may be opened.

The envelopes of one bid are sealed under one pseudonym, each with its own content key. Both must be there at the
deadline. The technical part is opened at the first session; the price part at the second, and only of those who
passed the technical evaluation (交通运输部令2015年第24号《公路工程建设项目招标投标管理办法》 asks for it [K]).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from kernel.bid_rules import PART_ZH, PRICE, SCHEMES
from kernel.errors import Kind, Reason, ReasonForm
from trading.rules.bids import clock_words
from trading.rules.statuses import SESSION_ZH, LotStatus, SessionStatus

FIRST, SECOND = 1, 2
STAGE_ZH = {FIRST: "第一信封开标", SECOND: "第二信封（报价）开标"}

PART_MISSING = ReasonForm(
    "bid.part_missing",
    zh="本标段为双信封，还缺{missing}；截止时缺任何一部分的，视为撤回投标文件，不予开启",
    en="the lot takes two envelopes; still missing: {missing}. At the deadline an incomplete bid counts as withdrawn",
    kind=Kind.CONFLICT,
    law="电子招标投标办法第二十七条",
)
NOT_PASSED = ReasonForm(
    "bid.technical_not_passed",
    zh="技术部分未通过评审，报价部分不予开启，保持密封",
    en="the technical part did not pass: the price part is not opened and stays sealed",
    kind=Kind.CONFLICT,
    law="招标投标法实施条例第四十九条",
)
FIRST_GONE = ReasonForm(
    "bid.first_envelope_gone",
    zh="技术部分已撤销或没有开启，报价部分不予开启，保持密封",
    en="the technical part was revoked or did not open: the price part is not opened and stays sealed",
    kind=Kind.CONFLICT,
    law="招标投标法实施条例第三十五条；电子招标投标办法第三十一条",
)
NOT_YET = ReasonForm(
    "bid.part_sealed_until_second",
    zh="报价部分在第二信封开标开始之前不得开启，现在不接受它的密钥和分片",
    en="the price part stays sealed until the second opening begins: neither its key nor a share is taken now",
    kind=Kind.CONFLICT,
    law="电子招标投标办法第三十条；招标投标法实施条例第四十九条",
)
NO_SECOND = ReasonForm(
    "opening.no_second_envelope",
    zh="本次招标没有等待开启第二信封的标段",
    en="no lot of this tender waits for its second envelopes",
    kind=Kind.CONFLICT,
    law="招标投标法实施条例第四十九条",
)
TECHNICAL_PENDING = ReasonForm(
    "opening.technical_pending",
    zh="标段 {lots} 的技术评审还没有结束，不能开启第二信封",
    en="the technical evaluation of lots {lots} is not over: second envelopes stay sealed",
    kind=Kind.CONFLICT,
    law="招标投标法实施条例第四十九条",
)
FIRST_OPEN = ReasonForm(
    "opening.first_not_closed",
    zh="第一信封开标会当前处于「{step}」，闭会之后才能安排第二信封开标",
    en="the first opening is at {step}: it must be closed first",
    kind=Kind.CONFLICT,
    law="招标投标法第三十六条",
)
CONVENED = ReasonForm(
    "opening.second_convened",
    zh="第二信封开标已安排在 {at}",
    en="the second opening is convened for {at}",
    kind=Kind.CONFLICT,
    law="招标投标法第三十六条",
)
IN_THE_PAST = ReasonForm(
    "opening.second_in_the_past",
    zh="第二信封开标时间 {at} 已经过去",
    en="the time of the second opening, {at}, is past",
    field="opens_at",
    law="招标投标法第三十四条",
)
RESULT_STANDS = ReasonForm(
    "lot.technical_result_stands",
    zh="第二信封已经开始开标，技术评审结果不能再改",
    en="second envelopes are being opened: the technical result stands",
    kind=Kind.CONFLICT,
    law="招标投标法实施条例第四十九条",
)
OTHER_BIDDER = ReasonForm(
    "bid.other_bidder_in_part",
    zh="报价部分的投标人是「{found}」，技术部分的是「{expected}」",
    en="the price part is of {found}, the technical part of {expected}",
    law="招标投标法第二十七条",
)


def stage_of(part: str) -> int:
    """At which opening a part is opened."""
    return SECOND if part == PRICE else FIRST


def missing_parts(scheme: str, here: Collection[str]) -> tuple[str, ...]:
    """The parts that a bid still lacks, in the order of opening."""
    return tuple(part for part in SCHEMES[scheme] if part not in here)


def part_missing(scheme: str, here: Collection[str]) -> Reason | None:
    missing = missing_parts(scheme, here)
    return PART_MISSING(missing="、".join(PART_ZH[part] for part in missing)) if missing else None


@dataclass(frozen=True)
class SecondFacts:
    """``lots``: number and status of every lot in two envelopes; ``first``, ``second``: the sessions' statuses."""

    now: datetime
    opens_at: datetime
    lots: tuple[tuple[str, LotStatus], ...]
    first: SessionStatus | None
    second_at: datetime | None = None


def second_reasons(facts: SecondFacts) -> list[Reason]:
    """What stands against convening the opening of second envelopes."""
    waiting = [no for no, status in facts.lots if status is LotStatus.TECHNICAL_EVALUATED]
    pending = [no for no, status in facts.lots if status in (LotStatus.PENDING, LotStatus.EVALUATING)]
    found = (
        FIRST_OPEN(step=_step(facts.first)) if facts.first is not SessionStatus.CLOSED else None,
        CONVENED(at=clock_words(facts.second_at)) if facts.second_at is not None else None,
        TECHNICAL_PENDING(lots="、".join(pending)) if pending else None,
        NO_SECOND() if not waiting and not pending else None,
        IN_THE_PAST(at=clock_words(facts.opens_at)) if facts.opens_at < facts.now else None,
    )
    return [reason for reason in found if reason is not None]


def _step(status: SessionStatus | None) -> str:
    return SESSION_ZH[status or SessionStatus.SIGN_IN]
