"""The published conformance suite of RFC 5280 (PKITS), §§4.8–4.12: policies, remade case by case; and the
engine's policy graph against the tree of the text on random paths."""

from __future__ import annotations

import random

import pytest

from ca_interop.rules.rfc5280.faults import Budget, Fault
from ca_interop.rules.rfc5280.policies import PolicyInputs, PolicyState
from tests.unit.ca_interop.rfc5280.forge import (
    ROOT,
    ca,
    constraints,
    ee,
    ext,
    full,
    inhibit_any,
    mappings,
    oid,
    pol,
    seq,
    tlv,
)
from tests.unit.ca_interop.rfc5280.policy_tree import ANY, Cert, Invalid, walk

P1, P2, P3, P4, P5 = (f"2.16.840.1.101.3.2.1.48.{n}" for n in range(1, 6))
EXPLICIT = {"explicit_policy": True}
NO_MAPPING = {"inhibit_policy_mapping": True}
NO_ANY = {"inhibit_any_policy": True}


def initial(*policies, **more):
    return {"policies": list(policies), **EXPLICIT, **more}


def chain(*levels, **asked):
    """The set of valid policies as "1 2", "any", "" for none; "-" when refused for its policies.

    A level is (policies, extensions…) of an authority, the last of the leaf; ``None``: no policies;
    "self" among them: issued to the name above it.
    """
    path, by = [], ROOT
    for depth, (policies, *more) in enumerate(levels):
        own = [m for m in more if m != "self"]
        extensions = [*([pol(*policies)] if policies is not None else []), *own]
        label = f"policy {depth}"
        last = depth == len(levels) - 1
        name = by.subject if "self" in more else ("EE" if last else f"CA {depth}")
        by = (ee if last else ca)(name, by, *extensions, label=label)
        path.append(by)
    found = full(path[-1], *path[:-1], **asked)
    if not found["ok"]:
        assert found["reason"] == "policy", found
        return "-"
    return " ".join("any" if p == ANY else p.rsplit(".")[-1] for p in found["policies"])


def certificate_policies():
    one = ([P1],)
    yield "4.8.1.1", "1", chain(one, one, **EXPLICIT)
    yield "4.8.1.2", "1", chain(one, one, **initial(P1))
    yield "4.8.1.3", "-", chain(one, one, **initial(P2))
    yield "4.8.1.4", "1", chain(one, one, **initial(P1, P2))
    none = (None,)
    yield "4.8.2.1", "", chain(none, none)
    yield "4.8.2.2", "-", chain(none, none, **EXPLICIT)
    differ = (one, none, one)
    yield "4.8.3.1", "", chain(*differ)
    yield "4.8.3.2", "-", chain(*differ, **EXPLICIT)
    yield "4.8.3.3", "-", chain(*differ, **initial(P1, P2))
    must = constraints(0)
    yield "4.8.4", "-", chain(([P1], must), none, one)
    yield "4.8.5", "-", chain(one, ([P2], must), one)
    overlap = (([P1, P2, P3], must), ([P1, P2],), ([P1],), one)
    yield "4.8.6.1", "1", chain(*overlap)
    yield "4.8.6.2", "1", chain(*overlap, **initial(P1))
    yield "4.8.6.3", "-", chain(*overlap, **initial(P2))
    yield "4.8.7", "-", chain(([P1, P2, P3], must), ([P1, P2],), ([P1],), ([P2],))
    yield "4.8.8", "-", chain(([P1, P2], must), one, ([P2],))
    yield "4.8.9", "-", chain(([P1, P2, P3], must), ([P1, P2],), ([P1, P2],), ([P1],), ([P3],))
    both = ([P1, P2],)
    yield "4.8.10.1", "1 2", chain(both, both)
    yield "4.8.10.2", "1", chain(both, both, **initial(P1))
    yield "4.8.10.3", "2", chain(both, both, **initial(P2))
    anything = ([ANY],)
    yield "4.8.11.1", "any", chain(anything, anything)
    yield "4.8.11.2", "1", chain(anything, anything, **initial(P1))
    yield "4.8.12", "-", chain(([P3], must), ([P4],))
    three = ([P1, P2, P3],)
    for n, p in enumerate((P1, P2, P3), 1):
        yield f"4.8.13.{n}", str(n), chain(three, three, **initial(p))
    yield "4.8.14.1", "1", chain(anything, one, **initial(P1))
    yield "4.8.14.2", "-", chain(anything, one, **initial(P2))
    notice = seq(oid("1.3.6.1.5.5.7.2.2"), seq(tlv(0x1A, b"a user notice")))
    cps = seq(oid("1.3.6.1.5.5.7.2.1"), tlv(0x16, b"http://csrc.nist.gov/CPS.pdf"))
    for n, qualifier in ((15, notice), (16, notice), (17, notice), (18, notice), (19, notice), (20, cps)):
        noted = ext("2.5.29.32", seq(seq(oid(P1), seq(qualifier)), seq(oid(ANY), seq(qualifier))))
        yield f"4.8.{n}", "1", chain(one, (None, noted), **initial(P1))


def require_explicit():
    def after(count, *rest):
        return chain(([P1], constraints(count)), *rest)

    one, none = ([P1],), (None,)
    yield "4.9.1", "", after(10, one, one, one, none)
    yield "4.9.2", "", after(5, one, one, one, none)
    yield "4.9.3", "-", after(4, one, one, one, none)
    yield "4.9.4", "1", after(0, one, one, one, one)
    yield "4.9.5", "-", after(7, ([P1], constraints(2)), ([P1], constraints(4)), one, none)
    yield "4.9.6", "", after(2, ([P1], "self"), none)
    yield "4.9.7", "-", after(2, ([P1], "self"), one, none)
    yield "4.9.8", "-", after(2, ([P1], "self"), one, ([P1], "self"), none)
    yield "in the leaf", "-", chain(one, (None, constraints(0)))
    yield "in the leaf, later", "", chain(one, (None, constraints(1)))


def policy_mapping():
    def maps(*pairs):
        return mappings(*pairs)

    first = (([P1], maps((P1, P2)), constraints(0)), ([P2],))
    yield "4.10.1.1", "1", chain(*first, **initial(P1))
    yield "4.10.1.2", "-", chain(*first, **initial(P2))
    yield "4.10.1.3", "-", chain(*first, **NO_MAPPING)
    yield "4.10.2.1", "-", chain(([P1], maps((P1, P2)), constraints(0)), ([P1],))
    yield "4.10.2.2", "-", chain(([P1], maps((P1, P2)), constraints(0)), ([P1],), **NO_MAPPING)
    third = (([P1, P2], maps((P1, P3)), constraints(0)), ([P2],), ([P2],))
    yield "4.10.3.1", "-", chain(*third, **initial(P1))
    yield "4.10.3.2", "2", chain(*third, **initial(P2))
    yield (
        "4.10.4",
        "-",
        chain(([P1, P2], maps((P1, P3)), constraints(0)), ([P3, P4], maps((P3, P4))), ([P3],)),
    )
    fifth = (([P1], maps((P1, P2)), constraints(0)), ([P2, P5], maps((P2, P3))), ([P3],))
    yield "4.10.5.1", "1", chain(*fifth, **initial(P1))
    yield "4.10.5.2", "-", chain(*fifth, **initial(P3))
    yield "4.10.6.1", "1", chain(*fifth, **initial(P1, P5))
    yield "4.10.6.2", "-", chain(*fifth, **initial(P5))
    yield "4.10.7", "-", chain(([ANY], maps((ANY, P1))), ([P1],))
    yield "4.10.8", "-", chain(([P1], maps((P1, ANY))), ([P1],))
    any_ca = ([ANY], maps((P1, P2)), constraints(0))
    yield "4.10.9", "1", chain(any_ca, ([P2],), **initial(P1))
    yield "4.10.9 otherwise", "1", chain(any_ca, ([P2],), **initial(P1, P3))
    yield "4.10.10", "-", chain(([P1], maps((P1, P2)), constraints(0)), ([P1],), ([P2],))
    yield "4.10.11", "1", chain(([P1], maps((P1, P2)), constraints(0)), ([P2],), ([P2],))
    twelfth = (([P1, P2], maps((P1, P3)), constraints(0)), ([P2, P3],))
    yield "4.10.12.1", "1", chain(*twelfth, **initial(P1))
    yield "4.10.12.2", "2", chain(*twelfth, **initial(P2))
    yield "4.10.13", "1", chain(([P1], maps((P1, P2)), constraints(0)), ([ANY],), **initial(P1))
    yield "4.10.14", "1", chain(any_ca, ([P2, P1],), **initial(P1))
    many = ([P1], maps((P1, P2), (P1, P3)), constraints(0))
    yield "one to many", "1", chain(many, ([P3],))
    yield "many to one", "1 2", chain(([P1, P2], maps((P1, P3), (P2, P3))), ([P3],))


def inhibit_mapping():
    def stop(skip, *pairs, explicit=0):
        return [constraints(explicit, skip), *([mappings(*pairs)] if pairs else [])]

    m12, m23, m34 = (P1, P2), (P2, P3), (P3, P4)
    yield "4.11.1", "-", chain(([P1], *stop(0)), ([P1], mappings(m12)), ([P2],))
    yield "4.11.2", "1", chain(([P1, P2], *stop(1)), ([P1], mappings(m12)), ([P2],))
    one = ([P1, P2], *stop(1))
    yield "4.11.3", "-", chain(one, ([P1, P2], mappings(m12)), ([P2, P3], mappings(m23)), ([P3],))
    yield "4.11.4", "1", chain(one, ([P1], mappings(m12)), ([P2],), ([P2],))
    five = ([P1], *stop(5))
    yield "4.11.5", "-", chain(five, ([P1], constraints(None, 1)), ([P1],), ([P1], mappings(m12)), ([P2],))
    yield "4.11.6", "-", chain(one, ([P1], constraints(None, 5)), ([P1, P2], mappings(m12)), ([P2],))
    own = ([P1], *stop(1))
    yield "4.11.7", "1", chain(own, ([P1], "self"), ([P1], mappings(m12)), ([P2],))
    yield "4.11.8", "-", chain(own, ([P1], "self"), ([P1], mappings(m12)), ([P2, P3], mappings(m23)), ([P3],))
    yield (
        "4.11.9",
        "-",
        chain(own, ([P1], "self"), ([P1], mappings(m12)), ([P2], "self"), ([P2], mappings(m23)), ([P3],)),
    )
    yield (
        "4.11.10",
        "-",
        chain(
            own,
            ([P1], "self"),
            ([P1], mappings(m12)),
            ([P2], "self", mappings(m23)),
            ([P3], mappings(m34)),
            ([P4],),
        ),
    )
    yield "4.11.11", "-", chain(own, ([P1], "self"), ([P1],), ([P1], "self", mappings(m12)), ([P2],))


def inhibit_any_policy():
    def top(skip, *policies):
        return (list(policies) or [ANY], inhibit_any(skip), constraints(0))

    one, anything = ([P1],), ([ANY],)
    yield "4.12.1", "-", chain(top(0), anything)
    yield "4.12.2", "1", chain(top(0), ([ANY, P1],))
    third = (top(1), anything, one)
    yield "4.12.3.1", "1", chain(*third)
    yield "4.12.3.2", "-", chain(*third, **NO_ANY)
    yield "4.12.4", "-", chain(top(1), anything, anything)
    yield "4.12.5", "-", chain(top(5), ([ANY], inhibit_any(1)), anything, anything)
    yield "4.12.6", "-", chain(top(1), ([ANY], inhibit_any(5)), anything)
    yield "4.12.7", "1", chain(top(1), ([ANY], "self"), anything, one)
    yield "4.12.8", "-", chain(top(1), ([ANY], "self"), anything, anything, one)
    yield "4.12.9", "1", chain(top(1), ([ANY], "self"), anything, ([ANY], "self"), one)
    yield "4.12.10", "-", chain(top(1), ([ANY], "self"), anything, ([ANY], "self"))


SECTIONS = [certificate_policies, require_explicit, policy_mapping, inhibit_mapping, inhibit_any_policy]


@pytest.mark.parametrize("section", SECTIONS)
def test_section(section):
    cases = list(section())
    assert [(case, found) for case, want, found in cases if found != want] == []
    assert len(cases) > 9


def graph(path, asked, *flags):
    state = PolicyState(PolicyInputs(asked, *flags), len(path), Budget())
    for depth, one in enumerate(path):
        last = depth == len(path) - 1
        state.process(one, last)
        if not last:
            state.prepare(one)
    return set(state.finish(path[-1]))


def random_path(rng):
    names = [ANY, "1.1", "1.2", "1.3", "1.4"]

    def one():
        policies = tuple(rng.sample(names, rng.randint(1, 4))) if rng.random() < 0.9 else None
        pairs = tuple(
            tuple(rng.choices(names[rng.random() < 0.98 :], k=2)) for _ in range(rng.choice((0, 0, 1, 2, 4)))
        )
        limits = tuple(rng.choice((None, None, None, 0, 1, 2)) for _ in range(3))
        return Cert(policies, pairs, limits[:2], limits[2], rng.random() < 0.2)

    return [one() for _ in range(rng.randint(1, 5))]


def test_the_graph_gives_the_trees_sets_on_random_paths():
    rng = random.Random(9618)
    accepted = 0
    for _ in range(3000):
        path = random_path(rng)
        asked = rng.choice((None, None, frozenset({"1.1"}), frozenset({"1.2", "1.3"})))
        flags = [rng.random() < 0.2 for _ in range(3)]
        try:
            want = walk(path, asked, *flags)
        except Invalid:
            want = None
        try:
            found = graph(path, asked, *flags)
        except Fault:
            found = None
        assert found == want, (path, asked, flags)
        accepted += want is not None
    assert accepted > 500
