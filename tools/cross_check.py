"""Every certificate case of the tests once more, by OpenSSL and by ``cryptography``'s verifier where they can judge.

    python -m tools.cross_check        # a table of differences; they are explained in ca_interop/README.md

Not a test: the two differ from RFC 5280, and from each other, in known places. What is counted is whether the
differences are the known ones.
"""

from __future__ import annotations

import base64
import subprocess
import sys
import tempfile
from collections import Counter
from datetime import datetime
from importlib import import_module
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.x509 import verification

from tests.unit.ca_interop.rfc5280 import forge

MODULES = ("test_pkits_basic", "test_pkits_names", "test_pkits_policies", "test_pkits_lists", "test_families")
TABLES = (
    "test_every_graph_with_every_edge_broken_in_every_way",
    "test_name_constraints_against_names_in_every_combination",
)
_PEER = {"DNS": "-verify_hostname", "IP": "-verify_ip", "RFC822": "-verify_email"}


def cases() -> list[tuple[str, dict[str, Any], dict[str, Any]]]:
    """(section, request, our answer) of every case the sections ask."""
    found = []
    for name in MODULES:
        module = import_module(f"tests.unit.ca_interop.rfc5280.{name}")
        marks = [f.pytestmark[0].args[1] for n, f in vars(module).items() if n == "test_section"]
        for section in marks[0]:
            forge.ASKED.clear()
            labels = [case for case, _, _ in section()]
            asked = list(forge.ASKED)
            names = labels if len(labels) == len(asked) else [f"#{n}" for n in range(len(asked))]
            found += [(f"{section.__name__} {n}", r, a) for n, (r, a) in zip(names, asked, strict=True)]
    families = import_module("tests.unit.ca_interop.rfc5280.test_families")
    for name in TABLES:
        forge.ASKED.clear()
        getattr(families, name)()
        found += [(f"{name} {n}", r, a) for n, (r, a) in enumerate(forge.ASKED)]
    return found


def _pem(kind: str, items: list[str]) -> bytes:
    parts = []
    for text in items:
        body = "\n".join(text[i : i + 64] for i in range(0, len(text), 64))
        parts.append(f"-----BEGIN {kind}-----\n{body}\n-----END {kind}-----\n")
    return "".join(parts).encode()


def openssl(request: dict[str, Any], folder: Path) -> bool | None:
    """OpenSSL's verdict, or ``None`` for what it cannot be asked."""
    if request["crls"] and not request["require_revocation"]:
        return None  # it knows only lists that are required, or none
    level = "0" if request.get("allow_sha1", True) else "1"
    certificate, lists = "CERTIFICATE", "X509 CRL"
    (folder / "anchors").write_bytes(_pem(certificate, request["anchors"]))
    (folder / "pool").write_bytes(_pem(certificate, request["intermediates"]) or b"\n")
    (folder / "leaf").write_bytes(_pem(certificate, [request["leaf"]]))
    at = int(datetime.fromisoformat(request["time"]).timestamp())
    command = ["openssl", "verify", "-attime", str(at), "-partial_chain", "-auth_level", level, "-no-CApath", "-no-CAstore",
               "-CAfile", "anchors", "-policy_check"]  # fmt: skip
    if request["intermediates"]:
        command += ["-untrusted", "pool"]
    if request["require_revocation"]:
        (folder / "crls").write_bytes(_pem(lists, request["crls"]))
        command += ["-crl_check_all", "-extended_crl", "-use_deltas"]
        command += ["-CRLfile", "crls"] if request["crls"] else []
    for flag, option in (("explicit_policy", "-explicit_policy"), ("inhibit_policy_mapping", "-inhibit_map"),
                         ("inhibit_any_policy", "-inhibit_any")):  # fmt: skip
        command += [option] if request[flag] else []
    for policy in request["policies"] if request["policies"] is not None else ["2.5.29.32.0"]:
        command += ["-policy", policy]
    if request["purpose"] != "any":
        command += ["-purpose", f"ssl{request['purpose']}"]
    if request["max_path_length"] is not None:
        command += ["-verify_depth", str(request["max_path_length"])]
    if peer := request["peer_name"]:
        if peer["kind"] not in _PEER:
            return None
        command += [_PEER[peer["kind"]], peer["value"]]
    return subprocess.run([*command, "leaf"], cwd=folder, capture_output=True, check=False).returncode == 0


def library(request: dict[str, Any]) -> bool | None:
    """``cryptography``'s verdict, or ``None`` where it does not judge: no policies, no lists, names needed."""
    asks = (
        request["require_revocation"],
        request["explicit_policy"],
        request["policies"],
        request["inhibit_any_policy"],
    )
    peer = request["peer_name"]
    if any(asks) or request["purpose"] != "server" or not peer or peer["kind"] == "RFC822":
        return None
    try:
        read = [
            x509.load_der_x509_certificate(base64.b64decode(t))
            for t in (request["leaf"], *request["intermediates"])
        ]
        anchors = [x509.load_der_x509_certificate(base64.b64decode(t)) for t in request["anchors"]]
        # Its web profile wants key identifiers, which these certificates lack; everything else stays.
        permit, either = verification.ExtensionPolicy.permit_all(), verification.Criticality.AGNOSTIC
        for_ca = permit.require_present(x509.BasicConstraints, either, None)
        for_leaf = permit.require_present(x509.SubjectAlternativeName, either, None)
        builder = verification.PolicyBuilder().store(verification.Store(anchors))
        builder = builder.time(datetime.fromisoformat(request["time"])).max_chain_depth(16)
        builder = builder.extension_policies(ca_policy=for_ca, ee_policy=for_leaf)
        subject = (
            x509.IPAddress(ip_address(peer["value"])) if peer["kind"] == "IP" else x509.DNSName(peer["value"])
        )
        builder.build_server_verifier(subject).verify(read[0], read[1:])
    except (verification.VerificationError, ValueError, TypeError):
        return False
    return True


def main() -> None:
    agreed: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as name:
        for label, request, ours in cases():
            for who, verdict in (
                ("openssl", openssl(request, Path(name))),
                ("cryptography", library(request)),
            ):
                if verdict is None:
                    agreed[f"{who} cannot judge"] += 1
                    continue
                agreed[f"{who} agrees" if verdict == ours["ok"] else f"{who} differs"] += 1
                if verdict != ours["ok"]:
                    word = "accepts" if verdict else "refuses"
                    sys.stdout.write(f"{who:<13} {word} {label}: ours {ours['reason']}\n")
    sys.stdout.writelines(f"{count:5} {what}\n" for what, count in sorted(agreed.items()))


if __name__ == "__main__":
    main()
