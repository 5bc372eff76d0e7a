"""Signing a document of the house in two steps, by signers of several authorities, with faults and races."""

from __future__ import annotations

import base64
import hashlib
import threading
from datetime import UTC, datetime

import pytest
from django.db import connection

from ca_interop import document_signing, isolated, queries
from ca_interop.document_signing import Who
from ca_interop.models import DocumentSignature, PreparedSignature, RevocationDocument
from ca_interop.rules.revocation import OcspAnswer, RevocationEvidence
from ca_interop.rules.signatures import pdf_reading, signing_side
from ca_interop.rules.signatures.judging import Circumstances
from ca_interop.rules.signatures.report import Verdict, lines
from documents import store
from documents.pdf import PdfDocument
from kernel.errors import Refused
from sealing import sm2
from sealing.signer import fingerprint
from tests.integration.ca_interop.authorities import recognized, subscriber

pytestmark = pytest.mark.django_db(transaction=True)
NAMES = {
    "demo-ca-1": "江苏苏海建设有限公司",
    "demo-ca-2": "盐城城南建设工程有限公司",
    "demo-ca-3": "盐城市公共资源交易中心",
}


@pytest.fixture
def server():
    with recognized() as running:
        yield running


def now() -> datetime:
    return datetime.now(UTC)


def document(title: str = "开标记录", slots: int = 3):
    made = PdfDocument(title, number="YC-1", training=True, now=now())
    made.paragraph("报价 8,750,000.00 元").page_break().heading("签章页", 2).signature_slots(slots)
    return store.put(made.build(), name=f"{title}.pdf", media_type="application/pdf", now=now())


def who(name: str) -> Who:
    return Who(name, (name, "身份：投标人"), seal=True, reason="签署开标记录")


def prepared(stored, signer, name: str = "单位"):
    return document_signing.prepare(stored, signer.chain, signer.alg, who(name), now())


def answered(row, signer) -> dict[str, str]:
    """What the signer's machine sends back."""
    told = document_signing.prepared_json(row)
    data = document_signing.revision(row).document
    return signing_side.sign_revision(told, data, signer, row.document.sha256)


def finished(stored, row, signer) -> dict:
    given = answered(row, signer)
    return document_signing.finish(
        given["prepared"], given["signature"], stored, fingerprint(signer.chain[0])
    )


def refused(call, *args) -> str:
    with pytest.raises(Refused) as caught:
        call(*args)
    return caught.value.code


def test_three_authorities_sign_one_after_the_other_with_time_stamps(server):
    stored = document()
    for number, (ca, name) in enumerate(NAMES.items(), 60):
        signer = subscriber(name, number, "王海", ca)
        said = finished(stored, prepared(stored, signer, name), signer)
        assert said["details"]["timestamp"] is not None
        document_signing.append(said, stored, now())
    with document_signing.latest(stored).open() as stream:
        data = stream.read()
    report = pdf_reading.judge_pdf(data, Circumstances(queries.trust_list(now()), now()))
    assert report.verdict is Verdict.VALID, lines(report.as_json())
    assert [s.organization for s in report.signatures] == list(NAMES.values())
    assert {s.time_from for s in report.signatures} == {"timestamp"}
    assert hashlib.sha256(data[: stored.size]).hexdigest() == stored.sha256
    assert isolated.judge(data, None, Circumstances(queries.trust_list(now()), now()))["verdict"] == "valid"


def test_who_prepared_over_an_older_revision_is_stale_and_prepares_anew(server):
    stored = document()
    one, two = subscriber("甲公司", 61, "王", "demo-ca-2"), subscriber("乙公司", 62, "李", "demo-ca-1")
    mine, others = prepared(stored, one), prepared(stored, two)
    document_signing.append(finished(stored, mine, one), stored, now())
    assert refused(finished, stored, others, two) == "pdf.stale"
    document_signing.append(finished(stored, prepared(stored, two), two), stored, now())
    assert [row.number for row in document_signing.signatures_of(stored)] == [1, 2]


def test_finished_twice_is_the_same_and_appended_once(server):
    stored, one = document(), subscriber("甲公司", 61, "王")
    row = prepared(stored, one)
    said = finished(stored, row, one)
    assert finished(stored, row, one) == said
    document_signing.append(said, stored, now())
    assert refused(document_signing.append, said, stored, now()) == "pdf.stale"
    assert finished(stored, row, one) == said


def test_two_at_once_leave_one_and_the_other_stale(server):
    stored = document()
    signers = [subscriber("甲公司", 61, "王"), subscriber("乙公司", 62, "李")]
    said = [finished(stored, prepared(stored, signer), signer) for signer in signers]
    outcomes, barrier = [], threading.Barrier(2)

    def act(one: dict) -> None:
        from journal.door import reason_of

        barrier.wait()
        try:
            document_signing.append(one, stored, now())
            outcomes.append("done")
        except Refused as refusal:
            outcomes.append(refusal.code)
        except Exception as error:
            outcomes.append(reason_of(error).code)  # type: ignore[arg-type]
        finally:
            connection.close()

    threads = [threading.Thread(target=act, args=(one,)) for one in said]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes.count("done") == 1
    assert DocumentSignature.objects.count() == 1


def test_anothers_key_or_certificate_is_refused(server):
    stored, one, two = document(), subscriber("甲公司", 61, "王"), subscriber("乙公司", 62, "李")
    row = prepared(stored, one)
    wrong = base64.b64encode(two.sign(b"something")).decode()
    mine, theirs = fingerprint(one.chain[0]), fingerprint(two.chain[0])
    assert refused(document_signing.finish, str(row.pk), wrong, stored, mine) == "signature.wrong"
    given = answered(row, one)
    assert (
        refused(document_signing.finish, given["prepared"], given["signature"], stored, theirs)
        == "pdf.not_prepared"
    )
    assert refused(document_signing.finish, "nothing", "", stored, mine) == "pdf.not_prepared"
    assert refused(document_signing.finish, given["prepared"], "!", stored, mine) == "pdf.signature_malformed"


def test_a_revision_that_changes_the_content_is_not_signed(server):
    """A platform that prepares something else than the document finds no signer."""
    stored, other, one = document(), document("另一份"), subscriber("甲公司", 61, "王")
    row = prepared(other, one)
    told = {**document_signing.prepared_json(row)}
    data = document_signing.revision(row).document
    assert refused(signing_side.sign_revision, told, data, one, stored.sha256) == "pdf.foreign_revision"


def test_without_a_time_stamp_service_the_signature_says_so(server):
    stored, one = document(), subscriber("甲公司", 61, "王", "demo-ca-2")
    server.house.faults.update(dict.fromkeys(server.house.authorities, "down"))
    said = finished(stored, prepared(stored, one), one)["details"]
    assert (said["timestamp"], said["revocation"]) == (None, "undecided")
    server.house.faults.clear()
    said = finished(stored, prepared(stored, one), one)["details"]
    assert (said["timestamp"] is not None, said["revocation"]) == (True, "good")
    # The standing is known for a minute now; only the time-stamp is missing.
    server.house.faults.update(dict.fromkeys(server.house.authorities, "down"))
    said = finished(stored, prepared(stored, one), one)
    assert said["details"]["timestamp"] is None
    document_signing.append(said, stored, now())
    with document_signing.latest(stored).open() as stream:
        report = pdf_reading.judge_pdf(stream.read(), Circumstances(queries.trust_list(now()), now()))
    assert (report.verdict, report.signatures[0].time_from) == (Verdict.VALID, "now")


def test_prepared_revisions_that_came_to_nothing_are_swept(server):
    stored, one = document(), subscriber("甲公司", 61, "王")
    row = prepared(stored, one)
    PreparedSignature.objects.update(prepared_at=now() - 2 * document_signing.KEPT)
    prepared(stored, one)
    assert refused(document_signing.found, str(row.pk)) == "pdf.not_prepared"
    assert PreparedSignature.objects.count() == 1


def test_more_signers_than_places_sign_without_a_picture(server):
    stored = document(slots=1)
    for number in (61, 62):
        signer = subscriber(f"公司{number}", number, "王", "demo-ca-2")
        document_signing.append(finished(stored, prepared(stored, signer), signer), stored, now())
    with document_signing.latest(stored).open() as stream:
        report = pdf_reading.judge_pdf(stream.read(), Circumstances(queries.trust_list(now()), now()))
    assert (report.verdict, len(report.signatures)) == (Verdict.VALID, 2)


def test_a_detached_message_stands_beside_the_document(server):
    stored, one = document(), subscriber("甲公司", 61, "王")
    with stored.open() as stream:
        given = signing_side.sign_beside(stream.read(), one)
    said = document_signing.finish_beside(given["message"], stored, fingerprint(one.chain[0]), "甲公司")
    document_signing.append(said, stored, now())
    assert [(row.kind, row.number) for row in document_signing.signatures_of(stored)] == [("cms", 1)]
    assert document_signing.latest(stored).pk == stored.pk


@pytest.mark.skipif(not sm2.available(), reason="no libcrypto with SM2")
def test_an_sm2_signer_signs_beside_and_disturbs_nobody(server):
    stored = document()
    one, two = subscriber("甲公司", 61, "王", "demo-ca-4"), subscriber("乙公司", 62, "李", "demo-ca-2")
    assert refused(prepared, stored, one) == "signature.sm2_in_pdf"
    waiting = prepared(stored, two)
    with stored.open() as stream:
        given = signing_side.sign_beside(stream.read(), one)
    mine = fingerprint(one.chain[0])
    said = document_signing.finish_beside(given["message"], stored, mine, "甲公司")
    document_signing.append(said, stored, now())
    document_signing.append(finished(stored, waiting, two), stored, now())
    rows = document_signing.signatures_of(stored)
    assert [(row.kind, row.number) for row in rows] == [("gbt35275", 1), ("pades", 1)]
    with rows[0].file.open() as message, stored.open() as content:
        by = Circumstances(queries.trust_list(now()), now(), True, evidence_of(rows[0].details))
        report = isolated.judge(message.read(), content.read(), by)
    assert (report["kind"], report["verdict"]) == ("gbt35275", "valid")
    broken = base64.b64encode(base64.b64decode(given["message"])[:-9]).decode()
    assert refused(document_signing.finish_beside, broken, stored, mine, "甲公司") == "signature.malformed"


def evidence_of(details: dict) -> RevocationEvidence:
    """The documents that were kept with a signature."""
    kept = [RevocationDocument.objects.get(sha256=one) for one in details["revocation_sha256"]]
    crls = tuple(bytes(row.der) for row in kept if row.kind == "crl")
    return RevocationEvidence(crls, tuple(OcspAnswer(bytes(row.der)) for row in kept if row.kind == "ocsp"))
