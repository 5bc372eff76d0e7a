"""Every refusal of the signature rules, in one catalogue."""

from __future__ import annotations

from kernel.errors import Kind, ReasonForm

_LAW = "电子签名法第十三条"

MALFORMED = ReasonForm(
    "signature.malformed",
    zh="{what}无法解析：{why}",
    en="{what} cannot be parsed: {why}",
    kind=Kind.MALFORMED,
)
TOO_LARGE = ReasonForm(
    "signature.too_large",
    zh="{what}过大（{size} 字节，上限 {limit} 字节）",
    en="{what} is too large ({size} bytes, limit {limit})",
    kind=Kind.MALFORMED,
)
TOO_COMPLEX = ReasonForm(
    "signature.too_complex",
    zh="{what}过于复杂，超过 {limit} 的上限，已停止验证",
    en="{what} is too complex: stopped at the limit of {limit}",
    kind=Kind.MALFORMED,
)
NOT_SIGNED = ReasonForm(
    "signature.not_signed", zh="{what}中没有签名", en="there is no signature in {what}", kind=Kind.MALFORMED
)
UNKNOWN_KIND = ReasonForm(
    "signature.unknown_kind",
    zh="不是 PDF、CMS（RFC 5652）或 GB/T 35275 签名文件",
    en="neither a PDF nor a CMS (RFC 5652) nor a GB/T 35275 signature",
    kind=Kind.MALFORMED,
)
NO_CONTENT = ReasonForm(
    "signature.no_content",
    zh="这是分离式签名，需要同时给出被签的文件",
    en="the signature is detached: give the signed file as well",
    kind=Kind.MALFORMED,
)
OTHER_CONTENT = ReasonForm(
    "signature.other_content",
    zh="签名文件内含的内容与给出的文件不同",
    en="the content inside the signature is not the file that was given",
)
ALGORITHM = ReasonForm(
    "signature.algorithm",
    zh="签名算法 {algorithm} 不被接受（接受 RSA ≥ 2048、ECDSA P-256/384/521 配 SHA-256/384/512，SM2 配 SM3）",
    en="signature algorithm {algorithm} is not accepted (RSA from 2048 bits, ECDSA on P-256/384/521 with "
    "SHA-256/384/512, SM2 with SM3)",
)
NO_SIGNER_CERTIFICATE = ReasonForm(
    "signature.no_certificate",
    zh="签名中没有签名人的证书",
    en="the signer's certificate is not in the signature",
    law=_LAW,
)
ATTRIBUTE = ReasonForm(
    "signature.attribute",
    zh="签名属性 {name} 不合格：{why}",
    en="signed attribute {name} is not acceptable: {why}",
)
DIGEST = ReasonForm(
    "signature.digest_differs",
    zh="内容与签名时不同：摘要不一致，文件在签名之后被改动过",
    en="the content is not what was signed: its digest differs, it was changed after signing",
    law="电子签名法第十三条第四项",
)
WRONG = ReasonForm(
    "signature.wrong",
    zh="签名值不正确：不是「{subject}」的私钥对这些内容的签名",
    en="the signature value is wrong: it was not made over this with the key of {subject!r}",
    law=_LAW,
)
OTHER_CERTIFICATE = ReasonForm(
    "signature.other_certificate",
    zh="签名属性所指的签名证书与附带的证书不同（证书被替换过）",
    en="the signing-certificate attribute names another certificate than the one given",
    law=_LAW,
)
STAMP_MALFORMED = ReasonForm(
    "timestamp.malformed",
    zh="时间戳无法解析：{why}",
    en="the time-stamp cannot be parsed: {why}",
    kind=Kind.MALFORMED,
)
STAMP_REFUSED = ReasonForm(
    "timestamp.refused",
    zh="时间戳服务机构没有签发时间戳：{why}",
    en="the time-stamping authority did not grant a time-stamp: {why}",
    kind=Kind.BUSY,
)
STAMP_IMPRINT = ReasonForm(
    "timestamp.other_imprint",
    zh="时间戳不是对这个签名作出的",
    en="the time-stamp was made over something else than this signature",
)
STAMP_NONCE = ReasonForm(
    "timestamp.wrong_nonce",
    zh="时间戳应答没有重复请求中的随机数，可能是旧的应答",
    en="the time-stamp does not repeat the request's nonce; it may be an old answer",
)
STAMP_USE = ReasonForm(
    "timestamp.wrong_certificate",
    zh="「{subject}」的证书不是时间戳服务证书（extendedKeyUsage 应为关键扩展且只含 timeStamping）",
    en="the certificate of {subject!r} is not a time-stamping certificate (critical extendedKeyUsage with "
    "timeStamping alone)",
)
KEY_OF_OTHER = ReasonForm(
    "signature.other_key",
    zh="签名不是用证书「{subject}」的私钥作出的",
    en="the signature was not made with the key of certificate {subject!r}",
    kind=Kind.INVALID,
)
BUSY = ReasonForm(
    "signature.busy",
    zh="正在核验其他文件，请稍后再试",
    en="other files are being checked; try again shortly",
    kind=Kind.BUSY,
)
SM2_IN_PDF = ReasonForm(
    "signature.sm2_in_pdf",
    zh="SM2 证书不在 PDF 内签名（国外阅读器不能核验），请提交 GB/T 35275 分离签名：bidtool 会自动这样做",
    en="an SM2 certificate signs beside the PDF (GB/T 35275), not inside it: bidtool does so by itself",
)
NO_FILE = ReasonForm(
    "signature.no_file",
    zh="请选择要核验的文件",
    en="choose the file to check",
    kind=Kind.MALFORMED,
    field="file",
)
