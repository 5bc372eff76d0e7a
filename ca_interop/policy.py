"""Who may publish and import trust lists, see their versions and run the matrix."""

from __future__ import annotations

from kernel.actor import Actor, Role
from kernel.errors import Kind, Reason, ReasonForm

ONLY_CENTER = ReasonForm(
    "trust_list.only_center",
    zh="只有交易中心人员可以导入信任列表",
    en="only trading-center staff may import a trust list",
    kind=Kind.FORBIDDEN,
)


def may_import(actor: Actor, row: object) -> Reason | None:
    return None if actor.is_system or actor.has(Role.TRADING_CENTER) else ONLY_CENTER()


ONLY_OPERATOR = ReasonForm(
    "trust_list.only_operator",
    zh="信任列表只能由持有发布者密钥的运行机构用 publish_trust_list 命令发布",
    en="a trust list is published by the operator who holds the publisher's key, with publish_trust_list",
    kind=Kind.FORBIDDEN,
)
ONLY_STAFF = ReasonForm(
    "ca_interop.only_staff",
    zh="此页面供交易中心和行政监督部门使用",
    en="this page is for the trading center and supervisory authorities",
    kind=Kind.FORBIDDEN,
)


def may_publish(actor: Actor, row: object) -> Reason | None:
    return None if actor.is_system else ONLY_OPERATOR()


def may_see(actor: Actor) -> Reason | None:
    staff = actor.is_system or actor.has(Role.TRADING_CENTER) or actor.has(Role.SUPERVISORY_AUTHORITY)
    return None if staff else ONLY_STAFF()


def may_record_matrix(actor: Actor, row: object) -> Reason | None:
    return None if actor.is_system else ONLY_STAFF()


def may_run_matrix(actor: Actor) -> Reason | None:
    return None if actor.is_system or actor.has(Role.TRADING_CENTER) else ONLY_STAFF()


def may_note_undecided(actor: Actor, row: object) -> Reason | None:
    return None if actor.is_system else ONLY_STAFF()
