"""The errors of the scoring contract as refusals: ``scoring.<code of the contract>``."""

from __future__ import annotations

from kernel.errors import Kind, ReasonForm, Refused

#: Only factors and formulas printed in the documents may be used.
_LAW = "招标投标法实施条例第四十九条"

BAD_JSON = ReasonForm(
    "scoring.bad_json",
    zh="评分请求不是 JSON 对象：{why}",
    en="the scoring request is not a JSON object: {why}",
    kind=Kind.MALFORMED,
)
UNKNOWN_METHOD = ReasonForm(
    "scoring.unknown_method",
    zh="没有价格评分方法「{method}」",
    en="there is no price scoring method {method}",
    law=_LAW,
)
BAD_PARAMETERS = ReasonForm(
    "scoring.bad_parameters",
    zh="评分参数 {what} 不合格：{why}",
    en="the scoring parameter {what} is not acceptable: {why}",
    law=_LAW,
)
DUPLICATE_ID = ReasonForm(
    "scoring.duplicate_id",
    zh="投标编号「{id}」出现不止一次",
    en="the bid id {id} stands more than once",
)
B_NOT_IN_POOL = ReasonForm(
    "scoring.b_not_in_pool",
    zh="抽取的 B 值投标「{id}」不在可抽取范围：{pool}",
    en="the drawn bid {id} is not in the pool of B: {pool}",
    law=_LAW,
)
_PREFIX = "scoring."


def bad(what: str, why: str) -> Refused:
    """``raise bad("k", "应 > 0 / must be > 0")``."""
    return Refused(BAD_PARAMETERS(what=what, why=why, field=what))


def contract_code(refusal: Refused) -> str:
    """The contract's error code of a refusal of this package."""
    return refusal.code.removeprefix(_PREFIX)
