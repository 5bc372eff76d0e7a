"""Hostile requests end within 2 s and 200 MiB, whatever they hold, and the process goes on (contract, bounds).

Small forms of each run with the suite; ``FULL=1`` feeds the great ones to the command and looks at its clock and
its highest memory.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ca_interop.rules.rfc5280.faults import Budget
from ca_interop.rules.rfc5280.request import answer
from tests.unit.ca_interop.rfc5280.forge import (
    ROOT,
    Made,
    algorithm_of,
    b64,
    ca,
    cert,
    crl,
    dn,
    ee,
    entry,
    entry_issuer,
    ext,
    idp,
    mappings,
    num,
    oid,
    point,
    points,
    pol,
    san,
    seq,
    spki,
    subtrees,
    time_field,
    tlv,
)

FULL = bool(os.environ.get("FULL"))
CA = ca("CA", ROOT)
LEAF = ee("EE", CA)


def request(leaf=LEAF, pool=(), crls=(), **more):
    return {
        "id": "h", "leaf": b64(leaf.der), "intermediates": [b64(c.der) for c in pool], "anchors": [b64(ROOT.der)],
        "crls": [b64(c) for c in crls], "time": "2026-06-01T00:00:00Z", "require_revocation": bool(crls), **more,
    }  # fmt: skip


def many_of_one_name(n):
    return request(pool=[ca("CA", ROOT, label=f"k{i}") for i in range(n)])


def mesh(n):
    """Every authority certifies every other; the only way up forbids the leaf's name."""
    pool = [ca(f"M{i}", ca(f"M{j}"), label=f"M{i}") for i in range(n) for j in range(n) if i != j]
    top = ca("M0", ROOT, subtrees(["dns:a.cn"]), label="M0")
    return request(ee("EE", ca(f"M{n - 1}"), san("dns:b.cn")), [*pool, top])


def policy_bomb(n):
    oids, by, path = [f"1.3.6.1.4.1.{i}" for i in range(100, 100 + n)], ROOT, []
    pairs = [(a, b) for a in oids[:30] for b in oids[:30]]
    for depth in range(min(n, 50)):
        by = ca(f"P{depth}", by, pol(*oids), mappings(*pairs), label=f"pb{depth}")
        path.append(by)
    return request(ee("EE", by, pol(*oids)), path, explicit_policy=True, policies=["1.2.3"])


def constraint_bomb(n):
    trees = [f"dns:d{i}.cn" for i in range(n)]
    one = ca("NC", ROOT, subtrees(trees, trees))
    return request(ee("EE", one, san(*trees)), [one])


def names_bomb(n):
    wide = san(*(f"dns:d{i}" for i in range(2300)))
    return request(pool=[ca("CA", ROOT, wide, label=f"k{i}") for i in range(n)])


def claimed(algorithm, signature):
    """A leaf of CA's name that claims any algorithm and signature."""
    days = seq(time_field("100101000000Z"), time_field("301231235959Z"))
    tbs = seq(tlv(0xA0, num(2)), num(5), algorithm, CA.subject, days, dn("EE"), spki("EE"))
    return Made(seq(tbs, algorithm, tlv(3, b"\0", signature)), "EE", dn("EE"), 5)


def great_rsa(n, bits=16384, exponent=(1 << 16000) + 1):
    rng = random.Random(1)
    keys = [
        seq(seq(oid("1.2.840.113549.1.1.1"), b"\x05\x00"),
            tlv(3, b"\0", seq(num(rng.getrandbits(bits) | 1 | 1 << (bits - 1)), num(exponent))))
        for _ in range(n)
    ]  # fmt: skip
    leaf = claimed(algorithm_of("rsa"), rng.getrandbits(bits - 2).to_bytes(bits // 8, "big"))
    return request(leaf, [ca("CA", ROOT, public=key) for key in keys])


def great_dsa(n):
    rng = random.Random(2)

    def key():
        p, q, g = (
            rng.getrandbits(4096) | 1 | 1 << 4095,
            rng.getrandbits(256) | 1 | 1 << 255,
            rng.getrandbits(4000),
        )
        parameters = seq(num(p), num(q), num(g))
        return seq(seq(oid("1.2.840.10040.4.1"), parameters), tlv(3, b"\0", num(rng.getrandbits(4000))))

    leaf = claimed(algorithm_of("dsa"), seq(num(rng.getrandbits(250)), num(rng.getrandbits(250))))
    return request(leaf, [ca("CA", ROOT, public=key()) for _ in range(n)])


def long_list(n):
    rows = [entry(10_000_000 + i) for i in range(n)]
    return request(pool=[CA], crls=[crl(ROOT), crl(CA, *rows, entry(LEAF.serial))])


def long_indirect_list(n):
    named = entry_issuer(CA.subject)
    rows = [entry(10_000_000 + i, named) for i in range(n)]
    return request(
        pool=[CA], crls=[crl(ROOT), crl(CA, *rows, entry(LEAF.serial), extensions=[idp(indirect=True)])]
    )


def many_lists(n):
    return request(pool=[CA], crls=[crl(CA, number=i, extensions=[idp([f"uri:x{i}"])]) for i in range(n)])


def points_against_lists(n):
    leaf = ee("EE", CA, points(*(point([f"uri:y{i}"]) for i in range(n))))
    return request(
        leaf, [CA], [crl(ROOT), *(crl(CA, number=i, extensions=[idp([f"uri:x{i}"])]) for i in range(n))]
    )


def long_names(n):
    return request(pool=[ca(dn("盐" * 1000 + str(i), tag=0x0C), ROOT, label="w") for i in range(n)] + [CA])


def deep_nesting(n):
    inner = b""
    for _ in range(n):
        inner = tlv(0x30, inner)
    return request(cert("EE", CA, ext("2.5.29.17", inner), ext("2.5.29.32", inner)), [CA])


def many_extensions(n):
    return request(cert("EE", CA, *(ext(f"1.2.3.{i}", b"") for i in range(n))), [CA])


def long_lists(n):
    """Lists of every extension as long as they may be, in many certificates of the name that is looked for."""
    oids = [f"1.2.{i // 100}.{i % 100 + 1}" for i in range(min(n, 4990))]
    wide = (pol(*oids), ext("2.5.29.37", seq(*map(oid, oids))), points(*[point(["uri:x"])] * len(oids)))
    return request(pool=[ca("CA", ROOT, wide[i % 3], label=f"k{i}") for i in range(max(n // 60, 2))])


def many_attributes(n):
    wide = seq(*(tlv(0x31, seq(oid("2.5.4.3"), tlv(0x13, b"a%d" % i))) for i in range(min(n, 500))))
    return request(pool=[ca(wide, ROOT, label=f"k{i}") for i in range(max(n // 8, 2))])


def long_entry(n):
    wide = entry(LEAF.serial, *(ext(f"1.2.{i % 100}.{i}", b"") for i in range(n)))
    return request(pool=[CA], crls=[crl(ROOT), crl(CA, wide)])


CASES = {
    many_of_one_name: (50, 10_000),
    mesh: (4, 9),
    policy_bomb: (12, 100),
    constraint_bomb: (800, 5000),
    names_bomb: (3, 480),
    great_rsa: (3, 300),
    great_dsa: (2, 1500),
    long_list: (2000, 300_000),
    long_indirect_list: (500, 110_000),
    many_lists: (50, 19_000),
    points_against_lists: (30, 4500),
    long_names: (20, 3000),
    deep_nesting: (500, 20_000),
    many_extensions: (200, 8000),
    long_lists: (50, 4990),
    many_attributes: (100, 5600),
    long_entry: (300, 150_000),
}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.__name__)
def test_small_forms_have_a_verdict(case):
    found = answer(json.dumps(case(CASES[case][0])).encode(), Budget(clock=time.monotonic))
    assert found["ok"] is (case in (long_names, many_extensions)), found


# Minutes long: with FULL=1 only, and not as a skip, since CI lets nothing be skipped.
if FULL:

    @pytest.mark.parametrize("case", CASES, ids=lambda case: case.__name__)
    def test_great_forms_end_in_time_and_memory(case):
        line = json.dumps(case(CASES[case][1])).encode() + b"\n"
        command = [sys.executable, "-m", "ca_interop", "validate", "--stdin"]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as run:
            assert run.stdin is not None
            assert run.stdout is not None

            def ask(data):
                run.stdin.write(data)
                run.stdin.flush()
                return json.loads(run.stdout.readline())

            ask(b'{"id": "first"}\n')
            start = time.monotonic()
            found = ask(line)
            assert time.monotonic() - start < 2, found
            status = Path(f"/proc/{run.pid}/status").read_text()
            highest = int(status.split("VmHWM:")[1].split()[0])
            assert highest < 200 * 1024, f"{highest} KiB"
            assert ask(b'{"id": "after"}\n')["id"] == "after"
            run.stdin.close()
