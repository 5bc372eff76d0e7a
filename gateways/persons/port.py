"""What the house asks of the service of person codes. ``README.md`` has the request on the wire."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from kernel.errors import Kind, ReasonForm

OTHER_CODE = ReasonForm(
    "person_code.other_code",
    zh="答复不是这个码的，没有办成；请重新扫码",
    en="the answer is not for this code; scan again",
    kind=Kind.FORBIDDEN,
)
NOT_ONE = ReasonForm(
    "person_code.malformed",
    zh="这不是苏服码：应为 {low} 到 {high} 位数字和字母",
    en="this is no person code: {low} to {high} letters and digits are needed",
    kind=Kind.MALFORMED,
    field="code",
)


@dataclass(frozen=True)
class Shown:
    """Who showed a code: a person, for an organization or for nobody else. ``subject`` is the service's own
    name for the person; ``id_number`` is masked by the service; ``once`` names this answer."""

    subject: str
    person: str
    id_number: str
    organization: str
    credit_code: str
    once: str


class PersonCodes(Protocol):
    @property
    def name(self) -> str: ...

    def resolve(self, code: str) -> Shown:
        """Who shows this code now. A code is short-lived and answers once."""
        ...
