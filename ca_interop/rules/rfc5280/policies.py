"""Certificate policies (RFC 5280 §6.1.2–6.1.5 d–h), as the graph of RFC 9618, which cannot explode.

Each depth holds at most one node for a policy; a node points at its parents. The sets that come out are
those of RFC 5280's tree.
"""

from __future__ import annotations

from dataclasses import dataclass

from ca_interop.rules.rfc5280.certificate import Certificate
from ca_interop.rules.rfc5280.extensions import ANY_POLICY
from ca_interop.rules.rfc5280.faults import Budget, Fault


@dataclass(frozen=True)
class PolicyInputs:
    """§6.1.1 c, e–g. ``initial`` is ``None`` for any-policy."""

    initial: frozenset[str] | None = None
    explicit: bool = False
    inhibit_mapping: bool = False
    inhibit_any: bool = False


class _Node:
    __slots__ = ("expected", "parents", "policy")

    def __init__(self, policy: str, expected: set[str], parents: list[_Node]) -> None:
        self.policy, self.expected, self.parents = policy, expected, parents


class PolicyState:
    """Walks a path from the certificate below the anchor to the leaf."""

    def __init__(self, inputs: PolicyInputs, length: int, budget: Budget) -> None:
        self.budget = budget
        self.initial = inputs.initial
        self.level: dict[str, _Node] | None = {ANY_POLICY: _Node(ANY_POLICY, {ANY_POLICY}, [])}
        self.explicit = 0 if inputs.explicit else length + 1
        self.mapping = 0 if inputs.inhibit_mapping else length + 1
        self.any = 0 if inputs.inhibit_any else length + 1

    def anchor(self, anchor: Certificate) -> None:
        """An anchor's own constraints count (RFC 5937 §3.2)."""
        self._narrow(anchor)
        found = anchor.policies
        if found is not None and ANY_POLICY not in found:
            allowed = frozenset(found)
            self.initial = allowed if self.initial is None else self.initial & allowed

    def process(self, certificate: Certificate, last: bool) -> None:
        """§6.1.3 d–f."""
        policies = certificate.policies
        if policies is None or self.level is None:
            self.level = None
        else:
            self.level = self._next(policies, self.any > 0 or (not last and certificate.self_issued)) or None
        if self.explicit == 0 and self.level is None:
            raise Fault("policy", "no policy is valid for the path, and one is required")

    def _next(self, policies: tuple[str, ...], any_counts: bool) -> dict[str, _Node]:
        above = self.level or {}
        by_expected: dict[str, list[_Node]] = {}
        for node in above.values():
            self.budget.spend(len(node.expected))
            for policy in node.expected:
                by_expected.setdefault(policy, []).append(node)
        level: dict[str, _Node] = {}
        wild = above.get(ANY_POLICY)
        for policy in policies:
            if policy == ANY_POLICY:
                continue
            parents = by_expected.get(policy) or ([wild] if wild else [])
            if parents:
                level[policy] = _Node(policy, {policy}, parents)
        if ANY_POLICY in policies and any_counts:
            for policy, parents in by_expected.items():
                if policy not in level:
                    level[policy] = _Node(policy, {policy}, parents)
        return level

    def prepare(self, certificate: Certificate) -> None:
        """§6.1.4 a–b, h–j: for the certificate below this one."""
        mappings = certificate.policy_mappings
        if any(ANY_POLICY in pair for pair in mappings):
            raise Fault("policy", "a policy mapping from or to any-policy")
        if mappings and self.level is not None:
            self._map(mappings)
        if not certificate.self_issued:
            self.explicit, self.mapping, self.any = (
                max(n - 1, 0) for n in (self.explicit, self.mapping, self.any)
            )
        self._narrow(certificate)

    def _map(self, mappings: tuple[tuple[str, str], ...]) -> None:
        targets: dict[str, set[str]] = {}
        for issuer, subject in mappings:
            targets.setdefault(issuer, set()).add(subject)
        level = self.level or {}
        wild = level.get(ANY_POLICY)
        for issuer, subjects in targets.items():
            self.budget.spend()
            if self.mapping == 0:
                level.pop(issuer, None)
            elif issuer in level:
                level[issuer].expected = subjects
            elif wild is not None:
                level[issuer] = _Node(issuer, subjects, wild.parents)
        self.level = level or None

    def _narrow(self, certificate: Certificate) -> None:
        explicit, mapping = certificate.policy_constraints
        if explicit is not None:
            self.explicit = min(self.explicit, explicit)
        if mapping is not None:
            self.mapping = min(self.mapping, mapping)
        if certificate.inhibit_any is not None:
            self.any = min(self.any, certificate.inhibit_any)

    def finish(self, leaf: Certificate) -> list[str]:
        """§6.1.5 a–b, g: the valid policy set, sorted. ``Fault(policy)`` when one is required and none is."""
        self.explicit = max(self.explicit - 1, 0)
        if leaf.policy_constraints[0] == 0:
            self.explicit = 0
        found = self._authority_set()
        if self.initial is not None:
            found = set(self.initial) if ANY_POLICY in found else found & self.initial
        if self.explicit == 0 and not found:
            raise Fault("policy", "no policy is valid for the path, and one is required")
        return sorted(found)

    def _authority_set(self) -> set[str]:
        """Policies whose node hangs on an any-policy node, and that reach the leaf."""
        found: set[str] = set()
        seen: set[int] = set()
        waiting = list((self.level or {}).values())
        if ANY_POLICY in (self.level or {}):
            found.add(ANY_POLICY)
        while waiting:
            node = waiting.pop()
            if id(node) in seen:
                continue
            seen.add(id(node))
            self.budget.spend()
            for parent in node.parents:
                if parent.policy == ANY_POLICY and node.policy != ANY_POLICY:
                    found.add(node.policy)
                waiting.append(parent)
        return found
