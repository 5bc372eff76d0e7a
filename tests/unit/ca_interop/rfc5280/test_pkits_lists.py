"""The published conformance suite of RFC 5280 (PKITS), §§4.14–4.15: distribution points, indirect and delta CRLs."""

from __future__ import annotations

import random

import pytest

from ca_interop.rules.rfc5280.crl import Crl
from ca_interop.rules.rfc5280.faults import Budget
from ca_interop.rules.rfc5280.names import read_name
from tests.unit.ca_interop.rfc5280.forge import (
    ROOT,
    algorithm_of,
    basic,
    ca,
    cert,
    crl,
    delta_of,
    dn,
    ee,
    entry,
    entry_issuer,
    ext,
    idp,
    num,
    point,
    points,
    rdn,
    reason,
    usage,
    verdict,
)

TOP = crl(ROOT)
UNDECIDED = "revocation_undecided"


def ask(leaf, *path, crls, **more):
    return verdict(leaf, *path, crls=[TOP, *crls], **more)


def distribution_points():
    one = ca(dn("O=Test", "CN=distributionPoint1 CA"), ROOT)
    here = dn("O=Test", "CN=distributionPoint1 CA", "CN=CRL1 of distributionPoint1 CA")
    by_name, relative = point([here]), point(relative=rdn("CN=CRL1 of distributionPoint1 CA"))
    whole, part = idp([here]), idp(relative=rdn("CN=CRL1 of distributionPoint1 CA"))
    other = dn("O=Test", "CN=CRLx of distributionPoint1 CA")

    def at(place, *extensions, gone=False):
        leaf = ee("EE", one, points(place)) if place else ee("EE", one)
        lists = [crl(one, *([leaf] if gone else []), extensions=[e] if e else []) for e in extensions]
        return ask(leaf, one, crls=lists)

    yield "4.14.1", "ok", at(by_name, whole)
    yield "4.14.2", "revoked", at(by_name, whole, gone=True)
    yield "4.14.3", UNDECIDED, at(point([other]), whole)
    yield "4.14.4", "ok", at(by_name, part)
    yield "4.14.5", "ok", at(relative, part)
    yield "4.14.6", "revoked", at(relative, part, gone=True)
    yield "4.14.7", "ok", at(relative, whole)
    yield "4.14.8", UNDECIDED, at(point(relative=rdn("CN=CRLx")), whole)
    yield "4.14.9", UNDECIDED, at(None, whole)
    yield "4.14.10", "ok", at(by_name, b"")
    yield "one of several names", "ok", at(point([other, here, "uri:http://a.cn/1"]), whole)
    yield (
        "the second point",
        "ok",
        ask(ee("EE", one, points(point([other]), by_name)), one, crls=[crl(one, extensions=[whole])]),
    )
    yield (
        "two relative attributes",
        "ok",
        at(point(relative=rdn("CN=x", "OU=y")), idp(relative=rdn("OU=y", "CN=x"))),
    )


def kinds():
    user_only, ca_only = idp(users=True), idp(cas=True)
    one = ca("only CA", ROOT)
    sub = ca("sub", one)
    below = crl(sub)
    yield "4.14.11", UNDECIDED, ask(ee("EE", sub), sub, one, crls=[below, crl(one, extensions=[user_only])])
    yield "4.14.11 of a user", "ok", ask(ee("EE", one), one, crls=[crl(one, extensions=[user_only])])
    yield "4.14.12", UNDECIDED, ask(ee("EE", one), one, crls=[crl(one, extensions=[ca_only])])
    yield "4.14.13", "ok", ask(ee("EE", sub), sub, one, crls=[below, crl(one, extensions=[ca_only])])
    yield "4.14.14", UNDECIDED, ask(ee("EE", one), one, crls=[crl(one, extensions=[idp(attributes=True)])])
    yield "an authority as the leaf", UNDECIDED, ask(sub, one, crls=[crl(one, extensions=[user_only])])
    lists = [crl(one, extensions=[user_only]), crl(one, sub, extensions=[ca_only])]
    yield "each kind its own", "revoked", ask(ee("EE", sub), sub, one, crls=[below, *lists])


def reasons():
    some, rest = (1, 2), (3, 4, 5, 6, 7, 8)
    one = ca("onlySomeReasons CA", ROOT)
    leaf = ee("EE", one)

    def lists(*given):
        return ask(leaf, one, crls=[crl(one, *gone, extensions=[idp(reasons=r)]) for r, *gone in given])

    yield "4.14.15", "revoked", lists((some, leaf), (rest,))
    yield "4.14.16", "revoked", lists((some,), (rest, entry(leaf.serial, reason(6))))
    yield "4.14.17", UNDECIDED, lists((some,), ((3, 4),))
    yield "4.14.18", "ok", lists((some,), (rest,))
    a, b = dn("CRL 1"), dn("CRL 2")
    split = ee("EE", one, points(point([a], reasons=some), point([b], reasons=rest)))

    def apart(*gone):
        made = zip(((a, some), (b, rest)), gone, strict=True)
        return ask(split, one, crls=[crl(one, *g, extensions=[idp([n], reasons=r)]) for (n, r), g in made])

    yield "4.14.19", "ok", apart([], [])
    yield "4.14.20", "revoked", apart([split], [])
    yield "4.14.21", "revoked", apart([], [entry(split.serial, reason(3))])
    yield (
        "one of the two is missing",
        UNDECIDED,
        ask(split, one, crls=[crl(one, extensions=[idp([a], reasons=some)])]),
    )
    full = crl(one)
    yield (
        "a complete list covers all",
        "ok",
        ask(leaf, one, crls=[full, crl(one, extensions=[idp(reasons=some)])]),
    )


def indirect():
    flag = idp(indirect=True)
    one = ca("indirectCRL CA1", ROOT)
    own = ee("EE", one)
    yield "4.14.22", "ok", ask(own, one, crls=[crl(one, extensions=[flag])])
    yield "4.14.23", "revoked", ask(own, one, crls=[crl(one, own, extensions=[flag])])
    two = ca("indirectCRL CA2", ROOT)
    by_one = points(point(issuer=one.subject))
    leaf = ee("EE", two, by_one)

    def of(serial, *more):
        return entry(serial, entry_issuer(two.subject), *more)

    yield "4.14.24", "ok", ask(leaf, two, one, crls=[crl(one, extensions=[flag])])
    yield "4.14.25", "ok", ask(leaf, two, one, crls=[crl(one, entry(leaf.serial), extensions=[flag])])
    yield (
        "4.14.25 revoked",
        "revoked",
        ask(leaf, two, one, crls=[crl(one, of(leaf.serial), extensions=[flag])]),
    )
    yield (
        "4.14.26",
        UNDECIDED,
        ask(ee("EE", two, points(point(issuer=dn("Nobody")))), two, one, crls=[crl(one, extensions=[flag])]),
    )
    yield "4.14.27", UNDECIDED, ask(leaf, two, one, crls=[crl(one)])
    # The name of an entry's issuer holds on for the entries after it.
    row = [of(1), entry(leaf.serial)]
    yield "an inherited issuer", "revoked", ask(leaf, two, one, crls=[crl(one, *row, extensions=[flag])])
    back = [of(1), entry(leaf.serial, entry_issuer(one.subject))]
    yield "an issuer named anew", "ok", ask(leaf, two, one, crls=[crl(one, *back, extensions=[flag])])


def crl_issuers():
    three = ca("indirectCRL CA3", ROOT)
    here = dn("CN=indirect CRL for indirectCRL CA3")
    own = dn("CN=own list of indirectCRL CA3")
    lister = cert("indirectCRL CA3 cRLIssuer", three, usage(6), points(point([own])))
    theirs = crl(three, extensions=[idp([own])])  # says nothing about the leaf
    place = points(point([here], issuer=lister.subject))
    leaf = ee("EE", three, place)
    named = [idp([here], indirect=True)]
    yield "4.14.28", "ok", ask(leaf, three, lister, crls=[theirs, crl(lister, extensions=named)])
    gone = crl(lister, entry(leaf.serial, entry_issuer(three.subject)), extensions=named)
    yield "4.14.28 revoked", "revoked", ask(leaf, three, lister, crls=[theirs, gone])
    relative = ee("EE", three, points(point(relative=rdn("CN=part"), issuer=lister.subject)))
    parts = crl(lister, extensions=[idp(relative=rdn("CN=part"), indirect=True)])
    yield "4.14.29", "ok", ask(relative, three, lister, crls=[theirs, parts])
    # The CRL issuer's own status stands in the list it signs.
    four = ca("indirectCRL CA4", ROOT)
    name4 = dn("indirectCRL CA4 cRLIssuer")
    own4 = cert(name4, four, usage(6), points(point([here], issuer=name4)), label="four lister")
    leaf4 = ee("EE", four, points(point([here], issuer=name4)))
    yield "4.14.30", "ok", ask(leaf4, four, own4, crls=[crl(own4, extensions=named)])
    itself = crl(own4, entry(own4.serial, entry_issuer(four.subject)), extensions=named)
    yield "4.14.30 revoking itself", UNDECIDED, ask(leaf4, four, own4, crls=[itself])

    five, six, seven = (ca(f"indirectCRL CA{n}", ROOT) for n in (5, 6, 7))
    by_five = points(point([here], issuer=five.subject))
    leaf6, leaf7 = ee("EE6", six, by_five), ee("EE7", seven, by_five)
    rows = [
        entry(1, entry_issuer(five.subject)),
        entry(leaf6.serial, entry_issuer(six.subject)),
        entry(2),
        entry(leaf7.serial + 50, entry_issuer(seven.subject)),
    ]
    big = crl(five, *rows, extensions=named)
    yield "4.14.31", "revoked", ask(leaf6, six, five, crls=[big])
    again = ee("EE6", six, by_five, serial=2)
    yield "4.14.32", "revoked", ask(again, six, five, crls=[big])
    yield "4.14.33", "ok", ask(leaf7, seven, five, crls=[big])
    own5 = ee("EE5", five, points(point([here])), serial=1)
    yield "4.14.34", "revoked", ask(own5, five, crls=[big])
    off = ee("EE5", five, points(point([dn("elsewhere")], issuer=five.subject)))
    yield "4.14.35", UNDECIDED, ask(off, five, crls=[crl(five, extensions=[idp([here], indirect=True)])])
    stranger = cert("indirectCRL CA3 cRLIssuer", ca("Other root"), usage(6))
    yield (
        "below another anchor",
        UNDECIDED,
        ask(leaf, three, stranger, crls=[theirs, crl(stranger, extensions=named)]),
    )


def deltas():
    base_only = ca("deltaCRLIndicatorNoBase CA", ROOT)
    leaf0 = ee("EE", base_only)
    alone = crl(base_only, number=2, extensions=[delta_of(1)])
    yield "4.15.1", UNDECIDED, ask(leaf0, base_only, crls=[alone])
    one = ca("deltaCRL CA1", ROOT)
    leaf = ee("EE", one)
    hold, removed = entry(leaf.serial, reason(6)), entry(leaf.serial, reason(8))

    def pair(base, delta, number=5, base_number=5, delta_number=6, **more):
        lists = [
            crl(one, *base, number=number),
            crl(one, *delta, number=delta_number, extensions=[delta_of(base_number)], **more),
        ]
        return ask(leaf, one, crls=lists)

    yield "4.15.2", "ok", pair([], [entry(7)])
    yield "4.15.3", "revoked", pair([leaf], [])
    yield "4.15.4", "revoked", pair([], [leaf])
    yield "4.15.5", "ok", pair([hold], [removed])
    yield "4.15.6", "revoked", pair([hold], [leaf])
    yield "4.15.7", "ok", pair([entry(7)], [entry(7, reason(8))])
    yield "4.15.8", "ok", pair([], [], number=7, base_number=5, delta_number=8)
    yield "4.15.9", "revoked", pair([leaf], [], number=7, base_number=5, delta_number=8)
    expired = crl(one, number=5, end="260101000000Z")
    yield "4.15.10", UNDECIDED, ask(leaf, one, crls=[expired, crl(one, number=6, extensions=[delta_of(5)])])
    yield "a base too old for the delta", "ok", pair([], [leaf], number=4)
    yield "a list newer than the delta", "ok", pair([], [leaf], number=6)
    yield "an expired delta", "ok", pair([], [leaf], end="260101000000Z")
    yield "a delta badly signed", "ok", pair([], [leaf], break_signature=True)
    yield (
        "of another scope",
        "ok",
        ask(
            leaf,
            one,
            crls=[crl(one, number=5), crl(one, leaf, number=6, extensions=[delta_of(5), idp(users=True)])],
        ),
    )
    partition = idp(users=True)
    yield (
        "of the same partition",
        "revoked",
        ask(
            leaf,
            one,
            crls=[
                crl(one, number=5, extensions=[partition]),
                crl(one, leaf, number=6, extensions=[delta_of(5), partition]),
            ],
        ),
    )
    yield (
        "the newest delta speaks",
        "ok",
        ask(
            leaf,
            one,
            crls=[
                crl(one, hold, number=5),
                crl(one, hold, number=6, extensions=[delta_of(5)], start="250301000000Z"),
                crl(one, removed, number=7, extensions=[delta_of(5)], start="250401000000Z"),
            ],
        ),
    )


def odd_lists():
    one = ca("Odd lists CA", ROOT)
    leaf = ee("EE", one)
    yield "no nextUpdate", UNDECIDED, ask(leaf, one, crls=[crl(one, end=None)])
    yield "not yet", UNDECIDED, ask(leaf, one, crls=[crl(one, start="270101000000Z")])
    yield "no number", "ok", ask(leaf, one, crls=[crl(one, number=None)])
    yield "version 1", "ok", ask(leaf, one, crls=[crl(one, version=1)])
    yield "an unknown version", UNDECIDED, ask(leaf, one, crls=[crl(one, version=5)])
    yield (
        "a revocation to come",
        "revoked",
        ask(leaf, one, crls=[crl(one, entry(leaf.serial, date="290101000000Z"))]),
    )
    yield (
        "revoked before it was issued",
        "revoked",
        ask(leaf, one, crls=[crl(one, entry(leaf.serial, date="000101000000Z"))]),
    )
    yield (
        "two kinds at once",
        UNDECIDED,
        ask(leaf, one, crls=[crl(one, extensions=[idp(users=True, cas=True)])]),
    )
    yield (
        "the serial of another authority",
        "ok",
        ask(leaf, one, other := ca("Other", ROOT), crls=[crl(one), crl(other, entry(leaf.serial))]),
    )
    yield (
        "SHA-1 where it is not wanted",
        UNDECIDED,
        ask(leaf, one, crls=[crl(one, digest="sha1")], allow_sha1=False),
    )
    yield "two algorithms", UNDECIDED, ask(leaf, one, crls=[crl(one, outer=algorithm_of("x", "sha384"))])
    no_bits = cert("No usage", ROOT, basic())
    yield "a signer without keyUsage", "ok", ask(ee("EE", no_bits), no_bits, crls=[crl(no_bits)])
    asked = {"require_revocation": False}
    yield "not required", "ok", ask(leaf, one, crls=[], **asked)
    yield "not required, but revoked", "revoked", ask(leaf, one, crls=[crl(one, leaf)], **asked)
    yield (
        "not required, an expired list",
        "ok",
        ask(leaf, one, crls=[crl(one, leaf, end="260101000000Z")], **asked),
    )


SECTIONS = [distribution_points, kinds, reasons, indirect, crl_issuers, deltas, odd_lists]


@pytest.mark.parametrize("section", SECTIONS)
def test_section(section):
    cases = list(section())
    assert [(case, found) for case, want, found in cases if found != want] == []
    assert len(cases) > 5


def test_walking_a_list_finds_what_reading_all_of_it_finds():
    """Entries of every length, issuers that hold on, long extensions, doubled serials, against a plain reading."""
    rng = random.Random(280)
    one = ca("Walked CA", ROOT)
    names = [one.subject, dn("Walked A"), dn("Walked B")]
    for _ in range(12):
        rows, said, issuer = [], {}, 0
        for _ in range(rng.randint(0, 120)):
            serial = rng.choice((rng.randrange(60), rng.getrandbits(rng.choice((8, 70, 150)))))
            marks = []
            if rng.random() < 0.3:
                issuer = rng.randrange(3)
                marks.append(entry_issuer(names[issuer]))
            code = rng.choice((0, 0, 1, 6))
            marks += [reason(code)] if code else []
            marks += [ext("1.2.3", bytes(rng.choice((5, 150, 300))))] if rng.random() < 0.2 else []
            rows.append(entry(serial, *marks, date=f"2{rng.randrange(5)}0101000000Z"))
            said[serial, issuer] = code
        made = Crl(crl(one, *rows, extensions=[idp(indirect=True)]))
        for serial, whose in [*said, (61, 0)]:
            found = made.find(num(serial)[2:], read_name(names[whose]).key, Budget())
            assert (None if found is None else found.reason) == said.get((serial, whose))
