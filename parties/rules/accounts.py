"""Ways in without a certificate, what they are good for, and whose account may be linked to whom.

Unified identity and electronic licences tell who somebody is; they leave no signature that anybody could
check later. So they open the house for looking and preparing, and everything that binds (signing, sealing,
submitting, opening, scoring, granting) waits for a certificate (电子签名法第十三条、第十四条): the door
refuses it (``journal.door``), unless a command says ``prepares``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from kernel.actor import Role
from kernel.errors import Kind, Reason, ReasonForm

#: A session without a certificate is short: nothing was proven that could be proven again.
LIFETIME = timedelta(hours=2)
#: From leaving for the provider (or showing the code) to coming back.
PATIENCE = timedelta(minutes=10)


#: Roles that such a session carries. What the center, supervisors and experts look at is itself secret (who is in
#: the pool, who was drawn, who registered): for them even looking takes a certificate (招标投标法第二十二条、
#: 第三十七条、第三十八条).
LIGHT_ROLES = frozenset({Role.BIDDER, Role.AGENCY, Role.PROCURING_ENTITY, Role.PROCUREMENT_AGENT})


class Method(StrEnum):
    IDENTITY = "identity"
    LICENCE = "licence"


METHOD_ZH = {Method.IDENTITY: "统一身份认证", Method.LICENCE: "电子营业执照"}

STATE_UNKNOWN = ReasonForm(
    "account.state_unknown",
    zh="这次登录不是从本浏览器发起的，或已经用过，请重新开始",
    en="this login was not started in this browser, or is used up; start again",
    kind=Kind.UNAUTHENTICATED,
)
STATE_EXPIRED = ReasonForm(
    "account.state_expired",
    zh="登录用时超过 {minutes} 分钟，已经过期，请重新开始",
    en="this login took longer than {minutes} minutes and has expired; start again",
    kind=Kind.UNAUTHENTICATED,
)
NOT_LINKED = ReasonForm(
    "account.not_linked",
    zh="「{label}」还没有与本平台的人员绑定：请先用数字证书登录，在「登录方式」里绑定",
    en="{label} is not linked to anybody here: sign in with a certificate first and link it under ways of signing in",
    kind=Kind.FORBIDDEN,
    law="电子签名法第十六条",
)
OTHER_PERSON = ReasonForm(
    "account.other_person",
    zh="账号是「{found}」的，您登录的是「{wanted}」，不能绑定",
    en="the account is of {found}, you are signed in as {wanted}: it cannot be linked",
    kind=Kind.FORBIDDEN,
    law="个人信息保护法第六条；电子签名法第二十条",
)
OTHER_ORGANIZATION = ReasonForm(
    "account.other_organization",
    zh="账号是单位「{found}」的，您代表的是「{wanted}」，不能绑定",
    en="the account is of the organization {found}, you act for {wanted}: it cannot be linked",
    kind=Kind.FORBIDDEN,
    law="电子签名法第二十条",
)
LINKED_ELSEWHERE = ReasonForm(
    "account.linked_elsewhere",
    zh="这个账号已经与另一人绑定；请先由其解除绑定",
    en="this account is linked to somebody else, who has to end that first",
    kind=Kind.CONFLICT,
)
ORGANIZATION_GONE = ReasonForm(
    "account.organization_not_in_force",
    zh="单位「{name}」的登记状态为「{status}」，不能登录，也不能取得身份",
    en="the registration of {name} is {status}: no signing in and no role",
    kind=Kind.FORBIDDEN,
    law="市场主体登记管理条例第三十一条",
)
NOT_AUTHORIZED = ReasonForm(
    "account.not_authorized",
    zh="「{person}」没有得到电子营业执照的有效授权，或授权已于 {until} 到期",
    en="{person} holds no valid authorization of the electronic licence, or it ended at {until}",
    kind=Kind.FORBIDDEN,
    law="电子营业执照管理办法（试行）",
)

IN_FORCE = "in_force"
REGISTRATION_ZH: Mapping[str, str] = {
    IN_FORCE: "存续",
    "revoked": "吊销",
    "deregistered": "注销",
    "abnormal": "经营异常",
    "unknown": "查无此码",
}
#: An entry in the list of abnormal operations (经营异常) does not end an organization; never looked up is no word
#: against it.
STANDS = frozenset({IN_FORCE, "abnormal", ""})


@dataclass(frozen=True)
class Claimed:
    """Who a provider says somebody is: the provider and its own name for the account, names, and for
    accounts of organizations the credit code and how the organization stands."""

    method: Method
    provider: str
    subject: str
    person: str
    organization: str = ""
    credit_code: str = ""
    registration: str = IN_FORCE
    authorized: bool = True
    authorized_until: str = ""

    @property
    def label(self) -> str:
        return f"{self.organization}（{self.person}）" if self.organization else self.person


def reason_against_organization(name: str, registration: str) -> Reason | None:
    """Why nothing new is begun with an organization that its register has ended."""
    if registration in STANDS:
        return None
    word = REGISTRATION_ZH.get(registration, registration[:40])
    return ORGANIZATION_GONE(name=name, status=word)


def reason_against_standing(claimed: Claimed) -> Reason | None:
    """The organization must exist still, and its licence's holder be authorized."""
    if reason := reason_against_organization(claimed.organization, claimed.registration):
        return reason
    if not claimed.authorized:
        return NOT_AUTHORIZED(person=claimed.person, until=claimed.authorized_until or "—")
    return None


def reason_against_link(claimed: Claimed, person: str, organization: str, credit_code: str) -> Reason | None:
    """Only an account of the same person, and of the same organization where it is an organization's, may
    be linked: else whoever holds any account could lend it to a stranger, or take over a colleague's."""
    if claimed.credit_code and claimed.credit_code != credit_code:
        return OTHER_ORGANIZATION(found=claimed.organization, wanted=organization or person)
    if claimed.person != person:
        return OTHER_PERSON(found=claimed.person, wanted=person)
    return None


def reason_against_time(started: datetime, now: datetime) -> Reason | None:
    if not started <= now <= started + PATIENCE:
        return STATE_EXPIRED(minutes=int(PATIENCE.total_seconds() // 60))
    return None
