"""The journal's own commands: the training clock (演练时钟)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from journal import policy
from journal.clock import database_now
from journal.door import Command, Context, Done, handler
from journal.models import TrainingClock
from kernel.clock import iso, parse_iso
from kernel.errors import ReasonForm, Refused

BACKWARDS = ReasonForm(
    "clock.backwards",
    zh="演练时钟只能向前：现在是 {now}，不能拨到 {to}",
    en="the training clock only moves forward: it is {now}, {to} is not possible",
    field="to",
)
BAD_TIME = ReasonForm(
    "clock.bad_time",
    zh="时间「{value}」不合格，应为 RFC 3339",
    en="{value} is not an RFC 3339 time",
    field="to",
)
TOO_FAR = ReasonForm(
    "clock.too_far",
    zh="一次最多推进 {days} 天",
    en="at most {days} days at a time",
    field="to",
)
_MOST_DAYS = 200


@dataclass(frozen=True)
class AdvanceClock(Command):
    """Move the training clock forward to ``to`` (RFC 3339)."""

    to: str

    verb = "clock.advance"


@handler(AdvanceClock, may=policy.may_advance_clock)
def advance_clock(cmd: AdvanceClock, ctx: Context, row: None) -> Done:
    wanted = _time(cmd.to)
    if wanted <= ctx.now:
        raise Refused(BACKWARDS(now=iso(ctx.now), to=cmd.to))
    if wanted - ctx.now > timedelta(days=_MOST_DAYS):
        raise Refused(TOO_FAR(days=_MOST_DAYS))
    offset = wanted - database_now()
    TrainingClock.objects.update_or_create(pk=1, defaults={"offset": offset})
    said = {"from": iso(ctx.now), "to": iso(wanted)}
    return Done("clock:training", said, said)


def _time(text: str) -> datetime:
    try:
        return parse_iso(text)
    except ValueError as error:
        raise Refused(BAD_TIME(value=text[:40])) from error
