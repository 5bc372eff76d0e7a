"""How an organization stands in the register of legal persons: looked up by the door, noted here."""

from __future__ import annotations

from dataclasses import dataclass

from journal.door import Command, Context, Done, handler
from parties import policy, queries
from parties.models import Organization


@dataclass(frozen=True)
class NoteRegistration(Command):
    """``status``, ``name``, ``legal_representative`` as the register said them in its signed answer ``once``."""

    organization: str
    status: str
    name: str
    legal_representative: str
    once: str

    verb = "organization.look_up"
    sealed = True
    law = "市场主体登记管理条例第三十一条"


@handler(NoteRegistration, load=lambda cmd: queries.organization(cmd.organization), may=policy.may_grant)
def note_registration(cmd: NoteRegistration, ctx: Context, row: Organization) -> Done:
    row.registration, row.registered_name = cmd.status, cmd.name[:200]
    row.registration_at = ctx.now
    changed = ["registration", "registered_name", "registration_at"]
    if cmd.legal_representative:
        row.legal_representative = cmd.legal_representative[:100]
        changed.append("legal_representative")
    row.save(update_fields=changed)
    said = {"status": cmd.status, "name": cmd.name, "answer": cmd.once}
    return Done(f"organization:{row.id}", said, {"organization": str(row.id), **said})
