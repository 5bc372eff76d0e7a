"""The demo authorities as data: algorithms, levels, how they say who is revoked. Where each puts what is in
the profile of its folder under ``ca_interop/providers/``."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from ca_interop.providers import providers
from ca_interop.rules.profiles import Place, Profile
from sealing import sm2


class Revocation(StrEnum):
    """How an authority says who is revoked."""

    BOTH = "both"
    CRL = "crl"
    INDIRECT_CRL = "indirect_crl"
    OCSP = "ocsp"


@dataclass(frozen=True)
class CaSpecification:
    """One authority: ``levels`` are key algorithms from root to issuing CA, ``subscribers`` those it certifies,
    the usual one first (``rsa-2048``, ``rsa-4096``, ``p256``, ``sm2``).

    ``dual``: each subscriber gets a signing and an encryption certificate (双证) unless it asks for
    one; else one certificate for both uses. ``crossed_with``: the id of the other of a cross-certified pair.
    ``names``: how names are encoded, ``utf8`` or ``bmp``.
    """

    id: str
    name: str
    levels: tuple[str, ...]
    subscribers: tuple[str, ...]
    dual: bool
    profile: Profile
    revocation: Revocation = Revocation.BOTH
    crossed_with: str = ""
    names: str = "utf8"

    @property
    def subscriber(self) -> str:
        return self.subscribers[0]

    @property
    def credit_code_place(self) -> Place:
        return self.profile.credit_code[0]


def _specified(
    number: int,
    *levels: str,
    revocation: Revocation = Revocation.BOTH,
    crossed_with: str = "",
    names: str = "utf8",
) -> CaSpecification:
    """What the provider's folder says, and the hierarchy behind it."""
    told = providers()[f"demo-ca-{number}"]
    profile = told.profile
    return CaSpecification(
        told.id, told.name, levels, told.algorithms, profile.dual, profile, revocation, crossed_with, names
    )


CA_ONE = _specified(1, "rsa-2048", "rsa-2048")
CA_TWO = _specified(2, "p256", "p256", "p256")
CA_THREE = _specified(3, "rsa-4096", "rsa-2048")
CA_FOUR = _specified(4, "sm2", "sm2")
CA_FIVE = _specified(5, "rsa-2048", "rsa-2048", crossed_with="demo-ca-6")
CA_SIX = _specified(6, "p256", "p256", crossed_with="demo-ca-5")
CA_SEVEN = _specified(7, "rsa-2048", "p256", revocation=Revocation.INDIRECT_CRL)
CA_EIGHT = _specified(8, "p256", "p256", revocation=Revocation.OCSP)
CA_NINE = _specified(9, "sm2", "sm2", "sm2", names="bmp")
#: Without a libcrypto that knows SM2 the fourth and ninth stay away (docs/adr/0009).
DEMO_CAS = (
    CA_ONE,
    CA_TWO,
    CA_THREE,
    *((CA_FOUR,) if sm2.available() else ()),
    CA_FIVE,
    CA_SIX,
    CA_SEVEN,
    CA_EIGHT,
    *((CA_NINE,) if sm2.available() else ()),
)
