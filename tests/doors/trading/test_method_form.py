"""The evaluation method is filled in by hand: rows and parameters become the JSON, and come back the same."""

from collections.abc import Iterator
from typing import Any

import pytest

from demo.method import evaluation_method
from tests import worlds_tenders as worlds
from tests.doors.trading.test_tender_doors import browser
from tests.worlds_tenders import TENDER, World
from trading import method_forms
from trading.models import Tender
from trading.rules.evaluation_method import parse

pytestmark = pytest.mark.django_db(transaction=True)
PATH = f"/tenders/{TENDER}/edit/evaluation_method/"


@pytest.fixture
def world() -> Iterator[World]:
    with worlds.world(1) as made:
        worlds.draft_tender(made)
        yield made


def typed(items: list[dict[str, str]], **price: str) -> dict[str, str]:
    """A posted form: a mean-price formula unless said otherwise."""
    said = {"items": items}
    form = {"form-TOTAL_FORMS": str(len(items)), "form-INITIAL_FORMS": "0", "_key": "m1"}
    for no, item in enumerate(said["items"]):
        form |= {f"form-{no}-{name}": value for name, value in {"min": "0", "step": "0.5", **item}.items()}
    basic = {"method": "mean_k", "price_full_score": "60", "up": "1", "down": "0.5", "expert_mean": "mean",
             "tie_first": "price"}  # fmt: skip
    return form | basic | price


PLAN = {"title": "施工组织设计", "group": "技术", "max": "30", "help": "按方案评"}
FIRM = {"title": "企业业绩", "group": "信誉", "max": "10", "objective": "on", "step": "2"}


def test_what_is_typed_is_the_method(world: World) -> None:
    answer = browser(world.agent).post(PATH, typed([PLAN, FIRM], trim="js20", k="0.98", min_score="10"))
    assert (answer.status_code, answer["Location"]) == (302, f"/tenders/{TENDER}/")
    kept = Tender.objects.get(number=TENDER).evaluation_method
    assert [(i["id"], i["title"], i["max"], i["objective"]) for i in kept["items"]] == [
        ("item-1", "施工组织设计", "30", False),
        ("item-2", "企业业绩", "10", True),
    ]
    assert kept["price"]["parameters"] == {
        "k": "0.98", "up": "1", "down": "0.5", "min_score": "10", "trim": {"rule": "js20"},
    }  # fmt: skip
    parse(kept)


@pytest.mark.parametrize(
    ("method", "needed"),
    [
        ("low_price_first", set()),
        ("mean_k", {"up", "down"}),
        ("weighted_ceiling", {"k1", "k2", "q1", "up", "down"}),
        ("interval_mean", {"low", "high", "up", "down"}),
        ("abc", {"delta", "up", "down"}),
    ],
)
def test_what_a_formula_needs_is_asked_by_its_field(method: str, needed: set[str]) -> None:
    form = method_forms.PriceForm(
        {"method": method, "price_full_score": "60", "expert_mean": "mean", "tie_first": "price"}
    )
    assert set(form.errors) == needed
    assert " required" not in str(form["up"])


def test_bands_and_tiers_and_what_another_formula_would_use(world: World) -> None:
    more = {
        "trim": "tiers",
        "trim_tiers": "5:1:1，10:2:2",
        "up": "3:0, 5:0.5, *:2",
        "delta": "0.1",
        "ceiling_rate": "0.45",
    }
    browser(world.agent).post(PATH, typed([PLAN, FIRM], **more))
    kept = Tender.objects.get(number=TENDER).evaluation_method["price"]["parameters"]
    assert kept == {
        "up": [{"upto": "3", "rate": "0"}, {"upto": "5", "rate": "0.5"}, {"upto": None, "rate": "2"}],
        "down": "0.5",
        "trim": {
            "rule": "tiers",
            "tiers": [{"n_min": 5, "high": 1, "low": 1}, {"n_min": 10, "high": 2, "low": 2}],
        },
        "abnormal_low": {"ceiling_rate": "0.45"},
    }
    page = browser(world.agent).get(PATH).content.decode()
    assert 'value="3:0, 5:0.5, *:2"' in page
    assert 'value="5:1:1, 10:2:2"' in page


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"price_full_score": "50"}, "应为 100 分"),
        ({"up": "3:a"}, "写法不合格"),
        ({"up": ""}, "up"),
        ({"price_full_score": "1e999999"}, "现在合计"),
        ({"method": "no_such"}, "现在合计"),
        ({"form-0-step": "7"}, "整除分值范围"),
        ({"form-0-title": ""}, "评分项"),
        ({"form-TOTAL_FORMS": "x"}, "现在合计"),
        ({"form-TOTAL_FORMS": "100000"}, "现在合计"),
        ({"score_decimals": "99"}, "现在合计"),
    ],
)
def test_what_cannot_be_is_refused_and_stays_in_the_page(
    world: World, change: dict[str, str], words: str
) -> None:
    before = Tender.objects.get(number=TENDER).evaluation_method
    answer = browser(world.agent).post(PATH, typed([PLAN, FIRM]) | change)
    assert (answer.status_code, words in answer.content.decode()) == (422, True)
    assert Tender.objects.get(number=TENDER).evaluation_method == before


def test_the_demo_method_comes_back_the_same(world: World) -> None:
    method: dict[str, Any] = evaluation_method()
    assert method_forms.representable(method)
    rows, price = method_forms.initial_of(method)
    form = method_forms.PriceForm(price)
    assert form.is_valid()
    made = method_forms.method_of(rows, form.cleaned_data)
    assert made["items"] == method["items"]
    assert made["tie_break"] == method["tie_break"]


def test_a_method_the_forms_cannot_keep_is_edited_as_json(world: World) -> None:
    tender = Tender.objects.get(number=TENDER)
    method = evaluation_method()
    method["price"]["parameters"]["trim"] = {"rule": "js20", "g1": "0.1", "g2": "0.3"}
    tender.evaluation_method = method
    tender.save()
    answer = browser(world.agent).get(PATH)
    assert (answer.status_code, answer["Location"]) == (
        302,
        f"/tenders/{TENDER}/edit/evaluation_method_json/",
    )
    assert browser(world.agent).get(answer["Location"]).status_code == 200


def test_only_the_host_sees_the_page(world: World) -> None:
    assert browser(world.agent).get(PATH).status_code == 200
    assert browser(world.bidders[0]).get(PATH).status_code == 404


def test_more_rows_keep_what_was_typed_and_save_nothing(world: World) -> None:
    before = Tender.objects.get(number=TENDER).evaluation_method
    answer = browser(world.agent).post(PATH, typed([PLAN, FIRM], k="0.97", more="1"))
    page = answer.content.decode()
    assert (answer.status_code, 'name="form-4-title"' in page, 'name="form-5-title"' in page) == (
        200,
        True,
        False,
    )
    assert 'value="施工组织设计"' in page
    assert 'value="0.97"' in page
    assert Tender.objects.get(number=TENDER).evaluation_method == before
