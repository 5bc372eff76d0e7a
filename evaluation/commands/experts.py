"""The expert pool: registering, changing, ending. The acts are sealed: the list is secret (招例第四十六条)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from evaluation import policy
from evaluation.models import ExpertProfile
from evaluation.queries import rows
from evaluation.rules.conditions import code_of
from journal.door import CONSTRAINTS, Command, Context, Done, handler
from kernel.errors import Kind, ReasonForm, Refused
from kernel.ids import credit_code
from parties.queries import person as person_by_id

TOO_FEW_YEARS = ReasonForm(
    "expert.too_few_years",
    zh="评标专家应从事相关领域工作满 8 年，所填为 {years} 年",
    en="an expert needs 8 years in the trade, not {years}",
    law="招标投标法第三十七条",
    field="years",
)
BAD_PROFILE = ReasonForm(
    "expert.bad_field", zh="「{field}」不合格：{why}", en="{field}: {why}", kind=Kind.MALFORMED
)
REGISTERED = ReasonForm(
    "expert.registered_before",
    zh="此人已在专家库中",
    en="this person is in the pool already",
    kind=Kind.CONFLICT,
)
CONSTRAINTS["expert_once_a_person"] = REGISTERED
_LAW = "招标投标法第三十七条；评标专家和评标专家库管理办法（2024年第26号令）"
LEAST_YEARS, MOST_YEARS, MOST_SPECIALTIES, MOST_RELATIONS = 8, 70, 20, 50


@dataclass(frozen=True)
class RegisterExpert(Command):
    """``person``: id in parties. ``relations``: declared ones, credit code → what (回避)."""

    person: str
    specialties: tuple[str, ...]
    employer: str
    employer_credit_code: str
    region: str
    site: str
    title: str
    years: int
    relations: dict[str, str] = field(default_factory=dict)

    verb = "expert.register"
    sealed = True
    law = _LAW


@dataclass(frozen=True)
class UpdateExpert(Command):
    """The whole profile anew; the person stays."""

    expert: str
    specialties: tuple[str, ...]
    employer: str
    employer_credit_code: str
    region: str
    site: str
    title: str
    years: int
    relations: dict[str, str] = field(default_factory=dict)

    verb = "expert.update"
    sealed = True
    law = _LAW


@dataclass(frozen=True)
class SetExpertActive(Command):
    """End or resume taking part in draws, with the reason."""

    expert: str
    active: bool
    reason: str

    verb = "expert.set_active"
    sealed = True
    law = _LAW


@handler(RegisterExpert, load=lambda cmd: person_by_id(cmd.person), may=policy.may_manage_pool)
def register_expert(cmd: RegisterExpert, ctx: Context, person: Any) -> Done:
    row = ExpertProfile.objects.create(person=person, registered_at=ctx.now, **_checked(cmd))
    return _done(row)


@handler(UpdateExpert, load=lambda cmd: rows.expert(cmd.expert), may=policy.may_manage_pool)
def update_expert(cmd: UpdateExpert, ctx: Context, row: ExpertProfile) -> Done:
    for name, value in _checked(cmd).items():
        setattr(row, name, value)
    row.save()
    return _done(row)


@handler(SetExpertActive, load=lambda cmd: rows.expert(cmd.expert), may=policy.may_manage_pool)
def set_expert_active(cmd: SetExpertActive, ctx: Context, row: ExpertProfile) -> Done:
    if not cmd.reason.strip() or len(cmd.reason) > 300:
        raise Refused(BAD_PROFILE(field="reason", why="应写明理由 / give the reason"))
    row.active = cmd.active
    row.save(update_fields=["active"])
    return Done(f"expert:{row.pk}", {"active": row.active, "reason": cmd.reason}, expert_json(row))


def _done(row: ExpertProfile) -> Done:
    said = {
        "person": str(row.person_id),
        "specialties": row.specialties,
        "employer_credit_code": row.employer_credit_code,
        "site": row.site,
        "years": row.years,
        "relations": row.relations,
    }
    return Done(f"expert:{row.pk}", said, expert_json(row))


def expert_json(row: ExpertProfile) -> dict[str, Any]:
    """A pool entry as the center's staff see it."""
    return {
        "expert": str(row.pk),
        "person": str(row.person_id),
        "name": row.person.name,
        "specialties": row.specialties,
        "employer": row.employer,
        "employer_credit_code": row.employer_credit_code,
        "region": row.region,
        "site": row.site,
        "title": row.title,
        "years": row.years,
        "relations": row.relations,
        "active": row.active,
    }


def _checked(cmd: RegisterExpert | UpdateExpert) -> dict[str, Any]:
    if not 0 <= cmd.years <= MOST_YEARS:
        raise Refused(BAD_PROFILE(field="years", why=f"0–{MOST_YEARS}"))
    if cmd.years < LEAST_YEARS:
        raise Refused(TOO_FEW_YEARS(years=cmd.years))
    codes = [text.strip() for text in cmd.specialties if text.strip()]
    if not 1 <= len(codes) <= MOST_SPECIALTIES or any(not code_of(c) or len(c) > 40 for c in codes):
        raise Refused(BAD_PROFILE(field="specialties", why="1–20 个专业代码 / 1–20 codes"))
    if len(cmd.relations) > MOST_RELATIONS:
        raise Refused(BAD_PROFILE(field="relations", why=f"≤ {MOST_RELATIONS}"))
    texts = {name: _text(cmd, name, limit) for name, limit in _LIMITS.items()}
    return {
        **texts,
        "specialties": codes,
        "employer_credit_code": credit_code(cmd.employer_credit_code),
        "years": cmd.years,
        "relations": {credit_code(code): str(what)[:100] for code, what in cmd.relations.items()},
    }


_LIMITS = {"employer": 200, "region": 60, "site": 40, "title": 60}


def _text(cmd: RegisterExpert | UpdateExpert, name: str, limit: int) -> str:
    value = str(getattr(cmd, name)).strip()
    if not value or len(value) > limit:
        raise Refused(BAD_PROFILE(field=name, why=f"1–{limit} 字 / characters"))
    if name == "site" and "@" in value:
        raise Refused(BAD_PROFILE(field=name, why="不能含 @ / must not contain @"))
    return value
