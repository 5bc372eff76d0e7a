"""/ca/versions/ and /ca/matrix/: versions of the trust list and the interoperability matrix, for staff."""

from __future__ import annotations

import json
import uuid
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from ca_interop import matrix, policy, queries, tasks
from ca_interop.commands import ImportTrustList
from ca_interop.models import TrustListVersion
from ca_interop.rules.matrix import OPERATION_ZH, OPERATIONS, Row
from ca_interop.rules.trust_list import TrustList, check_succession, read_signed
from ca_interop.rules.trust_list_changes import changes
from journal import clock
from journal.tasks import later
from kernel.actor import Actor
from kernel.canonical_json import parse
from kernel.errors import Kind, ReasonForm, Refused
from portal.doors import plain, signed_in, submit

MAX_LIST = 8 * 1024 * 1024
NO_FILE = ReasonForm(
    "trust_list.no_file",
    zh="请选择签名的信任列表文件（不超过 8 MB 的 JSON）",
    en="choose a signed trust list: a JSON file of at most 8 MB",
    kind=Kind.MALFORMED,
)
NO_VERSION = ReasonForm(
    "trust_list.no_version",
    zh="没有第 {version} 版信任列表",
    en="there is no trust list version {version}",
    kind=Kind.NOT_FOUND,
)


def _staff(request: HttpRequest) -> Actor:
    actor = signed_in(request)
    if (reason := policy.may_see(actor)) is not None:
        raise Refused(reason)
    return actor


@require_http_methods(["GET", "POST"])
def versions(request: HttpRequest) -> HttpResponse:
    """All versions with what each changed; a file is first shown as it differs, then imported."""
    actor = _staff(request)
    may_import = policy.may_import(actor, None) is None
    context: dict[str, Any] = {"may_import": may_import, "command_key": uuid.uuid4()}
    if request.method == "POST":
        if (reason := policy.may_import(actor, None)) is not None:
            raise Refused(reason)
        signed = _signed(request)
        if request.POST.get("act") == "import":
            done = submit(request, ImportTrustList(signed, source="page"))
            messages.success(request, f"信任列表第 {done.result['version']} 版已导入")
            return redirect("trust-list-version", version=done.result["version"])
        context |= _preview(signed)
    now = clock.now()
    rows = queries.versions()
    lists = {row.version: queries.list_of(row) for row in rows}
    context["rows"] = [
        {
            "row": row,
            "state": _state(row, rows, now),
            "changes": len(changes(_before(row, rows, lists), lists[row.version])),
            "authorities": len(lists[row.version].authorities),
            "stale": lists[row.version].is_stale(now),
        }
        for row in rows
    ]
    return render(request, "ca_interop/versions.html", context)


def _state(row: TrustListVersion, rows: list[TrustListVersion], now: Any) -> tuple[str, str]:
    current = next((r for r in rows if r.effective_from <= now), None)
    if row.effective_from > now:
        return ("尚未生效", "attention")
    return ("生效中", "done") if current is not None and row.pk == current.pk else ("已被替代", "plain")


def _before(
    row: TrustListVersion, rows: list[TrustListVersion], lists: dict[int, TrustList]
) -> TrustList | None:
    older = [r.version for r in rows if r.version < row.version]
    return lists[max(older)] if older else None


def _signed(request: HttpRequest) -> dict[str, Any]:
    """The list in the form: its file, or the text that the preview carried on."""
    file = request.FILES.get("list")
    text = request.POST.get("signed", "").encode()
    data = file.read(MAX_LIST + 1) if file is not None else text
    if not data or len(data) > MAX_LIST:
        raise Refused(NO_FILE())
    value = parse(data)
    if not isinstance(value, dict):
        raise Refused(NO_FILE())
    plain(value)
    return value


def _preview(signed: dict[str, Any]) -> dict[str, Any]:
    """How a list differs from the newest one; what would be refused is refused here already."""
    read = read_signed(signed, queries.known_publishers())
    newest = queries.newest_list()
    if newest is not None:
        check_succession(newest, read)
    text = json.dumps(signed, ensure_ascii=False, separators=(",", ":"))
    return {"preview": read, "preview_changes": changes(newest, read), "newest": newest, "signed": text}


@require_http_methods(["GET"])
def version(request: HttpRequest, version: int) -> HttpResponse:
    """One version beside another: the one before it, or ``?against=``."""
    _staff(request)
    rows = queries.versions()
    row = _numbered(rows, version)
    told = request.GET.get("against", "")
    older = [r for r in rows if r.version < version]
    against = _numbered(rows, int(told) if told.isdecimal() and len(told) < 10 else -1) if told else None
    against = against or (older[0] if older else None)
    shown, beside = queries.list_of(row), queries.list_of(against) if against else None
    context = {
        "row": row,
        "list": shown,
        "against": against,
        "others": [r for r in rows if r.version != version],
        "changes": changes(beside, shown),
        "stale": shown.is_stale(clock.now()),
        "now": clock.now(),
    }
    return render(request, "ca_interop/version.html", context)


def _numbered(rows: list[TrustListVersion], number: int) -> TrustListVersion:
    found = next((row for row in rows if row.version == number), None)
    if found is None:
        raise Refused(NO_VERSION(version=number))
    return found


@require_http_methods(["GET", "POST"])
def ca_matrix(request: HttpRequest, run: str = "") -> HttpResponse:
    """The newest run, or one of the stored ones; staff of the center run it again."""
    actor = _staff(request)
    if request.method == "POST":
        if (reason := policy.may_run_matrix(actor)) is not None:
            raise Refused(reason)
        if not settings.CA_SANDBOX_URL:
            raise Refused(matrix.NO_SANDBOX())
        later(tasks.run_matrix, actor.key)
        said = "互认矩阵已运行" if settings.EMBEDDED else "互认矩阵已交给后台运行，稍候刷新本页"
        messages.success(request, said)
        return redirect("ca-matrix")
    runs = queries.matrix_runs()
    shown = queries.matrix_run(run) if run or runs else None
    rows = queries.matrix_rows(shown) if shown else ()
    context = {
        "run": shown,
        "runs": runs,
        "rows": rows,
        "operations": [OPERATION_ZH[o] for o in OPERATIONS],
        "failing": [group for row in rows for group in _failing(row)],
        "unlisted": _unlisted(),
        "may_run": policy.may_run_matrix(actor) is None,
        "sandbox": bool(settings.CA_SANDBOX_URL),
    }
    return render(request, "ca_interop/matrix.html", context)


def _failing(row: Row) -> list[dict[str, Any]]:
    """What fails in a row, operations that fail for the same reason together."""
    found: dict[tuple[str, str], list[str]] = {}
    for cell in row.cells:
        if cell is not None and not cell.ok:
            found.setdefault((cell.code, cell.zh), []).append(cell.operation_zh)
    return [
        {"row": row, "first": no == 0, "code": code, "zh": zh, "operations": "、".join(operations)}
        for no, ((code, zh), operations) in enumerate(found.items())
    ]


def _unlisted() -> list[str]:
    try:
        return [p.name for p in matrix.unlisted(queries.trust_list(clock.now()))]
    except Refused:
        return []
