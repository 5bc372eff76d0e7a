"""Who may do what on the marketplace."""

from __future__ import annotations

from agencies.models import Admission, Assignment
from kernel.actor import Actor, Role
from kernel.errors import Kind, Reason, ReasonForm

ONLY_CENTER = ReasonForm(
    "agencies.only_center",
    zh="只有交易中心人员可以这样做",
    en="only trading-center staff may do this",
    kind=Kind.FORBIDDEN,
)
ONLY_CLIENT = ReasonForm(
    "agencies.only_client",
    zh="只有本项目的业主可以这样做",
    en="only the client of this assignment may do this",
    kind=Kind.FORBIDDEN,
)
ONLY_AGENCY = ReasonForm(
    "agencies.only_agency",
    zh="只有以中介机构身份登记的单位可以这样做",
    en="only an organization registered as an agency may do this",
    kind=Kind.FORBIDDEN,
)
ONLY_PARTY = ReasonForm(
    "agencies.only_draw_party",
    zh="抽取由项目业主和交易中心共同完成，您不是其中一方",
    en="client and trading center make the draw; you are neither",
    kind=Kind.FORBIDDEN,
)
ONLY_CONTRACTOR = ReasonForm(
    "agencies.only_contract_party",
    zh="合同由项目业主或中选机构备案",
    en="the client or the chosen agency files the contract",
    kind=Kind.FORBIDDEN,
)


def may_run(actor: Actor, row: object) -> Reason | None:
    return None if actor.has(Role.TRADING_CENTER) else ONLY_CENTER()


def may_seek_admission(actor: Actor, row: object) -> Reason | None:
    return None if actor.has(Role.AGENCY) and actor.organization else ONLY_AGENCY()


def may_leave(actor: Actor, row: Admission) -> Reason | None:
    return None if actor.organization == str(row.organization_id) else ONLY_AGENCY()


def may_publish(actor: Actor, row: object) -> Reason | None:
    return None if actor.has(Role.PROCURING_ENTITY) and actor.organization else ONLY_CLIENT()


def is_client(actor: Actor, row: Assignment) -> bool:
    return actor.has(Role.PROCURING_ENTITY) and actor.organization == str(row.client_id)


def may_cancel(actor: Actor, row: Assignment) -> Reason | None:
    return None if is_client(actor, row) else ONLY_CLIENT()


def may_apply(actor: Actor, row: Assignment) -> Reason | None:
    return None if actor.has(Role.AGENCY) and actor.organization else ONLY_AGENCY()


def may_close(actor: Actor, row: Assignment) -> Reason | None:
    """The clock decides; anybody of the parties may say that it has struck."""
    return None if actor.is_system else may_draw(actor, row)


def party(actor: Actor, row: Assignment) -> str:
    """Which party of the draw the actor is: ``client``, ``trading_center`` or none."""
    if is_client(actor, row):
        return "client"
    return "trading_center" if actor.has(Role.TRADING_CENTER) else ""


def may_draw(actor: Actor, row: Assignment) -> Reason | None:
    return None if party(actor, row) else ONLY_PARTY()


def may_file_contract(actor: Actor, row: Assignment) -> Reason | None:
    chosen = row.selected_id is not None and actor.organization == str(row.selected_id)
    return None if is_client(actor, row) or (chosen and actor.has(Role.AGENCY)) else ONLY_CONTRACTOR()
