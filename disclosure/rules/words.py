"""What an act of the log is called in Chinese. Only kinds that may stand open in the log."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

#: verb → words. ``test_house`` holds that every open command's verb stands here.
VERB_ZH: dict[str, str] = {
    "admission.admit": "中介机构入驻",
    "admission.exit": "中介机构退出",
    "admission.return": "退回入驻申请",
    "admission.seek": "申请入驻",
    "assignment.cancel": "终止委托",
    "assignment.close": "报名截止，固定名单",
    "assignment.file_contract": "服务合同备案",
    "assignment.publish": "发布委托项目",
    "award.decide": "定标",
    "award.notify": "发出中标通知书和结果通知",
    "bid.decide_cause": "认定无法开启的原因",
    "bid.open": "投标文件开启",
    "bid.release_key": "投标人提交内容密钥",
    "bid.release_share": "保管人提交密钥分片",
    "bid.request_quorum": "申请分片开启",
    "bid.retry_opening": "重新开启",
    "bid.revoke": "撤销投标",
    "bid.undecryptable": "记为无法开启",
    "candidates.announce": "公示中标候选人",
    "candidates.standstill_over": "公示期届满",
    "certificate.block": "证书挂失",
    "certificate.lift_block": "解除证书挂失",
    "certificate.retire": "停用证书",
    "clock.advance": "推进演练时钟",
    "contract.register": "登记合同",
    "draw.commit": "机构抽取：提交承诺",
    "draw.restart": "机构抽取：重新开始",
    "draw.reveal": "机构抽取：揭示随机数",
    "enquiry.answer": "答复提问或异议",
    "expert_draw.commit": "专家抽取：提交承诺",
    "expert_draw.freeze": "专家抽取：固定条件和名册",
    "expert_draw.reveal": "专家抽取：揭示随机数",
    "expert_draw.void": "专家抽取：作废",
    "guarantee.check_again": "再次核验投标担保",
    "guarantee.demand": "向保证人索赔",
    "guarantee.end_issuer": "停止接受保证人",
    "guarantee.expire": "投标担保到期",
    "guarantee.issuer_answered": "保证人答复",
    "guarantee.license_issuer": "列入保证人名单",
    "guarantee.present": "核验投标担保",
    "guarantee.release": "退还投标担保",
    "guarantee.tell_issuer": "通知保证人",
    "evaluation.terminate": "终止评标",
    "lot.fail": "标段流标",
    "opening.answer_objection": "答复开标异议",
    "opening.close": "开标会结束",
    "opening.close_objections": "异议环节结束",
    "opening.end_decryption": "解密时间结束",
    "opening.extend": "延长解密时间",
    "opening.file_record": "生成开标记录",
    "opening.object": "对开标提出异议",
    "opening.read_out": "唱标",
    "opening.retry_record": "重新生成开标记录",
    "opening.sign_record": "签署开标记录",
    "opening.start": "开标",
    "opening.convene_second": "安排第二信封开标",
    "party.bootstrap": "登记首位交易中心人员",
    "project.commission_agent": "委托招标代理机构",
    "project.create": "登记招标项目",
    "record.publish": "发布公开记录",
    "result.answer_objection": "答复对结果的异议",
    "role.end": "任职结束",
    "role.grant": "授予身份",
    "service_item.define": "列入中介服务事项",
    "tender.announce": "发布招标公告",
    "tender.cancel": "终止招标",
    "tender.clarify": "发布澄清或修改",
    "trust_list.import": "导入信任列表",
    "trust_list.publish": "发布信任列表",
    "ca_matrix.record": "记录互认矩阵的结果",
}


def act_words(document: Mapping[str, Any]) -> str:
    """The Chinese name of an open act; of a sealed one (an empty document) that it is sealed."""
    if not document:
        return "已密封的行为"
    verb = str(document["verb"])
    return VERB_ZH.get(verb, verb)
