"""The tender notice (招标公告) of the demo, as text: what the notice page shows and the PDF prints."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from demo.cast import LOT_DAYS, LOT_NAMES, OWNER, PROJECT, TENDER_TITLE, Organization
from kernel.clock import beijing
from kernel.guarantee_terms import figure


def sections(
    agent: Organization,
    estimates: dict[int, Decimal],
    ceilings: dict[int, Decimal],
    bonds: dict[int, Decimal],
    times: dict[str, datetime],
) -> list[tuple[str, list[str]]]:
    """``[(heading, paragraphs)]``; ``times``: documents_from, documents_until, enquiry_deadline, deadline."""
    lots = [
        f"{LOT_NAMES[lot]}：估算价 {figure(estimates[lot])}，最高投标限价 {figure(ceilings[lot])}，"
        f"计划工期 {LOT_DAYS[lot]} 日历天，投标担保 {figure(bonds[lot])}。"
        for lot in sorted(LOT_NAMES)
    ]
    return [
        ("一、招标条件", [
            f"本招标项目{PROJECT['name']}已由盐城市发展和改革委员会以{PROJECT['approval']}批准建设，"
            f"招标人为{OWNER.name}（统一社会信用代码 {OWNER.credit_code}），建设资金来自财政资金，资金已落实。"
            f"{agent.name}受招标人书面委托，现对该项目施工进行公开招标。",
        ]),
        ("二、项目概况与招标范围", [
            f"建设地点：{PROJECT['location']}，西起青年路，东至世纪大道，全长 2.88 公里，红线宽 36 米，城市次干路。",
            "招标范围：施工图所示道路、桥涵、雨污水管网、照明、交通设施、绿化及管线迁改工程的施工、竣工、缺陷修复，"
            "详见工程量清单。质量要求：合格。",
            *lots,
            "投标人可以投一个或两个标段，允许兼中。",
        ]),
        ("三、投标人资格要求", [
            "具有独立法人资格，具备市政公用工程施工总承包三级及以上资质，安全生产许可证在有效期内。",
            "项目负责人须为市政公用工程专业二级及以上注册建造师，具有有效的安全生产考核合格证书（B 证），且无在建工程。",
            "单位负责人为同一人或者存在控股、管理关系的不同单位，不得参加同一标段投标（招标投标法实施条例第三十四条）。",
            "本次招标不接受联合体投标，实行资格后审。不限制投标人的所在地和所有制形式。",
        ]),
        ("四、招标文件的获取", [
            f"{beijing(times['documents_from'])}起至{beijing(times['documents_until'])}止，用任一认可 CA 的数字证书登录平台免费下载，"
            "无须报名。下载人名单在投标截止前保密。",
            f"对招标文件有异议或疑问的，应在{beijing(times['enquiry_deadline'])}前在平台提出，答复向所有下载人同时公布。",
        ]),
        ("五、投标文件的递交", [
            f"投标截止时间（开标时间）：{beijing(times['deadline'])}，以平台数据库时间为准。",
            "投标文件在投标人自己的电脑上加密后递交，平台不持有解密密钥；密钥丢失时由交易中心、行政监督部门、招标人"
            "三方中任意两方的密钥分片开启。逾期送达、未加密或者损坏的投标文件，平台予以拒收。",
        ]),
        ("六、开标与评标", [
            "开标在平台不见面开标大厅公开进行。投标人应在解密开始后 60 分钟内用自己的密钥解密；因投标人原因未能解密且"
            "无法由分片开启的，视为撤销其投标文件（电子招标投标办法第三十一条）。",
            "评标办法：综合评估法，施工组织设计 30 分、项目管理机构 10 分、企业业绩与信誉 10 分、投标报价 50 分。"
            "评标委员会由 5 名专家组成，从专家库中以可验证方式随机抽取，远程异地评标。",
        ]),
        ("七、投标担保", [
            "投标担保采用电子保函（银行保函、保证保险、担保公司保函均可），受益人为招标人，随投标文件一并密封，"
            "开标时公布并核验；有效期不少于投标有效期（90 日）。",
        ]),
        ("八、发布媒介与联系方式", [
            "本公告在中国招标投标公共服务平台、江苏省招标投标公共服务平台和本平台同时发布，内容一致。",
            f"招标人：{OWNER.name}，联系人：{OWNER.person}。招标代理机构：{agent.name}，联系人：{agent.person}。"
            "行政监督部门：盐城市住房和城乡建设局。",
        ]),
    ]  # fmt: skip


def text(parts: list[tuple[str, list[str]]]) -> str:
    """The notice as plain text, a heading or a paragraph a line."""
    lines = [f"{TENDER_TITLE}招标公告", ""]
    for heading, paragraphs in parts:
        lines += [heading, *paragraphs, ""]
    return "\n".join(lines).strip() + "\n"
