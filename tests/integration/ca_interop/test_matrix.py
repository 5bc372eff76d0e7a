"""The interoperability matrix, run against the demo authorities; injected faults show red."""

from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import call_command

from ca_interop import queries
from ca_interop.models import MatrixRun
from ca_interop.providers import providers
from ca_interop.rules.matrix import OPERATIONS
from ca_interop.tasks import run_matrix
from journal.models import Act
from kernel.errors import Refused
from tests.integration.ca_interop.authorities import recognized

pytestmark = pytest.mark.django_db
EVERYTHING = set(OPERATIONS)


@pytest.fixture
def server(settings):
    with recognized() as running:
        settings.CA_SANDBOX_URL = running.url
        settings.REVOCATION_TIMEOUT_SECONDS = 6
        yield running


def red(run: MatrixRun) -> dict[str, dict[str, str]]:
    """Authority → operation → code of what failed."""
    found: dict[str, dict[str, str]] = {}
    for row in queries.matrix_rows(run):
        for cell in row.cells:
            if cell is not None and not cell.ok:
                found.setdefault(row.authority, {})[cell.operation] = cell.code
    return found


def test_every_cell_of_every_authority_holds_and_the_run_is_recorded(server):
    run = queries.matrix_run(run_matrix("person:x"))
    assert red(run) == {}
    wanted = [(p.id, a) for p in providers().values() if p.sandbox for a in p.algorithms]
    assert [(row.authority, row.algorithm) for row in queries.matrix_rows(run)] == wanted
    assert len(run.cells) == len(wanted) * len(OPERATIONS)
    said = Act.objects.get(verb="ca_matrix.record").document["payload"]
    assert (said["asked_by"], said["cells"], said["failed"]) == ("person:x", len(run.cells), [])


@pytest.mark.parametrize(
    ("fault", "ca", "operations"),
    [
        ("down", "demo-ca-2", EVERYTHING),
        # Replayed OCSP answers are made up for by the lists; a time-stamp has no other source.
        ("wrong_nonce", "demo-ca-2", {"timestamp"}),
        ("wrong_nonce", "demo-ca-8", EVERYTHING - {"sign"}),
        ("expired", "demo-ca-6", EVERYTHING - {"sign"}),
        ("expired", "demo-ca-4", EVERYTHING - {"sign"}),
    ],
)
def test_an_injected_fault_shows_red_and_says_what_fails(server, fault, ca, operations):
    server.house.faults[ca] = fault
    out = StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command("check_ca_matrix", ca=[ca, "demo-ca-7"], stdout=out)
    assert ended.value.code == 1
    found = red(queries.matrix_run())
    assert {name: set(of) for name, of in found.items()} == {ca: operations}
    assert out.getvalue().count("✗ 演示 CA") == len(operations)


def test_a_slow_authority_costs_its_time_and_is_red(server, settings):
    settings.REVOCATION_TIMEOUT_SECONDS = 0.3
    server.house.faults["demo-ca-2"] = "slow"
    run = queries.matrix_run(run_matrix("person:x", ["demo-ca-2"]))
    assert red(run) == {"demo-ca-2": dict.fromkeys(OPERATIONS, "sandbox.out_of_reach")}


def test_without_a_sandbox_or_a_list_it_says_so(server, settings):
    settings.CA_SANDBOX_URL = ""
    with pytest.raises(Refused) as refused:
        run_matrix("person:x")
    assert refused.value.code == "matrix.no_sandbox"
    with pytest.raises(Refused) as refused:
        queries.matrix_run()
    assert refused.value.code == "matrix.no_run"
