"""Who plays in the demo. Organizations and people are invented; codes have right check digits."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from kernel.ids import credit_code_check_digit
from sealing import sm2


def code(body: str) -> str:
    """A unified social credit code from its first 17 characters."""
    return body + credit_code_check_digit(body)


@dataclass(frozen=True)
class Organization:
    key: str
    name: str
    credit_code: str
    person: str
    ca: str


CENTER = Organization("center", "盐城市公共资源交易中心", code("123209004683A1207"), "王敏", "demo-ca-1")
AUTHORITY = Organization(
    "authority", "盐城市住房和城乡建设局", code("11320900014350526"), "陈立国", "demo-ca-2"
)
OWNER = Organization(
    "owner", "盐城市城市建设投资集团有限公司", code("91320900740660513"), "孙海涛", "demo-ca-1"
)
ISSUER = Organization("issuer", "江苏黄海融资担保有限公司", code("91320900MA1XH2PW5"), "顾云", "demo-ca-2")

AGENCIES = (
    Organization("agency-1", "江苏建诚工程咨询有限公司", code("91320902MA1NAQ117"), "吴倩", "demo-ca-1"),
    Organization("agency-2", "盐城市正信招标代理有限公司", code("91320903MA1PBR228"), "郑磊", "demo-ca-2"),
    Organization("agency-3", "江苏苏维工程管理有限公司", code("91320904MA1QCT339"), "冯洁", "demo-ca-3"),
    # Barred in the demo: it drew up the project's feasibility study and has the owner as a shareholder.
    Organization("agency-4", "盐城城投工程咨询有限公司", code("91320905MA1RDU440"), "褚伟", "demo-ca-1"),
)


@dataclass(frozen=True)
class Bidder:
    """``factors``: price of each lot as a share of the estimate; ``twist`` what happens to it."""

    organization: Organization
    factors: dict[int, Decimal]
    duration: dict[int, int]
    manager: tuple[str, str]
    twist: str = ""


def _bidder(
    no: int, name: str, body: str, person: str, factors: dict[int, str], manager: str, twist: str
) -> Bidder:
    return Bidder(
        Organization(f"bidder-{no}", name, code(body), person, f"demo-ca-{_authority(no)}"),
        {lot: Decimal(share) for lot, share in factors.items()},
        {1: 180 - no, 2: 165 - no},
        (manager, f"苏1322020{no:02d}1807"),
        twist,
    )


def _authority(no: int) -> int:
    """The fourth bidder's certificates are SM2, where the machine knows it (docs/adr/0009)."""
    return 4 if no == 4 and sm2.available() else (no - 1) % 3 + 1


BIDDERS = (
    _bidder(1, "盐城城南建设工程有限公司", "91320913MA1REW551", "周建", {1: "0.962", 2: "0.955"}, "周晓岚", "withdraws_and_resubmits"),
    _bidder(2, "苏北路桥工程集团有限公司", "91320900MA1TFX662", "李文斌", {1: "0.934", 2: "0.948"}, "李志远", "key_lost"),
    _bidder(3, "中建华东（盐城）基础设施建设集团有限公司", "91320991MA1UGY773", "张弛", {1: "0.945", 2: "0.937"}, "张宇航", ""),
    _bidder(4, "江苏恒远市政工程有限公司", "91320924MA1WHA884", "刘芳", {1: "0.951", 2: "0.941"}, "刘一鸣", "guarantee_too_small"),
    _bidder(5, "射阳县通达建筑安装有限公司", "91320924MA1XJB995", "何勇", {1: "0.928", 2: "0.930"}, "何俊", "late_in_lot_2"),
    _bidder(6, "大丰鸿基园林绿化工程有限公司", "91320982MA1YKC006", "许静", {1: "0.970", 2: "0.960"}, "许昌明", "damaged_in_lot_2"),
)  # fmt: skip

#: bidder-5's bid of lot 1 names a project manager whose registration is not for municipal works: it is
#: rejected in the preliminary review (资格不符，招例第五十一条第三项).
UNQUALIFIED = "bidder-5"


@dataclass(frozen=True)
class Expert:
    name: str
    specialty: str
    employer: str
    employer_code: str
    site: str
    title: str
    years: int
    ca: str
    relation: str = ""


_SITES = ("盐城主场", "大丰副场", "东台副场", "射阳副场")
_EMPLOYERS = (
    ("江苏省城乡规划设计研究院", "12320000466001234"),
    ("盐城工学院土木工程学院", "12320900466003456"),
    ("东台市市政工程管理处", "12320981466005678"),
    ("大丰区公路事业发展中心", "12320982466007890"),
    ("江苏方正工程造价咨询有限公司", "91320900MA1YLD117"),
    ("射阳县建筑设计院有限公司", "91320924MA20MEF28"),
)
_NAMES = (
    "蒋正明",
    "沈玉兰",
    "韩国栋",
    "杨帆",
    "朱立新",
    "秦岚",
    "尤建军",
    "许永康",
    "吕思源",
    "施海燕",
    "孔令辉",
    "曹文轩",
)


def _experts() -> tuple[Expert, ...]:
    out = []
    for number, name in enumerate(_NAMES):
        employer, body = _EMPLOYERS[number % len(_EMPLOYERS)]
        employer_code, relation = code(body), ""
        if number == 3:
            # Works for a bidder: excluded before the draw (12号令第十二条).
            employer, employer_code = BIDDERS[2].organization.name, BIDDERS[2].organization.credit_code
            relation = "受聘于投标人"
        specialty = ("A0803 市政道路", "A0804 市政管网", "B0801 工程造价")[number % 3]
        out.append(
            Expert(name, specialty, employer, employer_code, _SITES[number % 4], "高级工程师", 9 + number,
                   f"demo-ca-{number % 3 + 1}", relation)
        )  # fmt: skip
    return tuple(out)


EXPERTS = _experts()

PROJECT = {
    "number": "YC2026-SZ-0417",
    "name": "盐城市聚亨路（青年路—世纪大道）改造工程",
    "approval": "盐发改审〔2026〕0198 号",
    "location": "盐城市亭湖区",
}
TENDER_TITLE = "盐城市聚亨路（青年路—世纪大道）改造工程施工"
LOT_TARGETS = {1: Decimal("9000000"), 2: Decimal("6400000")}
LOT_NAMES = {1: "施工一标段（K0+000～K1+520）", 2: "施工二标段（K1+520～K2+880，含串场河中桥）"}
LOT_DAYS = {1: 180, 2: 165}
