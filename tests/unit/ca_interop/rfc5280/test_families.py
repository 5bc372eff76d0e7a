"""Families of the x509-limbo and BetterTLS kind: odd certificates, purposes, peers, algorithms, path building."""

from __future__ import annotations

import itertools
import random

import pytest

from tests.unit.ca_interop.rfc5280.forge import (
    ROOT,
    Made,
    algorithm_of,
    basic,
    bits,
    ca,
    cert,
    crl,
    dn,
    ee,
    ext,
    full,
    num,
    oid,
    pss_algorithm,
    san,
    seq,
    spki,
    subtrees,
    tlv,
    usage,
    verdict,
)

CA = ca("Families CA", ROOT)
SERVER, CLIENT, MAIL, EVERY = "1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2", "1.3.6.1.5.5.7.3.4", "2.5.29.37.0"


def eku(*oids, critical=False):
    return ext("2.5.29.37", seq(*map(oid, oids)), critical)


def key_id(text="x", *, authority=False, critical=False):
    if authority:
        return ext("2.5.29.35", seq(tlv(0x80, text.encode())), critical)
    return ext("2.5.29.14", tlv(4, text.encode()), critical)


def access(value, critical=False):
    return ext("1.3.6.1.5.5.7.1.1", value, critical)


def shapes():
    def leaf(*extensions, subject="EE", **more):
        return verdict(cert(subject, CA, *extensions, **more), CA)

    yield "no extensions at all", "ok", leaf()
    yield "version 1", "ok", leaf(version=1)
    yield "version 4", "malformed", leaf(version=4)
    yield "extensions in version 1", "malformed", leaf(usage(0), version=1)
    yield (
        "an empty issuer",
        "malformed",
        verdict(ee("EE", no_name := ca(dn(), ROOT, san("dns:a.cn", critical=True))), no_name),
    )
    yield "an empty subject", "malformed", leaf(subject=dn())
    yield "an empty subject, names not critical", "malformed", leaf(san("dns:a.cn"), subject=dn())
    yield "an empty subject, names critical", "ok", leaf(san("dns:a.cn", critical=True), subject=dn())
    yield "serial number 0", "ok", leaf(serial=0)
    yield "serial number of 20 octets", "ok", leaf(serial=2**159 - 1)
    yield "serial number of 22 octets", "malformed", leaf(serial=2**170)
    yield "keyCertSign without cA", "malformed", leaf(basic(False), usage(5))
    yield "keyUsage without a bit", "malformed", leaf(ext("2.5.29.15", bits()))
    yield "two algorithms", "malformed", leaf(outer=algorithm_of("x", "sha384"))
    yield "names that are no DER", "malformed", leaf(ext("2.5.29.17", b"example.com"))
    yield "names that are none", "malformed", leaf(ext("2.5.29.17", seq()))
    yield "a name that is not ASCII", "malformed", leaf(san("dns:😜.example.com"))
    yield "critical key identifier", "malformed", leaf(key_id(critical=True))
    yield "critical authority key identifier", "malformed", leaf(key_id(authority=True, critical=True))
    good = access(seq(seq(oid("1.3.6.1.5.5.7.48.2"), tlv(0x86, b"http://a.cn"))))
    yield "information access", "ok", leaf(good)
    yield "critical information access", "critical_extension", leaf(access(good, critical=True))
    yield "malformed information access", "malformed", leaf(access(b"malformed"))
    yield "empty information access", "malformed", leaf(access(seq()))
    yield "an authority as the leaf", "ok", verdict(ca("Sub", CA), CA)
    yield "bytes after the certificate", "malformed", verdict(Made(ee("EE", CA).der + b"\0", "x", b"", 1), CA)
    yield "a point without name and issuer", "malformed", leaf(ext("2.5.29.31", seq(seq())))
    yield (
        "a critical point",
        "ok",
        leaf(ext("2.5.29.31", seq(seq(tlv(0xA0, tlv(0xA0, tlv(0x86, b"x"))))), True)),
    )


def anchors():
    def below(anchor, *path):
        return verdict(ee("EE", (path or [anchor])[0]), *path, anchors=[anchor])

    yield "version 3 without basicConstraints", "not_a_ca", below(cert("Bare", None, key_id()))
    yield "version 1", "ok", below(cert("Old", None, version=1))
    yield "basicConstraints not critical", "ok", below(cert("Soft", None, basic(critical=False), usage(5, 6)))
    yield "expired", "expired", below(ca("Gone", None, end="200101000000Z"))
    yield "not yet", "not_yet_valid", below(ca("Soon", None, start="290101000000Z"))
    yield "without keyCertSign", "key_usage", below(cert("Mute", None, basic(), usage(6)))
    odd = ext("1.3.6.1.4.1.55738.666.1", b"", True)
    yield "an unknown critical extension", "critical_extension", below(ca("Odd", None, odd))
    yield "no name", "malformed", below(ca(dn(), None, san("dns:a.cn", critical=True)))
    yield "two algorithms", "malformed", below(ca("Two", None, outer=algorithm_of("x", "sha384")))
    yield "its own signature does not matter", "ok", below(ca("Unsigned", None, break_signature=True))
    short = ca("Short", None, length=0)
    yield "its path length", "path_length", below(short, ca("Sub", short))
    middle = ca("Middle", ROOT)
    yield "an intermediate as the anchor", "ok", verdict(ee("EE", middle), ROOT, anchors=[middle])
    yield "one that is not there", "no_path", verdict(ee("EE", middle), middle, ROOT, anchors=[ca("Else")])
    yield "the leaf itself", "ok", verdict(middle, anchors=[middle])
    twin = ca("Trust Anchor", None, label="another key")
    yield "two of one name", "ok", verdict(ee("EE", CA), CA, anchors=[twin, ROOT])
    yield "the wrong one of one name", "bad_signature", verdict(ee("EE", CA), CA, anchors=[twin])


def purposes():
    def asked(leaf_usage, purpose, ca_usage=None):
        one = ca("EKU CA", ROOT, *([eku(*ca_usage)] if ca_usage else []))
        return verdict(ee("EE", one, *([eku(*leaf_usage)] if leaf_usage else [])), one, purpose=purpose)

    yield "server", "ok", asked([SERVER], "server")
    yield "client", "ok", asked([SERVER, CLIENT], "client")
    yield "the other", "purpose", asked([CLIENT], "server")
    yield "every", "ok", asked([EVERY], "server")
    yield "without", "ok", asked(None, "server")
    yield "none asked", "ok", asked([MAIL], "any")
    yield "an authority for something else", "purpose", asked([SERVER], "server", [MAIL])
    yield "an authority for it", "ok", asked([SERVER], "server", [SERVER, CLIENT])
    empty = ext("2.5.29.37", seq())
    yield "an empty list", "malformed", verdict(ee("EE", CA, empty), CA)
    yield "critical", "ok", verdict(ee("EE", CA, eku(SERVER, critical=True)), CA, purpose="server")


def peers():
    def asked(kind, value, *names, subject="EE"):
        leaf = ee(subject, CA, *([san(*names)] if names else []))
        return verdict(leaf, CA, peer_name={"kind": kind, "value": value})

    yield "exact", "ok", asked("DNS", "example.com", "dns:example.com")
    yield "case", "ok", asked("DNS", "EXAMPLE.com", "dns:Example.COM")
    yield "absolute", "ok", asked("DNS", "example.com.", "dns:example.com")
    yield "another", "peer_name", asked("DNS", "example2.com", "dns:example.com")
    yield "below", "peer_name", asked("DNS", "abc.example.com", "dns:example.com")
    yield "above", "peer_name", asked("DNS", "example.com", "dns:abc.example.com")
    yield "the common name never", "peer_name", asked("DNS", "example.com", subject="example.com")
    yield "wildcard", "ok", asked("DNS", "foo.example.com", "dns:*.example.com")
    yield "wildcard over two labels", "peer_name", asked("DNS", "a.b.example.com", "dns:*.example.com")
    yield "wildcard for no label", "peer_name", asked("DNS", "example.com", "dns:*.example.com")
    yield "part of a label", "peer_name", asked("DNS", "baz.example.com", "dns:ba*.example.com")
    yield "not the first label", "peer_name", asked("DNS", "a.b.example.com", "dns:a.*.example.com")
    yield "inside an A-label", "peer_name", asked("DNS", "xn--bliss-1b3c148a.cn", "dns:xn--*-1b3c148a.cn")
    yield "a whole zone", "peer_name", asked("DNS", "example.com", "dns:*.com")
    yield "two wildcards", "peer_name", asked("DNS", "a.b.example.com", "dns:*.*.example.com")
    yield "a wildcard asked for", "malformed", asked("DNS", "*.example.com", "dns:*.example.com")
    yield "U-label", "ok", asked("DNS", "bücher.example", "dns:xn--bcher-kva.example")
    yield "no host name", "malformed", asked("DNS", "a..b", "dns:a.b")
    yield "IPv4", "ok", asked("IP", "127.0.0.1", "ip:7f000001")
    yield "IPv6", "ok", asked("IP", "2001:db8::1", "ip:20010db8000000000000000000000001")
    yield "another IP", "peer_name", asked("IP", "127.0.0.2", "ip:7f000001")
    yield "IP in a DNS name", "peer_name", asked("IP", "127.0.0.1", "dns:127.0.0.1")
    yield "an address asked for as DNS", "ok", asked("DNS", "127.0.0.1", "ip:7f000001")
    yield "which no DNS name is", "peer_name", asked("DNS", "127.0.0.1", "dns:127.0.0.1")
    yield "mail", "ok", asked("RFC822", "Who@EXAMPLE.com", "mail:Who@example.com")
    yield "mail of another case", "peer_name", asked("RFC822", "who@example.com", "mail:Who@example.com")
    yield "mail without @", "malformed", asked("RFC822", "example.com", "mail:a@example.com")
    yield "an unknown kind", "malformed", asked("URI", "http://a.cn", "uri:http://a.cn")


def algorithms():
    def signed(label, digest="sha256", **more):
        one = ca("Algorithm CA", ROOT, label=label, **more.pop("authority", {}))
        lists = [crl(ROOT), crl(one, digest=digest)]
        return verdict(ee("EE", one, digest=digest, **more), one, crls=lists)

    yield "RSA", "ok", signed("rsa a")
    yield "RSA SHA-512", "ok", signed("rsa a", "sha512")
    yield "PSS", "ok", signed("rsapss b")
    marked = seq(seq(oid("1.2.840.113549.1.1.10")), seq_bits("rsapss b"))
    yield "PSS key", "ok", signed("rsapss b", authority={"public": marked})
    bound = seq(pss_algorithm("sha256", 32), seq_bits("rsapss b"))
    yield "PSS key with parameters", "ok", signed("rsapss b", authority={"public": bound})
    longer = seq(pss_algorithm("sha256", 48), seq_bits("rsapss b"))
    yield "PSS key that wants more salt", "bad_signature", signed("rsapss b", authority={"public": longer})
    only = seq(seq(oid("1.2.840.113549.1.1.10")), seq_bits("rsa a"))
    yield "PSS key under PKCS #1", "bad_signature", signed("rsa a", authority={"public": only})
    yield "PSS with the wrong salt", "bad_signature", signed("rsapss b", algorithm=pss_algorithm(salt=20))
    yield "P-384", "ok", signed("p384", "sha384")
    yield "P-521", "ok", signed("p521", "sha512")
    yield "Ed25519", "ok", signed("ed")
    yield "P-192", "bad_signature", signed("p192")
    yield (
        "a key of another kind",
        "bad_signature",
        signed("rsa a", algorithm=algorithm_of("p256"), signer="p256"),
    )
    yield (
        "MD5",
        "weak_algorithm",
        verdict(ee("EE", md5 := ca("Algorithm CA", ROOT, label="rsa a"), digest="md5"), md5),
    )
    old = ca("SHA-1 CA", ROOT, label="rsa a")
    leaf = ee("EE", old, digest="sha1")
    yield "SHA-1 by default", "ok", verdict(leaf, old)
    yield "SHA-1 not wanted", "weak_algorithm", verdict(leaf, old, allow_sha1=False)
    broken = seq(seq(oid("1.2.840.113549.1.1.1"), b"\x05\x00"), b"\x03\x01\x00")
    bad_key = ca("Bad key CA", ROOT, public=broken)
    yield "no key at all", "bad_signature", verdict(ee("EE", bad_key, signer="x"), bad_key)
    explicit = seq(seq(oid("1.2.840.10045.2.1"), seq(num(1))), seq_bits("p256"))
    yield "explicit curve", "bad_signature", signed("p256", authority={"public": explicit})


def seq_bits(label):
    """The BIT STRING of a key."""
    from ca_interop.rules.rfc5280.der import item_at

    der = spki(label)
    return item_at(der, 0, len(der)).children()[1].raw


def cycles():
    loop_a = ca("Loop A", ca("Loop B", None, label="lb"), label="la")
    loop_b = ca("Loop B", loop_a, label="lb")
    yield "two that certify each other", "no_path", verdict(ee("EE", loop_a), loop_a, loop_b)
    same1 = ca("Same", None, label="s1")
    same2 = ca("Same", same1, label="s2")
    same1 = ca("Same", same2, label="s1")
    yield "two of one name", "no_path", verdict(ee("EE", same1), same1, same2)
    # One authority that two others certify crosswise, and that is an anchor, too (CVE-2024-0567).
    a, b, c = (ca(f"Cross {n}") for n in "ABC")
    pool = [ca(f"Cross {x}", by) for x in "ABC" for by in (a, b, c) if by.label != f"Cross {x}"]
    low = ca("Low", a)
    yield "cross-signed in a ring", "ok", verdict(ee("EE", low), low, *pool, anchors=[a])
    other = ca("Second root")
    expired = ca("Trust Anchor", other, end="200101000000Z")
    yield "an expired cross certificate", "ok", verdict(ee("EE", ROOT), expired, anchors=[ROOT, other])
    one, two = ca("Forbids", ROOT, subtrees((), ["dns:bad.cn"])), ca("Allows")
    first = ca("Shared", one, san("dns:bad.cn"), label="shared")
    second = ca("Shared", two, san("dns:good.cn"), label="shared")
    yield (
        "the other certificate of an authority",
        "ok",
        verdict(ee("EE", first, san("dns:x.cn")), one, first, second, anchors=[ROOT, two]),
    )
    long = ROOT
    pool = []
    for n in range(30):
        long = ca(f"Level {n}", long)
        pool.append(long)
    yield "thirty levels", "ok", verdict(ee("EE", long), *pool)
    yield "at most 29 of them", "path_length", verdict(ee("EE", long), *pool, max_path_length=29)


@pytest.mark.parametrize("section", [shapes, anchors, purposes, peers, algorithms, cycles])
def test_section(section):
    cases = list(section())
    assert [(case, want, found) for case, want, found in cases if found != want] == []
    assert len(cases) > 6


BRIDGE = """F>H F>G G>F H>I I>H G>I W>F W>G J>K N>EE L>N L>M X>J X>L B>E B>D A>B C>B A>C C>A Y>A Y>C R>S O>R O>Q
P>S Z>O Z>P W>BR BR>W X>BR BR>X Y>BR BR>Y Z>BR BR>Z"""
FIGURE_7 = "B>EE C>B A>B C>A A>C T>C T>A"
WRONG = {
    "expired": {"end": "200101000000Z"},
    "not_a_ca": {"bare": basic(False)},
    "missing basicConstraints": {"bare": None},
    "bad purpose": {"more": [eku(MAIL)]},
    "name constraints": {"more": [subtrees(["dns:bad.example.com"])]},
    "SHA-1": {"digest": "sha1"},
}


def edge(source, target, how):
    """The certificate of ``target`` by ``source`` (both by name and key), made wrong as ``how`` says."""
    how = dict(how)
    more = how.pop("more", [])
    by = cert(source, None, basic(), usage(5, 6))
    if target == "EE":
        return ee("EE", by, san("dns:localhost"), eku(SERVER), *more, **how)
    if "bare" in how:
        bare = how.pop("bare")
        return cert(target, by, *([bare] if bare else []), usage(6), *more, **how)
    return ca(target, by, *more, **how)


def reachable(edges, broken, source, target):
    seen, waiting = set(), [source]
    while waiting:
        node = waiting.pop()
        if node not in seen:
            seen.add(node)
            waiting += [b for a, b in edges if a == node and (a, b) not in broken]
    return target in seen


def test_every_graph_with_every_edge_broken_in_every_way():
    """RFC 4158's figures: a path is found exactly where one is left."""
    rng = random.Random(4158)
    for figure, anchor in ((FIGURE_7, "T"), (BRIDGE, "W"), (BRIDGE, "Z")):
        edges = [tuple(e.split(">")) for e in figure.split()]
        inner = [e for e in edges if e[1] != "EE"]
        for wrong, how in WRONG.items():
            trials = [
                set(),
                *({e} for e in inner if len(edges) < 9),
                *(set(rng.sample(inner, k)) for k in (2, 3, 5)),
            ]
            for broken in trials:
                made = {e: edge(*e, how if e in broken else {}) for e in edges}
                leaf = next(c for e, c in made.items() if e[1] == "EE")
                pool = [c for e, c in made.items() if e[1] != "EE"]
                rng.shuffle(pool)
                found = full(
                    leaf, *pool, anchors=[ca(anchor)], crls=[], require_revocation=False, purpose="server",
                    allow_sha1=False, peer_name={"kind": "DNS", "value": "localhost"},
                )  # fmt: skip
                assert found["ok"] == reachable(edges, broken, anchor, "EE"), (wrong, broken, found)


def test_name_constraints_against_names_in_every_combination():
    """BetterTLS' table: lists of allowed and forbidden hosts and networks, names that are in them or not."""
    good, bad = ("dns:test.localhost", "ip:7f000001"), ("dns:bad.example.com", "ip:01010101")
    trees = {
        "good": ("dns:localhost", "ip:7f000000ffffff00"),
        "bad": ("dns:example.com", "ip:01010100ffffff00"),
    }
    choices = (None, "good", "bad")
    for kind in (0, 1):
        for has, allow, forbid in itertools.product(choices, repeat=3):
            names = {None: [], "good": [good[kind]], "bad": [bad[kind]]}[has]
            allowed, forbidden = ([trees[c][kind]] if c else [] for c in (allow, forbid))
            one = ca("NC CA", ROOT, *([subtrees(allowed, forbidden)] if allow or forbid else []))
            leaf = ee("test.localhost", one, *([san(*names)] if names else []), eku(SERVER))
            peer = (
                {"kind": "DNS", "value": "test.localhost"}
                if not kind
                else {"kind": "IP", "value": "127.0.0.1"}
            )
            want = has == "good" and allow != "bad" and forbid != "good"
            found = full(leaf, one, purpose="server", peer_name=peer, crls=[], require_revocation=False)
            assert found["ok"] is want, (kind, has, allow, forbid)


def test_the_right_path_in_a_pool_of_hundreds():
    """Certificates and CRLs that do not belong, several of one name and key, in any order."""
    rng = random.Random(1)
    pool, lists = [CA, CA], [crl(ROOT), crl(CA)]
    for n in range(300):
        by = rng.choice(pool)
        pool.append(ca(f"Unrelated {n % 40}", by, label=f"pool {n % 7}"))
        lists.append(crl(pool[-1]))
    pool += [ca("Families CA", rng.choice(pool), label=f"pool {n % 7}") for n in range(100)]
    rng.shuffle(pool)
    rng.shuffle(lists)
    leaf = ee("EE", CA)
    assert verdict(leaf, *pool, crls=lists) == "ok"
    assert verdict(leaf, *pool, crls=[*lists, crl(CA, leaf, start="260101000000Z")]) == "revoked"
