"""The published conformance suite of RFC 5280 (PKITS), §§4.1–4.7 and 4.16, remade case by case.

Each case is named after its number there; certificates are our own, verdicts the published ones.
"""

from __future__ import annotations

import pytest

from tests.unit.ca_interop.rfc5280.forge import (
    ROOT,
    basic,
    ca,
    cert,
    crl,
    dn,
    ee,
    entry,
    ext,
    idp,
    names_ext,
    num,
    point,
    points,
    spki,
    tlv,
    usage,
    verdict,
    without_parameters,
)

CA = ca("Good CA", ROOT)
NULL = b"\x05\x00"


def signatures():
    bad_ca = ca("Bad Signed CA", ROOT, break_signature=True)
    yield "4.1.1", "ok", verdict(ee("EE", CA), CA)
    yield "4.1.2", "bad_signature", verdict(ee("EE", bad_ca), bad_ca)
    yield "4.1.3", "bad_signature", verdict(ee("EE", CA, break_signature=True), CA)
    dsa_ca = ca("DSA CA", ROOT, label="dsa one")
    yield "4.1.4", "ok", verdict(ee("EE", dsa_ca, digest="sha1"), dsa_ca, crls=[crl(ROOT), crl(dsa_ca)])
    heir = ca(
        "DSA Parameters Inherited CA", dsa_ca, label="dsa two", public=without_parameters(spki("dsa two"))
    )
    crls = [crl(ROOT), crl(dsa_ca), crl(heir)]
    yield "4.1.5", "ok", verdict(ee("EE", heir), heir, dsa_ca, crls=crls)
    yield "4.1.6", "bad_signature", verdict(ee("EE", dsa_ca, break_signature=True), dsa_ca)
    yield "4.1.6 inherited", "bad_signature", verdict(ee("EE", heir, break_signature=True), heir, dsa_ca)
    grand = ca("DSA heir of an heir", heir, label="dsa 3", public=without_parameters(spki("dsa 3")))
    crls += [crl(grand)]
    yield "4.1.5 twice", "ok", verdict(ee("EE", grand), grand, heir, dsa_ca, crls=crls)
    orphan = ca("RSA above DSA", ROOT, label="dsa 4", public=without_parameters(spki("dsa 4")))
    yield "4.1.5 nothing to inherit", "bad_signature", verdict(ee("EE", orphan), orphan)


def dates():
    later, earlier = {"start": "290101000000Z"}, {"end": "110101000000Z"}
    late, over = ca("Late CA", ROOT, **later), ca("Old CA", ROOT, **earlier)
    yield "4.2.1", "not_yet_valid", verdict(ee("EE", late), late)
    yield "4.2.2", "not_yet_valid", verdict(ee("EE", CA, **later), CA)
    yield "4.2.3", "ok", verdict(ee("EE", CA, start="500101120100Z"), CA)  # 1950
    yield "4.2.4", "ok", verdict(ee("EE", CA, start="20020101120100Z"), CA)
    yield "4.2.5", "expired", verdict(ee("EE", over), over)
    yield "4.2.6", "expired", verdict(ee("EE", CA, **earlier), CA)
    yield "4.2.7", "expired", verdict(ee("EE", CA, start="970101120100Z", end="990101120100Z"), CA)
    yield "4.2.8", "ok", verdict(ee("EE", CA, end="20500101120100Z"), CA)
    yield "no such day", "malformed", verdict(ee("EE", CA, start="230229000000Z"), CA)
    yield "without seconds", "malformed", verdict(ee("EE", CA, start="2301010000Z"), CA)
    yield "with an offset", "malformed", verdict(ee("EE", CA, start="23010100+0800"), CA)


def names():
    def named(authority, issuer, **more):
        one = ca(authority, ROOT, label="naming", **more)
        return verdict(ee("EE", one, issuer=issuer), one)

    plain = dn("C=US", "O=Test Certificates", "OU=Organizational Unit Name 1", "CN=Name Ordering CA")
    yield "4.3.1", "no_path", named(dn("CN=Good CA Root"), dn("CN=Good CA"))
    yield "4.3.2", "no_path", named(plain, dn("OU=Organizational Unit Name 1", "C=US", "O=Test Certificates"))
    yield (
        "4.3.3",
        "ok",
        named(dn("O=Test Certificates", "CN=Good CA"), dn("O=Test   Certificates", "CN= Good  CA ")),
    )
    yield "4.3.4", "ok", named(dn("CN=Good CA"), dn("CN=  Good CA   "))
    yield (
        "4.3.5",
        "ok",
        named(dn("O=Test Certificates", "CN=Good CA"), dn("O=TEST certificates", "CN=gOOd cA")),
    )
    unique = tlv(0x81, b"\0\x01") + tlv(0x82, b"\0\x02")
    with_ids = ca("UID CA", ROOT, unique=unique)
    yield "4.3.6", "ok", verdict(ee("EE", with_ids), with_ids)
    mandatory = dn("C=US", "O=T", "OU=U", "dnQualifier=CA", "ST=Maryland", "SN=345", "DC=gov", "CN=M")
    yield "4.3.7", "ok", named(mandatory, mandatory)
    optional = dn("L=Gaithersburg", "T=M.D.", "GN=John", "pseudonym=Fictitious", "CN=O")
    yield "4.3.8", "ok", named(optional, optional)
    utf8 = dn("O=Test Certificates", "CN=UTF8 CA", tag=0x0C)
    yield "4.3.9", "ok", named(utf8, utf8)
    printable = dn("O=Test Certificates", "CN=UTF8 CA")
    yield "4.3.10", "ok", named(utf8, printable)
    yield "4.3.10 reversed", "ok", named(printable, utf8)
    yield "4.3.11", "ok", named(utf8, dn("O=  test CERTIFICATES ", "CN=utf8 ca", tag=0x0C))
    yield "BMP against UTF8", "ok", named(dn("盐城 CA", tag=0x1E), dn("盐城  ca", tag=0x0C))
    yield "full width folds", "ok", named(dn("ＣＡ", tag=0x0C), dn("CA"))
    yield "other value", "no_path", named(dn("盐城", tag=0x0C), dn("南京", tag=0x0C))


def lists():
    top = crl(ROOT)

    def listed(*crls, leaf=None, authority=CA, more=()):
        leaf = leaf or ee("EE", authority)
        made = [c(leaf) if callable(c) else c for c in crls]
        return verdict(leaf, authority, *more, crls=[top, *made])

    odd = ext("2.16.840.1.101.2.1.12.2", NULL, True)
    yield "4.4.1", "revocation_undecided", listed()
    yield "4.4.2", "revoked", verdict(ee("EE", CA), CA, crls=[crl(ROOT, CA), crl(CA)])
    yield "4.4.3", "revoked", listed(lambda e: crl(CA, e))
    yield "4.4.4", "revocation_undecided", listed(crl(CA, break_signature=True))
    yield "4.4.5", "revocation_undecided", listed(crl(CA, issuer=dn("Wrong name")))
    yield "4.4.6", "revocation_undecided", listed(crl(ca("Wrong CRL CA", ROOT)))
    yield "4.4.7", "ok", listed(crl(CA, break_signature=True, start="250201000000Z"), crl(CA))
    other = ca("Two CRLs CA", ROOT)
    yield (
        "4.4.7 revoked",
        "revoked",
        listed(crl(other), crl(other, issuer=dn("Two")), lambda e: crl(CA, e), more=(other,)),
    )
    yield "4.4.8", "revocation_undecided", listed(lambda e: crl(CA, entry(e.serial, odd)))
    yield "4.4.8 other entry", "revocation_undecided", listed(crl(CA, entry(1, odd)))
    yield "4.4.9", "revocation_undecided", listed(lambda e: crl(CA, e, extensions=[odd]))
    yield "4.4.10", "revocation_undecided", listed(crl(CA, extensions=[odd]))
    yield "4.4.11", "revocation_undecided", listed(crl(CA, end="250601000000Z"))
    yield "4.4.12", "revocation_undecided", listed(crl(CA, start="980101000000Z", end="990101000000Z"))
    yield "4.4.13", "ok", listed(crl(CA, end="20500101120100Z"))
    for case, serial, gone, want in [
        ("14", -1, 255, "ok"), ("15", -1, -1, "revoked"),
        ("16", 2**158 + 1, 2**158, "ok"), ("17", 2**158 + 1, 2**150, "ok"), ("18", 2**158 + 1, 2**158 + 1, "revoked"),
    ]:  # fmt: skip
        yield f"4.4.{case}", want, listed(crl(CA, entry(gone)), leaf=ee("EE", CA, serial=serial))
    signs_only = cert("Separate CA", ROOT, basic(), usage(5))
    lister = cert("Separate CA", ROOT, basic(), usage(6), label="list key")
    yield "4.4.19", "ok", listed(crl(lister), authority=signs_only, more=(lister,))
    yield "4.4.20", "revoked", listed(lambda e: crl(lister, e), authority=signs_only, more=(lister,))
    stranger = cert("Separate CA", ca("Elsewhere"), basic(), usage(6), label="list key")
    yield "4.4.21", "revocation_undecided", listed(crl(lister), authority=signs_only, more=(stranger,))
    gone = cert("Separate CA", ROOT, basic(), usage(6), label="list key 2")
    yield (
        "4.4.21 revoked key",
        "revocation_undecided",
        verdict(ee("EE", signs_only), signs_only, gone, crls=[crl(ROOT, gone), crl(gone)]),
    )


def self_issued():
    """§4.5: key rollover, and a key for CRLs that is certified by the authority itself."""
    new = ca("Rollover CA", ROOT, label="new")
    old_with_new = ca("Rollover CA", new, label="old")
    old_ee, new_ee = ee("EE old", old_with_new), ee("EE new", new)
    top, lists_new = crl(ROOT), crl(new)
    yield "4.5.1", "ok", verdict(old_ee, new, old_with_new, crls=[top, lists_new])
    yield "4.5.2", "revoked", verdict(old_ee, new, old_with_new, crls=[top, crl(new, old_ee)])
    old = ca("Rollover CA", ROOT, label="old")
    new_with_old = ca("Rollover CA", old, label="new")
    yield "4.5.3", "ok", verdict(new_ee, old, new_with_old, crls=[top, crl(old)])
    yield "4.5.4", "ok", verdict(old_ee, old, new_with_old, crls=[top, crl(old)])
    yield "4.5.5", "revoked", verdict(new_ee, old, new_with_old, crls=[top, crl(old, new_ee)])
    yield (
        "4.5.5 by the new key",
        "revoked",
        verdict(
            new_ee, old, new_with_old, crls=[top, crl(old), crl(new_with_old, new_ee, start="250301000000Z")]
        ),
    )
    here = dn("CRL of the signing key")
    main = cert("Signing Key CA", ROOT, basic(), usage(5, 6), label="main")
    lister = cert("Signing Key CA", main, usage(6), points(point([here])), label="lister")
    signing = crl(main, extensions=[idp([here])])
    good = ee("EE", main)
    yield "4.5.6", "ok", verdict(good, main, lister, crls=[top, signing, crl(lister)])
    yield "4.5.7", "revoked", verdict(good, main, lister, crls=[top, signing, crl(lister, good)])
    forged = ee("EE", lister)
    yield "4.5.8", "not_a_ca", verdict(forged, main, lister, crls=[top, signing, crl(lister)])


def basic_constraints():
    def under(*extensions):
        one = cert("bC CA", ROOT, *extensions)
        return verdict(ee("EE", one), one, crls=[crl(ROOT), crl(one)])

    yield "4.6.1", "not_a_ca", under(usage(6))
    yield "4.6.1 with keyCertSign", "malformed", under(usage(5, 6))
    yield "4.6.2", "not_a_ca", under(basic(False), usage(6))
    yield "4.6.3", "not_a_ca", under(basic(False, critical=False), usage(6))
    yield "4.6.4", "ok", under(basic(critical=False), usage(5, 6))

    def chain(*lengths, leaf_ca=False):
        """Authorities from the anchor down, each (name, pathLenConstraint)."""
        path, by = [], ROOT
        for n, (name, length) in enumerate(lengths):
            by = ca(name, by, length=length, label=f"pl{n}")
            path.append(by)
        leaf = ca("Last", by) if leaf_ca else ee("EE", by)
        return verdict(leaf, *path)

    zero = ("L0", 0)
    yield "4.6.5", "path_length", chain(zero, ("Sub", None))
    yield "4.6.6", "path_length", chain(zero, ("Sub", None), leaf_ca=True)
    yield "4.6.7", "ok", chain(zero)
    yield "4.6.8", "ok", chain(zero, leaf_ca=True)
    six = ("L6", 6)
    yield "4.6.9", "path_length", chain(six, ("S0", 0), ("SS", None))
    yield "4.6.10", "path_length", chain(six, ("S0", 0), ("SS", None), leaf_ca=True)
    yield "4.6.11", "path_length", chain(six, ("S1", 1), ("SS0", 0), ("SSS", None))
    yield "4.6.12", "path_length", chain(six, ("S1", 1), ("SS0", 0), ("SSS", None), leaf_ca=True)
    yield "4.6.13", "ok", chain(six, ("S4", 4), ("SS1", 1), ("SSS1", 1))
    yield "4.6.14", "ok", chain(six, ("S4", 4), ("SS1", 1), ("SSS1", 1), leaf_ca=True)
    yield "4.6.15", "ok", chain(zero, ("L0", None))
    yield "4.6.16", "path_length", chain(zero, ("L0", None), ("Sub", None))
    yield "4.6.17", "ok", chain(("L1", 1), ("L1", None), ("Sub", None), ("Sub", None))


def key_usage():
    def under(*bits, critical):
        one = cert("kU CA", ROOT, basic(), usage(*bits, critical=critical))
        return verdict(ee("EE", one), one, crls=[crl(ROOT), crl(one)])

    yield "4.7.1", "key_usage", under(6, critical=True)
    yield "4.7.2", "key_usage", under(6, critical=False)
    yield "4.7.3", "ok", under(5, 6, critical=False)
    yield "4.7.4", "revocation_undecided", under(5, critical=True)
    yield "4.7.5", "revocation_undecided", under(5, critical=False)


def private_extensions():
    odd = "2.16.840.1.101.2.1.12.2"
    yield "4.16.1", "ok", verdict(ee("EE", CA, ext(odd, NULL)), CA)
    yield "4.16.2", "critical_extension", verdict(ee("EE", CA, ext(odd, NULL, True)), CA)
    above = ca("Odd CA", ROOT, ext(odd, NULL, True))
    yield "4.16.2 in an authority", "critical_extension", verdict(ee("EE", above), above)
    issuer_name = names_ext("2.5.29.18", "dns:ca.cn", critical=True)
    yield "issuerAltName is not processed", "critical_extension", verdict(ee("EE", CA, issuer_name), CA)
    twice = ext(odd, num(1))
    yield "one of them twice", "malformed", verdict(ee("EE", CA, twice, twice), CA)


@pytest.mark.parametrize(
    "section",
    [signatures, dates, names, lists, self_issued, basic_constraints, key_usage, private_extensions],
)
def test_section(section):
    cases = list(section())
    assert [(case, found) for case, want, found in cases if found != want] == []
    assert len(cases) > 4
