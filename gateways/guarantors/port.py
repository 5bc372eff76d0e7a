"""What the house asks of an issuer of guarantees. ``README.md`` has the requests on the wire."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Protocol

from kernel.errors import Kind, ReasonForm

UNREACHABLE = ReasonForm(
    "guarantor.unreachable",
    zh="保函开立机构暂时无法联系：{why}",
    en="the issuer of the guarantee cannot be reached: {why}",
    kind=Kind.BUSY,
)
BAD_ANSWER = ReasonForm(
    "guarantor.bad_answer",
    zh="保函开立机构的答复不合格：{why}",
    en="the answer of the issuer is not acceptable: {why}",
)
SAID_NO = ReasonForm(
    "guarantor.said_no",
    zh="保函开立机构拒绝了请求（{status}，{code}）：{why}",
    en="the issuer refused the request ({status}, {code}): {why}",
    kind=Kind.CONFLICT,
)


@dataclass(frozen=True)
class Standing:
    """How a guarantee stands at its issuer: ``issued``, ``released``, ``paid`` (``paid`` is the amount as
    decimal text), ``expired``. ``form`` is the signed form where the issuer sent it."""

    number: str
    status: str
    paid: str = ""
    form: dict[str, Any] = field(default_factory=dict)


class Guarantor(Protocol):
    """One issuer. Every call ends within its time box; ``Refused`` is ``guarantor.unreachable`` (try
    again), ``guarantor.bad_answer`` or ``guarantor.said_no``. The same ``key`` may be sent many times."""

    def standing(self, number: str) -> Standing: ...

    def release(self, number: str, signed: dict[str, Any], key: str) -> Standing:
        """Pass on a signed ``mingtang/guarantee-release``."""
        ...

    def demand(self, number: str, signed: dict[str, Any], key: str) -> Standing:
        """Pass on the beneficiary's signed ``mingtang/guarantee-demand``."""
        ...
