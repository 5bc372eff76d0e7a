"""The machine of a guarantee: sealed until the hall reads it out, then judged, then ended."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from kernel.errors import Kind, Reason, ReasonForm
from kernel.guarantee_terms import GROUNDS
from kernel.machine import Machine, Move


class GuaranteeStatus(StrEnum):
    SEALED = "sealed"
    PRESENTED = "presented"
    VALID = "valid"
    REFUSED = "refused"
    DEMANDED = "demanded"
    FORFEITED = "forfeited"
    RELEASED = "released"
    EXPIRED = "expired"


LABELS = {
    GuaranteeStatus.SEALED: "密封",
    GuaranteeStatus.PRESENTED: "已公布",
    GuaranteeStatus.VALID: "核验合格",
    GuaranteeStatus.REFUSED: "核验不合格",
    GuaranteeStatus.DEMANDED: "已索赔",
    GuaranteeStatus.FORFEITED: "不予退还",
    GuaranteeStatus.RELEASED: "已退还",
    GuaranteeStatus.EXPIRED: "已到期",
}


@dataclass(frozen=True)
class GuaranteeFacts:
    """What the guards look at. ``today`` and ``valid_until`` are Beijing dates; ``bids_opened``: the
    hall has opened the bid; ``checks_failed``: number of reasons against it; ``ground``: of a demand."""

    today: date
    valid_until: date
    bids_opened: bool = False
    checked: bool = False
    checks_failed: int = 0
    ground: str = ""


NOT_OPENED = ReasonForm(
    "guarantee.not_opened",
    zh="投标文件尚未开启，保函的存在、编号与开立人保密",
    en="the bid is not open: existence, number and issuer of the guarantee are secret",
    kind=Kind.CONFLICT,
    law="20号令第二十一条；招标投标法第二十二条",
)
NOT_CHECKED = ReasonForm(
    "guarantee.not_checked", zh="保函尚未核验", en="the guarantee is not checked yet", kind=Kind.CONFLICT
)
CHECKS_FAILED = ReasonForm(
    "guarantee.checks_failed",
    zh="保函有 {count} 项核验不合格",
    en="{count} checks of the guarantee failed",
    law="12号令第二十五条",
)
CHECKS_PASSED = ReasonForm(
    "guarantee.checks_passed",
    zh="保函各项核验合格，不能认定为不合格",
    en="all checks of the guarantee passed: it cannot be refused",
    law="12号令第二十五条",
)
NO_DEMAND_GROUND = ReasonForm(
    "guarantee.no_ground",
    zh="「{ground}」不是法定的索赔事由",
    en="{ground!r} is not a lawful ground for a demand",
    law="招标投标法实施条例第三十五条、第七十四条",
)
OUT_OF_DATE = ReasonForm(
    "guarantee.out_of_date",
    zh="保函已于 {until} 到期，不能索赔",
    en="the guarantee expired on {until}: no demand is possible",
    law="法释〔2016〕24号第十一条",
)
STILL_RUNNING = ReasonForm(
    "guarantee.still_running",
    zh="保函有效期至 {until}，尚未到期",
    en="the guarantee runs until {until}",
    kind=Kind.CONFLICT,
    law="法释〔2016〕24号第十一条",
)


def _not_opened(facts: GuaranteeFacts) -> Reason | None:
    return None if facts.bids_opened else NOT_OPENED()


def _not_checked(facts: GuaranteeFacts) -> Reason | None:
    return None if facts.checked else NOT_CHECKED()


def _failed(facts: GuaranteeFacts) -> Reason | None:
    return CHECKS_FAILED(count=facts.checks_failed) if facts.checks_failed else None


def _passed(facts: GuaranteeFacts) -> Reason | None:
    return CHECKS_PASSED() if not facts.checks_failed else None


def _no_ground(facts: GuaranteeFacts) -> Reason | None:
    return None if facts.ground in GROUNDS else NO_DEMAND_GROUND(ground=facts.ground or "—")


def _out_of_date(facts: GuaranteeFacts) -> Reason | None:
    return OUT_OF_DATE(until=facts.valid_until) if facts.today > facts.valid_until else None


def _still_running(facts: GuaranteeFacts) -> Reason | None:
    return STILL_RUNNING(until=facts.valid_until) if facts.today <= facts.valid_until else None


_S = GuaranteeStatus
_SEALED, _PRESENTED = frozenset({_S.SEALED}), frozenset({_S.PRESENTED})
_HELD = frozenset({_S.VALID, _S.REFUSED})

GUARANTEE: Machine[GuaranteeStatus, GuaranteeFacts] = Machine(
    "guarantee",
    _S.SEALED,
    [
        Move("present", _SEALED, _S.PRESENTED, "20号令第二十一条、第三十条", "公布保函", (_not_opened,)),
        Move("accept", _PRESENTED, _S.VALID, "12号令第二十五条", "认定合格", (_not_checked, _failed)),
        Move("refuse", _PRESENTED, _S.REFUSED, "12号令第二十五条", "认定不合格", (_not_checked, _passed)),
        Move(
            "demand", frozenset({_S.VALID}), _S.DEMANDED, "招标投标法实施条例第三十五条、第七十四条",
            "索赔", (_no_ground, _out_of_date),
        ),
        Move("forfeit", frozenset({_S.DEMANDED}), _S.FORFEITED, "招标投标法实施条例第七十四条", "确认赔付"),
        Move(
            "release", _HELD | _SEALED | _PRESENTED | frozenset({_S.DEMANDED}), _S.RELEASED,
            "招标投标法实施条例第三十一条、第三十五条、第五十七条", "退还",
        ),
        Move(
            "expire", _HELD | _SEALED | _PRESENTED, _S.EXPIRED, "法释〔2016〕24号第十一条", "到期",
            (_still_running,),
        ),
    ],
    LABELS,
)  # fmt: skip
