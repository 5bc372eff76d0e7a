"""The marketplace through its pages, as a browser posts them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from agencies import queries
from agencies.models import Admission, Assignment
from journal import clock
from kernel import draw
from kernel.clock import BEIJING
from tests.doors.parties.test_party_pages import signed_fields
from tests.integration.agencies.market import Someone, center, later, nonce, registered
from tests.integration.ca_interop.authorities import recognized

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def server(settings):
    settings.TRAINING = True
    with recognized() as running:
        yield running


def sign_twice(someone: Someone, path: str, fields: dict[str, str]) -> int:
    """First the page makes the commitment of what was declared, then it is signed."""
    page = someone.client.post(path, fields).content.decode()
    return someone.client.post(path, {**fields, **signed_fields(page, someone.signer)}).status_code


def test_a_selection_by_pages():
    staff = center()
    item = {"code": "procurement-agency", "name": "采购代理", "basis": "招标投标法第十二条"}
    assert staff.client.post("/agencies/", item).status_code == 302
    again = staff.client.post("/agencies/", item)
    assert (again.status_code, "service_item.once" in again.content.decode()) == (422, True)
    client = registered("盐城市城市建设投资集团有限公司", 31, "陈立", "procuring_entity", staff)
    firms = [registered(f"江苏第{n}招标代理有限公司", 40 + n, f"经办{n}", "agency") for n in range(1, 4)]
    for firm in firms:
        fields = {
            "item": "procurement-agency",
            "head": firm.credit_code[-4:],
            "controllers": "",
            "qualification": "招标师 6 人",
        }
        assert sign_twice(firm, "/agencies/admission/", fields) == 302
    assert staff.client.get("/agencies/admissions/").content.decode().count("准予入驻") == 3
    for row in Admission.objects.all():
        staff.client.post("/agencies/admissions/", {"admission": row.id, "act": "admit"})
    number = _published(client)
    path = f"/agencies/assignments/{number}/"
    for firm in firms:
        assert "报名" in firm.client.get("/desk/").content.decode()
        assert sign_twice(firm, f"{path}apply/", {"interest": ""}) == 302
        assert "撤回报名" in firm.client.get(path).content.decode()
    later(days=4)
    client.client.post(path, {"act": "close"})
    for someone, who in ((client, "client"), (staff, "trading_center")):
        page = someone.client.get(path).content.decode()
        assert (f'data-draw-who="{who}"' in page, f'data-draw-name="{number}#1"' in page) == (True, True)
        someone.client.post(
            path, {"act": "commit", "digest": draw.commitment(nonce(who), who, f"{number}#1")}
        )
    wrong = client.client.post(path, {"act": "reveal", "nonce": "00" * 32})
    assert (wrong.status_code, "draw.reveal_differs" in wrong.content.decode()) == (409, True)
    for someone, who in ((client, "client"), (staff, "trading_center")):
        someone.client.post(path, {"act": "reveal", "nonce": nonce(who).hex()})
    later(days=1)
    chosen = queries.public_record(number)["selected"]["name"]
    assert chosen in client.client.get(path).content.decode()
    bad = {"act": "contract", "amount": "86000", "contract": SimpleUploadedFile("c.pdf", b"no pdf")}
    assert "contract.not_pdf" in client.client.post(path, bad).content.decode()
    good = {"act": "contract", "amount": "86000", "contract": SimpleUploadedFile("c.pdf", b"%PDF-1.7")}
    assert client.client.post(path, good).status_code == 302
    assert Assignment.objects.get().status == "contracted"


def _published(client: Someone) -> str:
    closing = (clock.now() + timedelta(days=3, minutes=1)).astimezone(BEIJING).strftime("%Y-%m-%dT%H:%M")
    fields = {
        "item": "procurement-agency", "title": "聚亨路改造工程招标代理", "project": "聚亨路改造工程",
        "need": "编制招标文件。", "budget": "86000", "closing_at": closing, "head": "陈立",
        "controllers": "", "recused": "", "least": "3",
    }  # fmt: skip
    refused = client.client.post("/agencies/assignments/new/", {**fields, "budget": "2000000"})
    assert (refused.status_code, "assignment.over_limit" in refused.content.decode()) == (422, True)
    got = client.client.post("/agencies/assignments/new/", fields)
    assert got.status_code == 302
    return got["Location"].strip("/").split("/")[-1]


def test_pages_are_for_those_who_may(client):
    assert client.get("/agencies/").status_code == 200
    for path, wanted in (
        ("admission/", 401),
        ("admissions/", 401),
        ("assignments/new/", 401),
        ("assignments/ZJ0/", 404),
    ):
        assert client.get(f"/agencies/{path}").status_code == wanted
