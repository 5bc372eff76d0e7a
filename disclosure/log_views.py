"""The log's doors: C2SP tlog-tiles for machines, three pages for people."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from disclosure.queries import log
from disclosure.rules.words import act_words
from journal import sequencer
from kernel.canonical_json import canonical
from kernel.errors import Refused

_FOREVER = "public, max-age=31536000, immutable"
# A partial tile never changes either, but a fuller one takes its place within moments.
_SHORT = "public, max-age=60"
_PAGE = 50


def _plain(body: str | bytes, content_type: str, caching: str) -> HttpResponse:
    response = HttpResponse(body, content_type=content_type)
    response["Cache-Control"] = caching
    # Public bytes: any page may read them to check the log.
    response["Access-Control-Allow-Origin"] = "*"
    return response


@require_safe
def checkpoint(request: HttpRequest) -> HttpResponse:
    """The newest signed checkpoint (C2SP tlog-checkpoint)."""
    return _plain(log.head().note, "text/plain; charset=utf-8", "no-cache")


@require_safe
def tile(request: HttpRequest, path: str) -> HttpResponse:
    """A hash tile or an entry bundle (C2SP tlog-tiles)."""
    found = log.tile(f"tile/{path}")
    return _plain(found.body, "application/octet-stream", _FOREVER if found.full else _SHORT)


@require_safe
def proof(request: HttpRequest, act: str) -> HttpResponse:
    """The inclusion proof of an act against the newest checkpoint (C2SP tlog-proof@v1)."""
    return _plain(log.proof(act), "text/plain; charset=utf-8", "no-cache")


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """The log for people: checkpoint, keys, newest open acts, search by id."""
    wanted = request.GET.get("act", "").strip()
    if wanted:
        return redirect("log-act", act=str(log.act(wanted).id))
    before = request.GET.get("before", "")
    rows = log.latest_open(
        _PAGE, before=int(before) if before.isascii() and before.isdigit() and len(before) < 16 else None
    )
    acts = [{"act": row, "words": act_words(row.document)} for row in rows]
    older = rows[-1].index if len(rows) == _PAGE else None
    context = {"head": _head(), "vkey": sequencer.vkey(), "acts": acts, "older": older}
    return render(request, "disclosure/log.html", context)


def _head() -> object | None:
    try:
        return log.head()
    except Refused:
        return None


@require_safe
def act(request: HttpRequest, act: str) -> HttpResponse:
    """One act: what it says (or that it is sealed), its leaf, its place and its proof."""
    found = log.act(act)
    context = {
        "act": found,
        "words": act_words(found.document),
        "body": canonical(found.document).decode() if found.document else "",
        "leaf": found.leaf.decode("utf-8"),
        "head": _head(),
        "proof": log.proof(act) if found.index is not None else "",
    }
    return render(request, "disclosure/act.html", context)
