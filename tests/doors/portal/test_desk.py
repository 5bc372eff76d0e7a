"""The desk leads everybody to the pages of their role: nobody should have to know an address by heart."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from parties.login import opened_by
from sealing.signer import fingerprint
from tests import worlds_tenders
from tests.worlds_tenders import Member

pytestmark = pytest.mark.django_db(transaction=True)


def browser(member: Member) -> Client:
    client = Client()
    session = client.session
    session.update(opened_by(fingerprint(member.signer.chain[0])))
    session.save()
    client.cookies["sessionid"] = session.session_key
    return client


def entrances(client: Client) -> dict[str, str]:
    page = client.get("/desk/").content.decode()
    aside = page[page.index('aria-label="相关信息"') :]
    return {word: href for href, word in re.findall(r'<li><a href="([^"]+)">([^<]+)</a>', aside)}


def test_everybody_finds_the_pages_of_the_role_and_each_opens() -> None:
    with worlds_tenders.world() as world:
        wanted = {
            world.owner: {"立项", "我的招标投标", "发布中介服务委托", "投标担保"},
            world.center: {"单位、人员与身份核实", "专家库", "中介机构入驻", "保函开立人", "演练时钟"},
            world.authority: {"评标与抽取专家", "我的证书和登录方式"},
            world.bidders[0]: {"我的招标投标", "投标担保", "我的证书和登录方式"},
        }
        for member, words in wanted.items():
            client = browser(member)
            found = entrances(client)
            assert words <= set(found), (member.actor.name, found)
            assert {href: client.get(href).status_code for href in found.values()} == dict.fromkeys(
                found.values(), 200
            )
        assert "立项" not in entrances(browser(world.bidders[0]))
