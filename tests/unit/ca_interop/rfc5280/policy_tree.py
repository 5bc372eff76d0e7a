"""RFC 5280 §6.1's valid_policy_tree as the text has it, node by node: the yardstick for the engine's graph.

Exponential in the worst case, which is why the engine does not do it this way (RFC 9618).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

ANY = "2.5.29.32.0"


@dataclass(frozen=True)
class Cert:
    """What §6.1 reads of a certificate about policies; named as the engine names it."""

    policies: tuple[str, ...] | None = None
    policy_mappings: tuple[tuple[str, str], ...] = ()
    policy_constraints: tuple[int | None, int | None] = (None, None)
    inhibit_any: int | None = None
    self_issued: bool = False


@dataclass
class Node:
    policy: str
    expected: set[str]
    depth: int
    parent: Node | None
    children: list[Node] = field(default_factory=list)

    def grow(self, policy: str, expected: set[str]) -> Node:
        child = Node(policy, expected, self.depth + 1, self)
        self.children.append(child)
        return child


class Invalid(Exception):
    """The path is not valid."""


def walk(
    path: Sequence[Cert],
    initial: frozenset[str] | None,
    explicit_policy: bool,
    inhibit_mapping: bool,
    inhibit_any: bool,
) -> set[str]:
    """The user-constrained policy set of ``path`` (below the anchor first). Raises ``Invalid``."""
    n = len(path)
    tree: Node | None = Node(ANY, {ANY}, 0, None)
    explicit = 0 if explicit_policy else n + 1
    mapping = 0 if inhibit_mapping else n + 1
    any_policy = 0 if inhibit_any else n + 1
    for i, cert in enumerate(path, 1):
        last = i == n
        if cert.policies is None:
            tree = None
        elif tree is not None:
            _process(tree, cert, i, any_policy > 0 or (not last and cert.self_issued))
            tree = _pruned(tree, i)
        if explicit == 0 and tree is None:
            raise Invalid
        if last:
            break
        if any(ANY in pair for pair in cert.policy_mappings):
            raise Invalid
        if tree is not None and cert.policy_mappings:
            _map(tree, cert, i, mapping)
            tree = _pruned(tree, i)
        if not cert.self_issued:
            explicit, mapping, any_policy = (max(x - 1, 0) for x in (explicit, mapping, any_policy))
        require, stop = cert.policy_constraints
        explicit = min(explicit, require) if require is not None else explicit
        mapping = min(mapping, stop) if stop is not None else mapping
        any_policy = min(any_policy, cert.inhibit_any) if cert.inhibit_any is not None else any_policy
    explicit = max(explicit - 1, 0)
    if path[-1].policy_constraints[0] == 0:
        explicit = 0
    found = _intersection(tree, initial, n)
    if explicit == 0 and not found:
        raise Invalid
    return found


def _level(tree: Node, depth: int) -> list[Node]:
    if tree.depth == depth:
        return [tree]
    return [node for child in tree.children for node in _level(child, depth)]


def _process(tree: Node, cert: Cert, i: int, any_counts: bool) -> None:
    above = _level(tree, i - 1)
    for policy in cert.policies or ():
        if policy == ANY:
            continue
        matched = [node for node in above if policy in node.expected]
        for node in matched:
            node.grow(policy, {policy})
        if not matched:
            for node in above:
                if node.policy == ANY:
                    node.grow(policy, {policy})
    if ANY in (cert.policies or ()) and any_counts:
        for node in above:
            for policy in node.expected - {child.policy for child in node.children}:
                node.grow(policy, {policy})


def _map(tree: Node, cert: Cert, i: int, mapping: int) -> None:
    targets: dict[str, set[str]] = {}
    for issuer, subject in cert.policy_mappings:
        targets.setdefault(issuer, set()).add(subject)
    for issuer, subjects in targets.items():
        nodes = [node for node in _level(tree, i) if node.policy == issuer]
        if mapping > 0:
            for node in nodes:
                node.expected = subjects
            if not nodes:
                for node in _level(tree, i):
                    if node.policy == ANY and node.parent is not None:
                        node.parent.grow(issuer, subjects)
        else:
            for node in nodes:
                if node.parent is not None:
                    node.parent.children.remove(node)


def _pruned(tree: Node, depth: int) -> Node | None:
    """Without nodes of depth less than ``depth`` that have no children."""
    tree.children = [c for c in tree.children if c.depth >= depth or _pruned(c, depth) is not None]
    return tree if tree.children else None


def _intersection(tree: Node | None, initial: frozenset[str] | None, n: int) -> set[str]:
    if tree is None:
        return set()
    valid = [c for d in range(n) for node in _level(tree, d) if node.policy == ANY for c in node.children]
    if initial is None:
        return {node.policy for node in valid if node.policy != ANY or node.depth == n}
    wanted = set()
    for node in valid:
        if node.policy in initial:
            wanted.add(node.policy)
        elif node.policy == ANY and node.depth == n:
            wanted |= initial
    return wanted
