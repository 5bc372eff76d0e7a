"""What the bidder keeps after sealing: without it a bid is neither withdrawn nor released."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec

from kernel.errors import Refused
from sealing import fields, pseudonym, statements
from sealing.keys import PseudonymKey, RecipientPrivateKey, from_pkcs8, pkcs8
from sealing.refusals import KEY_FILE_BAD
from sealing.sm2 import Sm2PrivateKey

_KEYS = ("v", "tender", "lot", "part", "envelope_sha256", "size", "key_commitment", "pseudonym_key",
         "salt", "identity", "client_key")  # fmt: skip


@dataclass(frozen=True)
class Ticket:
    """Kept on the bidder's machine (file mode 0600), never sent.

    ``size`` is the envelope file's, in bytes; ``identity`` a signed statement; ``client_key`` the
    client-made key (P-256 or SM2, as the suite has it) that unwraps the content key, if the bidder chose one.
    """

    tender: str
    lot: str
    part: str
    envelope_sha256: str
    size: int
    key_commitment: bytes
    pseudonym_key: PseudonymKey = field(repr=False)
    salt: bytes = field(repr=False)
    identity: dict[str, Any] = field(repr=False)
    client_key: RecipientPrivateKey | None = field(repr=False, default=None)
    suite: int = 1

    @property
    def pseudonym(self) -> str:
        """Hex of the one-time public key: what the bid is known by until it is opened."""
        return pseudonym.public_bytes(self.pseudonym_key.public_key()).hex()

    def submission(self) -> dict[str, Any]:
        """The signed ``mingtang/bid-submission`` statement for the door."""
        payload = {
            "tender": self.tender,
            "lot": self.lot,
            "part": self.part,
            "envelope_sha256": self.envelope_sha256,
            "size": self.size,
            "pseudonym": self.pseudonym,
        }
        return statements.sign(statements.statement("bid-submission", payload), self.pseudonym_key)

    def withdrawal(self, bid: str) -> dict[str, Any]:
        """The signed ``mingtang/bid-withdrawal`` statement."""
        payload = {
            "tender": self.tender,
            "lot": self.lot,
            "bid": bid,
            "envelope_sha256": self.envelope_sha256,
        }
        return statements.sign(statements.statement("bid-withdrawal", payload), self.pseudonym_key)

    def key_release(self, bid: str, content_key: bytes) -> dict[str, Any]:
        """The signed ``mingtang/key-release`` statement: it carries the content key itself."""
        payload = {
            "bid": bid,
            "envelope_sha256": self.envelope_sha256,
            "content_key": fields.b64(content_key),
        }
        return statements.sign(statements.statement("key-release", payload), self.pseudonym_key)

    def door_identity(self) -> dict[str, Any]:
        """``{salt, identity}``: shown to the submission door only."""
        return {"salt": fields.b64(self.salt), "identity": self.identity}

    def as_json(self) -> dict[str, Any]:
        """Suite 1 goes without saying, as it did before there was another."""
        client = None if self.client_key is None else fields.b64(pkcs8(self.client_key))
        said = {} if self.suite == 1 else {"suite": self.suite}
        return said | {
            "v": 1,
            "tender": self.tender,
            "lot": self.lot,
            "part": self.part,
            "envelope_sha256": self.envelope_sha256,
            "size": self.size,
            "key_commitment": self.key_commitment.hex(),
            "pseudonym_key": pseudonym.private_bytes(self.pseudonym_key).hex(),
            "salt": fields.b64(self.salt),
            "identity": self.identity,
            "client_key": client,
        }

    @classmethod
    def from_json(cls, value: Any) -> Ticket:
        """The inverse of :meth:`as_json`; ``Refused`` for anything else."""
        got = fields.exact_keys(value, "ticket", _KEYS, ("suite",))
        fields.integer(got, "v", 1, 1)
        suite = fields.integer(got, "suite", 2, 2) if "suite" in got else 1
        return cls(
            tender=fields.text(got, "tender"),
            lot=fields.text(got, "lot"),
            part=fields.text(got, "part"),
            envelope_sha256=fields.hex_bytes(got, "envelope_sha256", 32).hex(),
            size=fields.integer(got, "size", 1, 1 << 41),
            key_commitment=fields.hex_bytes(got, "key_commitment", 32),
            pseudonym_key=pseudonym.private_key(suite, fields.hex_bytes(got, "pseudonym_key", 32)),
            salt=fields.b64_bytes(got, "salt", limit=32, low=32),
            identity=dict(fields.mapping(got["identity"], "identity")),
            client_key=_client_key(got),
            suite=suite,
        )


def _client_key(got: dict[str, Any]) -> RecipientPrivateKey | None:
    if got["client_key"] is None:
        return None
    key = from_pkcs8(fields.b64_bytes(got, "client_key", limit=1024))
    if isinstance(key, (ec.EllipticCurvePrivateKey, Sm2PrivateKey)):
        return key
    raise Refused(KEY_FILE_BAD(why="client_key"))
