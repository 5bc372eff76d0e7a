"""立项 and the commission of the agent."""

from __future__ import annotations

from dataclasses import dataclass

from documents import store
from journal.door import CONSTRAINTS, Command, Context, Done, handler
from kernel.errors import Kind, ReasonForm, Refused
from parties import queries as parties
from trading.commands.loading import project_for_update
from trading.models import Project
from trading.policy import tenders as policy
from trading.rules import fields, rulebook
from trading.rules.draft import read_number

NUMBER_TAKEN = ReasonForm(
    "project.number_taken", zh="项目编号已被使用", en="the project number is taken", kind=Kind.CONFLICT,
    field="number",
)  # fmt: skip
OWN_AGENT = ReasonForm(
    "project.agent_is_entity",
    zh="招标代理机构不能是招标人自己",
    en="the agent cannot be the procuring entity itself",
    law="招标投标法第十三条",
    field="agent",
)
CONSTRAINTS["trading_project_number_key"] = NUMBER_TAKEN


@dataclass(frozen=True)
class CreateProject(Command):
    """``category``: works, goods, design, services; ``estimate`` yuan as text; ``approval`` the number of
    the approval (招例第七条)."""

    number: str
    name: str
    category: str
    state_funded: bool
    estimate: str
    location: str = ""
    approval: str = ""

    verb = "project.create"
    law = "招标投标法第九条"


@handler(CreateProject, may=policy.may_create_project)
def create_project(cmd: CreateProject, ctx: Context, row: None) -> Done:
    said = cmd.as_json()
    number, name, category, state_funded, estimate, location, approval = fields.all_of(
        lambda: read_number(said),
        lambda: fields.text(said, "name"),
        lambda: _category(cmd.category),
        lambda: fields.flag(said, "state_funded"),
        lambda: fields.money(said, "estimate"),
        lambda: fields.text(said, "location", limit=100, optional=True),
        lambda: fields.text(said, "approval", limit=100, optional=True),
    )
    project = Project.objects.create(
        number=number,
        name=name,
        category=category,
        procuring_entity=parties.organization(ctx.actor.organization),
        state_funded=state_funded,
        estimate=estimate,
        location=location,
        approval=approval,
        created_at=ctx.now,
    )
    entity = {"name": project.procuring_entity.name, "credit_code": project.procuring_entity.credit_code}
    return Done(
        f"project:{project.number}",
        {**said, "estimate": f"{project.estimate:.2f}", "procuring_entity": entity},
        {"project": project.number},
    )


def _category(category: str) -> str:
    if category not in rulebook.CATEGORY_ZH:
        words, codes = "、".join(rulebook.CATEGORY_ZH.values()), ", ".join(rulebook.CATEGORY_ZH)
        raise fields.bad("category", f"应为{words}之一 / one of {codes}")
    return category


@dataclass(frozen=True)
class CommissionAgent(Command):
    """The written commission: ``agent`` by id or credit code, ``document`` the SHA-256 of the contract."""

    project: str
    agent: str
    document: str

    verb = "project.commission_agent"
    law = "招标投标法第十二条、第十三条；招标投标法实施条例第十四条"


@handler(CommissionAgent, load=lambda cmd: project_for_update(cmd.project), may=policy.may_commission)
def commission_agent(cmd: CommissionAgent, ctx: Context, project: Project) -> Done:
    agent = parties.organization(cmd.agent)
    if agent.id == project.procuring_entity_id:
        raise Refused(OWN_AGENT())
    project.agent, project.agent_commission = agent, store.get(cmd.document)
    project.save(update_fields=["agent", "agent_commission"])
    said = {"agent": {"name": agent.name, "credit_code": agent.credit_code}, "document": cmd.document}
    return Done(f"project:{project.number}", said, {"project": project.number, "agent": agent.name})
