"""Mutual recognition between two running platforms: A publishes the province's list, B imports it from A."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from django.core.management import call_command

from ca_interop.demo_ca import issuing, keys
from ca_interop.demo_ca.assembling import Issuer
from ca_interop.models import TrustListVersion
from ca_interop.rules.certificates import fingerprint
from demo.clients import Client, Refusal
from journal.models import Act
from tests import servers
from tests.integration.ca_interop.authorities import END, START, code, house, serving

pytestmark = pytest.mark.django_db(transaction=True)


def publisher_file(folder, name: str) -> tuple[Path, str]:
    """A province's key and certificate in one PEM, and the certificate's fingerprint."""
    key, subject = keys.generate_key("p256"), issuing.name(name)
    certificate = issuing.authority_certificate(subject, key, Issuer(subject, key), (START, END), 0)
    path = folder / f"{name}.pem"
    path.write_bytes(keys.to_pem(key) + certificate.public_bytes(Encoding.PEM))
    return path, fingerprint(certificate)


def publisher_certificate(path: Path) -> Path:
    """Only the certificate, as one province gives it to another."""
    alone = path.with_suffix(".crt")
    alone.write_bytes(
        b"-----BEGIN CERTIFICATE-----" + path.read_bytes().split(b"-----BEGIN CERTIFICATE-----")[1]
    )
    return alone


def person(folder, name: str, number: int, ca: str) -> Path:
    who = issuing.Subscriber(name, code(number), "王敏")
    now = datetime.now(UTC)
    got = (
        house()
        .authorities[ca]
        .issue(who, not_before=now - timedelta(days=9), not_after=now + timedelta(days=90))
    )
    path = folder / f"{ca}-{number}.pem"
    path.write_bytes(got.signing.pem())
    return path


def imported(staff: Client, signed: dict) -> str:
    """The center's staff hand B a list that they fetched: ``ok`` or the code of the refusal."""
    try:
        staff.post("/api/v1/trust-list", {"signed": signed})
    except Refusal as refusal:
        return refusal.code
    return "ok"


def login(url: str, key_file) -> str:
    """``ok`` or the code of the refusal."""
    try:
        Client(url, "", key_file).login()
    except Refusal as refusal:
        return refusal.code
    return "ok"


def test_a_list_published_at_one_platform_governs_the_other(live_server, tmp_path):
    var = tmp_path / "b"
    var.mkdir()
    first, first_print = publisher_file(tmp_path, "省")
    second, second_print = publisher_file(tmp_path, "省新")
    address = f"{live_server.url}/api/v1/trust-list"
    with serving() as ca:
        (tmp_path / "list.json").write_text(json.dumps(house().trust_list(ca.url)["statement"]["payload"]))
        call_command(
            "publish_trust_list", key=first, start=tmp_path / "list.json", vouch=True, publisher="省主管部门"
        )
        center, bidder = (
            person(tmp_path, "交易中心", 70, "demo-ca-1"),
            person(tmp_path, "甲公司", 71, "demo-ca-2"),
        )
        with servers.daphne(var) as b:
            assert login(b, center) == "trust_list.not_in_force"
            env = servers.environment(var, 1)
            servers.manage(env, "import_trust_list", address, "--publisher", first_print)
            servers.manage(env, "bootstrap_center", "--certificate", str(center))
            staff = Client(b, "", center)
            staff.login()
            # The bidder's certificate counts at B; it only is not registered there.
            assert login(b, bidder) == "certificate.not_registered"

            old = httpx.get(address, trust_env=False).json()
            call_command("publish_trust_list", key=first, withdraw="demo-ca-2", reason="compromised",
                         successor=[publisher_certificate(second)])  # fmt: skip
            assert imported(staff, httpx.get(address, trust_env=False).json()) == "ok"
            assert login(b, bidder) == "certificate.authority_withdrawn"
            assert imported(staff, old) == "trust_list.unknown_publisher"

            with pytest.raises(SystemExit):
                call_command("publish_trust_list", key=first)
            call_command("publish_trust_list", key=second, restore="demo-ca-2")
            third = httpx.get(address, trust_env=False).json()
            assert (imported(staff, third), imported(staff, third)) == ("ok", "trust_list.not_newer")
            assert login(b, bidder) == "certificate.not_registered"
    assert [v.signer for v in TrustListVersion.objects.order_by("version")] == [
        first_print,
        first_print,
        second_print,
    ]
    acts = Act.objects.filter(verb="trust_list.publish").order_by("at")
    said = [[c["kind"] for c in act.document["payload"]["changes"]] for act in acts]
    assert said[1:] == [["changed", "withdrawn"], ["changed", "restored"]]
