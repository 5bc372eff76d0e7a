"""The public pages: home, notices, one tender, how to verify, the record to take away."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_safe

from ca_interop.platform_key import platform_public_key
from disclosure import policy, tasks
from disclosure.forms import NoticeFilters
from disclosure.queries import claims, notices, tender_page
from documents.serving import serve
from journal import clock, sequencer
from kernel.errors import Kind, ReasonForm, Refused

PREPARING = ReasonForm(
    "record.preparing",
    zh="「{tender}」的公开记录正在生成，请稍后再来",
    en="the public record of {tender} is being made; come back shortly",
    kind=Kind.BUSY,
)
_PAGE = 20


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """What this is, what can be bid for, how to check it."""
    now = clock.now()
    rows = [notices.row(t, now) for t in notices.next_deadlines(now)]
    newest = [notices.row(t, now) for t in notices.listed(notices.Filters(), now)[:5]]
    context = {
        "rows": rows,
        "newest": newest,
        "numbers": notices.numbers(now),
        "now": now,
        "head": _head_size(),
    }
    return render(request, "disclosure/home.html", context)


def _head_size() -> int:
    head = sequencer.checkpoint()
    return head.size if head else 0


@require_safe
def notice_list(request: HttpRequest) -> HttpResponse:
    """交易公告 with filters."""
    now = clock.now()
    form = NoticeFilters(request.GET or None)
    filters = form.filters() if form.is_bound else notices.Filters()
    page = Paginator(notices.listed(filters, now), _PAGE).get_page(request.GET.get("page"))
    context = {
        "form": form,
        "page": page,
        "rows": [notices.row(t, now) for t in page.object_list],
        "now": now,
    }
    return render(request, "disclosure/notices.html", context)


@require_safe
def notice(request: HttpRequest, number: str) -> HttpResponse:
    """The public page of one tender."""
    now = clock.now()
    tender = tender_page.tender(number, now)
    results = tender_page.results(tender)
    documents, clarifications = tender_page.documents(tender)
    context = {
        "tender": tender,
        "row": notices.row(tender, now),
        "results": results,
        "documents": documents,
        "clarifications": clarifications,
        "answers": tender_page.answers(tender),
        "schedule": tender_page.schedule_of(tender, results, now),
        "claims": claims.of(tender),
        "record": tender_page.published_record(tender),
        "neighbours": tender_page.neighbours(tender, now),
        "now": now,
    }
    return render(request, "disclosure/notice.html", context)


@require_safe
def limitations(request: HttpRequest) -> HttpResponse:
    """``docs/limitations.md`` of the running version: what this deployment cannot protect."""
    words = (Path(settings.BASE_DIR) / "docs" / "limitations.md").read_text(encoding="utf-8")
    return HttpResponse(words, content_type="text/plain; charset=utf-8")


@require_safe
def verify(request: HttpRequest) -> HttpResponse:
    """如何核验: the receipt check in the page, the command line, the keys."""
    context = {
        "vkey": sequencer.vkey(),
        "origin": settings.LOG_ORIGIN,
        "platform_public_key": platform_public_key(),
        "head": sequencer.checkpoint(),
        "server": settings.PUBLIC_URL,
    }
    return render(request, "disclosure/verify.html", context)


@require_safe
def record(request: HttpRequest, number: str) -> HttpResponseBase:
    """The newest published record of a tender as a ZIP file; ``Refused`` with the reason before that."""
    tender = tender_page.tender(number, clock.now())
    if (reason := policy.why_no_record(tender)) is not None:
        raise Refused(reason)
    tasks.ensure(tender)
    published = tender_page.published_record(tender)
    if published is None:
        raise Refused(PREPARING(tender=number))
    return serve(request, published.file, f"{number}.zip")
