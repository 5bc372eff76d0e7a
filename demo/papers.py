"""The PDF documents of the demo, printed with the house's own press (``documents.pdf``)."""

from __future__ import annotations

import random
from datetime import date, datetime
from decimal import Decimal

from demo.bill import Line
from demo.cast import LOT_NAMES, OWNER, PROJECT, TENDER_TITLE, Bidder, Organization
from demo.method import ITEMS, PRICE_FULL_SCORE
from documents.pdf import PdfDocument
from kernel.guarantee_terms import figure


def _paper(title: str, now: datetime, number: str = "") -> PdfDocument:
    return PdfDocument(title, number=number or PROJECT["number"], training=True, now=now)


def notice_pdf(parts: list[tuple[str, list[str]]], now: datetime) -> bytes:
    paper = _paper(f"{TENDER_TITLE}招标公告", now)
    for heading, paragraphs in parts:
        paper.heading(heading)
        for paragraph in paragraphs:
            paper.paragraph(paragraph)
    paper.signature_lines([f"招标人：{OWNER.name}"])
    return paper.build()


_INSTRUCTIONS = (
    ("1.1 总则", "本项目按《中华人民共和国招标投标法》及其实施条例、《电子招标投标办法》组织招标。招标投标活动全流程在平台进行，"
     "数据电文与纸质文件具有同等法律效力；两者不一致的，以数据电文为准。"),
    ("1.2 费用承担", "投标人准备和参加投标活动发生的费用自理。平台不收取任何费用，也不指定任何收费的投标工具、证书或保函开立人。"),
    ("1.3 踏勘现场", "招标人不组织踏勘现场。投标人可自行踏勘，费用和风险自负。"),
    ("1.4 偏离", "不允许实质性偏离。工期、质量、投标有效期、付款条件为实质性要求。"),
    ("2.1 招标文件的组成", "招标公告、投标人须知、评标办法、合同条款、工程量清单、技术标准和要求、投标文件格式，以及对招标文件的澄清和修改。"),
    ("2.2 澄清与修改", "澄清或者修改的内容可能影响投标文件编制的，招标人在投标截止时间至少 15 日前以公告形式通知所有下载招标文件的"
     "潜在投标人；不足 15 日的，顺延投标截止时间（招标投标法实施条例第二十一条）。"),
    ("3.1 投标文件的组成", "开标一览表、已标价工程量清单、投标担保、施工组织设计、资格审查资料。开标一览表须由投标人的数字证书签名。"),
    ("3.2 投标报价", "投标人应对清单所列每一项填报综合单价；未填报的，视为已包含在其他项目报价中。投标总价为各项合价之和，"
     "不得超过最高投标限价，否则否决其投标。"),
    ("3.3 投标有效期", "自投标截止之日起 90 日。"),
    ("3.4 投标担保", "金额见招标公告，不超过标段估算价的 2% 且不超过 80 万元（招标投标法实施条例第二十六条）。"
     "有下列情形之一的，不予退还：投标截止后撤销投标文件的；中标后无正当理由不订立合同，或者提出附加条件，或者不按要求提交履约保证金的。"),
    ("3.5 加密与签名", "投标文件在投标人客户端加密，内容密钥封装给投标人自己的密钥，并按 3 取 2 拆分，分别封装给交易中心、行政监督部门"
     "和招标人的加密证书。"),
    ("4.1 递交", "投标截止前，投标人可以补充、修改、撤回投标文件；以最后一个字节和签名被接收的平台时间为准。投标截止后平台拒收。"),
    ("5.1 开标", "在投标截止时间公开进行。同一标段投标人少于 3 个的，不开标，重新招标。投标人对开标有异议的，应当在开标现场提出，"
     "招标人当场答复并记录（招标投标法实施条例第四十四条）。"),
    ("6.1 评标委员会", "由 5 名评审专家组成，以承诺—揭示方式从专家库随机抽取。成员名单在中标结果确定前保密。"),
    ("7.1 定标", "国有资金占控股或者主导地位的项目，招标人确定排名第一的中标候选人为中标人（招标投标法实施条例第五十五条）。"),
    ("7.2 合同", "中标通知书发出之日起 30 日内，按照招标文件和中标人的投标文件订立书面合同，不得背离实质性内容。履约担保为合同金额的 10%。"),
)  # fmt: skip
_CONTRACT = (
    ("合同价款与调整", "本合同为单价合同。人工、材料价格波动幅度在 ±5% 以内的不调整，超出部分按信息价调整。工程量按实计量。"),
    ("工程款支付", "预付款为合同金额的 10%；每月按已完工程价款的 80% 支付进度款；竣工验收合格付至 90%；结算审定付至 97%，"
     "质量保证金 3% 可用保函替代。农民工工资专用账户按月拨付。"),
    ("工期与违约", "每延误一日按合同金额的 0.05% 支付违约金，累计不超过 5%。因交通导改审批延误的，工期顺延。"),
    ("安全文明与扬尘", "执行江苏省建筑工地扬尘防治“六个百分之百”，出入口设车辆冲洗设施，在线监测数据接入监管平台。"),
)  # fmt: skip
_STANDARDS = (
    "《城镇道路工程施工与质量验收规范》（CJJ 1）", "《给水排水管道工程施工及验收规范》（GB 50268）",
    "《城市桥梁工程施工与质量验收规范》（CJJ 2）", "《城市道路照明工程施工及验收规程》（CJJ 89）",
    "《海绵城市建设评价标准》（GB/T 51345）", "《城市道路交通标志和标线设置规范》（GB 51038）",
)  # fmt: skip


def bidding_documents_pdf(
    parts: list[tuple[str, list[str]]],
    bills: dict[int, list[Line]],
    ceilings: dict[int, Decimal],
    now: datetime,
) -> bytes:
    """招标文件: notice, instructions, evaluation method, contract terms, bill, standards."""
    paper = _paper(f"{TENDER_TITLE}招标文件", now)
    paper.heading("第一章　招标公告")
    for heading, paragraphs in parts:
        paper.heading(heading, level=2)
        for paragraph in paragraphs:
            paper.paragraph(paragraph)
    paper.page_break()
    paper.heading("第二章　投标人须知")
    for heading, words in _INSTRUCTIONS:
        paper.heading(heading, level=2)
        paper.paragraph(words)
    _method_chapter(paper)
    paper.heading("第四章　合同主要条款")
    for heading, words in _CONTRACT:
        paper.heading(heading, level=2)
        paper.paragraph(words)
    paper.page_break()
    paper.heading("第五章　工程量清单")
    paper.paragraph(
        "投标人应按平台提供的清单文件（CSV）填报综合单价，不得改动项目编码、项目特征、计量单位和工程量。"
    )
    for lot, bill in bills.items():
        paper.heading(f"{LOT_NAMES[lot]}（{len(bill)} 项，最高投标限价 {figure(ceilings[lot])}）", level=2)
        rows = [[str(b.no), b.code, b.name, b.feature, b.unit, str(b.quantity)] for b in bill]
        paper.table(["序号", "项目编码", "项目名称", "项目特征", "单位", "工程量"], rows,
                    widths=[0.07, 0.17, 0.27, 0.29, 0.08, 0.12], numbers=(5,))  # fmt: skip
    paper.heading("第六章　技术标准和要求")
    for standard in _STANDARDS:
        paper.paragraph(standard)
    return paper.build()


def _method_chapter(paper: PdfDocument) -> None:
    paper.page_break()
    paper.heading("第三章　评标办法（综合评估法）")
    paper.paragraph(
        "初步评审：形式、资格、响应性评审。有招标投标法实施条例第五十一条、12号令第二十五条所列情形之一的，经评标委员会"
        "过半数成员表决，否决其投标；未在本招标文件中载明的，不得作为否决依据。"
    )
    rows = [
        [str(no), group, title, most, how]
        for no, (_, title, group, most, _, how) in enumerate(ITEMS, start=1)
    ]
    paper.table(
        ["序号", "类别", "评分项", "满分", "评分标准"],
        rows,
        widths=[0.07, 0.17, 0.24, 0.08, 0.44],
        numbers=(3,),
    )
    paper.paragraph(
        f"投标报价（{PRICE_FULL_SCORE} 分）：有效投标报价按江苏规则去除高低报价后的算术平均值乘以 0.98 为评标基准价；"
        "投标报价每高于基准价 1% 扣 0.9 分，每低于基准价 1% 扣 0.6 分，不足 1% 的按插入法计算，扣完为止。"
    )
    paper.paragraph(
        "专家评分取算术平均值，保留两位小数。总分相同的，报价低者优先；报价也相同的，技术得分高者优先。"
    )


_TOPICS = {
    "overview": ("总体概述与施工部署", (
        "按“先地下、后地上，先管网、后路面”的顺序组织施工，划分 {n} 个流水段，管网、路基、路面平行流水。",
        "现场设项目部一处，拌和料由合格供应商供应，运距约 {d} 公里。",
    )),
    "schedule": ("施工进度计划与保证措施", (
        "总工期 {days} 日历天，关键线路为：拆除 → 雨污水管道 → 石灰土路床 → 水稳基层 → 沥青面层 → 附属设施。",
        "雨季安排管道闭水试验前移，沥青面层避开 5 ℃ 以下天气，设置 {d} 天机动时间。",
    )),
    "key-works": ("关键工序技术措施", (
        "沟槽开挖深度超过 3 米处采用拉森钢板桩支护，每 500 米设置一道横向支撑检查断面。",
        "水泥稳定碎石基层分两层摊铺，每层压实厚度不大于 20 厘米，压实度不低于 98%，七天强度不低于 3.5 MPa。",
        "沥青面层摊铺温度不低于 160 ℃，碾压终了温度不低于 90 ℃，平整度标准差不大于 1.2 毫米。",
    )),
    "traffic": ("交通导改与保通方案", (
        "分 {n} 期导改，始终保持双向两车道通行，公交站点临时外移，夜间设置爆闪灯与防撞桶。",
        "与交警、公交、沿线单位建立联络机制，导改前 7 日公告。",
    )),
    "safety": ("安全文明施工与扬尘控制", (
        "落实扬尘防治“六个百分之百”，沿线设喷淋与在线监测，渣土车密闭运输。",
        "有限空间作业实行“先通风、再检测、后作业”，配备四合一气体检测仪 {n} 台。",
    )),
    "green": ("海绵城市与绿色施工", (
        "雨水花园换填介质土渗透系数不小于 1×10⁻⁵ m/s，年径流总量控制率不低于 75%。",
        "旧沥青路面铣刨料厂拌热再生利用，掺量 {d}%。",
    )),
}  # fmt: skip


def technical_pdf(bidder: Bidder, lot: int, now: datetime) -> bytes:
    """施工组织设计: blind, it names neither the bidder nor its people."""
    chance = random.Random(f"plan {bidder.organization.key} {lot}")
    paper = PdfDocument("施工组织设计", number=f"{PROJECT['number']}-{lot:02d}", training=True, now=now)
    for no, (title, paragraphs) in enumerate(_TOPICS.values(), start=1):
        paper.heading(f"{'一二三四五六'[no - 1]}、{title}")
        for words in paragraphs:
            paper.paragraph(
                words.format(n=chance.randint(3, 6), d=chance.randint(8, 20), days=bidder.duration[lot])
            )
    rows = [[m, str(chance.randint(1, 6)), "自有" if chance.random() < 0.7 else "租赁"]
            for m in ("沥青摊铺机", "双钢轮压路机", "轮胎压路机", "挖掘机", "打桩机", "自卸汽车", "洒水车")]  # fmt: skip
    paper.heading("七、主要机械设备配备")
    paper.table(["设备", "台数", "来源"], rows, numbers=(1,))
    return paper.build()


def qualification_pdf(bidder: Bidder, lot: int, now: datetime, *, unqualified: bool) -> bytes:
    organization = bidder.organization
    manager, certificate = bidder.manager
    paper = PdfDocument("资格审查资料", number=f"{PROJECT['number']}-{lot:02d}", training=True, now=now)
    field = "建筑工程" if unqualified else "市政公用工程"
    paper.facts([
        ("投标人名称", organization.name),
        ("统一社会信用代码", organization.credit_code),
        ("资质", "市政公用工程施工总承包二级"),
        ("安全生产许可证", f"（苏）JZ安许证字〔2024〕09{int(organization.key[-1]):04d}，有效期至 2027 年 6 月"),
        ("项目负责人", f"{manager}，二级注册建造师（{field}），注册编号 {certificate}"),
        ("安全生产考核合格证书", f"苏建安B（2024）09{int(organization.key[-1]):05d}"),
    ])  # fmt: skip
    paper.heading("近五年类似工程业绩")
    rows = [
        ["盐城市范公路改造工程", "2023 年", "¥ 12,860,000.00"],
        ["大丰区康平路工程", "2024 年", "¥ 9,120,000.00"],
    ]
    paper.table(["工程名称", "竣工时间", "合同金额"], rows, numbers=(2,))
    paper.paragraph("本单位承诺：所提交资料真实、准确、完整，如有虚假，自愿承担相应法律责任。")
    return paper.build()


def contract_pdf(winner: str, lot: int, price: Decimal, days: int, signed_on: date, now: datetime) -> bytes:
    paper = PdfDocument(
        "建设工程施工合同", number=f"{PROJECT['number']}-{lot:02d}-HT", training=True, now=now
    )
    paper.facts([
        ("发包人", OWNER.name), ("承包人", winner), ("工程名称", PROJECT["name"]), ("标段", LOT_NAMES[lot]),
        ("签约合同价", figure(price)), ("工期", f"{days} 日历天"), ("质量", "合格"), ("签订日期", signed_on.isoformat()),
    ])  # fmt: skip
    for heading, words in _CONTRACT:
        paper.heading(heading, level=2)
        paper.paragraph(words)
    paper.signature_lines([f"发包人：{OWNER.name}", f"承包人：{winner}"])
    return paper.build()


def commission_pdf(agency: Organization, now: datetime) -> bytes:
    """招标代理委托合同: filed on the agency marketplace."""
    paper = PdfDocument("招标代理委托合同", number="YC2026-ZJ-0093", training=True, now=now)
    paper.facts(
        [("委托人", OWNER.name), ("受托人", agency.name), ("委托事项", f"{PROJECT['name']}施工招标代理")]
    )
    for words in (
        "受托人在委托范围内编制招标公告、招标文件，组织开标，协助合同签订；不得参加本项目投标，不得为投标人提供咨询。",
        "代理服务费为人民币陆万元整，合同签订后支付 50%，合同备案后支付余款，不得向投标人收取。",
        "受托人承诺在委托之日起 10 个工作日内完成招标文件编制。",
    ):
        paper.paragraph(words)
    paper.signature_lines([f"委托人：{OWNER.name}", f"受托人：{agency.name}"])
    return paper.build()
