"""The agent over real HTTP: who is not let in, what is not signed, and what the person is shown."""

from __future__ import annotations

import base64
import hashlib
import http.client
import io
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from pyhanko.pdf_utils.generic import NumberObject, pdf_name
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.fields import SigFieldSpec, append_signature_field

from bidtool.agent import origins
from bidtool.agent.desk import MOST_LINES, Desk
from bidtool.agent.pairing import NOES, TRIES, Pairing
from bidtool.agent.server import BASE, AgentServer
from bidtool.cli import cli, run
from bidtool.output import Output
from bidtool.wording import in_words
from ca_interop.rules.signatures import making, pdf_making, pdf_reading
from ca_interop.rules.signatures.report import Verdict
from kernel.errors import Refused
from sealing import statements
from sealing.header import head_size, read_header
from sealing.signer import Signer, SoftwareSigner
from tests import records
from tests.servers import ROOT
from tests.unit.ca_interop.signatures import cast
from tests.unit.sealing.cast import sealed, signer

PAGE = "https://ggzy.example.cn"


@dataclass
class Person:
    """Sits at the terminal and answers as told; ``asked`` is what was shown."""

    says: list[bool] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    waits: threading.Event | None = None

    def say(self, text: str) -> None:
        """Nothing is asked."""

    def ask(self, lines: Iterable[str], question: str) -> bool:
        self.asked.append("\n".join([*lines, question]))
        if self.waits is not None:
            assert self.waits.wait(10)
        return self.says.pop(0)


@dataclass
class Running:
    port: int
    person: Person
    codes: list[str]

    def send(
        self,
        method: str,
        what: str,
        body: Any = None,
        *,
        origin: str | None = PAGE,
        token: str = "",
        **more: str,
    ) -> tuple[int, dict[str, str], Any]:
        """Status, headers (lower case) and JSON of one request; ``more`` are headers with ``_`` for ``-``."""
        headers = {"Content-Type": "application/json"} if method == "POST" else {}
        headers |= {"Origin": origin} if origin is not None else {}
        headers |= {"Authorization": f"Bearer {token}"} if token else {}
        headers |= {name.replace("_", "-"): value for name, value in more.items()}
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        data = body if isinstance(body, bytes) else None if body is None else json.dumps(body).encode()
        connection.request(method, what if what.startswith("/") else BASE + what, data, headers)
        answer = connection.getresponse()
        text = answer.read()
        connection.close()
        got = {name.lower(): value for name, value in answer.getheaders()}
        return answer.status, got, json.loads(text) if text else None

    def pair(self) -> str:
        status, _, said = self.send("POST", "pair", {"code": self.codes[-1]})
        assert status == 200
        return str(said["token"])

    def refused(self, *arguments: Any, **more: Any) -> tuple[int, str]:
        status, _, said = self.send(*arguments, **more)
        return status, said["code"]


@pytest.fixture
def running() -> Iterator[Running]:
    with _agent_of(signer("投标人")) as made:
        yield made


@contextmanager
def _agent_of(key: Signer) -> Iterator[Running]:
    codes: list[str] = []
    person = Person()
    desk = Desk(key, Pairing(codes.append), person)
    server = AgentServer(("127.0.0.1", 0), desk, origins.allowed([PAGE, "http://localhost:8001/"]))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield Running(server.server_address[1], person, codes)
    server.shutdown()
    server.server_close()
    thread.join()


SUMMARY = {
    "tender": "YC2026-SZ-0417",
    "lot": "1",
    "part": "whole",
    "price": "4820000.00",
    "remarks": "长" * 300,
}


def said(purpose: str = "bid-summary", payload: Any = None) -> dict[str, Any]:
    return {"statement": {"v": 1, "type": f"mingtang/{purpose}", "payload": payload or SUMMARY}}


def test_a_paired_page_signs_what_was_shown(running: Running) -> None:
    token = running.pair()
    running.person.says = [True]
    status, headers, answer = running.send("POST", "sign", said(), token=token)
    assert (status, headers["access-control-allow-origin"]) == (200, PAGE)
    assert statements.verify(answer["signed"], purpose="bid-summary").payload == SUMMARY
    [shown] = running.person.asked
    for words in (PAGE, "签署开标一览表", "招标编号：YC2026-SZ-0417", "报价：4820000.00", "长" * 300):
        assert words in shown
    status, _, key = running.send("GET", "key", token=token)
    assert (status, key["alg"]) == (200, "ecdsa-p256-sha256")
    assert key["certificates"] == answer["signed"]["certificates"]


def test_a_paired_page_opens_its_own_envelope(running: Running) -> None:
    data, _ = sealed(b"x" * 3000, own_key="certificate")
    header = read_header(io.BytesIO(data))
    head = base64.b64encode(data[: head_size(header)]).decode()
    token = running.pair()
    running.person.says = [True, False]
    status, _, answer = running.send("POST", "open", {"head": head}, token=token)
    assert status == 200
    assert len(base64.b64decode(answer["content_key"])) == 32
    assert "招标编号：T-2026-001" in running.person.asked[0]
    assert running.refused("POST", "open", {"head": head}, token=token) == (403, "agent.declined")
    forged = bytearray(data[: head_size(header)])
    forged[-1] ^= 1
    body = {"head": base64.b64encode(bytes(forged)).decode()}
    assert running.refused("POST", "open", body, token=token) == (422, "envelope.signature_bad")
    assert len(running.person.asked) == 2


def test_pages_that_are_not_on_the_list_get_nothing(running: Running) -> None:
    token = running.pair()
    for origin in (
        None,
        "null",
        "https://evil.example",
        f"{PAGE}.evil.example",
        f"{PAGE}:8443",
        "http://ggzy.example.cn",
        PAGE.upper(),
    ):
        status, headers, answer = running.send("POST", "sign", said(), origin=origin, token=token)
        assert (status, answer["code"]) == (403, "agent.foreign_origin")
        assert not any(name.startswith("access-control") for name in headers)
        status, headers, _ = running.send(
            "OPTIONS", "sign", origin=origin, Access_Control_Request_Private_Network="true"
        )
        assert status == 403
        assert not any(name.startswith("access-control") for name in headers)
    # DNS rebinding: an allowed page's name may lead here, but then it stands in Host.
    for host in (
        "ggzy.example.cn",
        f"evil.example:{running.port}",
        "127.0.0.1",
        f"127.0.0.1:{running.port + 1}",
    ):
        assert running.refused("GET", "key", token=token, Host=host) == (403, "agent.foreign_host")
    assert running.person.asked == []


def test_the_preflight_of_private_network_access(running: Running) -> None:
    ask = {
        "Access_Control_Request_Method": "POST",
        "Access_Control_Request_Headers": "authorization,content-type",
    }
    status, headers, _ = running.send("OPTIONS", "sign", Access_Control_Request_Private_Network="true", **ask)
    got = {name: headers.get(name) for name in headers if name.startswith(("access", "vary"))}
    assert (status, got) == (204, {
        "access-control-allow-origin": PAGE, "access-control-allow-methods": "GET, POST",
        "access-control-allow-headers": "authorization, content-type", "access-control-max-age": "600",
        "access-control-allow-private-network": "true", "vary": "Origin",
    })  # fmt: skip
    _, headers, _ = running.send("OPTIONS", "sign", **ask)
    assert "access-control-allow-private-network" not in headers


def test_without_the_code_nobody_is_heard(running: Running) -> None:
    assert running.refused("POST", "sign", said()) == (401, "agent.not_paired")
    assert running.refused("POST", "sign", said(), token="x") == (401, "agent.not_paired")
    first = running.codes[-1]
    for _ in range(TRIES):
        assert running.refused("POST", "pair", {"code": "AAAA-AAAA"}) == (401, "agent.wrong_code")
    assert (len(running.codes), running.refused("POST", "pair", {"code": first})) == (
        2,
        (401, "agent.wrong_code"),
    )
    token = running.pair()
    # A code is good once, a token for its own origin.
    assert running.refused("POST", "pair", {"code": running.codes[-2]}) == (401, "agent.wrong_code")
    other = "http://localhost:8001"
    assert running.refused("POST", "sign", said(), origin=other, token=token) == (401, "agent.not_paired")
    assert running.person.asked == []


def test_what_is_not_a_known_statement_is_not_signed(running: Running) -> None:
    token = running.pair()
    digest = base64.b64encode(bytes(32)).decode()
    login = {"challenge": "00", "platform": "https://other.example", "at": "2026-11-25T00:00:00Z"}
    cases = [
        (said("payment-order"), (422, "agent.unknown_purpose")),
        ({"statement": {"v": 1, "type": "bid-summary", "payload": SUMMARY}}, (422, "agent.unknown_purpose")),
        ({"digest": digest}, (400, "sealing.bad_field")),
        ({"data": digest}, (400, "sealing.bad_field")),
        ({**said(), "digest": digest}, (400, "sealing.bad_field")),
        ({"statement": digest}, (400, "sealing.bad_field")),
        (
            {"statement": {"v": 2, "type": "mingtang/bid-summary", "payload": SUMMARY}},
            (400, "sealing.bad_field"),
        ),
        ([], (400, "agent.bad_body")),
        (b"{", (400, "json.malformed")),
        (said("login", login), (403, "agent.other_platform")),
        (said("opening-record", {"bids": list(range(MOST_LINES))}), (422, "agent.too_long")),
        (said("bid-summary", {"remarks": "长" * 50 * MOST_LINES}), (422, "agent.too_long")),
    ]
    got = [running.refused("POST", "sign", body, token=token) for body, _ in cases]
    assert got == [wanted for _, wanted in cases]
    assert running.person.asked == []


def test_requests_of_another_kind(running: Running) -> None:
    token = running.pair()
    assert running.refused("POST", "sign", said(), token=token, Content_Type="text/plain") == (
        400,
        "agent.bad_body",
    )
    assert running.refused("POST", "sign", b"x" * (97 << 20), token=token) == (400, "agent.bad_body")
    for method, path in (("POST", "digest"), ("GET", "sign"), ("GET", "/"), ("DELETE", "key")):
        assert running.refused(method, path, {} if method == "POST" else None, token=token) == (
            404,
            "agent.unknown_request",
        )


def test_one_question_at_a_time_and_three_noes_end_it(running: Running) -> None:
    token = running.pair()
    running.person.waits, running.person.says = threading.Event(), [False] * NOES
    results: list[tuple[int, str]] = []
    first = threading.Thread(
        target=lambda: results.append(running.refused("POST", "sign", said(), token=token))
    )
    first.start()
    while not running.person.asked:
        first.join(0.01)
    assert running.refused("POST", "sign", said(), token=token) == (503, "agent.busy")
    running.person.waits.set()
    first.join()
    results += [running.refused("POST", "sign", said(), token=token) for _ in range(NOES)]
    assert results == [(403, "agent.declined")] * NOES + [(401, "agent.not_paired")]


def _with_a_field(document: bytes) -> bytes:
    """As the platform makes its records: with a place for a signature."""
    writer, out = IncrementalPdfFileWriter(io.BytesIO(document)), io.BytesIO()
    append_signature_field(writer, SigFieldSpec("Signature1"))
    # Both bits of /SigFlags from the start, so that a signature changes nothing else.
    form = writer.root["/AcroForm"]
    form[pdf_name("/SigFlags")] = NumberObject(3)
    writer.update_container(form)
    writer.write(out)
    return out.getvalue()


def test_the_document_that_a_statement_names_is_signed_with_it() -> None:
    """The opening record's PDF: what a token signs through the agent is a valid PDF signature; nothing else is signed."""
    base, one = _with_a_field(cast.pdf("opening record")), cast.issued("p256")
    made = pdf_making.prepare(base, cast.NOW, pdf_making.Appearance("单位"), "Signature1")
    told = {"document_size": len(base), "byte_range": list(made.byte_range), "prepared": "x"}
    document = {"data": base64.b64encode(made.document).decode(), "told": told}
    record = said(
        "opening-record", {"tender": "YC2026-SZ-0417", "record_sha256": hashlib.sha256(base).hexdigest()}
    )
    with _agent_of(SoftwareSigner(one.key, one.full_chain)) as running:  # type: ignore[arg-type]
        token = running.pair()
        running.person.says = [True, True]
        status, _, answer = running.send("POST", "sign", {**record, "document": document}, token=token)
        assert status == 200, answer
        assert hashlib.sha256(base).hexdigest() in running.person.asked[0].split("连同文件本身")[1]
        other = said(
            "opening-record", {"tender": "T", "record_sha256": hashlib.sha256(b"another").hexdigest()}
        )
        assert running.refused("POST", "sign", {**other, "document": document}, token=token) == (
            409,
            "pdf.foreign_revision",
        )
        named = running.refused("POST", "sign", {**said(), "document": document}, token=token)
    assert (named[1], len(running.person.asked)) == ("pdf.foreign_revision", 2)
    statements.verify(answer["signed"], purpose="opening-record")
    how = making.plan(one.full_chain, answer["signed"]["signature"]["alg"])
    cms = making.assemble(
        how, making.attributes(how, made.digest), base64.b64decode(answer["pdf"]["signature"])
    )
    report = pdf_reading.judge_pdf(pdf_making.embed(made, cms), cast.circumstances("p256"))
    assert report.verdict is Verdict.VALID


def test_yes_for_tests_works_where_the_environment_says_that_it_is_one(tmp_path: Path) -> None:
    """Unasked, but everything that is signed is still shown; and only with that flag and that variable."""
    (tmp_path / "key.pem").write_bytes(records.party("江苏一建", 11).issued.pem())
    arguments = [
        "--json",
        "--listen",
        "127.0.0.1:0",
        "--allow-origin",
        PAGE,
        "--key",
        str(tmp_path / "key.pem"),
    ]
    process = subprocess.Popen(
        [sys.executable, "-m", "bidtool", "agent", *arguments, "--yes-for-tests"], cwd=ROOT, text=True,
        env={**os.environ, "BIDTOOL_AGENT_YES_FOR_TESTS": "1"}, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        text = ""
        while not text.endswith("}\n"):
            text += process.stdout.readline()
        started = json.loads(text)
        port, _, code = started["code"].partition("-")
        running = Running(int(port), Person(), [code])
        status, _, answer = running.send("POST", "sign", said(), token=running.pair())
        assert status == 200
        assert statements.verify(answer["signed"]).payload == SUMMARY
    finally:
        process.kill()
        _, shown = process.communicate()
    assert "报价：4820000.00" in shown
    assert "自动同意" in shown


@pytest.mark.parametrize(
    "text",
    ["*", "https://*.example.cn", "http://ggzy.example.cn", "https://a/b", "null", "https://u@a", "a", ""],
)
def test_origins_that_are_none(text: str) -> None:
    with pytest.raises(Refused) as caught:
        origins.allowed([text])
    assert caught.value.code == "agent.bad_origin"


def test_origins_as_browsers_write_them() -> None:
    given = ["HTTPS://GGZY.example.cn:443/", "http://127.0.0.1:8001", "http://[::1]:8001", "https://a:8443"]
    assert origins.allowed(given) == {PAGE, "http://127.0.0.1:8001", "http://[::1]:8001", "https://a:8443"}


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["--listen", "0.0.0.0:0", "--allow-origin", PAGE], "agent.not_loopback"),
        (["--listen", "ggzy.example.cn:1", "--allow-origin", PAGE], "agent.not_loopback"),
        (["--listen", "127.0.0.1:x", "--allow-origin", PAGE], "agent.not_loopback"),
        ([], "agent.no_origin"),
        (["--allow-origin", PAGE, "--yes-for-tests"], "agent.not_a_test"),
        (["--allow-origin", PAGE], "agent.no_terminal"),
    ],
)
def test_how_the_agent_does_not_start(
    arguments: list[str], code: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("BIDTOOL_AGENT_YES_FOR_TESTS", raising=False)
    run(cli, ["agent", "--json", *arguments], Output())
    assert json.loads(capsys.readouterr().out)["code"] == code


def test_nothing_can_paint_over_what_is_shown(running: Running) -> None:
    """Control characters and characters that turn the writing round stand as dots, in names and in values."""
    token = running.pair()
    running.person.says = [False]
    hostile = {"tender": "T\x1b[2J\r", "pri\u202ece": "1\n报价：2"}
    assert running.refused("POST", "sign", said("bid-summary", hostile), token=token) == (
        403,
        "agent.declined",
    )
    [shown] = running.person.asked
    assert "招标编号：T·[2J·" in shown
    assert "pri·ce：1·报价：2" in shown


def test_a_field_called_like_the_word_for_another_does_not_pass_for_it() -> None:
    said = list(in_words("bid-summary", {"报价": "100.00", "price": "9.00", "a": 1}))
    assert said[1:] == ["  「报价」（不认识的字段）：100.00", "  报价：9.00", "  a：1"]
