"""Every way a public record can fail that is not already a reason of sealing, kernel or ca_interop."""

from __future__ import annotations

from kernel.errors import Kind, ReasonForm

NO_RECORD = ReasonForm(
    "record.not_a_directory", zh="「{path}」不是目录", en="{path} is not a directory", kind=Kind.MALFORMED
)
BAD_PIN = ReasonForm(
    "record.bad_pin", zh="固定值不合格：{why}", en="the pinned value is malformed: {why}", kind=Kind.MALFORMED
)
FILE_BAD = ReasonForm(
    "record.file_bad",
    zh="文件 {path} 不合格：{why}",
    en="file {path} is not acceptable: {why}",
    kind=Kind.MALFORMED,
)
MISSING = ReasonForm("record.file_missing", zh="缺少文件 {path}", en="file {path} is missing")
EXTRA = ReasonForm("record.file_extra", zh="多出未列明的文件 {path}", en="file {path} is not listed")
DIGEST = ReasonForm(
    "record.digest_differs",
    zh="文件 {path} 已被改动：SHA-256 为 {found}，应为 {wanted}",
    en="file {path} was altered: SHA-256 is {found}, should be {wanted}",
)
SIZE = ReasonForm(
    "record.size_differs",
    zh="文件 {path} 长度为 {found} 字节，应为 {wanted} 字节",
    en="file {path} has {found} bytes, should have {wanted}",
)
FIELD = ReasonForm(
    "record.bad_field",
    zh="{where} 的字段「{field}」不合格：{why}",
    en="{where}: field {field} is wrong: {why}",
    kind=Kind.MALFORMED,
)
DIFFERS = ReasonForm(
    "record.differs",
    zh="{what}不一致：{where} 写明 {found}，应为 {wanted}",
    en="{what} differs: {where} says {found}, should be {wanted}",
)
PIN_DIFFERS = ReasonForm(
    "record.pin_differs",
    zh="{what}与固定值不同：档案为 {found}，固定为 {wanted}",
    en="{what} is not the pinned one: the record has {found}, pinned is {wanted}",
)
NO_ACT = ReasonForm(
    "record.no_act",
    zh="{where} 所指行为 {act} 不在 acts.jsonl 中",
    en="the act {act} that {where} names is not in acts.jsonl",
)
ACT_SILENT = ReasonForm(
    "record.act_says_otherwise",
    zh="行为 {act}（{verb}）没有记载{what}",
    en="the act {act} ({verb}) does not say {what}",
)
NOT_THERE = ReasonForm(
    "record.material_missing",
    zh="缺少{what}，而后续材料以其为前提",
    en="{what} is missing, though later material rests on it",
)
DEPENDS = ReasonForm(
    "record.depends",
    zh="投标 {bid} 未通过第 5 项检查，本项无法核对",
    en="bid {bid} failed check 5, so this cannot be checked",
)
OUT_OF_ORDER = ReasonForm(
    "record.out_of_order",
    zh="先后不符：{earlier}（{earlier_at}）应早于{later}（{later_at}）",
    en="out of order: {earlier} ({earlier_at}) must come before {later} ({later_at})",
)
TOO_FEW_SHARES = ReasonForm(
    "record.too_few_shares",
    zh="投标 {bid} 由监管方开启，只有 {found} 份密钥分片，应不少于 {wanted} 份",
    en="bid {bid} was opened by the custodians with {found} shares, at least {wanted} are needed",
)
UNSIGNED = ReasonForm(
    "record.unsigned", zh="{where} 没有有效签名人：{why}", en="{where} has no valid signer: {why}"
)
OUT_OF_RANGE = ReasonForm(
    "record.points_out_of_range",
    zh="{where} 的评分项 {item} 为 {points}，应在 {least}–{most} 之间，步长 {step}",
    en="{where}: item {item} has {points}; it must lie within {least}–{most} by steps of {step}",
    law="招标投标法实施条例第四十九条",
)
COMMITTEE = ReasonForm(
    "record.committee_size",
    zh="标段 {lot} 评标委员会 {found} 人，应为 5 人以上单数",
    en="the committee of lot {lot} has {found} members; five or more and odd is needed",
    law="招标投标法第三十七条",
)
STANDSTILL = ReasonForm(
    "record.standstill_short",
    zh="标段 {lot} 公示自 {start} 至 {end}，不足 3 日",
    en="the standstill of lot {lot} runs from {start} to {end}, less than 3 days",
    law="招标投标法实施条例第五十四条",
)
PASSED_OVER = ReasonForm(
    "record.passed_over_without_ground",
    zh="标段 {lot} 第 {rank} 名候选人未中标且没有写明法定情形",
    en="candidate {rank} of lot {lot} was passed over without a listed ground",
    law="招标投标法实施条例第五十五条",
)
CONTRACT_LATE = ReasonForm(
    "record.contract_date",
    zh="标段 {lot} 合同于 {found} 签订，应在中标通知书发出后 30 日内（{start} 至 {end}）",
    en="the contract of lot {lot} is dated {found}; it must be within 30 days of the notice ({start} to {end})",
    law="招标投标法第四十六条",
)
LEFT_OUT = ReasonForm(
    "record.act_left_out",
    zh="日志第 {index} 条「{verb}」（{subject}）与本招标有关，档案没有收录",
    en="log entry {index}, {verb} on {subject}, is about this tender and is not in the record",
)
MIRROR_SHORT = ReasonForm(
    "record.mirror_too_short",
    zh="日志镜像只有 {size} 条，档案的检查点有 {wanted} 条：请先用 bidtool log fetch 更新镜像",
    en="the mirror has {size} entries, the record's checkpoint {wanted}: run bidtool log fetch first",
)
