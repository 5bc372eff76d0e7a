"""Every way an envelope, a share, a statement or a receipt can be refused."""

from __future__ import annotations

from kernel.errors import Kind, ReasonForm

M = Kind.MALFORMED

BAD_FIELD = ReasonForm(
    "sealing.bad_field", zh="字段「{field}」不合格：{why}", en="field {field} is wrong: {why}", kind=M
)

# -- envelope: what anybody can see ------------------------------------------------------------
NOT_AN_ENVELOPE = ReasonForm(
    "envelope.not_an_envelope",
    zh="不是加密投标文件（文件头标识不符）",
    en="not a sealed envelope (wrong magic)",
    kind=M,
)
VERSION_UNKNOWN = ReasonForm(
    "envelope.version_unknown",
    zh="加密投标文件的版本 {version} 不受支持",
    en="envelope version {version} is not supported",
    kind=M,
)
SUITE_UNKNOWN = ReasonForm(
    "envelope.suite_unknown",
    zh="算法套件 {suite} 不受支持",
    en="algorithm suite {suite} is not supported",
)
HEADER_SIZE = ReasonForm(
    "envelope.header_size",
    zh="信封头长度 {size} 字节超出允许范围（1 至 {limit}）",
    en="header length {size} is out of range (1 to {limit} bytes)",
    kind=M,
)
HEADER_NOT_CANONICAL = ReasonForm(
    "envelope.header_not_canonical",
    zh="信封头不是规范 JSON（RFC 8785）",
    en="the header is not canonical JSON (RFC 8785)",
    kind=M,
)
SUITE_MISMATCH = ReasonForm(
    "envelope.suite_mismatch",
    zh="算法套件不一致，不得混用：{what}",
    en="algorithm suites differ and are never mixed: {what}",
    kind=M,
)
SIGNATURE_BAD = ReasonForm(
    "envelope.signature_bad",
    zh="信封头的一次性密钥签名无效，文件可能已损坏或被改动",
    en="the pseudonym's signature over the header is not valid: damaged or altered",
)
TRUNCATED = ReasonForm(
    "envelope.truncated",
    zh="加密投标文件不完整：应为 {expected} 字节，实际 {actual} 字节",
    en="the envelope is truncated: {expected} bytes expected, {actual} found",
)
TRAILING = ReasonForm(
    "envelope.trailing",
    zh="加密投标文件末尾有多余数据（应为 {expected} 字节）",
    en="the envelope has trailing bytes ({expected} bytes expected)",
)
FOREIGN = ReasonForm(
    "envelope.foreign",
    zh="加密投标文件属于另一个{what}：{found}（应为 {expected}）",
    en="the envelope belongs to another {what}: {found} (expected {expected})",
)
DIGEST_DIFFERS = ReasonForm(
    "envelope.digest_differs",
    zh="文件摘要不符：应为 {expected}，实际 {actual}",
    en="file digest differs: {expected} expected, {actual} found",
)

# -- keys and shares -----------------------------------------------------------------------------
KEY_UNSUPPORTED = ReasonForm(
    "key.unsupported",
    zh="密钥类型不受支持：{what}（需要 RSA 2048 位以上、P-256 或 SM2）",
    en="unsupported key: {what} (RSA of 2048 bits or more, P-256 or SM2 is needed)",
)
SM2_NO_LIBRARY = ReasonForm(
    "sm2.no_library",
    zh="这台机器没有支持 SM2 的 libcrypto（OpenSSL 3.0 以上），不能使用国密证书；请安装 libssl3，或换用 RSA、P-256 证书",
    en="this machine has no libcrypto (OpenSSL 3.0 or later) with SM2, so SM2 certificates cannot be used; "
    "install libssl3, or use an RSA or P-256 certificate",
)
SM2_FAILED = ReasonForm(
    "sm2.failed",
    zh="SM2 运算没有完成（{what}）",
    en="the SM2 operation did not finish ({what})",
)
KEY_FILE_BAD = ReasonForm(
    "key.file_bad",
    zh="无法读取密钥文件：{why}",
    en="the key file cannot be read: {why}",
    kind=M,
)
KEY_NOT_OF_CERTIFICATE = ReasonForm(
    "key.not_of_certificate",
    zh="私钥与证书不匹配",
    en="the private key does not belong to the certificate",
)
WRAP_MISSING = ReasonForm(
    "envelope.wrap_missing",
    zh="信封中没有可用本密钥解开的内容密钥（{kind}）",
    en="the envelope has no content key wrapped for this kind of key ({kind})",
)
WRAP_BAD = ReasonForm(
    "envelope.wrap_bad",
    zh="用该密钥无法解开内容密钥或密钥分片",
    en="this key does not open the wrapped content key or key share",
)
CONTENT_KEY_WRONG = ReasonForm(
    "envelope.content_key_wrong",
    zh="内容密钥与信封中的密钥承诺不符",
    en="the content key does not match the envelope's key commitment",
)
CUSTODIANS_BAD = ReasonForm(
    "envelope.custodians_bad",
    zh="托管人设置不合格：{why}",
    en="the custodians are not acceptable: {why}",
)
NOT_A_CUSTODIAN = ReasonForm(
    "share.not_a_custodian",
    zh="该证书不是本信封的密钥托管人",
    en="this certificate is not a custodian of this envelope",
    kind=Kind.FORBIDDEN,
)
SHARE_UNKNOWN = ReasonForm(
    "share.unknown", zh="信封中没有第 {index} 号密钥分片", en="the envelope has no key share {index}"
)
SHARE_WRONG = ReasonForm(
    "share.wrong",
    zh="第 {index} 号密钥分片与信封头不符",
    en="key share {index} does not match the header",
)
SHARE_DUPLICATE = ReasonForm(
    "share.duplicate", zh="第 {index} 号密钥分片重复", en="key share {index} was given twice"
)
SHARES_TOO_FEW = ReasonForm(
    "share.too_few",
    zh="密钥分片不足：需要 {needed} 份，只有 {found} 份",
    en="too few key shares: {needed} needed, {found} given",
)
SPLIT_DISHONEST = ReasonForm(
    "share.split_dishonest",
    zh="各分片均与信封头相符，但合成的密钥与密钥承诺不符：制作信封时分片有误（投标人原因）",
    en="every share matches the header, yet the combined key does not match the key commitment: "
    "the envelope was made with a wrong split (the bidder's cause)",
)

# -- body and identity ---------------------------------------------------------------------------
CHUNK_DAMAGED = ReasonForm(
    "envelope.chunk_damaged",
    zh="第 {chunk} 块密文校验失败：已损坏、被改动或来自另一份文件",
    en="ciphertext chunk {chunk} fails authentication: damaged, altered or from another envelope",
)
CHUNK_REORDERED = ReasonForm(
    "envelope.chunk_reordered",
    zh="第 {chunk} 块位置上是第 {found} 块密文：顺序被改动",
    en="chunk {chunk} holds chunk {found}: reordered",
)
PADDING_BAD = ReasonForm(
    "envelope.padding_bad",
    zh="明文长度或填充不合格",
    en="plaintext length or padding is wrong",
)
SOURCE_SIZE = ReasonForm(
    "envelope.source_size",
    zh="待加密数据长度与声明不符：声明 {expected} 字节，读到 {actual} 字节",
    en="the source's length differs: {expected} bytes declared, {actual} read",
)
IDENTITY_COMMITMENT = ReasonForm(
    "identity.commitment_differs",
    zh="投标人身份材料与信封中的身份承诺不符",
    en="the identity does not match the envelope's identity commitment",
)
IDENTITY_OTHER_HEADER = ReasonForm(
    "identity.other_header",
    zh="身份签名不是对本信封作出的",
    en="the identity signature was made for another envelope",
)
IDENTITY_UNREADABLE = ReasonForm(
    "identity.unreadable",
    zh="无法用内容密钥解开信封内的身份材料",
    en="the sealed identity does not open with the content key",
)

# -- statements ----------------------------------------------------------------------------------
STATEMENT_SIGNATURE = ReasonForm("statement.signature_bad", zh="签名无效", en="the signature is not valid")
STATEMENT_PURPOSE = ReasonForm(
    "statement.purpose_differs",
    zh="签名声明的用途不符：应为 {expected}，实际 {found}",
    en="the statement's type differs: {expected} expected, {found} found",
)
STATEMENT_SIGNER = ReasonForm(
    "statement.signer_differs",
    zh="签名人不是预期的密钥持有人",
    en="the statement was signed by another key than expected",
)
STATEMENT_ALG = ReasonForm(
    "statement.alg_unsupported",
    zh="签名算法 {alg} 不受支持或与密钥类型不符",
    en="signature algorithm {alg} is not supported or does not fit the key",
)

# -- bundle --------------------------------------------------------------------------------------
BUNDLE_BAD = ReasonForm(
    "bundle.malformed", zh="投标文件包不合格：{why}", en="the bid bundle is malformed: {why}", kind=M
)
BUNDLE_NAME = ReasonForm(
    "bundle.hostile_name",
    zh="投标文件包内的文件名不允许：{name}（{why}）",
    en="file name {name} in the bundle is not allowed ({why})",
)
BUNDLE_COMPRESSED = ReasonForm(
    "bundle.compressed",
    zh="投标文件包内的「{name}」被压缩或加密，只允许原样存储",
    en="entry {name} is compressed or encrypted; only stored entries are allowed",
)
BUNDLE_LIMIT = ReasonForm(
    "bundle.over_limit",
    zh="投标文件包超出限制：{what} 为 {found}，上限 {limit}",
    en="the bundle is over a limit: {what} is {found}, at most {limit}",
)
BUNDLE_MISMATCH = ReasonForm(
    "bundle.mismatch",
    zh="「{name}」与清单不符：{why}",
    en="{name} does not match the manifest: {why}",
)
BUNDLE_MISSING = ReasonForm("bundle.missing", zh="投标文件包缺少「{name}」", en="the bundle lacks {name}")
SUMMARY_BAD = ReasonForm(
    "bid_summary.bad",
    zh="开标一览表不合格：{field}{why}",
    en="the bid summary is wrong: {field} {why}",
)
SUMMARY_SIGNATURE = ReasonForm(
    "bid_summary.signature_other",
    zh="开标一览表的签名对应另一份内容",
    en="the bid summary's signature covers other contents",
)

# -- receipts ------------------------------------------------------------------------------------
RECEIPT_ACT = ReasonForm(
    "receipt.act_differs",
    zh="回执所附的行为记录与回执内容不符：{field}",
    en="the act in the receipt differs from the receipt: {field}",
)
RECEIPT_PROOF = ReasonForm(
    "receipt.proof_bad",
    zh="存证证明无效：{why}",
    en="the log proof is not valid: {why}",
)
