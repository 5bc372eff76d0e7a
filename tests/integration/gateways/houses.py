"""The sandboxes of identity, licences and person codes, running on loopback for a test."""

from __future__ import annotations

import contextlib
import re
import threading
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx

from gateways.identity.sandbox.server import IdentityServer
from gateways.licences.sandbox.server import LicenceServer
from gateways.persons.sandbox.server import PersonCodeServer
from gateways.registers.sandbox.server import RegisterServer
from gateways.sandbox import Register, SandboxServer
from tests.integration.ca_interop.authorities import code

#: Made once: a client of its own for every request reads the system's authorities each time.
WEB = httpx.Client()
CLIENT, SECRET = "mingtang", "sandbox-secret-for-tests-only-0123456789"


#: The codes of the certificates that tests issue to these companies.
JIA, YI, BING = code(22), code(23), code(24)
REGISTER: dict[str, Any] = {
    "people": [
        {"id": "p1", "name": "甲一", "id_number": "320902199001011234"},
        {"id": "p2", "name": "甲二", "id_number": "320902199202025678"},
        {"id": "p3", "name": "乙一", "id_number": "320902198803039012"},
    ],
    "organizations": [
        {"credit_code": JIA, "name": "甲公司", "status": "in_force", "legal_representative": "p2",
         "authorized": [{"person": "p1", "until": "2099-12-31T00:00:00Z"}]},
        {"credit_code": YI, "name": "乙公司", "status": "in_force", "legal_representative": "p3",
         "authorized": [{"person": "p1", "until": "2020-01-01T00:00:00Z"}]},
        {"credit_code": BING, "name": "丙公司", "status": "revoked", "legal_representative": "p1"},
    ],
}  # fmt: skip


@contextlib.contextmanager
def serving(server: SandboxServer) -> Iterator[Any]:
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def identity(redirect: str, backchannel: str = "") -> Any:
    told = {CLIENT: backchannel} if backchannel else {}
    return serving(
        IdentityServer(("127.0.0.1", 0), Register.of(REGISTER), {CLIENT: SECRET}, {CLIENT: (redirect,)}, told)
    )


def licences() -> Any:
    return serving(LicenceServer(("127.0.0.1", 0), Register.of(REGISTER), {CLIENT: SECRET}))


def persons() -> Any:
    return serving(PersonCodeServer(("127.0.0.1", 0), Register.of(REGISTER), {CLIENT: SECRET}))


def approve(url: str, account: str) -> str:
    """A person at the provider's page: chooses an account; the address the browser is sent back to."""
    shown = WEB.get(url)
    assert shown.status_code == 200, shown.text
    assert f'value="{account}"' in shown.text
    posted = dict(re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', shown.text))
    assert posted.items() == dict(parse_qsl(urlsplit(url).query)).items()
    went = WEB.post(f"{url.split('?')[0]}", data={**posted, "account": account})
    assert went.status_code == 303
    return went.headers["Location"]


def query_of(url: str) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(url).query))


def register() -> Any:
    return serving(RegisterServer(("127.0.0.1", 0), Register.of(REGISTER), {CLIENT: SECRET}))
