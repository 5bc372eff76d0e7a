"""The commitment statements (承诺书) that agencies sign: text as data, bound to item or assignment."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sealing import statements

ADMISSION_PURPOSE = "agency-admission"
APPLICATION_PURPOSE = "agency-application"
#: What every agency promises when it is admitted (process.md §11: truth, no collusion, fees, time).
ADMISSION_PROMISES = (
    "所提交的资料真实、准确、完整，如有变化及时更新。",
    "不与其他机构或项目业主串通，不转让、出借名义，不违法转包。",
    "按公告的服务费收费，不另行收取费用。",
    "按约定的时间和质量完成服务，接受监督和评价。",
)
APPLICATION_PROMISES = (
    "已阅读公告的全部要求，具备所需的能力和人员。",
    "与项目业主的利害关系已如实申报，依法应当回避的服从回避。",
    "一经选中，按公告的服务费和期限签订合同，不作实质性改变。",
)


def admission(
    organization: str, credit_code: str, item: str, head: str, controllers: Iterable[str]
) -> dict[str, Any]:
    """The statement ``mingtang/agency-admission``. ``controllers``: credit codes."""
    payload = {
        "v": 1,
        "organization": organization,
        "credit_code": credit_code,
        "item": item,
        "head": head,
        "controllers": sorted(set(controllers)),
        "promises": list(ADMISSION_PROMISES),
    }
    return statements.statement(ADMISSION_PURPOSE, payload)


def application(organization: str, credit_code: str, number: str, interest: str) -> dict[str, Any]:
    """The statement ``mingtang/agency-application``. ``interest``: what the agency declares, or empty."""
    payload = {
        "v": 1,
        "organization": organization,
        "credit_code": credit_code,
        "assignment": number,
        "interest": interest,
        "promises": list(APPLICATION_PROMISES),
    }
    return statements.statement(APPLICATION_PURPOSE, payload)
