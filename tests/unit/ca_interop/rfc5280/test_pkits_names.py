"""The published conformance suite of RFC 5280 (PKITS), §4.13: name constraints, remade case by case."""

from __future__ import annotations

import pytest

from tests.unit.ca_interop.rfc5280.forge import ROOT, ca, dn, ee, san, subtrees, verdict

GOV = ("C=US", "O=Test Certificates")
ONE, TWO = (*GOV, "OU=permittedSubtree1"), (*GOV, "OU=permittedSubtree2")
OUT1, OUT2 = (*GOV, "OU=excludedSubtree1"), (*GOV, "OU=excludedSubtree2")


def directory():
    dn1 = ca("nameConstraints DN1 CA", ROOT, subtrees([dn(*ONE)]))
    dn2 = ca("nameConstraints DN2 CA", ROOT, subtrees([dn(*ONE), dn(*TWO)]))
    dn3 = ca("nameConstraints DN3 CA", ROOT, subtrees((), [dn(*OUT1)]))
    dn4 = ca("nameConstraints DN4 CA", ROOT, subtrees((), [dn(*OUT1), dn(*OUT2)]))
    dn5 = ca("nameConstraints DN5 CA", ROOT, subtrees([dn(*ONE)], [dn(*ONE, "OU=excludedSubtree1")]))

    def under(*path, leaf, also=()):
        return verdict(ee(leaf, path[0], *also), *path)

    wrong = "name_constraints"
    yield "4.13.1", "ok", under(dn1, leaf=dn(*ONE, "CN=EE"))
    yield "4.13.2", wrong, under(dn1, leaf=dn(*OUT1, "CN=EE"))
    yield "4.13.3", wrong, under(dn1, leaf=dn(*ONE, "CN=EE"), also=[san(dn(*OUT1, "CN=EE"))])
    yield "4.13.4", "ok", under(dn1, leaf=dn(*ONE, "CN=EE"), also=[san("mail:Test@testcertificates.gov")])
    yield "4.13.5", "ok", under(dn2, leaf=dn(*TWO, "CN=EE"), also=[san(dn(*ONE, "CN=EE"))])
    yield "4.13.6", "ok", under(dn3, leaf=dn(*ONE, "CN=EE"))
    yield "4.13.7", wrong, under(dn3, leaf=dn(*OUT1, "CN=EE"))
    yield "4.13.8", wrong, under(dn4, leaf=dn(*OUT1, "CN=EE"))
    yield "4.13.9", wrong, under(dn4, leaf=dn(*OUT2, "CN=EE"))
    yield "4.13.10", wrong, under(dn5, leaf=dn(*ONE, "OU=excludedSubtree1", "CN=EE"))
    yield "4.13.11", "ok", under(dn5, leaf=dn(*ONE, "CN=EE"))
    sub1 = ca(dn(*ONE, "CN=subCA1"), dn1, subtrees([dn(*ONE, "OU=inside")]))
    yield "4.13.12", wrong, under(sub1, dn1, leaf=dn(*ONE, "CN=EE"))
    sub2 = ca(dn(*ONE, "CN=subCA2"), dn1, subtrees([dn(*TWO)]))
    yield "4.13.13", wrong, under(sub2, dn1, leaf=dn(*ONE, "CN=EE"))
    yield "4.13.13 the other's", wrong, under(sub2, dn1, leaf=dn(*TWO, "CN=EE"))
    # Without a subject there is nothing a directory name constrains.
    no_name = [san("dns:testserver.gov", critical=True)]
    yield "4.13.14", "ok", under(sub2, dn1, leaf=dn(), also=no_name)
    sub3 = ca(dn(*ONE, "CN=DN3 subCA1"), dn3, subtrees((), [dn(*OUT2)]))
    yield "4.13.15", wrong, under(sub3, dn3, leaf=dn(*OUT1, "CN=EE"))
    yield "4.13.16", wrong, under(sub3, dn3, leaf=dn(*OUT2, "CN=EE"))
    sub4 = ca(dn(*ONE, "CN=DN3 subCA2"), dn3, subtrees([dn(*ONE)]))
    yield "4.13.17", wrong, under(sub4, dn3, leaf=dn(*TWO, "CN=EE"))
    yield "4.13.18", "ok", under(sub4, dn3, leaf=dn(*ONE, "CN=EE"))
    rolled = ca("nameConstraints DN1 CA", dn1, label="rolled over")
    yield "4.13.19", "ok", under(rolled, dn1, leaf=dn(*ONE, "CN=EE"))
    yield "4.13.20", wrong, verdict(ee("nameConstraints DN1 CA", dn1), dn1)
    yield "prefix of a relative name", wrong, under(dn1, leaf=dn(*GOV, "OU=permittedSubtree11", "CN=EE"))
    yield (
        "case and spaces",
        "ok",
        under(dn1, leaf=dn("C=us", "O=TEST  certificates", "OU=PERMITTEDsubtree1", "CN=EE")),
    )


def mail():
    def under(*constraint, address, leaf="EE"):
        one = ca("RFC822 CA", ROOT, subtrees(*constraint))
        return verdict(ee(leaf, one, *([san(f"mail:{address}")] if address else [])), one)

    wrong = "name_constraints"
    hosts = (["mail:.testcertificates.gov"],)
    yield "4.13.21", "ok", under(*hosts, address="Test21EE@mailserver.testcertificates.gov")
    yield "4.13.22", wrong, under(*hosts, address="Test22EE@testcertificates.gov")
    host = (["mail:testcertificates.gov"],)
    yield "4.13.23", "ok", under(*host, address="Test23EE@testcertificates.gov")
    yield "4.13.24", wrong, under(*host, address="Test24EE@mailserver.testcertificates.gov")
    outside = ((), ["mail:testcertificates.gov"])
    yield "4.13.25", "ok", under(*outside, address="Test25EE@mailserver.testcertificates.gov")
    yield "4.13.26", wrong, under(*outside, address="Test26EE@testcertificates.gov")
    both = ca("DN and RFC822 CA", ROOT, subtrees([dn(*ONE), "mail:testcertificates.gov"]))

    def either(leaf, *names):
        return verdict(ee(leaf, both, *([san(*names)] if names else [])), both)

    inside = dn(*ONE, "CN=EE")
    yield "4.13.27", "ok", either(inside, "mail:Test27EE@testcertificates.gov")
    yield "4.13.28", wrong, either(inside, "mail:Test28EE@invalidcertificates.gov")
    yield "4.13.29", wrong, either(dn(*ONE, "CN=EE", "E=Test29EE@invalidcertificates.gov"))
    yield "4.13.29 allowed", "ok", either(dn(*ONE, "CN=EE", "E=Test29EE@testcertificates.gov"))
    box = (["mail:me@a.cn"],)
    yield "one mailbox", "ok", under(*box, address="me@A.cn")
    yield "its local part has case", wrong, under(*box, address="Me@a.cn")
    yield "two @", wrong, under(*host, address="x@y@testcertificates.gov")
    yield "a quoted @", "ok", under(*host, address='"x@y"@testcertificates.gov')
    yield "no @", wrong, under(*host, address="testcertificates.gov")
    yield "no mailbox in a constraint", "malformed", under(["mail:a@b@c.cn"], address="x@c.cn")


def hosts():
    def dns(*constraint, name, **more):
        one = ca("DNS CA", ROOT, subtrees(*constraint))
        names = [name] if isinstance(name, str) else name
        return verdict(ee("EE", one, san(*(f"dns:{n}" for n in names))), one, **more)

    wrong = "name_constraints"
    allowed = (["dns:testcertificates.gov"],)
    yield "4.13.30", "ok", dns(*allowed, name="testserver.testcertificates.gov")
    yield "4.13.31", wrong, dns(*allowed, name="testserver.invalidcertificates.gov")
    forbidden = ((), ["dns:invalidcertificates.gov"])
    yield "4.13.32", "ok", dns(*forbidden, name="testserver.testcertificates.gov")
    yield "4.13.33", wrong, dns(*forbidden, name="testserver.invalidcertificates.gov")

    def uri(*constraint, name):
        one = ca("URI CA", ROOT, subtrees(*constraint))
        return verdict(ee("EE", one, san(f"uri:{name}")), one)

    below = (["uri:.testcertificates.gov"],)
    yield "4.13.34", "ok", uri(*below, name="http://testserver.testcertificates.gov/index.html")
    yield "4.13.35", wrong, uri(*below, name="http://testcertificates.gov/invalid.html")
    apart = ((), ["uri:invalidcertificates.gov"])
    yield "4.13.36", "ok", uri(*apart, name="http://testserver.invalidcertificates.gov/index.html")
    yield "4.13.37", wrong, uri(*apart, name="ftp://invalidcertificates.gov:21/test37/")
    yield "4.13.38", wrong, dns(*allowed, name="mytestcertificates.gov")
    yield "a URI with an address", wrong, uri(*below, name="http://10.0.0.1/")
    yield "a URI without a host", wrong, uri(*below, name="urn:x:y")
    yield "user and port", "ok", uri(*below, name="https://u:p@A.testCertificates.gov:8/")
    yield "the constrained host itself", "ok", dns(*allowed, name="TESTcertificates.gov")
    yield "an absolute name", "ok", dns(*allowed, name="x.testcertificates.gov.")
    yield "the empty constraint allows all", "ok", dns(["dns:"], name="x.cn")
    yield "the empty constraint forbids all", wrong, dns((), ["dns:"], name="x.cn")
    yield "a malformed name", wrong, dns(*allowed, name=[".testcertificates.gov", "a.testcertificates.gov"])
    yield "a constraint with a leading period", "malformed", dns(["dns:.a.cn"], name="x.a.cn")
    yield "a constraint with a wildcard", "malformed", dns(["dns:*.a.cn"], name="x.a.cn")
    yield "a wildcard reaches the excluded host", wrong, dns(["dns:a.cn"], ["dns:b.a.cn"], name="*.a.cn")
    yield "a wildcard reaches beyond the permitted", wrong, dns(["dns:b.a.cn"], name="*.a.cn")
    yield "a wildcard inside", "ok", dns(["dns:a.cn"], ["dns:c.b.a.cn"], name="*.a.cn")
    yield (
        "the common name is no DNS name",
        "ok",
        verdict(ee("b.cn", one := ca("X", ROOT, subtrees(["dns:a.cn"]))), one),
    )


def addresses():
    def under(*constraint, name):
        one = ca("IP CA", ROOT, subtrees(*constraint))
        return verdict(ee("EE", one, san(name)), one)

    wrong, net4 = "name_constraints", "ip:c0000200ffffff00"
    net6 = "ip:20010db8" + "0" * 24 + "ffffffff" + "0" * 24
    yield "v4 inside", "ok", under([net4], name="ip:c0000201")
    yield "v4 outside", wrong, under([net4], name="ip:c0000301")
    yield "v4 excluded", wrong, under((), [net4], name="ip:c0000201")
    yield "v6 inside", "ok", under([net6], name="ip:20010db8" + "0" * 23 + "1")
    yield "v6 outside", wrong, under([net6], name="ip:20010db9" + "0" * 24)
    yield "v6 under v4", wrong, under([net4], name="ip:20010db8" + "0" * 24)
    yield "a network as a name", wrong, under([net4], name="ip:c0000200ffffff00")
    yield "an excluded network as a name", wrong, under((), [net4], name="ip:c0000200ffffff00")
    yield "an address as a constraint", "malformed", under(["ip:c0000201"], name="ip:c0000201")
    yield "a mask with holes", "malformed", under(["ip:c0000200ff00ff00"], name="ip:c0000201")
    yield "another kind is free", "ok", under([net4], name="dns:a.cn")
    yield "host bits in the base", "ok", under(["ip:c0000207ffffff00"], name="ip:c0000201")


def forms():
    def under(constraint, *names):
        one = ca("Forms CA", ROOT, constraint)
        return verdict(ee("EE", one, san(*names)), one)

    other = subtrees(["dns:a.cn"], ["other:1.3.6.1.4.1.55738.1"])
    yield (
        "an other name of a constrained type",
        "name_constraints",
        under(other, "dns:a.cn", "other:1.3.6.1.4.1.55738.1"),
    )
    yield "of another type", "ok", under(other, "dns:a.cn", "other:1.3.6.1.4.1.55738.2")
    yield "no other name", "ok", under(other, "dns:a.cn")
    both = subtrees(["dns:a.cn"], ["dns:a.cn"])
    yield "excluded wins", "name_constraints", under(both, "dns:a.cn")
    top = ca("Top", ROOT, subtrees(["dns:a.cn", "dns:b.cn"]))
    narrow = ca("Narrow", top, subtrees(["dns:b.cn"]))
    wide = ca("Wide", top, subtrees(["dns:a.cn", "dns:b.cn", "dns:c.cn"]))
    yield "narrowed", "name_constraints", verdict(ee("EE", narrow, san("dns:a.cn")), narrow, top)
    yield "never widened", "name_constraints", verdict(ee("EE", wide, san("dns:c.cn")), wide, top)
    yield (
        "an authority's own names",
        "name_constraints",
        verdict(ee("EE", mid := ca("Mid", top, san("dns:d.cn"))), mid, top),
    )
    yield "in a leaf", "malformed", verdict(ee("EE", top, subtrees(["dns:a.cn"])), top)
    bare = ca("Bare", ROOT, subtrees())
    yield "neither permitted nor excluded", "malformed", verdict(ee("EE", bare), bare)
    soft = ca("Soft", ROOT, subtrees(["dns:a.cn"], critical=False))
    yield "not critical, still counted", "name_constraints", verdict(ee("EE", soft, san("dns:b.cn")), soft)
    anchor = ca("Constrained anchor", None, subtrees(["dns:a.cn"]))
    yield "of the anchor", "name_constraints", verdict(ee("EE", anchor, san("dns:b.cn")), anchors=[anchor])


@pytest.mark.parametrize("section", [directory, mail, hosts, addresses, forms])
def test_section(section):
    cases = list(section())
    assert [(case, found) for case, want, found in cases if found != want] == []
    assert len(cases) > 10
