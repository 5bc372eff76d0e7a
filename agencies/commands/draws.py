"""The draw: client and trading center commit, then reveal; the last reveal decides, anybody recomputes."""

from __future__ import annotations

import re
from dataclasses import dataclass

from agencies import policy, queries
from agencies.commands.assignments import locked
from agencies.events import AgencySelected
from agencies.models import Assignment, DrawCommitment
from agencies.rules.moves import ASSIGNMENT, NOTICE_PERIOD, REVEAL_WINDOW, AssignmentStatus
from journal.door import CONSTRAINTS, Command, Context, Done, handler
from kernel import draw
from kernel.clock import beijing, iso
from kernel.errors import Kind, ReasonForm, Refused
from parties.queries import organization

_LAW = "优化营商环境条例第四十三条"
PARTIES = ("client", "trading_center")
_HEX = re.compile(r"[0-9a-f]{64}")

COMMITTED_BEFORE = ReasonForm(
    "agency_draw.committed_before",
    zh="{who}在本轮已经承诺",
    en="{who} has committed in this round already",
    kind=Kind.CONFLICT,
)
COMMITTED_TWICE = ReasonForm(
    "agency_draw.committed_twice",
    zh="这一方刚刚已经承诺",
    en="this party has just committed",
    kind=Kind.CONFLICT,
)
REVEALED_BEFORE = ReasonForm(
    "agency_draw.revealed_before",
    zh="{who}在本轮已经公开随机数",
    en="{who} has revealed in this round already",
    kind=Kind.CONFLICT,
)
NOT_HEX = ReasonForm(
    "agency_draw.not_hex",
    zh="应为 64 位小写十六进制（32 字节）",
    en="64 lower-case hex digits (32 bytes) are needed",
    kind=Kind.MALFORMED,
    field="digest",
)
TOO_EARLY = ReasonForm(
    "agency_draw.reveal_too_early",
    zh="两方都承诺以后才能公开；还缺：{missing}",
    en="both parties commit before anybody reveals; missing: {missing}",
    kind=Kind.CONFLICT,
)
STILL_TIME = ReasonForm(
    "agency_draw.still_time",
    zh="各方可以在 {until} 以前公开，现在还不能重新抽取",
    en="the parties have until {until} to reveal; the draw cannot start again yet",
    kind=Kind.CONFLICT,
)
CONSTRAINTS["agency_draw_commitment_once"] = COMMITTED_TWICE


@dataclass(frozen=True)
class CommitDraw(Command):
    """``digest``: ``kernel.draw.commitment(nonce, who, draw)`` with ``who`` client or trading_center and
    ``draw`` = ``<number>#<round>``; the nonce stays with the party."""

    number: str
    digest: str

    verb = "draw.commit"
    law = _LAW


@dataclass(frozen=True)
class RevealDraw(Command):
    """``nonce``: 32 bytes in hex. The last party's reveal makes the draw."""

    number: str
    nonce: str

    verb = "draw.reveal"
    law = _LAW


@dataclass(frozen=True)
class RestartDraw(Command):
    """A party kept silent: the round is abandoned with its name, the pool stays as it was published."""

    number: str

    verb = "draw.restart"
    law = _LAW


@handler(CommitDraw, load=locked, may=policy.may_draw)
def commit(cmd: CommitDraw, ctx: Context, row: Assignment) -> Done:
    ASSIGNMENT.after("commit", AssignmentStatus(row.status), row.facts(ctx.now))
    who = policy.party(ctx.actor, row)
    if not _HEX.fullmatch(cmd.digest):
        raise Refused(NOT_HEX())
    if any(c.who == who for c in queries.commitments(row)):
        raise Refused(COMMITTED_BEFORE(who=queries.WHO_ZH[who]))
    DrawCommitment.objects.create(assignment=row, round=row.round, who=who, digest=cmd.digest, at=ctx.now)
    said = {"number": row.number, "draw": queries.draw_name(row, row.round), "who": who, "digest": cmd.digest}
    return Done(f"assignment:{row.number}", said, said)


@handler(RevealDraw, load=locked, may=policy.may_draw)
def reveal(cmd: RevealDraw, ctx: Context, row: Assignment) -> Done:
    ASSIGNMENT.after("reveal", AssignmentStatus(row.status), row.facts(ctx.now))
    if not _HEX.fullmatch(cmd.nonce):
        raise Refused(NOT_HEX())
    who = policy.party(ctx.actor, row)
    made = {c.who: c for c in queries.commitments(row)}
    missing = [queries.WHO_ZH[p] for p in PARTIES if p not in made]
    if missing:
        raise Refused(TOO_EARLY(missing="、".join(missing)))
    mine = made[who]
    if mine.nonce:
        raise Refused(REVEALED_BEFORE(who=queries.WHO_ZH[who]))
    name = queries.draw_name(row, row.round)
    if reason := draw.check_reveal(mine.digest, bytes.fromhex(cmd.nonce), who, name):
        raise Refused(reason)
    mine.nonce, mine.revealed_at = cmd.nonce, ctx.now
    mine.save(update_fields=["nonce", "revealed_at"])
    said = {"number": row.number, "draw": name, "who": who, "nonce": cmd.nonce}
    if all(c.nonce for c in made.values()):
        said |= _select(row, made, ctx)
    return Done(f"assignment:{row.number}", said, {**said, "status": row.status})


def _select(row: Assignment, made: dict[str, DrawCommitment], ctx: Context) -> dict[str, object]:
    """Both have revealed: the order follows, and the first of it is chosen."""
    evidence = draw.verify(
        [entry["credit_code"] for entry in row.pool],
        row.pool_digest,
        {who: c.digest for who, c in made.items()},
        {who: bytes.fromhex(c.nonce) for who, c in made.items()},
        draw=queries.draw_name(row, row.round),
    )
    row.status = ASSIGNMENT.after("select", AssignmentStatus(row.status), row.facts(ctx.now, revealed=True))
    chosen = organization(evidence.order[0])
    row.seed, row.order = evidence.seed, list(evidence.order)
    row.selected, row.selected_at, row.notice_until = chosen, ctx.now, ctx.now + NOTICE_PERIOD
    row.save(update_fields=["status", "seed", "order", "selected", "selected_at", "notice_until"])
    ctx.announce(AgencySelected(row.number, row.project, str(row.client_id), str(chosen.id)))
    return {
        "seed": row.seed,
        "order": row.order,
        "selected": {"credit_code": chosen.credit_code, "name": chosen.name},
        "notice_until": iso(ctx.now + NOTICE_PERIOD),
    }


@handler(RestartDraw, load=locked, may=policy.may_draw)
def restart(cmd: RestartDraw, ctx: Context, row: Assignment) -> Done:
    ASSIGNMENT.after("restart", AssignmentStatus(row.status), row.facts(ctx.now))
    made = queries.commitments(row)
    missing = [queries.WHO_ZH[p] for p in PARTIES if p not in {c.who for c in made}]
    if missing:
        raise Refused(TOO_EARLY(missing="、".join(missing)))
    until = max(c.at for c in made) + REVEAL_WINDOW
    if ctx.now < until:
        raise Refused(STILL_TIME(until=beijing(until)))
    silent = [c.who for c in made if not c.nonce]
    row.round += 1
    row.save(update_fields=["round"])
    said = {"number": row.number, "abandoned": row.round - 1, "silent": silent, "round": row.round}
    return Done(f"assignment:{row.number}", said, said)
