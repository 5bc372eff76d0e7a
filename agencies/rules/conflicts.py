"""Recusal (回避): which agency may not serve which client. Every ground that applies is said."""

from __future__ import annotations

from dataclasses import dataclass

from kernel.errors import Reason, ReasonForm

_LAW = "招标投标法实施条例第三十四条"

SAME_ORGANIZATION = ReasonForm(
    "conflict.same_organization",
    zh="「{agency}」就是项目业主",
    en="{agency} is the client itself",
    law=_LAW,
)
SAME_HEAD = ReasonForm(
    "conflict.same_head",
    zh="「{agency}」与项目业主的单位负责人同为{head}",
    en="{agency} and the client have the same head, {head}",
    law=_LAW,
)
CONTROL = ReasonForm(
    "conflict.control",
    zh="「{agency}」与项目业主存在控股或管理关系（{by}）",
    en="{agency} and the client are related by control ({by})",
    law=_LAW,
)
DECLARED_BY_CLIENT = ReasonForm(
    "conflict.declared_by_client",
    zh="项目业主在公告中声明「{agency}」应当回避",
    en="the client's announcement names {agency} as recused",
)
DECLARED_BY_AGENCY = ReasonForm(
    "conflict.declared_by_agency",
    zh="「{agency}」申报与项目业主有利害关系：{why}",
    en="{agency} declares an interest in the client: {why}",
)


@dataclass(frozen=True)
class Interests:
    """One side: ``controllers`` are credit codes of whoever controls it or is controlled by it."""

    name: str
    credit_code: str
    head: str
    controllers: frozenset[str]


def reasons_against(
    agency: Interests, client: Interests, recused: frozenset[str], declared: str = ""
) -> tuple[Reason, ...]:
    """Why ``agency`` may not serve ``client``. ``recused``: credit codes the client named; ``declared``:
    what the agency itself declared, empty for nothing."""
    found = []
    if agency.credit_code == client.credit_code:
        found.append(SAME_ORGANIZATION(agency=agency.name))
    elif agency.head and agency.head == client.head:
        found.append(SAME_HEAD(agency=agency.name, head=agency.head))
    related = _related(agency, client)
    if related:
        found.append(CONTROL(agency=agency.name, by="、".join(related)))
    if agency.credit_code in recused:
        found.append(DECLARED_BY_CLIENT(agency=agency.name))
    if declared.strip():
        found.append(DECLARED_BY_AGENCY(agency=agency.name, why=declared.strip()))
    return tuple(found)


def _related(agency: Interests, client: Interests) -> list[str]:
    if agency.credit_code == client.credit_code:
        return []
    direct = {agency.credit_code} & client.controllers | {client.credit_code} & agency.controllers
    return sorted(direct | (agency.controllers & client.controllers))
