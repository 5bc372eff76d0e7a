"""RFC 5280 §6.3: complete, delta, indirect and partitioned CRLs, and who may sign them."""

from cryptography import x509
from cryptography.x509 import ReasonFlags

from tests.unit.ca_interop.rfc5280.pki import AT, DAY, ask, crl, issue, name

ROOT = issue("Root", ca=True)
CA = issue("CA", ROOT, ca=True)
TOP = crl(ROOT)
LEAF = issue("Leaf", CA)


def judge(*crls, leaf=LEAF, more=(), **fields):
    return ask(leaf, CA, *more, anchor=ROOT, crls=(TOP, *crls), **fields)


def full_name(text):
    return [x509.UniformResourceIdentifier(text)]


def idp(**given):
    fields = {
        "full_name": None, "relative_name": None, "only_contains_user_certs": False,
        "only_contains_ca_certs": False, "only_some_reasons": None, "indirect_crl": False,
        "only_contains_attribute_certs": False,
    }  # fmt: skip
    return (x509.IssuingDistributionPoint(**{**fields, **given}), True)


def point(full=None, reasons=None, issuer=None, relative=None):
    return (x509.CRLDistributionPoints([x509.DistributionPoint(full, relative, reasons, issuer)]), False)


def test_complete_lists():
    assert judge() == "revocation_undecided"
    assert judge(require_revocation=False) == "ok"
    assert judge(crl(CA)) == "ok"
    assert judge(crl(CA, LEAF)) == "revoked"
    assert judge(crl(CA, LEAF), require_revocation=False) == "revoked"
    assert judge(crl(CA, end=AT - DAY / 2)) == "revocation_undecided"
    assert judge(crl(CA, start=AT + DAY / 2)) == "revocation_undecided"
    assert judge(crl(ROOT, issuer=CA.subject)) == "revocation_undecided"
    assert ask(LEAF, CA, anchor=ROOT, crls=(crl(ROOT, CA), crl(CA))) == "revoked"
    assert judge(crl(CA, LEAF, start=AT - DAY / 2, number=2), crl(CA)) == "revoked"


def test_unknown_critical_extensions_make_a_list_useless():
    odd = (x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4"), b"\x05\x00"), True)
    assert judge(crl(CA, extra=(odd,))) == "revocation_undecided"


def test_a_signer_needs_the_bit():
    ca = issue("CA", ROOT, ca=True, use=("key_cert_sign",))
    leaf = issue("Leaf", ca)
    assert ask(leaf, ca, anchor=ROOT, crls=(TOP, crl(ca))) == "revocation_undecided"


def test_a_separate_key_for_lists():
    ca = issue("CA", ROOT, ca=True, use=("key_cert_sign",))
    signer = issue("CA", ROOT, use=("crl_sign",), label="list key")
    leaf = issue("Leaf", ca)
    assert ask(leaf, ca, signer, anchor=ROOT, crls=(TOP, crl(signer))) == "ok"
    assert ask(leaf, ca, signer, anchor=ROOT, crls=(TOP, crl(signer, leaf))) == "revoked"
    assert ask(leaf, ca, signer, anchor=ROOT, crls=(crl(ROOT, signer), crl(signer))) == "revocation_undecided"


def test_deltas():
    base = crl(CA, LEAF, reason=ReasonFlags.certificate_hold, number=5)
    clean = crl(CA, number=5)

    def delta(*revoked, number=6, base_number=5, reason=None):
        extra = ((x509.DeltaCRLIndicator(base_number), True),)
        return crl(CA, *revoked, extra=extra, number=number, reason=reason)

    assert judge(delta()) == "revocation_undecided"
    assert judge(clean, delta()) == "ok"
    assert judge(clean, delta(LEAF)) == "revoked"
    assert judge(base, delta()) == "revoked"
    assert judge(base, delta(LEAF, reason=ReasonFlags.remove_from_crl)) == "ok"
    assert judge(clean, delta(LEAF, base_number=6, number=7)) == "ok"  # its base is newer than what we hold
    assert judge(clean, delta(LEAF, number=6), delta(number=7)) == "ok"  # the newest speaks


def test_partitions_by_kind_name_and_reason():
    assert judge(crl(CA, extra=(idp(only_contains_user_certs=True),))) == "ok"
    assert judge(crl(CA, extra=(idp(only_contains_ca_certs=True),))) == "revocation_undecided"
    assert judge(crl(CA, extra=(idp(only_contains_attribute_certs=True),))) == "revocation_undecided"
    here, there = full_name("http://a.cn/1.crl"), full_name("http://a.cn/2.crl")
    leaf = issue("Leaf", CA, extra=(point(here),))
    assert judge(crl(CA, extra=(idp(full_name=here),)), leaf=leaf) == "ok"
    assert judge(crl(CA, leaf, extra=(idp(full_name=here),)), leaf=leaf) == "revoked"
    assert judge(crl(CA, extra=(idp(full_name=there),)), leaf=leaf) == "revocation_undecided"
    some = frozenset({ReasonFlags.key_compromise, ReasonFlags.ca_compromise})
    rest = frozenset(set(ReasonFlags)) - some - {ReasonFlags.unspecified, ReasonFlags.remove_from_crl}
    one, two = (crl(CA, extra=(idp(only_some_reasons=r),)) for r in (some, rest))
    assert judge(one) == "revocation_undecided"
    assert judge(one, two) == "ok"


def test_relative_names():
    relative = x509.RelativeDistinguishedName(list(name("Part 1")))
    leaf = issue("Leaf", CA, extra=(point(relative=relative),))
    assert judge(crl(CA, extra=(idp(relative_name=relative),)), leaf=leaf) == "ok"
    whole = [x509.DirectoryName(x509.Name([*CA.subject, *name("Part 1")]))]
    assert judge(crl(CA, extra=(idp(full_name=whole),)), leaf=leaf) == "ok"
    other = x509.RelativeDistinguishedName(list(name("Part 2")))
    assert judge(crl(CA, extra=(idp(relative_name=other),)), leaf=leaf) == "revocation_undecided"


def test_indirect_lists():
    signer = issue("Lister", ROOT, use=("crl_sign",))
    leaf = issue("Leaf", CA, extra=(point(issuer=[x509.DirectoryName(signer.subject)]),))
    extra = (idp(indirect_crl=True),)
    assert judge(crl(signer, extra=extra), leaf=leaf, more=(signer,)) == "ok"
    assert judge(crl(signer), leaf=leaf, more=(signer,)) == "revocation_undecided"
    listed = crl(signer, leaf, extra=extra, entry_issuer=CA.subject)
    assert judge(listed, leaf=leaf, more=(signer,)) == "revoked"
    assert judge(crl(signer, leaf, extra=extra), leaf=leaf, more=(signer,)) == "ok"  # another issuer's number
    stranger = issue("Lister", issue("Else", ca=True), use=("crl_sign",))
    assert judge(crl(stranger, extra=extra), leaf=leaf, more=(stranger,)) == "revocation_undecided"
