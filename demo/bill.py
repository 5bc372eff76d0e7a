"""The bill of quantities (工程量清单) of a municipal road, and bidders' prices for it.

Every bidder prices every line; the bid price is the sum of the lines, to the fen.
"""

from __future__ import annotations

import csv
import io
import random
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

FEN = Decimal("0.01")

#: (section, item code to nine digits of GB 50500/GB 50857, name, feature, unit, base unit price in yuan)
ITEMS: tuple[tuple[str, str, str, str, str, str], ...] = (
    ("土石方工程", "040101001", "挖一般土方", "三类土，机械开挖，深度 2 m 以内", "m³", "11.80"),
    ("土石方工程", "040101002", "挖沟槽土方", "三类土，深度 4 m 以内，含支护面修整", "m³", "18.60"),
    ("土石方工程", "040103001", "回填方", "素土，分层碾压，压实度不小于 94%", "m³", "21.40"),
    ("土石方工程", "040103002", "余方弃置", "自卸汽车外运，运距 12 km", "m³", "32.50"),
    ("拆除工程", "041001001", "拆除路面", "沥青混凝土路面，厚 18 cm，含外运", "m²", "23.70"),
    ("拆除工程", "041001005", "拆除侧石、平石", "预制混凝土，含外运", "m", "9.20"),
    ("拆除工程", "041001006", "拆除管道", "混凝土管，管径 600 mm 以内", "m", "46.30"),
    ("道路工程", "040201004", "掺石灰处治路床", "石灰含量 8%，厚 40 cm", "m²", "36.90"),
    ("道路工程", "040202004", "石灰粉煤灰碎石底基层", "配合比 10:20:70，厚 20 cm", "m²", "48.20"),
    (
        "道路工程",
        "040202015",
        "水泥稳定碎石基层",
        "水泥含量 5%，厚 18 cm，七天强度不低于 3.5 MPa",
        "m²",
        "62.40",
    ),
    ("道路工程", "040203003", "透层、封层", "乳化沥青透层 1.0 L/m²，稀浆封层 ES-2", "m²", "9.80"),
    ("道路工程", "040203006", "沥青混凝土下面层", "AC-25C，厚 8 cm，玄武岩", "m²", "88.50"),
    ("道路工程", "040203006", "沥青混凝土中面层", "AC-20C，厚 6 cm，SBS 改性", "m²", "74.60"),
    ("道路工程", "040203006", "沥青玛蹄脂碎石上面层", "SMA-13，厚 4 cm，SBS 改性", "m²", "71.30"),
    ("道路工程", "040204002", "人行道块料铺设", "透水砖 300×150×60 mm，3 cm 干硬性砂浆", "m²", "118.00"),
    ("道路工程", "040204004", "安砌侧石", "花岗岩 150×350×1000 mm，C20 基座", "m", "146.00"),
    ("道路工程", "040204004", "安砌平石", "花岗岩 300×120×500 mm", "m", "92.00"),
    ("道路工程", "040204007", "树池砌筑", "花岗岩边框 1.25 m × 1.25 m", "个", "386.00"),
    ("道路工程", "040205001", "无障碍坡道", "三面坡缘石坡道，盲道砖", "处", "960.00"),
    ("桥涵工程", "040303003", "混凝土承台", "C30，含模板", "m³", "742.00"),
    ("桥涵工程", "040301004", "泥浆护壁成孔灌注桩", "桩径 1000 mm，C30 水下混凝土", "m", "1186.00"),
    ("桥涵工程", "040304001", "预制混凝土梁", "C50 先张法空心板，跨径 13 m", "m³", "2260.00"),
    ("桥涵工程", "040309004", "桥梁支座", "板式橡胶支座 GYZ 200×42", "个", "268.00"),
    ("桥涵工程", "040901001", "现浇构件钢筋", "HRB400E，直径 10 mm 以上", "t", "5480.00"),
    ("管网工程", "040501004", "雨水管道铺设", "HDPE 双壁波纹管 DN600，SN8，含闭水试验", "m", "428.00"),
    ("管网工程", "040501004", "雨水管道铺设", "HDPE 双壁波纹管 DN800，SN8", "m", "692.00"),
    ("管网工程", "040501001", "雨水管道铺设", "钢筋混凝土管 DN1200，Ⅱ 级，承插口", "m", "1268.00"),
    ("管网工程", "040501004", "污水管道铺设", "球墨铸铁管 DN400，K9", "m", "612.00"),
    ("管网工程", "040504002", "混凝土检查井", "φ1250 mm，井深 3 m 以内，球墨铸铁井盖", "座", "4860.00"),
    ("管网工程", "040504009", "雨水口", "双箅，球墨铸铁箅子", "座", "1180.00"),
    ("管网工程", "040504001", "砌筑井加固", "井周 C30 混凝土加强圈", "座", "640.00"),
    ("管网工程", "040501020", "拉森钢板桩支护", "6 m Ⅳ 型，打拔及租赁 30 天", "t", "1960.00"),
    ("海绵设施", "040201022", "雨水花园", "换填介质土 60 cm，含溢流井", "m²", "286.00"),
    ("海绵设施", "040201023", "生态树池", "种植土与碎石储水层", "个", "2180.00"),
    ("照明工程", "040805001", "常规照明灯", "双臂 LED 路灯 150 W + 60 W，杆高 10 m", "套", "5860.00"),
    ("照明工程", "040803001", "电缆敷设", "YJV-0.6/1 kV-5×16", "m", "78.40"),
    ("照明工程", "040804001", "配电箱", "路灯控制箱，远程监控", "台", "12600.00"),
    ("交通设施", "040205006", "标线", "热熔反光标线，厚 1.8 mm", "m²", "46.80"),
    ("交通设施", "040205004", "标志板", "单柱式，铝板 3 mm，IV 类反光膜", "块", "1280.00"),
    ("交通设施", "040205014", "信号灯", "机动车组合信号灯，含杆件及基础", "套", "18600.00"),
    ("交通设施", "040205012", "隔离护栏", "镀锌钢护栏，高 1.1 m", "m", "186.00"),
    ("绿化工程", "050102001", "栽植乔木", "香樟，胸径 15 cm，全冠，养护二年", "株", "2360.00"),
    ("绿化工程", "050102002", "栽植灌木", "红叶石楠球，冠幅 120 cm", "株", "218.00"),
    ("绿化工程", "050102012", "铺种草皮", "百慕大混播，满铺", "m²", "16.80"),
    ("管线迁改", "040502018", "燃气管保护", "DN200 钢管，混凝土包封", "m", "196.00"),
    ("管线迁改", "040803005", "通信管道", "6 孔 φ110 PVC-U，C20 包封", "m", "286.00"),
    ("措施项目", "041102001", "围挡", "装配式钢围挡，高 2.5 m", "m", "128.00"),
    ("措施项目", "041103001", "交通导改便道", "临时沥青便道，厚 6 cm", "m²", "72.00"),
    ("措施项目", "041106001", "大型机械进出场", "摊铺机、压路机、桩机", "台次", "6800.00"),
    ("措施项目", "041107002", "施工排水、降水", "轻型井点，一级", "昼夜", "486.00"),
)

_STRETCHES = {
    1: ("K0+000～K0+380", "K0+380～K0+760", "K0+760～K1+140", "K1+140～K1+520", "聚亨路—世纪大道交叉口"),
    2: ("K1+520～K1+860", "K1+860～K2+200", "K2+200～K2+540", "K2+540～K2+880", "串场河中桥及引道"),
}


@dataclass(frozen=True)
class Line:
    """One line; ``quantity`` as in the tender, ``unit_price`` the tender's own estimate in yuan."""

    no: int
    code: str
    section: str
    name: str
    feature: str
    unit: str
    quantity: Decimal
    unit_price: Decimal

    @property
    def amount(self) -> Decimal:
        return (self.quantity * self.unit_price).quantize(FEN, ROUND_HALF_UP)


def lines(lot: int, target: Decimal) -> list[Line]:
    """The lot's bill, scaled so that the estimate comes close to ``target`` yuan. 200 lines or more."""
    chance = random.Random(f"bill {lot}")
    raw = []
    for stretch in _STRETCHES[lot]:
        for section, code, name, feature, unit, price in ITEMS:
            share = Decimal(chance.randint(60, 140)) / 100
            raw.append((section, code, f"{name}（{stretch}）", feature, unit, Decimal(price), share))
    each = target / len(raw)
    out, seen = [], {}
    for no, (section, code, name, feature, unit, price, share) in enumerate(raw, start=1):
        seen[code] = seen.get(code, 0) + 1
        places = (
            Decimal("1") if unit in ("个", "座", "套", "台", "块", "株", "处", "台次") else Decimal("0.1")
        )
        quantity = max(places, (each * share / price).quantize(places, ROUND_HALF_UP))
        out.append(Line(no, f"{code}{seen[code]:03d}", section, name, feature, unit, quantity, price))
    return out


def total(bill: list[Line]) -> Decimal:
    return sum((line.amount for line in bill), Decimal("0.00"))


def priced(bill: list[Line], bidder: str, factor: Decimal) -> list[Line]:
    """A bidder's own prices: around ``factor`` of the estimate, each line a little different."""
    chance = random.Random(f"prices {bidder}")
    out = []
    for line in bill:
        own = line.unit_price * factor * (Decimal(1000 + chance.randint(-40, 40)) / 1000)
        own = max(FEN, own.quantize(FEN, ROUND_HALF_UP))
        out.append(Line(**{**line.__dict__, "unit_price": own}))
    return out


_HEAD = (
    "序号",
    "项目编码",
    "分部",
    "项目名称",
    "项目特征",
    "计量单位",
    "工程量",
    "综合单价（元）",
    "合价（元）",
)


def as_csv(bill: list[Line], *, with_prices: bool = True) -> bytes:
    """UTF-8 CSV with a byte order mark (spreadsheets want it); unpriced for the bidding documents."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(_HEAD)
    for line in bill:
        prices = (str(line.unit_price), str(line.amount)) if with_prices else ("", "")
        writer.writerow(
            (line.no, line.code, line.section, line.name, line.feature, line.unit, line.quantity, *prices)
        )
    if with_prices:
        writer.writerow(("", "", "", "合计", "", "", "", "", str(total(bill))))
    return b"\xef\xbb\xbf" + out.getvalue().encode()
