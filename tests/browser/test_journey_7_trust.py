"""交易中心: the interoperability matrix is run in the page, a fault shows red; a list is looked at before it is imported."""

from __future__ import annotations

import json
from pathlib import Path

import httpx
import pytest

from demo.cast import CENTER
from tests.browser.conftest import Look, Visit
from tests.browser.world import World

pytestmark = pytest.mark.browser


def test_the_center_runs_the_matrix_and_compares_lists(
    world: World, visit: Visit, look: Look, tmp_path: Path
) -> None:
    world.reach("people")
    center = visit(CENTER.key, "/ca/matrix/")
    center.sees("还没有运行过")
    center.page.set_default_timeout(60_000)
    center.press("运行互认矩阵")
    center.sees("全部通过", "ECDSA P-256")
    center.accessible()
    look(center.page, "ca-matrix", widths=(1440, 360))

    httpx.post(f"{world.stage.ca}/faults", json={"demo-ca-8": "wrong_nonce"}).raise_for_status()
    try:
        center.press("运行互认矩阵")
    finally:
        httpx.post(f"{world.stage.ca}/faults", json={"demo-ca-8": None}).raise_for_status()
    center.sees("6 格不通过", "哪里不通过", "certificate.revocation_undecided")
    center.accessible(("light",))
    look(center.page, "ca-matrix-red", widths=(1440, 360))

    center.at("/ca/versions/")
    center.sees("第 1 版", "生效中")
    center.accessible()
    center.expects("409")
    file = tmp_path / "list.json"
    file.write_text(json.dumps(httpx.get(f"{world.base}/api/v1/trust-list").json()))
    center.press("查看差异", {"签名的信任列表": file})
    center.sees("第 1 版信任列表", "不能再导入")
    center.at("/ca/versions/1/")
    center.sees("差异：第一版", "演示 CA 八")
    center.accessible(("light",))
    look(center.page, "trust-list-version", widths=(1440, 360), schemes=("light",))
    public = visit()
    public.at("/ca/")
    public.sees("演示 CA 四", "SM2")
    public.accessible(("light",))
    look(public.page, "trust-list", widths=(1440,), schemes=("light",))
