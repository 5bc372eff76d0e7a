"""What the house asks of the register of legal persons. ``README.md`` has the request on the wire."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from kernel.errors import Kind, ReasonForm

OTHER_ONE = ReasonForm(
    "register.other_organization",
    zh="登记机关答复的不是「{code}」，没有采用；请再查一次",
    en="the register answered about another organization than {code}; look it up again",
    kind=Kind.FORBIDDEN,
)


@dataclass(frozen=True)
class Registration:
    """How an organization stands in the register. ``status``: in_force, revoked, deregistered, abnormal, or
    unknown: no such code is registered (then the names are empty). ``once`` names this answer."""

    credit_code: str
    name: str
    status: str
    legal_representative: str
    once: str


class LegalPersonRegister(Protocol):
    @property
    def name(self) -> str: ...

    def look_up(self, credit_code: str) -> Registration: ...
