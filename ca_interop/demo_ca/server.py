"""The demo authorities as one HTTP service on loopback. Requests and answers: ``ca_interop/README.md``."""

from __future__ import annotations

import base64
import json
import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, cast
from urllib.parse import parse_qs, urlsplit

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding

from ca_interop.demo_ca import issuing, stamping, store
from ca_interop.demo_ca.assembling import Issuer
from ca_interop.demo_ca.authority import DemoAuthority, Issued, Subscription
from ca_interop.demo_ca.issuing import BAD_REQUEST, Subscriber, SubscriberPublicKey
from ca_interop.demo_ca.specifications import DEMO_CAS
from ca_interop.rules.certificates import fingerprint, to_base64
from ca_interop.rules.enveloped_key import envelop
from ca_interop.rules.trust_list import PURPOSE, TrustList
from kernel.canonical_json import parse
from kernel.clock import iso, parse_iso
from kernel.errors import Kind, ReasonForm, Refused
from sealing import der, sm2, statements
from sealing.sm2 import Sm2PrivateKey, Sm2PublicKey

FAULTS = ("slow", "down", "expired", "wrong_nonce")
MAX_BODY = 1024 * 1024
SLOW_SECONDS = 5.0
NOT_FOUND = ReasonForm(
    "demo_ca.not_found", zh="没有此资源：{path}", en="no such resource: {path}", kind=Kind.NOT_FOUND
)
DOWN = ReasonForm(
    "demo_ca.down", zh="服务暂停（演示故障）", en="the service is down (injected fault)", kind=Kind.BUSY
)
_STATUS = {Kind.MALFORMED: 400, Kind.NOT_FOUND: 404, Kind.CONFLICT: 409, Kind.BUSY: 503}


@dataclass
class DemoAuthorities:
    """All authorities and the province's key that signs the trust list; one lock, because issuing
    and revoking write the same files."""

    folder: Path
    window: tuple[datetime, datetime]
    authorities: dict[str, DemoAuthority]
    publisher: x509.Certificate
    publisher_key: issuing.Key
    faults: dict[str, str] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    @classmethod
    def open(cls, folder: Path, not_before: datetime, not_after: datetime) -> DemoAuthorities:
        """Load from ``folder``, or make everything there on first use."""
        folder.mkdir(parents=True, exist_ok=True)
        window = (not_before, not_after)
        authorities = {s.id: store.open_authority(folder, s, *window) for s in DEMO_CAS}
        store.cross(folder, authorities, window)
        certificate_file, key_file = folder / "publisher.pem", folder / "publisher.key"
        if not certificate_file.exists():
            key = issuing.generate_key("p256")
            name = issuing.subscriber_name(Subscriber("演示省公共资源交易主管部门"), DEMO_CAS[0].profile)
            made = issuing.authority_certificate(name, key, Issuer(name, key), window, 0)
            store.write_key(key_file, key)
            store.write_atomically(certificate_file, made.public_bytes(Encoding.PEM))
        publisher = x509.load_pem_x509_certificate(certificate_file.read_bytes())
        return cls(folder, window, authorities, publisher, store.read_key(key_file))

    def trust_list(self, base_url: str) -> dict[str, Any]:
        """Version 1 of the list, signed; addresses under ``base_url``."""
        start = self.publisher.not_valid_before_utc
        entries = tuple(a.entry(effective_from=start, base_url=base_url) for a in self.authorities.values())
        listed = TrustList(1, "演示省公共资源交易主管部门", start, start, entries)
        said = statements.statement(PURPOSE, listed.as_payload())
        return statements.sign(said, self.publisher_key, [self.publisher])

    def issue(self, authority: DemoAuthority, body: dict[str, Any], now: datetime) -> dict[str, Any]:
        """Certificates for one subscriber, as JSON."""
        names = ("organization", "credit_code", "person", "password", "csr", "algorithm")
        texts = {n: _text(body, n) for n in names}
        floor, ceiling = self.window
        start = _time(body, "not_before") or max(floor, now - timedelta(days=365))
        end = _time(body, "not_after") or ceiling
        if not floor <= start < end <= ceiling:
            raise Refused(BAD_REQUEST(why=f"dates must lie in {iso(floor)} – {iso(ceiling)}"))
        dual = body.get("dual")
        if dual is not None and not isinstance(dual, bool):
            raise Refused(BAD_REQUEST(why="dual"))
        subscriber = Subscriber(texts["organization"], texts["credit_code"], texts["person"])
        public_key = _csr_key(texts["csr"]) if texts["csr"] else None
        with self.lock:
            got = authority.issue(
                subscriber,
                not_before=start,
                not_after=end,
                dual=dual,
                public_key=public_key,
                algorithm=texts["algorithm"],
            )
            store.save_state(self.folder, authority)
        return {
            "dual": got.dual,
            "signing": _issued_json(got.signing, texts["password"]),
            "encryption": _enveloped(got, public_key) or _issued_json(got.encryption, texts["password"]),
        }

    def revoke(self, authority: DemoAuthority, body: dict[str, Any], now: datetime) -> dict[str, Any]:
        try:
            serial = int(_text(body, "serial"), 16)
        except ValueError as error:
            raise Refused(BAD_REQUEST(why="serial")) from error
        with self.lock:
            authority.revoke(serial, _time(body, "at") or now, _text(body, "reason") or "keyCompromise")
            store.save_state(self.folder, authority)
        return {"revoked_at": iso(authority.revoked[serial][0])}

    def set_faults(self, body: dict[str, Any]) -> dict[str, Any]:
        for name, fault in body.items():
            if name not in self.authorities or (fault is not None and fault not in FAULTS):
                raise Refused(BAD_REQUEST(why=f"fault {name!r}: {fault!r}"))
        for name, fault in body.items():
            self.faults.pop(name, None)
            if fault is not None:
                self.faults[name] = fault
        return {"faults": dict(self.faults)}


def _text(body: dict[str, Any], name: str) -> str:
    value = body.get(name) or ""
    if not isinstance(value, str):
        raise Refused(BAD_REQUEST(why=name))
    return value


def _time(body: dict[str, Any], name: str) -> datetime | None:
    text = _text(body, name)
    try:
        return parse_iso(text) if text else None
    except ValueError as error:
        raise Refused(BAD_REQUEST(why=name)) from error


def _csr_key(pem: str) -> SubscriberPublicKey:
    try:
        request = x509.load_pem_x509_csr(pem.encode())
        if (mine := _sm2_csr_key(request)) is not None:
            return mine
        good, key = request.is_signature_valid, request.public_key()
    except (ValueError, TypeError, UnsupportedAlgorithm, InvalidSignature) as error:
        raise Refused(BAD_REQUEST(why="csr")) from error
    if not good or not isinstance(
        key, (rsa.RSAPublicKey, ec.EllipticCurvePublicKey, ed25519.Ed25519PublicKey)
    ):
        raise Refused(BAD_REQUEST(why="csr"))
    return key


def _sm2_csr_key(request: x509.CertificateSigningRequest) -> Sm2PublicKey | None:
    """The key of an SM2 request, its self-signature checked; ``None`` for a request of another kind."""
    info = der.children(request.tbs_certrequest_bytes)[2].raw
    if not sm2.is_sm2(info):
        return None
    if not sm2.verify(info, request.signature, request.tbs_certrequest_bytes):
        raise Refused(BAD_REQUEST(why="csr"))
    return Sm2PublicKey.from_spki(info)


def _enveloped(got: Subscription, public_key: SubscriberPublicKey | None) -> dict[str, Any]:
    """The encryption key for a subscriber that kept its SM2 signing key: never in the clear."""
    key = got.encryption.key
    if not got.dual or not isinstance(public_key, Sm2PublicKey) or not isinstance(key, Sm2PrivateKey):
        return {}
    sealed = envelop(key, public_key, os.urandom)
    chain = Issued(got.encryption.certificate, None, got.encryption.chain)
    return _issued_json(chain, "") | {"enveloped_key": base64.b64encode(sealed).decode()}


def _issued_json(issued: Issued, password: str) -> dict[str, Any]:
    out: dict[str, Any] = {
        "serial": f"{issued.certificate.serial_number:x}",
        "certificate": to_base64(issued.certificate),
        "chain": [to_base64(c) for c in issued.full_chain],
        "pem": issued.pem().decode(),
    }
    if password and issued.key is not None:
        out["pkcs12"] = base64.b64encode(issued.pkcs12(password)).decode()
    return out


class Handler(BaseHTTPRequestHandler):
    """Parses, calls, renders; state is in ``server.house``."""

    timeout = 30
    protocol_version = "HTTP/1.1"

    @property
    def house(self) -> DemoAuthorities:
        return cast(DemoServer, self.server).house

    def do_GET(self) -> None:
        self._answer(self._get)

    def do_POST(self) -> None:
        self._answer(self._post)

    def log_message(self, format: str, *args: Any) -> None:
        """Silent: the demo prints its own progress."""

    def _answer(self, act: Callable[[str, list[str], str], tuple[str, bytes]]) -> None:
        url = urlsplit(self.path)
        parts = [p for p in url.path.split("/") if p]
        authority = parts[1] if len(parts) > 1 and parts[0] == "ca" else ""
        fault = parse_qs(url.query).get("fault", [self.house.faults.get(authority, "")])[0]
        try:
            if fault == "slow":
                time.sleep(SLOW_SECONDS)
            if fault == "down":
                raise Refused(DOWN())
            kind, data = act(url.path, parts, fault)
            self._send(200, kind, data)
        except Refused as refusal:
            self.close_connection = True
            body = {"code": refusal.code, "reasons": [r.as_json() for r in refusal.reasons]}
            self._send(
                _STATUS.get(refusal.kind, 422),
                "application/problem+json",
                json.dumps(body, ensure_ascii=False).encode(),
            )

    def _send(self, status: int, kind: str, data: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(data)

    def _now(self) -> datetime:
        try:
            told = parsedate_to_datetime(self.headers.get("Date", ""))
        except ValueError:
            return datetime.now(UTC)
        return told.astimezone(UTC) if told.tzinfo else told.replace(tzinfo=UTC)

    def _body(self) -> bytes:
        length = self.headers.get("Content-Length", "")
        if not length.isdecimal() or int(length) > MAX_BODY:
            raise Refused(BAD_REQUEST(why="Content-Length"))
        return self.rfile.read(int(length))

    def _authority(self, parts: list[str], path: str) -> DemoAuthority:
        if len(parts) < 3 or parts[0] != "ca" or parts[1] not in self.house.authorities:
            raise Refused(NOT_FOUND(path=path))
        return self.house.authorities[parts[1]]

    def _get(self, path: str, parts: list[str], fault: str) -> tuple[str, bytes]:
        if parts == ["trust-list"]:
            return _json(self.house.trust_list(cast(DemoServer, self.server).url))
        if parts == ["trust-list", "publisher"]:
            mine = self.house.publisher
            return _json({"certificate": to_base64(mine), "fingerprint": fingerprint(mine)})
        authority = self._authority(parts, path)
        if parts[2:] == ["chain"]:
            chain = [*authority.intermediates, authority.root]
            return "application/x-pem-file", b"".join(c.public_bytes(Encoding.PEM) for c in chain)
        if parts[2] == "crl" and len(parts) <= 4 and authority.serves_lists:
            level = int(parts[3]) if len(parts) == 4 and parts[3].isdecimal() else len(authority.levels) - 1
            if level >= len(authority.levels):
                raise Refused(NOT_FOUND(path=path))
            at = self._now() - (timedelta(days=30) if fault == "expired" else timedelta())
            with self.house.lock:
                return "application/pkix-crl", authority.crl(at, level)
        raise Refused(NOT_FOUND(path=path))

    def _post(self, path: str, parts: list[str], fault: str) -> tuple[str, bytes]:
        data = self._body()
        if parts == ["faults"]:
            return _json(self.house.set_faults(_object(data)))
        authority = self._authority(parts, path)
        if parts[2:] == ["ocsp"] and authority.serves_ocsp:
            age = timedelta(days=30) if fault == "expired" else timedelta()
            answer = authority.ocsp(data, self._now(), wrong_nonce=fault == "wrong_nonce", age=age)
            return "application/ocsp-response", answer
        if parts[2:] == ["tsa"]:
            at = stamping.stale(self._now()) if fault == "expired" else self._now()
            stamp = authority.stamper.answer(data, at, wrong_nonce=fault == "wrong_nonce")
            return "application/timestamp-reply", stamp
        if parts[2:] == ["issue"]:
            return _json(self.house.issue(authority, _object(data), self._now()))
        if parts[2:] == ["revoke"]:
            return _json(self.house.revoke(authority, _object(data), self._now()))
        raise Refused(NOT_FOUND(path=path))


def _object(data: bytes) -> dict[str, Any]:
    value = parse(data)
    if not isinstance(value, dict):
        raise Refused(BAD_REQUEST(why="JSON object"))
    return value


def _json(value: Any) -> tuple[str, bytes]:
    return "application/json; charset=utf-8", json.dumps(value, ensure_ascii=False).encode()


class DemoServer(ThreadingHTTPServer):
    """``DemoServer(("127.0.0.1", 0), house)``; ``serve_forever`` as usual."""

    daemon_threads = True

    def __init__(self, address: tuple[str, int], house: DemoAuthorities) -> None:
        self.house = house
        super().__init__(address, Handler)

    @property
    def url(self) -> str:
        host, port = cast(tuple[str, int], self.server_address[:2])
        return f"http://{host}:{port}"
