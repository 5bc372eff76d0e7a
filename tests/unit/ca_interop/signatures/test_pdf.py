"""PDF signatures by several authorities: judged here and by another implementation (poppler's ``pdfsig``)."""

from __future__ import annotations

import functools
import hashlib
import io
import re
import shutil
import subprocess

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.fields import SigFieldSpec, append_signature_field

from ca_interop.rules.signatures import making, pdf_making, pdf_reading, signing_side
from ca_interop.rules.signatures.report import Verdict, lines
from kernel.errors import Refused
from tests.unit.ca_interop.signatures import cast

KINDS = ("rsa", "p256", "dual")
BASE = cast.pdf("opening record", "bid 1: 8,750,000.00")


@functools.cache
def by_three() -> bytes:
    """RSA of a two-level, ECDSA of a three-level, ECDSA of a third authority's signing certificate."""
    document = BASE
    for number, kind in enumerate(KINDS, 1):
        document = cast.signed_pdf(document, kind, f"Signature{number}", stamped=True)
    return document


def judged(document: bytes, *kinds: str):
    return pdf_reading.judge_pdf(document, cast.circumstances(*(kinds or KINDS)))


def codes(report, result: str) -> list[list[str]]:
    return [[s.code for s in one.steps if s.result == result] for one in report.signatures]


def test_three_authorities_on_one_document():
    report = judged(by_three())
    assert report.verdict is Verdict.VALID, lines(report.as_json())
    assert [(s.authority, s.time_from) for s in report.signatures] == [
        ("演示 CA 一", "timestamp"), ("演示 CA 二", "timestamp"), ("演示 CA 三", "timestamp"),
    ]  # fmt: skip
    assert by_three().startswith(BASE)


def test_another_implementation_agrees(tmp_path):
    if shutil.which("pdfsig") is None or shutil.which("certutil") is None:
        pytest.skip("poppler-utils, libnss3-tools")
    (tmp_path / "signed.pdf").write_bytes(by_three())
    (tmp_path / "nss").mkdir()
    run = functools.partial(
        subprocess.run, capture_output=True, text=True, timeout=60, check=True, cwd=tmp_path
    )
    run(["certutil", "-N", "-d", "nss", "--empty-password"])
    for kind in KINDS:
        (tmp_path / "root.pem").write_bytes(cast.authority(kind).root.public_bytes(Encoding.PEM))
        run(["certutil", "-A", "-d", "nss", "-n", kind, "-t", "CT,C,C", "-a", "-i", "root.pem"])
    said = run(["pdfsig", "-nssdir", "nss", "signed.pdf"]).stdout
    assert re.findall(r"Signature Validation: (.*)", said) == ["Signature is Valid."] * 3
    assert re.findall(r"Certificate Validation: (.*)", said) == ["Certificate is Trusted."] * 3
    (tmp_path / "signed.pdf").write_bytes(changed_byte())
    said = subprocess.run(["pdfsig", "-nssdir", "nss", "signed.pdf"], capture_output=True, text=True, cwd=tmp_path, timeout=60, check=False).stdout  # fmt: skip
    assert "Signature is Valid." not in said


def changed_byte() -> bytes:
    place = by_three().index(b"/MediaBox")
    return by_three()[:place] + by_three()[place:].replace(b"612", b"613", 1).replace(b"595", b"596", 1)


def test_one_changed_byte_spoils_every_signature_over_it():
    report = judged(changed_byte())
    assert [one[0] for one in codes(report, "failed")] == ["signature.digest_differs"] * 3


def later_update(change) -> bytes:
    stream = io.BytesIO(by_three())
    writer = IncrementalPdfFileWriter(stream)
    change(writer)
    writer.write_in_place()
    return stream.getvalue()


def other_content(writer) -> None:
    page = writer.root["/Pages"]["/Kids"][0]
    page["/Contents"] = writer.add_object(generic.StreamObject(stream_data=b"BT (bid 1: 1.00) Tj ET"))
    writer.update_container(page)


def overlay(writer) -> None:
    page = writer.root["/Pages"]["/Kids"][0]
    stamp = generic.DictionaryObject({
        generic.pdf_name("/Type"): generic.pdf_name("/Annot"),
        generic.pdf_name("/Subtype"): generic.pdf_name("/FreeText"),
        generic.pdf_name("/Contents"): generic.pdf_string("1.00"),
        generic.pdf_name("/Rect"): generic.ArrayObject([generic.NumberObject(n) for n in (80, 700, 300, 760)]),
    })  # fmt: skip
    page["/Annots"] = generic.ArrayObject([*page.get("/Annots", []), writer.add_object(stamp)])
    writer.update_container(page)


def another_page(writer) -> None:
    from pyhanko.pdf_utils.writer import PageObject

    empty = writer.add_object(generic.StreamObject(stream_data=b" "))
    writer.insert_page(PageObject(contents=empty, media_box=(0, 0, 200, 200)))


@pytest.mark.parametrize("change", [other_content, overlay, another_page])
def test_a_later_update_that_changes_what_is_seen_is_found_out(change):
    report = judged(later_update(change))
    assert codes(report, "failed") == [["pdf.changed_after"]] * 3
    assert report.verdict is Verdict.INVALID


def test_a_byte_range_with_a_wider_hole_is_found_out():
    """The classical wrapping attack: what the range leaves out is more than the value."""
    document = cast.signed_pdf(BASE, "p256", "Signature1", evidence=False)
    found = re.search(rb"/ByteRange \[(\d+) (\d+) (\d+) (\d+)\s*\]", document)
    _, first, second, length = (int(n) for n in found.groups())
    wider = b"/ByteRange [0 %d %d %d" % (first, second + 10, length - 10)
    old = found.group(0)
    forged = document.replace(old, wider.ljust(len(old) - 1) + b"]")
    assert len(forged) == len(document)
    assert codes(judged(forged), "failed")[0][0] == "pdf.byte_range"


def test_the_signers_machine_checks_what_it_is_given():
    prepared = pdf_making.prepare(BASE, cast.NOW, pdf_making.Appearance("单位"), "Signature1")
    sha256 = hashlib.sha256(BASE).hexdigest()
    pdf_making.check_prepared(prepared, sha256, len(BASE))
    other = pdf_making.prepare(
        cast.pdf("another record"), cast.NOW, pdf_making.Appearance("单位"), "Signature1"
    )
    with pytest.raises(Refused) as refused:
        pdf_making.check_prepared(other, sha256, len(BASE))
    assert refused.value.code == "pdf.foreign_revision"


def test_a_message_that_does_not_fit_is_refused():
    prepared = pdf_making.prepare(BASE, cast.NOW, pdf_making.Appearance("单位"), "Signature1")
    with pytest.raises(Refused) as refused:
        pdf_making.embed(prepared, b"\x30" * (pdf_making.ROOM + 1))
    assert refused.value.code == "pdf.no_room"


def test_a_signature_put_into_another_documents_hole_is_found_out():
    one = cast.signer("p256")
    how = making.plan(one.chain, one.alg)
    mine = pdf_making.prepare(BASE, cast.NOW, pdf_making.Appearance("单位"), "Signature1")
    attributes = making.attributes(how, mine.digest)
    value = one.sign(attributes)
    other = pdf_making.prepare(cast.pdf("8,000"), cast.NOW, pdf_making.Appearance("单位"), "Signature1")
    forged = pdf_making.embed(other, making.assemble(how, attributes, value))
    assert codes(judged(forged), "failed") == [["signature.digest_differs"]]


@pytest.mark.parametrize(
    ("document", "code"),
    [
        (BASE, "signature.not_signed"),
        (b"%PDF-1.7\nhello", "signature.malformed"),
        (by_three()[:-2000], "signature.malformed"),
    ],
)
def test_what_cannot_be_judged_is_named(document, code):
    with pytest.raises(Refused) as refused:
        judged(document)
    assert refused.value.code == code
    assert ("没有传完" in str(refused.value.reasons[0].zh)) == (document.startswith(b"%PDF-1.7\nhello"))


def test_a_field_laid_over_the_page_is_not_signed_and_is_told():
    """A later signer may place a field anywhere with any picture in it: over the price, with another one."""
    first = cast.signed_pdf(BASE, "p256", "Signature1", evidence=False)
    stream = io.BytesIO(first)
    writer = IncrementalPdfFileWriter(stream)
    append_signature_field(writer, SigFieldSpec(sig_field_name="Over", on_page=0, box=(50, 700, 400, 800)))
    writer.write_in_place()
    shown = pdf_making.Appearance("单位", picture=cast.pdf("bid 1: 1.00"))
    prepared = pdf_making.prepare(stream.getvalue(), cast.NOW, shown, "Over")
    with pytest.raises(Refused) as refused:
        signing_side.check_additions(prepared.document, len(first))
    assert refused.value.code == "pdf.foreign_revision"
    both = cast.signed_pdf(stream.getvalue(), "rsa", "Over", evidence=False)
    told = [[s.code for s in one.steps if s.result == "note"] for one in judged(both).signatures]
    assert ("pdf.fields_added" in told[0], "pdf.fields_added" in told[1]) == (True, False)
    # Fields that were there from the start, and invisible ones, say nothing of the kind.
    assert "pdf.fields_added" not in str(judged(by_three()))
