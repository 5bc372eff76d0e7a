"""Who acts. There is no ``None`` actor: the system and the public have names."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """Roles come from memberships; rights on an object come from facts about it."""

    PROCURING_ENTITY = "procuring_entity"
    PROCUREMENT_AGENT = "procurement_agent"
    BIDDER = "bidder"
    EXPERT = "expert"
    TRADING_CENTER = "trading_center"
    SUPERVISORY_AUTHORITY = "supervisory_authority"
    AGENCY = "agency"
    SYSTEM = "system"
    PUBLIC = "public"


ROLE_ZH = {
    Role.PROCURING_ENTITY: "招标人",
    Role.PROCUREMENT_AGENT: "招标代理机构",
    Role.BIDDER: "投标人",
    Role.EXPERT: "评审专家",
    Role.TRADING_CENTER: "交易中心",
    Role.SUPERVISORY_AUTHORITY: "行政监督部门",
    Role.AGENCY: "中介机构",
    Role.SYSTEM: "系统",
    Role.PUBLIC: "社会公众",
}


@dataclass(frozen=True)
class Actor:
    """A person acting for an organization, or a named machine.

    ``key`` is what the journal writes: ``person:<uuid>``, ``system:beat``, ``pseudonym:<hex>``.
    ``organization`` is the organization's id (text) or empty; ``roles`` come from memberships.
    ``light``: came in without a certificate (unified identity, electronic licence): may look and prepare,
    not bind anybody (电子签名法第十三条).
    """

    key: str
    name: str
    roles: frozenset[Role] = frozenset()
    organization: str = ""
    organization_name: str = ""
    person: str = ""
    light: bool = False

    def has(self, *roles: Role) -> bool:
        return not self.roles.isdisjoint(roles)

    @property
    def is_system(self) -> bool:
        return Role.SYSTEM in self.roles


SYSTEM = Actor(key="system:beat", name="系统", roles=frozenset({Role.SYSTEM}))
PUBLIC = Actor(key="public:anonymous", name="社会公众", roles=frozenset({Role.PUBLIC}))


def pseudonym(public_key_hex: str) -> Actor:
    """The holder of a one-time bid key: what a sealed bid is known by until it is opened."""
    return Actor(key=f"pseudonym:{public_key_hex}", name="密封投标人", roles=frozenset({Role.PUBLIC}))
