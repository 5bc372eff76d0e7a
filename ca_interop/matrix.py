"""Runs the interoperability matrix: each listed CA with a sandbox, each of its algorithms, each operation.

Everything is done as the platform does it: certificates from the authority's sandbox, the list in force, revocation
asked of the authority. Nothing here writes but what a check keeps (revocation documents); the result is recorded by
``commands.RecordMatrix``. Call it outside of transactions: it asks other machines, each within its time.
"""

from __future__ import annotations

import dataclasses
import io
import logging
import secrets
import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import TypeVar

from django.conf import settings

from ca_interop import queries, timestamping
from ca_interop.fetching import Fetcher
from ca_interop.providers import Provider, providers
from ca_interop.providers.adapter import adapter_of
from ca_interop.providers.sandbox import Sandbox
from ca_interop.rules.matrix import OPERATIONS, Cell
from ca_interop.rules.reasons import REVOKED
from ca_interop.rules.signatures import checking
from ca_interop.rules.trust_list import Authority, TrustList
from ca_interop.rules.validation import Purpose
from ca_interop.service import check_chain, check_signed
from journal import clock
from kernel.errors import Kind, ReasonForm, Refused
from kernel.ids import credit_code_check_digit
from sealing import envelope, sm2, statements
from sealing.recipients import KEY_TAG, read_wrap, wrap
from sealing.signer import Signer

T = TypeVar("T")
log = logging.getLogger("mingtang.ca_interop")

NO_SANDBOX = ReasonForm(
    "matrix.no_sandbox",
    zh="没有配置测试环境（CA_SANDBOX_URL），无法运行互认矩阵",
    en="no sandbox is configured (CA_SANDBOX_URL): the matrix cannot be run",
    kind=Kind.CONFLICT,
)
OTHER_FACTS = ReasonForm(
    "matrix.other_facts",
    zh="按证书规范读出的「{field}」是「{found}」，签发时是「{issued}」",
    en="read by the profile, {field} is {found!r}; issued was {issued!r}",
)
OTHER_CONTENT = ReasonForm(
    "matrix.other_content", zh="解密得到的内容与加密前不同", en="what was opened is not what was sealed"
)
NOT_REFUSED = ReasonForm(
    "matrix.not_refused",
    zh="{what}本应拒绝，却被接受了",
    en="{what} should have been refused and was accepted",
)
UNEXPECTED = ReasonForm(
    "matrix.unexpected",
    zh="程序错误：{what}（详情见平台日志）",
    en="an error in the program: {what} (see the log)",
)
_CONTENT = "互认矩阵试验文件：盐城市公共资源交易\n".encode() * 20


def run(now: datetime, only: frozenset[str] = frozenset()) -> list[Cell]:
    """Try everything, or ``only`` some authorities; a failing cell says what fails, and never ends the run.
    ``Refused`` without a sandbox."""
    if not settings.CA_SANDBOX_URL:
        raise Refused(NO_SANDBOX())
    trust = queries.trust_list(now)
    known = providers()
    cells: list[Cell] = []
    for authority in trust.authorities:
        provider = known.get(authority.id)
        if provider is not None and provider.sandbox and (not only or authority.id in only):
            for algorithm in provider.algorithms:
                cells += _Trial(authority, provider, algorithm, now).cells()
    return cells


def unlisted(trust: TrustList) -> list[Provider]:
    """Providers with a sandbox that the list does not name: not tried, and said so on the page."""
    listed = {a.id for a in trust.authorities}
    return [p for p in providers().values() if p.sandbox and p.id not in listed]


class _Trial:
    """One CA with one algorithm."""

    def __init__(self, authority: Authority, provider: Provider, algorithm: str, now: datetime) -> None:
        self.authority, self.provider, self.algorithm, self.now = authority, provider, algorithm, now
        # Making an RSA key takes longer than answering.
        seconds = 3 * settings.REVOCATION_TIMEOUT_SECONDS
        self.sandbox = Sandbox(settings.CA_SANDBOX_URL, authority.id, now, seconds)
        body = f"91320900{secrets.randbelow(10**9):09d}"
        self.subscriber = {
            "organization": "互认矩阵试验单位",
            "credit_code": body + credit_code_check_digit(body),
            "person": "试验员",
        }
        self.adapter = adapter_of(authority.profile)
        self.sealed = self.message = b""
        #: A second subscriber: its certificate keeps a share of the key, and is the one that is revoked.
        self.other: Signer | None = None

    def cells(self) -> list[Cell]:
        """All operations; when no certificate is to be had, each of them fails for that reason."""
        pair, refusal, spent = _timed(lambda: (self._issue(), self._issue()))
        if pair is None:
            return [self._cell(operation, refusal, spent) for operation in OPERATIONS]
        issued, self.other = pair
        acts: dict[str, Callable[[Signer], object]] = {
            "login": self.login,
            "sign": self.sign,
            "verify": self.verify,
            "seal": self.seal,
            "open": self.open,
            "revoke": self.revoke,
            "timestamp": self.timestamp,
        }
        made = []
        for operation in OPERATIONS:
            _, refusal, spent = _timed(lambda act=acts[operation]: act(issued))  # type: ignore[misc]
            made.append(self._cell(operation, refusal, spent))
        return made

    def _issue(self) -> Signer:
        return self.sandbox.issue(self.subscriber, self.algorithm)

    def _cell(self, operation: str, refusal: Refused | None, spent: int) -> Cell:
        where = Cell(self.authority.id, self.authority.name, self.algorithm, operation, spent)
        if refusal is None:
            return where
        reason = refusal.reasons[0]
        return dataclasses.replace(where, code=reason.code, zh=reason.zh[:500], en=reason.en[:500])

    # -- the operations; each returns, or raises Refused

    def login(self, signer: Signer) -> None:
        """The answer to a challenge, checked as at the login page; the profile reads what was issued."""
        said = statements.statement("matrix-login", {"challenge": secrets.token_hex(32)})
        signed = statements.sign(said, signer)
        checked = check_signed(
            signed, purpose="matrix-login", use=Purpose.LOGIN, at=self.now, need_credit_code=True
        )
        for field, issued in self.subscriber.items():
            found = getattr(checked.validation.facts, field)
            if found != issued:
                raise Refused(OTHER_FACTS(field=field, found=found, issued=issued))

    def sign(self, signer: Signer) -> None:
        """A detached message over a file, as the authority's tools write it: CMS or GB/T 35275."""
        self.message = self.adapter.sign(_CONTENT, signer, self.now.replace(microsecond=0))

    def verify(self, signer: Signer) -> None:
        """The message and its chain are right, and a changed file is seen."""
        read = self.adapter.read_message(self.message)
        (one,) = read.signers
        checking.check(one, _CONTENT, read.content_type)
        check_chain([*signer.chain], Purpose.SIGN, self.now)
        _must_refuse("改动过的文件", lambda: checking.check(one, _CONTENT + b"!", read.content_type))

    def seal(self, signer: Signer) -> None:
        """An envelope to the encryption certificate, after checking that one."""
        certificate = signer.encryption_certificate
        check_chain([certificate, *signer.chain[1:]], Purpose.SEAL, self.now)
        other = self._other().encryption_certificate
        target = io.BytesIO()
        envelope.seal(
            io.BytesIO(_CONTENT), target, size=len(_CONTENT), tender="MATRIX", lot="1", part="business",
            bidder=signer, own_key="certificate", custodians=[certificate, other], threshold=2,
        )  # fmt: skip
        self.sealed = target.getvalue()

    def _other(self) -> Signer:
        if self.other is None:
            self.other = self._issue()
        return self.other

    def open(self, signer: Signer) -> None:
        """The envelope again, with the private key of the encryption certificate."""
        check_chain([signer.encryption_certificate, *signer.chain[1:]], Purpose.OPEN, self.now)
        if not self.sealed:
            self.seal(signer)
        source, target = io.BytesIO(self.sealed), io.BytesIO()
        header = envelope.read_header(source)
        envelope.open_body(source, header, envelope.unwrap_as_bidder(header, signer), target)
        if target.getvalue() != _CONTENT:
            raise Refused(OTHER_CONTENT())
        self._open_foreign(signer)

    def _open_foreign(self, signer: Signer) -> None:
        """What the authority's own tools encrypted with SM2, in their order of C1, C2 and C3."""
        key = sm2.public_key_of(signer.encryption_certificate)
        if key is None:
            return
        context = secrets.token_bytes(32)
        alg, sealed = wrap(key, KEY_TAG, 1, _CONTENT[:32], context, secrets.token_bytes)
        theirs = self.adapter.write_ciphertext(sealed)
        opened = signer.unwrap(alg, self.adapter.read_ciphertext(theirs), context)
        if read_wrap(opened, KEY_TAG, context)[1] != _CONTENT[:32]:
            raise Refused(OTHER_CONTENT())

    def revoke(self, signer: Signer) -> None:
        """Another certificate, good, then revoked: refused from then on."""
        other = self._other()
        self.sandbox.revoke(other.chain[0].serial_number)
        self._fetch_lists()
        try:
            check_chain([*other.chain], Purpose.LOGIN, self.now + timedelta(seconds=1))
        except Refused as refusal:
            if refusal.code == REVOKED.code:
                return
            raise
        raise Refused(NOT_REFUSED(what="已吊销的证书"))

    def _fetch_lists(self) -> None:
        """The lists of now: those fetched within the last minute would be used again, and do not know it yet."""
        fetcher = Fetcher(clock.now())
        for url in self.authority.crl:
            fetcher.crl(url, timedelta(seconds=-1))

    def timestamp(self, signer: Signer) -> None:
        """A time-stamp of this authority's service, checked with its chain and revocation."""
        timestamping.stamp(self.message or _CONTENT, self.now, authority_id=self.authority.id)


def _must_refuse(what: str, act: Callable[[], object]) -> None:
    try:
        act()
    except Refused:
        return
    raise Refused(NOT_REFUSED(what=what))


def _timed(act: Callable[[], T]) -> tuple[T | None, Refused | None, int]:
    """(result, refusal, milliseconds)."""
    start = time.perf_counter()
    result: T | None = None
    refusal: Refused | None = None
    try:
        result = act()
    except Refused as caught:
        refusal = caught
    except Exception as error:
        # A matrix that stops at the first defect would hide all the others.
        log.exception("matrix")
        refusal = Refused(UNEXPECTED(what=f"{type(error).__name__}: {str(error)[:200]}"))
    return result, refusal, round((time.perf_counter() - start) * 1000)


def failing(cells: Sequence[Cell]) -> list[Cell]:
    return [cell for cell in cells if not cell.ok]
