"""What the house asks of the licence service. ``README.md`` has the requests on the wire."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from kernel.errors import Kind, ReasonForm

OTHER_SESSION = ReasonForm(
    "licence.other_session",
    zh="电子营业执照的答复不是给这次登录的，没有办成；请重新扫码",
    en="the answer of the licence service is not for this login; scan again",
    kind=Kind.FORBIDDEN,
)


@dataclass(frozen=True)
class Code:
    """What the page shows: the text of the QR code, and four digits that the phone shows too, so that nobody
    confirms a code that somebody else has sent. ``seconds`` is how long it lasts."""

    session: str
    text: str
    digits: str
    seconds: int


@dataclass(frozen=True)
class Holder:
    """A licence and the person who showed it. ``registration``: in_force, revoked, deregistered, abnormal.
    ``authorized``: the legal representative, or somebody with an authorization that lasts."""

    credit_code: str
    organization: str
    registration: str
    subject: str
    person: str
    authorized: bool
    authorized_until: str
    once: str


@dataclass(frozen=True)
class Progress:
    """``step``: waiting, scanned, confirmed (with ``holder``), declined, expired."""

    step: str
    holder: Holder | None = None


class LicenceService(Protocol):
    @property
    def name(self) -> str: ...

    @property
    def url(self) -> str: ...

    def begin(self, nonce: str) -> Code: ...

    def progress(self, session: str, nonce: str) -> Progress: ...
