"""Which roles a person gets at once, which the trading center grants, which exclude each other."""

from __future__ import annotations

from collections.abc import Collection

from kernel.actor import ROLE_ZH, Role
from kernel.errors import Kind, Reason, ReasonForm

#: Registration is free and without preconditions for those who compete (20号令第九条、第二十条).
SELF_GRANTED = frozenset({Role.BIDDER, Role.AGENCY})
GRANTED_BY_CENTER = frozenset(
    {
        Role.PROCURING_ENTITY,
        Role.PROCUREMENT_AGENT,
        Role.EXPERT,
        Role.SUPERVISORY_AUTHORITY,
        Role.TRADING_CENTER,
    }
)
GRANTABLE = SELF_GRANTED | GRANTED_BY_CENTER
#: Experts act in their own name; everybody else for an organization.
OWN_NAME = frozenset({Role.EXPERT})
_SERVES = frozenset({Role.TRADING_CENTER})
_SUPERVISES = frozenset({Role.SUPERVISORY_AUTHORITY})
_COMPETES = frozenset({Role.BIDDER, Role.AGENCY, Role.PROCUREMENT_AGENT})

UNKNOWN_ROLE = ReasonForm(
    "role.unknown",
    zh="没有「{role}」这种身份",
    en="there is no role {role}",
    kind=Kind.MALFORMED,
    field="role",
)
NEEDS_ORGANIZATION = ReasonForm(
    "role.needs_organization",
    zh="「{role}」要用单位证书：证书上没有统一社会信用代码",
    en="role {role} needs an organization's certificate with a unified social credit code",
    field="role",
)
NOT_BOTH = ReasonForm(
    "role.incompatible",
    zh="同一单位不能既是{held}又是{wanted}",
    en="one organization cannot be both {held} and {wanted}",
    law="招标投标法实施条例第五条；电子招标投标办法第二十三条",
    field="role",
)


def role_of(text: str) -> Role | None:
    """The role of that name if anybody can be granted it."""
    return next((role for role in GRANTABLE if role.value == text), None)


def reason_against(role: Role, held: Collection[Role], *, has_organization: bool) -> Reason | None:
    """Why an organization whose people hold ``held`` cannot have ``role``; ``None`` when it can.

    A trading center serves: it neither supervises nor competes; a supervisory authority does not
    compete in what it supervises.
    """
    if not has_organization and role not in OWN_NAME:
        return NEEDS_ORGANIZATION(role=ROLE_ZH[role])
    for one, others in (
        (_SERVES, _SUPERVISES | _COMPETES),
        (_SUPERVISES, _SERVES | _COMPETES),
    ):
        for other in sorted(held):
            if (role in one and other in others) or (role in others and other in one):
                return NOT_BOTH(held=ROLE_ZH[other], wanted=ROLE_ZH[role])
    return None
