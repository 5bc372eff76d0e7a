"""The staff's pages of recognized authorities: versions and differences, import by file, the matrix."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from ca_interop import queries
from ca_interop.commands import PublishTrustList
from ca_interop.models import MatrixRun, TrustListVersion
from ca_interop.rules.trust_list import PURPOSE
from journal import clock
from journal.door import perform
from kernel.actor import SYSTEM
from kernel.clock import iso
from sealing import statements
from tests import worlds_tenders
from tests.doors.portal.test_desk import browser
from tests.integration.ca_interop.authorities import house

pytestmark = pytest.mark.django_db(transaction=True)


def next_list(**withdrawal: str) -> dict:
    """The province's next version; demo CA eight leaves it."""
    payload = queries.newest_list().as_payload()
    now = iso(clock.now())
    payload |= {"version": payload["version"] + 1, "issued_at": now, "effective_from": now}
    payload["next_update"] = iso(clock.now() + timedelta(days=90))
    payload["authorities"][-1] |= {"withdrawn_at": now, "withdrawal_reason": "ceased", **withdrawal}
    return statements.sign(statements.statement(PURPOSE, payload), house().publisher_key, [house().publisher])


def test_a_list_is_shown_as_it_differs_then_imported_by_the_center(settings) -> None:
    with worlds_tenders.world() as world:
        center, bidder = browser(world.center), browser(world.bidders[0])
        signed = json.dumps(next_list())
        page = center.post(
            "/ca/versions/", {"act": "preview", "list": SimpleUploadedFile("list.json", signed.encode())}
        )
        assert page.status_code == 200
        assert "终止服务" in page.content.decode()
        assert TrustListVersion.objects.count() == 1
        done = center.post("/ca/versions/", {"act": "import", "signed": signed})
        assert (done.status_code, done["Location"]) == (302, "/ca/versions/2/")
        shown = center.get("/ca/versions/2/").content.decode()
        assert "与第 1 版相比" in shown
        assert "演示 CA 八" in shown
        assert center.get("/ca/versions/2/?against=1").status_code == 200
        again = center.post("/ca/versions/", {"act": "import", "signed": signed})
        assert (again.status_code, "trust_list.not_newer" in again.content.decode()) == (409, True)
        assert bidder.get("/ca/versions/").status_code == 403
        assert bidder.post("/ca/versions/", {"act": "import", "signed": signed}).status_code == 403
        assert browser(world.authority).get("/ca/versions/").status_code == 200
        assert browser(world.authority).post("/ca/versions/", {"signed": signed}).status_code == 403
        assert "终止服务" in bidder.get("/ca/").content.decode()


@pytest.mark.parametrize(
    ("address", "status"),
    [("/ca/versions/7/", 404), ("/ca/versions/1/?against=9", 404), ("/ca/matrix/nothing/", 404)],
)
def test_what_is_not_there_is_said(address: str, status: int) -> None:
    with worlds_tenders.world() as world:
        assert browser(world.center).get(address).status_code == status


def test_the_matrix_is_run_from_its_page_and_says_what_fails(settings) -> None:
    with worlds_tenders.world() as world:
        center = browser(world.center)
        assert "还没有运行过" in center.get("/ca/matrix/").content.decode()
        settings.CA_SANDBOX_URL = ""
        assert center.post("/ca/matrix/").status_code == 409
        settings.CA_SANDBOX_URL = "http://127.0.0.1:9"  # the discard port: nobody answers
        assert center.post("/ca/matrix/").status_code == 302
        run = MatrixRun.objects.get()
        page = center.get("/ca/matrix/").content.decode()
        assert f"{run.failed} 格不通过" in page
        assert "的测试环境没有作答" in page
        assert center.get(f"/ca/matrix/{run.pk}/").status_code == 200
        assert (run.asked_by, run.failed) == (world.center.actor.key, len(run.cells))
        assert browser(world.authority).post("/ca/matrix/").status_code == 403
        assert browser(world.bidders[0]).get("/ca/matrix/").status_code == 403


def test_only_the_operator_publishes() -> None:
    from kernel.errors import Refused

    with worlds_tenders.world() as world:
        with pytest.raises(Refused) as refused:
            perform(PublishTrustList(next_list()), world.center.actor, via="http")
        assert refused.value.code == "trust_list.only_operator"
        perform(PublishTrustList(next_list()), SYSTEM, via="cli")
        assert queries.newest_list().version == 2
