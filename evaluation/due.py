"""What the clock alone brings about: unanswered invitations end."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from evaluation.commands import ExpireInvitation
from evaluation.models import DrawTicket
from evaluation.rules.statuses import InvitationStatus
from journal.due import FINDERS, Due


def unanswered(now: datetime) -> Iterator[Due]:
    late = DrawTicket.objects.filter(status=InvitationStatus.INVITED, reply_until__lt=now)
    for pk in late.values_list("pk", flat=True):
        yield Due(ExpireInvitation(str(pk)), f"expire:{pk}")


FINDERS["evaluation.invitations"] = unanswered
