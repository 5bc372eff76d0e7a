"""Who may do what with persons, roles and certificates."""

from __future__ import annotations

from journal.door import NEEDS_CERTIFICATE
from kernel.actor import Actor, Role
from kernel.errors import Kind, Reason, ReasonForm
from parties.models import (
    Administration,
    CertificateBinding,
    CertificateRequest,
    ExternalAccount,
    Membership,
    Organization,
)

ONLY_CENTER = ReasonForm(
    "parties.only_center",
    zh="只有交易中心人员可以授予或结束身份",
    en="only trading-center staff grant or end roles",
    kind=Kind.FORBIDDEN,
)
ONLY_ADMINISTRATOR = ReasonForm(
    "parties.only_administrator",
    zh="只有本单位管理员或交易中心可以这样做",
    en="only the organization's administrator or the trading center may do this",
    kind=Kind.FORBIDDEN,
    law="电子签名法第十五条",
)
ONLY_OPERATOR = ReasonForm(
    "parties.only_operator",
    zh="首个交易中心人员只能由系统管理员在服务器上登记",
    en="the first trading-center person is registered on the server by its operator",
    kind=Kind.FORBIDDEN,
)
NOT_YOURS = ReasonForm(
    "certificate.not_yours",
    zh="只有持有人、本单位管理员或交易中心可以办理这张证书",
    en="only its holder, the organization's administrator or the trading center may do this with the certificate",
    kind=Kind.FORBIDDEN,
    law="电子签名法第十五条",
)
SIGN_IN_FIRST = ReasonForm(
    "certificate.sign_in_first",
    zh="请先用已登记的证书登录，再登记另一张证书",
    en="sign in with a registered certificate before you register another",
    kind=Kind.UNAUTHENTICATED,
)
OTHER_PERSON = ReasonForm(
    "login.other_person",
    zh="证书属于另一个人",
    en="the certificate is another person's",
    kind=Kind.FORBIDDEN,
)


def may_register(actor: Actor, row: object) -> Reason | None:
    """Registration is open to everybody, without preconditions (20号令第九条)."""
    return None


def may_sign_in(actor: Actor, binding: CertificateBinding) -> Reason | None:
    return None if actor.person == str(binding.person_id) else OTHER_PERSON()


def may_grant(actor: Actor, row: object) -> Reason | None:
    return None if actor.has(Role.TRADING_CENTER) else ONLY_CENTER()


def administers(actor: Actor, organization: object) -> bool:
    """Whether the actor is the administrator of that organization now, and acts for it."""
    if not organization or not actor.person or actor.organization != str(organization):
        return False
    return Administration.objects.filter(
        organization_id=actor.organization, person_id=actor.person, until=None
    ).exists()


def may_end(actor: Actor, row: Membership) -> Reason | None:
    """The trading center, and an organization's administrator for its own people."""
    if actor.has(Role.TRADING_CENTER) or administers(actor, row.organization_id):
        return None
    return ONLY_CENTER()


def may_bootstrap(actor: Actor, row: object) -> Reason | None:
    return None if actor.is_system else ONLY_OPERATOR()


def may_bind(actor: Actor, row: object) -> Reason | None:
    return None if actor.person else SIGN_IN_FIRST()


def may_block(actor: Actor, binding: CertificateBinding) -> Reason | None:
    """The holder, by whatever way in is left; the administrator by certificate; the trading center at its desk.
    Not any colleague, and no identity provider for all of a firm: a certificate blocked before a deadline keeps a
    bidder out."""
    mine = actor.person != "" and actor.person == str(binding.person_id)
    if mine or actor.has(Role.TRADING_CENTER):
        return None
    if not administers(actor, binding.organization_id):
        return NOT_YOURS()
    return NEEDS_CERTIFICATE() if actor.light else None


def may_lift(actor: Actor, binding: CertificateBinding) -> Reason | None:
    """Whether it is somebody else than the holder is the machine's question."""
    if actor.has(Role.TRADING_CENTER) or administers(actor, binding.organization_id):
        return None
    return ONLY_ADMINISTRATOR()


def may_decide(actor: Actor, row: CertificateRequest) -> Reason | None:
    """Who knows whose new certificate it is: that person by another certificate, the administrator, the desk."""
    mine = row.organization_id is not None and actor.person != "" and actor.person == str(row.person_id)
    if mine or actor.has(Role.TRADING_CENTER) or administers(actor, row.organization_id):
        return None
    return ONLY_ADMINISTRATOR()


def may_hand_over(actor: Actor, organization: Organization) -> Reason | None:
    if actor.has(Role.TRADING_CENTER) or administers(actor, organization.id):
        return None
    return ONLY_ADMINISTRATOR()


def may_link(actor: Actor, row: object) -> Reason | None:
    return None if actor.person else SIGN_IN_FIRST()


def may_unlink(actor: Actor, row: ExternalAccount) -> Reason | None:
    mine = actor.person != "" and actor.person == str(row.person_id)
    if mine or actor.has(Role.TRADING_CENTER) or administers(actor, row.organization_id):
        return None
    return ONLY_ADMINISTRATOR()


def may_end_account_sessions(actor: Actor, row: ExternalAccount) -> Reason | None:
    return None if actor.is_system else ONLY_OPERATOR()


def may_enter_by_account(actor: Actor, row: ExternalAccount) -> Reason | None:
    return None if actor.person == str(row.person_id) else OTHER_PERSON()
