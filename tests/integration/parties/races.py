"""Two people bind, block, hand over and link in the same moment on two connections of a real PostgreSQL: run by
``test_races.py`` in a process of its own (``DATABASE_URL``). Prints one JSON object: step → the two outcomes."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from typing import Any

import django

django.setup()

from django.db import connection  # noqa: E402

from ca_interop import service  # noqa: E402
from ca_interop.rules.validation import Purpose  # noqa: E402
from journal import clock  # noqa: E402
from journal.door import perform  # noqa: E402
from kernel.actor import PUBLIC, Actor  # noqa: E402
from kernel.clock import iso  # noqa: E402
from parties import commands, login, queries  # noqa: E402
from parties.commands.accounts import Answer  # noqa: E402
from parties.commands.proofs import CertificateFound  # noqa: E402
from parties.models import Administration, CertificateBinding, ExternalAccount, Organization, Person  # noqa: E402
from sealing import statements  # noqa: E402
from sealing.signer import SoftwareSigner, fingerprint  # noqa: E402
from tests.integration.at_once import at_once  # noqa: E402
from tests.integration.ca_interop.authorities import code, recognized, subscriber  # noqa: E402

OUT: dict[str, Any] = {"vendor": connection.vendor}


def both(step: str, *acts: Callable[[], object]) -> None:
    OUT[step] = at_once(*acts)


def found_of(signer: SoftwareSigner) -> CertificateFound:
    return CertificateFound.of(service.check_chain(signer.chain, Purpose.LOGIN, clock.now()))


def registering(signer: SoftwareSigner) -> Callable[[], object]:
    """The act, with a challenge that was answered already."""
    signed = statements.sign(login.new_challenge()["statement"], signer)
    found, answered = login.prove(signed)
    return lambda: perform(commands.RegisterByCertificate(found, answered, role="bidder"), PUBLIC, via="api")


def actor(name: str) -> Actor:
    organization = Organization.objects.get(credit_code=code(22))
    return queries.actor_for(Person.objects.get(name=name), organization)


def answer(subject: str, once: str, person: str) -> Answer:
    return Answer(
        "identity",
        "https://id.example",
        subject,
        person,
        "",
        "",
        "in_force",
        True,
        "",
        once,
        iso(clock.now()),
    )


def main() -> None:
    with recognized():
        first = subscriber("甲公司", 22, "甲一")
        both(
            "two_register_one_organization", registering(first), registering(subscriber("甲公司", 22, "甲二"))
        )
        if Person.objects.count() == 1:
            # The one who lost the race of making the organization tries again, as the refusal says.
            missing = ({"甲一", "甲二"} - set(Person.objects.values_list("name", flat=True))).pop()
            registering(first if missing == "甲一" else subscriber("甲公司", 22, "甲二"))()
        OUT["organizations"] = Organization.objects.count()
        OUT["administrators"] = Administration.objects.filter(until=None).count()
        # An organization's certificate that names nobody: two colleagues claim it in the same moment.
        nobody = found_of(subscriber("甲公司", 22, ""))
        both(
            "two_bind_one_certificate",
            lambda: perform(commands.BindCertificate(nobody), actor("甲一"), via="http"),
            lambda: perform(commands.BindCertificate(nobody), actor("甲二"), via="http"),
        )
        OUT["bound"] = CertificateBinding.objects.filter(fingerprint=nobody.fingerprint).count()
        mine = fingerprint(first.chain[0])
        both(
            "two_report_one_loss",
            lambda: perform(commands.BlockCertificate(mine, "遗失"), actor("甲一"), via="http"),
            lambda: perform(commands.BlockCertificate(mine, "遗失"), actor("甲一"), via="http"),
        )
        chief = Administration.objects.get(until=None).person.name
        third = registering(subscriber("甲公司", 22, "甲三"))
        third()
        both(
            "two_hand_over",
            lambda: perform(
                commands.HandOverAdministration(code(22), actor("甲三").person, "轮岗"),
                actor(chief),
                via="http",
            ),
            lambda: perform(
                commands.HandOverAdministration(code(22), actor("甲三").person, "轮岗"),
                actor(chief),
                via="http",
            ),
        )
        OUT["administrators_after"] = Administration.objects.filter(until=None).count()
        # Two people of one name link one account; and one answer is used twice.
        names = ("甲二", "甲二")
        namesake = Person.objects.create(name="甲二", created_at=clock.now())
        other = queries.actor_for(namesake, None)
        both(
            "two_link_one_account",
            lambda: perform(commands.LinkAccount(answer("s1", "a1", names[0])), actor_two(), via="http"),
            lambda: perform(commands.LinkAccount(answer("s1", "a2", names[1])), other, via="http"),
        )
        OUT["linked"] = ExternalAccount.objects.filter(subject="s1").count()
        both(
            "one_answer_twice",
            lambda: perform(commands.LinkAccount(answer("s2", "a3", "甲二")), actor_two(), via="http"),
            lambda: perform(commands.LinkAccount(answer("s2", "a3", "甲二")), actor_two(), via="http"),
        )
    sys.stdout.write(json.dumps(OUT, ensure_ascii=False) + "\n")


def actor_two() -> Actor:
    organization = Organization.objects.get(credit_code=code(22))
    person = CertificateBinding.objects.filter(organization=organization, person__name="甲二").first()
    assert person is not None
    return queries.actor_for(person.person, organization)


if __name__ == "__main__":
    main()
