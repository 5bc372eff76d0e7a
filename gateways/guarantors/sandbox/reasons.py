"""Why the issuer says no."""

from __future__ import annotations

from kernel.errors import Kind, ReasonForm

BAD_REQUEST = ReasonForm(
    "guarantor.bad_request", zh="请求不合格：{why}", en="the request is not acceptable: {why}",
    kind=Kind.MALFORMED,
)  # fmt: skip
BAD_APPLICATION = ReasonForm(
    "guarantor.bad_application",
    zh="申请内容不合格：{why}",
    en="the application is not acceptable: {why}",
)
NOT_THE_SIGNER = ReasonForm(
    "guarantor.wrong_signer",
    zh="签名人是「{found}」（{found_code}），应为「{wanted}」（{wanted_code}）",
    en="signed by {found} ({found_code}); it must be {wanted} ({wanted_code})",
    kind=Kind.FORBIDDEN,
    law="电子签名法第十三条",
)
NOT_TRUSTED = ReasonForm(
    "guarantor.not_trusted",
    zh="签名证书不能追溯到受信任的根证书，或不在有效期内：{why}",
    en="the signer's certificate leads to no trusted root, or is out of date: {why}",
    kind=Kind.FORBIDDEN,
    law="电子签名法第十六条",
)
NO_SUCH = ReasonForm(
    "guarantor.not_found",
    zh="没有编号为「{number}」的保函",
    en="there is no guarantee {number}",
    kind=Kind.NOT_FOUND,
)
NOT_IN_FORCE = ReasonForm(
    "guarantor.not_in_force",
    zh="保函现为「{status}」，不能再{verb}",
    en="the guarantee is {status}: {verb} is not possible any more",
    kind=Kind.CONFLICT,
    law="法释〔2016〕24号第十一条",
)
NO_GROUND = ReasonForm(
    "guarantor.no_ground",
    zh="「{ground}」不是本保函载明的付款事由",
    en="{ground} is not a ground for payment of this guarantee",
    law="法释〔2016〕24号第六条",
)
TOO_MUCH = ReasonForm(
    "guarantor.too_much",
    zh="索赔金额 {found} 超过保函金额 {wanted}",
    en="the demand of {found} is above the amount of the guarantee {wanted}",
    law="法释〔2016〕24号第六条",
)
KEY_REUSED = ReasonForm(
    "guarantor.key_reused",
    zh="幂等键「{key}」已用于另一个请求",
    en="the idempotency key {key} was used for another request",
    kind=Kind.CONFLICT,
)
DOWN = ReasonForm(
    "guarantor.down", zh="服务暂停（演示故障）", en="the service is down (injected fault)", kind=Kind.BUSY
)
