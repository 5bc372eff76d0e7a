"""What the house asks of a provider of unified identity. ``README.md`` has the claims on the wire."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from kernel.errors import Kind, ReasonForm

DECLINED = ReasonForm(
    "identity.declined",
    zh="{name}没有完成登录（{why}）",
    en="{name} did not complete the login ({why})",
    kind=Kind.UNAUTHENTICATED,
)
MIXED_UP = ReasonForm(
    "identity.mixed_up",
    zh="答复来自另一个身份提供方（{found}），没有办成；请重新开始",
    en="the answer came from another provider ({found}); start again",
    kind=Kind.FORBIDDEN,
)
TOO_WEAK = ReasonForm(
    "identity.not_verified",
    zh="您在{name}的账号没有实名核验（等级 {level}），请先在那里完成实名认证",
    en="your account at {name} is not verified (level {level}); verify it there first",
    kind=Kind.FORBIDDEN,
    law="网络安全法第二十四条",
)


@dataclass(frozen=True)
class Departure:
    """Where to send the browser, and what to keep for its return (in the browser's session, nowhere else)."""

    url: str
    state: str
    nonce: str = field(repr=False)
    verifier: str = field(repr=False)


@dataclass(frozen=True)
class Account:
    """Who the provider says has signed in. ``organization`` and ``credit_code`` only for accounts of legal
    persons; ``registration``: in_force, revoked, deregistered, abnormal. ``session``: the provider's name
    for its session. ``once`` names this answer."""

    issuer: str
    subject: str
    person: str
    organization: str
    credit_code: str
    registration: str
    session: str
    once: str
    id_token: str = field(repr=False)


class IdentityProvider(Protocol):
    """One provider. Every call ends within its time box; refusals are ``outside.*`` and ``identity.*``."""

    @property
    def name(self) -> str: ...

    def depart(self, back: str) -> Departure:
        """Begin a login that comes back to the address ``back``."""
        ...

    def arrive(self, query: Mapping[str, str], departure: Departure, back: str) -> Account:
        """The query that came back, exchanged for the account. ``state`` was compared by the caller, who
        knows the browser."""
        ...

    def logout_url(self, id_token: str, back: str) -> str:
        """Where to end the session at the provider; empty if it offers none."""
        ...

    def logged_out(self, token: str) -> tuple[str, str]:
        """``(subject, once)`` of a back-channel logout token."""
        ...
