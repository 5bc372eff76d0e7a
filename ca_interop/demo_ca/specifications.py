"""The demo authorities as data: algorithms, levels, and where each puts the credit code."""

from __future__ import annotations

from dataclasses import dataclass

from ca_interop.rules.profiles import Place, Profile

_PERSON = (Place("subject", "2.5.4.42"),)


@dataclass(frozen=True)
class CaSpecification:
    """One authority: ``levels`` are key algorithms from root to issuing CA (``rsa-2048``, ``p256``).

    ``dual``: each subscriber gets a signing and an encryption certificate (双证) unless it asks for
    one; else one certificate for both uses.
    """

    id: str
    name: str
    levels: tuple[str, ...]
    subscriber: str
    dual: bool
    profile: Profile

    @property
    def credit_code_place(self) -> Place:
        return self.profile.credit_code[0]


CA_ONE = CaSpecification(
    id="demo-ca-1",
    name="演示 CA 一",
    levels=("rsa-2048", "rsa-2048"),
    subscriber="rsa-2048",
    dual=False,
    profile=Profile("demo-ca-1", (Place("subject", "2.5.4.5"),), person=_PERSON),
)
CA_TWO = CaSpecification(
    id="demo-ca-2",
    name="演示 CA 二",
    levels=("p256", "p256", "p256"),
    subscriber="p256",
    dual=False,
    profile=Profile(
        "demo-ca-2",
        (Place("subject", "2.5.4.97", "NTRCN-"),),
        person=(Place("subject", "2.5.4.11", "经办人："),),
    ),
)
CA_THREE = CaSpecification(
    id="demo-ca-3",
    name="演示 CA 三",
    levels=("rsa-4096", "rsa-2048"),
    subscriber="p256",
    dual=True,
    profile=Profile(
        "demo-ca-3",
        (Place("extension", "1.2.156.10260.4.1.4"),),
        person=(Place("extension", "1.2.156.10260.4.1.99.1"), *_PERSON),
    ),
)
DEMO_CAS = (CA_ONE, CA_TWO, CA_THREE)
