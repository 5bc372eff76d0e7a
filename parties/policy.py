"""Who may do what with persons, roles and certificates."""

from __future__ import annotations

from kernel.actor import Actor, Role
from kernel.errors import Kind, Reason, ReasonForm
from parties.models import CertificateBinding, Membership

ONLY_CENTER = ReasonForm(
    "parties.only_center",
    zh="只有交易中心人员可以授予或结束身份",
    en="only trading-center staff grant or end roles",
    kind=Kind.FORBIDDEN,
)
ONLY_OPERATOR = ReasonForm(
    "parties.only_operator",
    zh="首个交易中心人员只能由系统管理员在服务器上登记",
    en="the first trading-center person is registered on the server by its operator",
    kind=Kind.FORBIDDEN,
)
NOT_YOURS = ReasonForm(
    "certificate.not_yours",
    zh="只有持有人、同单位人员或交易中心可以挂失这张证书",
    en="only its holder, a colleague or the trading center may report this certificate lost",
    kind=Kind.FORBIDDEN,
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


def may_end(actor: Actor, row: Membership) -> Reason | None:
    return None if actor.has(Role.TRADING_CENTER) else ONLY_CENTER()


def may_bootstrap(actor: Actor, row: object) -> Reason | None:
    return None if actor.is_system else ONLY_OPERATOR()


def may_bind(actor: Actor, row: object) -> Reason | None:
    return None if actor.person else SIGN_IN_FIRST()


def may_block(actor: Actor, binding: CertificateBinding) -> Reason | None:
    mine = actor.person != "" and actor.person == str(binding.person_id)
    colleague = binding.organization_id is not None and actor.organization == str(binding.organization_id)
    return None if mine or colleague or actor.has(Role.TRADING_CENTER) else NOT_YOURS()
