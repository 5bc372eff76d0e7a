"""否决投标: the closed list of grounds (process.md §8). Nothing else may reject a bid."""

from __future__ import annotations

from dataclasses import dataclass

from kernel.errors import Kind, ReasonForm, Refused

UNKNOWN_GROUND = ReasonForm(
    "rejection.ground_not_listed",
    zh="「{ground}」不在法定否决事由之内，不得据此否决投标",
    en="{ground} is not among the lawful grounds: a bid may not be rejected for it",
    kind=Kind.INVALID,
    law="招标投标法实施条例第四十九条、第五十一条",
    field="ground",
)
FORBIDDEN_GROUND = ReasonForm(
    "rejection.ground_forbidden",
    zh="不得以「{ground}」为由否决投标",
    en="{ground} may never be a ground for rejection",
    kind=Kind.INVALID,
    law="招标投标法实施条例第二十七条、第五十条",
    field="ground",
)


@dataclass(frozen=True)
class Ground:
    """``code`` in records, ``zh``/``en`` for people, ``law`` the article that allows it."""

    code: str
    zh: str
    en: str
    law: str


_R = "招标投标法实施条例"
_ALL = (
    Ground("not_signed", "投标文件未经投标单位盖章和单位负责人签字", "neither sealed nor signed by its head", f"{_R}第五十一条第一项"),
    Ground("no_joint_agreement", "投标联合体没有提交共同投标协议", "a consortium without its agreement", f"{_R}第五十一条第二项"),
    Ground("not_qualified", "投标人不符合国家或者招标文件规定的资格条件", "not qualified", f"{_R}第五十一条第三项"),
    Ground("several_bids", "同一投标人提交两个以上不同的投标文件或者投标报价", "two different bids or prices", f"{_R}第五十一条第四项"),
    Ground("under_cost", "投标报价低于成本", "a price under cost", f"{_R}第五十一条第五项；12号令第二十一条"),
    Ground("over_ceiling", "投标报价高于招标文件设定的最高投标限价", "a price over the ceiling", f"{_R}第五十一条第五项"),
    Ground("not_responsive", "投标文件没有对招标文件的实质性要求和条件作出响应", "no response to material requirements", f"{_R}第五十一条第六项"),
    Ground("unlawful_conduct", "投标人有串通投标、弄虚作假、行贿等违法行为", "collusion, fraud or bribery", f"{_R}第五十一条第七项"),
    Ground("guarantee_defective", "没有按照招标文件要求提供投标担保或者所提供的投标担保有瑕疵", "no or a defective bid security", "12号令第二十五条第一项"),
    Ground("period_over_limit", "投标文件载明的招标项目完成期限超过招标文件规定的期限", "a period over the limit", "12号令第二十五条第三项"),
    Ground("off_standards", "明显不符合技术规格、技术标准的要求", "plainly off the technical standards", "12号令第二十五条第四项"),
    Ground("unacceptable_conditions", "投标文件附有招标人不能接受的条件", "conditions that cannot be accepted", "12号令第二十五条第六项"),
    Ground("same_control", "单位负责人为同一人或者存在控股、管理关系的不同单位参加同一标段投标", "bidders under one head or control in one lot", f"{_R}第三十四条"),
    Ground("consortium_changed", "资格预审后联合体增减、更换成员，或者成员又另行投标", "a consortium changed, or a member bid again", f"{_R}第三十七条"),
)  # fmt: skip
GROUNDS: dict[str, Ground] = {ground.code: ground for ground in _ALL}

#: What people try and the law forbids: nearness to the 标底 (art. 50), a price floor (art. 27).
FORBIDDEN = {
    "off_reserve_price": "投标报价超出标底上下浮动范围",
    "under_floor_price": "投标报价低于最低投标限价",
}


def ground(code: str) -> Ground:
    """The ground of that code; ``Refused(rejection.ground_not_listed | .ground_forbidden)``."""
    if code in FORBIDDEN:
        raise Refused(FORBIDDEN_GROUND(ground=FORBIDDEN[code]))
    if code not in GROUNDS:
        raise Refused(UNKNOWN_GROUND(ground=code))
    return GROUNDS[code]
