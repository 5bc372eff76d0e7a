"""RFC 5280 §6.1 section by section, a right and a wrong case of each."""

import ipaddress
import subprocess

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID as Eku

from tests.unit.ca_interop.rfc5280.pki import AT, DAY, ask, full, issue, name

A, B, C = "1.3.6.1.4.1.9.1", "1.3.6.1.4.1.9.2", "1.3.6.1.4.1.9.3"
ANY = "2.5.29.32.0"
ROOT = issue("Root", ca=True)
CA = issue("CA", ROOT, ca=True)


def policies(*oids):
    return (
        x509.CertificatePolicies([x509.PolicyInformation(x509.ObjectIdentifier(o), None) for o in oids]),
        False,
    )


def mapping(issuer, subject):
    der = bytes.fromhex("3016") + b"".join(
        x509.ObjectIdentifier(o) and b"\x06\x09\x2b\x06\x01\x04\x01\x09"[:0] + _oid(o)
        for o in (issuer, subject)
    )
    body = der[2:]
    inner = bytes([0x30, len(body)]) + body
    return (
        x509.UnrecognizedExtension(x509.ObjectIdentifier("2.5.29.33"), bytes([0x30, len(inner)]) + inner),
        True,
    )


def _oid(dotted):
    first, second, *rest = map(int, dotted.split("."))
    body = bytes([first * 40 + second, *rest])
    return bytes([6, len(body)]) + body


def dns(*names):
    return (x509.SubjectAlternativeName([x509.DNSName(n) for n in names]), False)


def tree(permitted=None, excluded=None):
    return (x509.NameConstraints(permitted, excluded), True)


def under(extension, leaf_extra=(), subject="Leaf", **more):
    ca = issue("CA", ROOT, ca=True, extra=(extension,))
    return ask(issue(subject, ca, extra=tuple(leaf_extra)), ca, anchor=ROOT, **more)


def test_basic_path_and_its_order():
    leaf = issue("Leaf", CA)
    found = full(leaf, CA, anchor=ROOT)
    assert found["ok"] is True
    assert len(found["path"]) == 3


@pytest.mark.parametrize(
    ("start", "end", "want"),
    [
        (AT, AT + DAY, "ok"),
        (AT - DAY, AT, "ok"),
        (AT + DAY / 86400, AT + DAY, "not_yet_valid"),
        (AT - DAY, AT - DAY / 86400, "expired"),
    ],
)
def test_dates_are_inclusive(start, end, want):
    assert ask(issue("Leaf", CA, start=start, end=end), CA, anchor=ROOT) == want
    other = issue("CA", ROOT, ca=True, start=start, end=end)
    assert ask(issue("Leaf", other), other, anchor=ROOT) == want


def test_names_chain_by_comparison_not_by_bytes():
    spaced = issue(name("O= Yancheng   WORKS ", "CN=ca"), ROOT, ca=True, label="k")
    leaf = issue("Leaf", issue(name("O=yancheng works", "CN=CA"), ROOT, ca=True, label="k"))
    assert ask(leaf, spaced, anchor=ROOT) == "ok"
    assert (
        ask(leaf, issue(name("CN=CA", "O=yancheng works"), ROOT, ca=True, label="k"), anchor=ROOT)
        == "no_path"
    )


def test_signatures_and_wrong_keys_of_one_name():
    wrong = issue("CA", ROOT, ca=True, label="other key")
    leaf = issue("Leaf", CA)
    assert ask(leaf, wrong, anchor=ROOT) == "bad_signature"
    assert ask(leaf, wrong, CA, anchor=ROOT) == "ok"


def test_authority_bits():
    for ca, use, want in [
        (None, None, "not_a_ca"),
        (False, None, "not_a_ca"),
        (True, ("crl_sign",), "key_usage"),
    ]:
        bad = issue("CA", ROOT, ca=ca, use=use)
        assert ask(issue("Leaf", bad), bad, anchor=ROOT) == want


def test_path_length_counts_what_is_not_self_issued():
    top = issue("CA", ROOT, ca=True, length=0, label="old")
    rolled = issue("CA", top, ca=True, label="new")
    assert ask(issue("Leaf", rolled), rolled, top, anchor=ROOT) == "ok"
    sub = issue("Sub", top, ca=True)
    assert ask(issue("Leaf", sub), sub, top, anchor=ROOT) == "path_length"
    assert ask(issue("Leaf", CA), CA, anchor=ROOT, max_path_length=1) == "ok"
    assert ask(issue("Leaf", CA), CA, anchor=ROOT, max_path_length=0) == "path_length"


def test_anchors_constraints_count():
    root = issue("Short", ca=True, length=0)
    ca = issue("CA", root, ca=True)
    assert ask(issue("Leaf", ca), ca, anchor=root) == "path_length"
    assert ask(root, anchor=root) == "ok"


def test_unknown_critical_extension():
    odd = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4"), b"\x05\x00")
    assert ask(issue("Leaf", CA, extra=((odd, True),)), CA, anchor=ROOT) == "critical_extension"
    assert ask(issue("Leaf", CA, extra=((odd, False),)), CA, anchor=ROOT) == "ok"


def test_loops_and_cross_certificates():
    one, two = issue("X", issue("Y", ca=True), ca=True), issue("Y", issue("X", ca=True), ca=True)
    leaf = issue("Leaf", one)
    assert ask(leaf, one, two, anchor=ROOT) == "no_path"
    assert ask(leaf, one, two, issue("Y", ROOT, ca=True), anchor=ROOT) == "ok"


@pytest.mark.parametrize(
    ("base", "good", "bad"),
    [
        (x509.DNSName("a.cn"), x509.DNSName("x.A.cn"), x509.DNSName("xa.cn")),
        (x509.RFC822Name("a.cn"), x509.RFC822Name("u@a.cn"), x509.RFC822Name("u@b.a.cn")),
        (x509.RFC822Name(".a.cn"), x509.RFC822Name("u@b.a.cn"), x509.RFC822Name("u@a.cn")),
        (x509.RFC822Name("u@a.cn"), x509.RFC822Name("u@A.cn"), x509.RFC822Name("v@a.cn")),
        (
            x509.UniformResourceIdentifier(".a.cn"),
            x509.UniformResourceIdentifier("https://b.a.cn/x"),
            x509.UniformResourceIdentifier("https://a.cn/x"),
        ),
        (
            x509.IPAddress(ipaddress.ip_network("10.0.0.0/8")),
            x509.IPAddress(ipaddress.ip_address("10.1.2.3")),
            x509.IPAddress(ipaddress.ip_address("11.1.2.3")),
        ),
    ],
)
def test_name_constraints_of_every_form(base, good, bad):
    def san(n):
        return ((x509.SubjectAlternativeName([n]), False),)

    assert under(tree([base]), san(good)) == "ok"
    assert under(tree([base]), san(bad)) == "name_constraints"
    assert under(tree(None, [base]), san(good)) == "name_constraints"
    assert under(tree(None, [base]), san(bad)) == "ok"


def test_directory_constraints_and_email_in_the_subject():
    base = x509.DirectoryName(name("O=Works"))
    assert under(tree([base]), subject=name("O=works", "CN=Leaf")) == "ok"
    assert under(tree([base]), subject=name("O=other", "CN=Leaf")) == "name_constraints"
    mail = tree([x509.RFC822Name("a.cn")])
    assert under(mail, subject=name("CN=Leaf", "E=u@a.cn")) == "ok"
    assert under(mail, subject=name("CN=Leaf", "E=u@b.cn")) == "name_constraints"


def test_policies_and_their_sets():
    def chain(ca_extra, leaf_extra, **more):
        ca = issue("CA", ROOT, ca=True, extra=ca_extra)
        found = full(issue("Leaf", ca, extra=leaf_extra), ca, anchor=ROOT, **more)
        return found.get("policies", found["reason"])

    assert chain((policies(A, B),), (policies(A),)) == [A]
    assert chain((policies(ANY),), (policies(A, C),), policies=[A], explicit_policy=True) == [A]
    assert chain((policies(A),), (policies(B),), explicit_policy=True) == "policy"
    assert chain((policies(A),), (policies(B),)) == []
    assert chain((policies(A),), (policies(ANY),)) == [A]
    assert chain((policies(A),), (policies(ANY),), inhibit_any_policy=True, explicit_policy=True) == "policy"
    mapped = (policies(A), mapping(A, B))
    assert chain(mapped, (policies(B),)) == [A]
    assert chain(mapped, (policies(B),), policies=[A], explicit_policy=True) == [A]
    assert chain(mapped, (policies(B),), policies=[B], explicit_policy=True) == "policy"
    assert chain(mapped, (policies(B),), inhibit_policy_mapping=True, explicit_policy=True) == "policy"
    assert chain((mapping(ANY, B),), (policies(B),)) == "policy"
    required = (policies(A), (x509.PolicyConstraints(0, None), True))
    assert chain(required, ()) == "policy"
    assert chain(required, (policies(A),)) == [A]
    assert (
        chain((policies(A), (x509.InhibitAnyPolicy(0), True)), (policies(ANY),), explicit_policy=True)
        == "policy"
    )


def test_purpose_and_peer():
    server = (x509.ExtendedKeyUsage([Eku.SERVER_AUTH]), False)
    leaf = issue("Leaf", CA, extra=(server, dns("www.a.cn", "*.b.cn")))
    assert ask(leaf, CA, anchor=ROOT, purpose="server") == "ok"
    assert ask(leaf, CA, anchor=ROOT, purpose="client") == "purpose"
    for value, want in [
        ("WWW.a.cn", "ok"),
        ("x.b.cn", "ok"),
        ("b.cn", "peer_name"),
        ("x.y.b.cn", "peer_name"),
    ]:
        assert ask(leaf, CA, anchor=ROOT, peer_name={"kind": "DNS", "value": value}) == want
    assert ask(leaf, CA, anchor=ROOT, peer_name={"kind": "IP", "value": "10.0.0.1"}) == "peer_name"
    assert ask(leaf, CA, anchor=ROOT, peer_name={"kind": "IP", "value": "x"}) == "malformed"


def test_openssl_agrees(tmp_path):
    def openssl(leaf, ca):
        for label, cert in (("root", ROOT), ("ca", ca), ("leaf", leaf)):
            (tmp_path / label).write_bytes(cert.certificate.public_bytes(Encoding.PEM))
        when = str(int(AT.timestamp()))
        command = ["openssl", "verify", "-attime", when, "-CAfile", "root", "-untrusted", "ca", "leaf"]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, check=False).returncode == 0

    for extension in [tree([x509.DNSName("a.cn")]), tree(None, [x509.DNSName("a.cn")])]:
        for host in ["a.cn", "x.a.cn", "b.cn"]:
            ca = issue("CA", ROOT, ca=True, extra=(extension,))
            leaf = issue("Leaf", ca, extra=(dns(host),))
            assert openssl(leaf, ca) == (ask(leaf, ca, anchor=ROOT) == "ok")
