"""Every refusal of the certificate rules, in one catalogue."""

from __future__ import annotations

from kernel.errors import Kind, ReasonForm

_SIGN_LAW = "电子签名法第十三条"

MALFORMED = ReasonForm(
    "certificate.malformed",
    zh="{what}无法解析：{why}",
    en="{what} cannot be parsed: {why}",
    kind=Kind.MALFORMED,
)
TOO_LARGE = ReasonForm(
    "certificate.too_large",
    zh="{what}过大（{size} 字节，上限 {limit} 字节）",
    en="{what} is too large ({size} bytes, limit {limit})",
    kind=Kind.MALFORMED,
)
TOO_COMPLEX = ReasonForm(
    "certificate.too_complex",
    zh="证书链过于复杂，超过 {limit} 的上限，已停止验证",
    en="the chain is too complex: stopped at the limit of {limit}",
    kind=Kind.MALFORMED,
)
NO_PATH = ReasonForm(
    "certificate.no_path",
    zh="证书「{subject}」（签发者：{issuer}）不能追溯到信任列表中的任何电子认证服务机构",
    en="no path leads from certificate {subject!r} (issuer {issuer!r}) to a recognized authority",
    law="电子签名法第十六条",
)
NOT_YET_VALID = ReasonForm(
    "certificate.not_yet_valid",
    zh="证书「{subject}」自 {start} 起才有效，验证时间为 {at}",
    en="certificate {subject!r} is valid only from {start}; checked at {at}",
    law=_SIGN_LAW,
)
EXPIRED = ReasonForm(
    "certificate.expired",
    zh="证书「{subject}」已于 {end} 到期，验证时间为 {at}。请更新证书。",
    en="certificate {subject!r} expired on {end}; checked at {at}. Please renew it.",
    law=_SIGN_LAW,
)
BAD_SIGNATURE = ReasonForm(
    "certificate.bad_signature",
    zh="证书「{subject}」上「{issuer}」的签名不正确",
    en="the signature of {issuer!r} on certificate {subject!r} is wrong",
)
NOT_A_CA = ReasonForm(
    "certificate.not_a_ca",
    zh="「{subject}」不是签发证书的机构证书（basicConstraints / keyUsage 不允许）",
    en="{subject!r} may not issue certificates (basicConstraints / keyUsage)",
)
PATH_LENGTH = ReasonForm(
    "certificate.path_length",
    zh="「{subject}」不允许其下有这么多级机构（{why}）",
    en="{subject!r} does not allow so many authorities below it ({why})",
)
CRITICAL_EXTENSION = ReasonForm(
    "certificate.critical_extension",
    zh="证书「{subject}」带有本平台不能处理的约束扩展（{why}）",
    en="certificate {subject!r} has a constraining extension this platform does not process ({why})",
)
NAME_CONSTRAINTS = ReasonForm(
    "certificate.name_constraints",
    zh="证书「{subject}」的名称超出了签发机构的名称约束（{why}）",
    en="the names of certificate {subject!r} are outside its authorities' name constraints ({why})",
    law=_SIGN_LAW,
)
POLICY = ReasonForm(
    "certificate.policy",
    zh="证书「{subject}」的证书策略不符合签发机构的要求（{why}）",
    en="the policies of certificate {subject!r} do not meet its authorities' ({why})",
    law=_SIGN_LAW,
)
WEAK_ALGORITHM = ReasonForm(
    "certificate.weak_algorithm",
    zh="证书「{subject}」使用的算法不符合安全要求：RSA 不低于 2048 位，不得使用 SHA-1 和 DSA（{why}）",
    en="certificate {subject!r} uses an algorithm that is not acceptable: RSA ≥ 2048, no SHA-1, no DSA ({why})",
)
WRONG_USAGE = ReasonForm(
    "certificate.wrong_usage",
    zh="证书「{subject}」是{usage}，不能用于{purpose}",
    en="certificate {subject!r} is for {usage}; it cannot be used to {purpose}",
)
WITHDRAWN_AUTHORITY = ReasonForm(
    "certificate.authority_withdrawn",
    zh="「{authority}」已于 {since} 退出信任列表（{why}），其证书不再被接受",
    en="{authority} was withdrawn from the trust list on {since} ({why}); its certificates are not accepted",
)
AUTHORITY_NOT_YET = ReasonForm(
    "certificate.authority_not_yet",
    zh="「{authority}」自 {since} 起才列入信任列表",
    en="{authority} is on the trust list only from {since}",
)
NO_CREDIT_CODE = ReasonForm(
    "certificate.no_credit_code",
    zh="按「{authority}」的证书规范，在证书「{subject}」中没有找到合格的统一社会信用代码",
    en="no right unified social credit code in certificate {subject!r} where {authority} puts it",
)
REVOKED = ReasonForm(
    "certificate.revoked",
    zh="此证书由「{authority}」签发，已于 {when}吊销（{why}），不能用于{purpose}。请使用其他证书。",
    en="this certificate of {authority} was revoked on {when} ({why}): it cannot be used to {purpose}. "
    "Please use another certificate.",
    law="电子签名法第十五条",
)
UNDECIDED = ReasonForm(
    "certificate.revocation_undecided",
    zh="无法确认证书「{subject}」是否已被吊销：{why}",
    en="whether certificate {subject!r} is revoked cannot be decided: {why}",
    kind=Kind.BUSY,
)
OCSP_FAILED = ReasonForm(
    "revocation.ocsp_failed",
    zh="OCSP 服务未能作答：{why}",
    en="the OCSP service gave no answer: {why}",
    kind=Kind.BUSY,
)
TRUST_LIST_MALFORMED = ReasonForm(
    "trust_list.malformed",
    zh="信任列表不合格：{why}",
    en="the trust list is not acceptable: {why}",
    kind=Kind.MALFORMED,
)
TRUST_LIST_PUBLISHER = ReasonForm(
    "trust_list.unknown_publisher",
    zh="信任列表的签发者（证书指纹 {fingerprint}）不是本平台认可的发布机构",
    en="the trust list's signer (certificate {fingerprint}) is not an accepted publisher",
    kind=Kind.FORBIDDEN,
)
TRUST_LIST_STALE = ReasonForm(
    "trust_list.not_in_force",
    zh="没有在 {at} 生效的信任列表",
    en="no trust list is in force at {at}",
)
OLDER = ReasonForm(
    "trust_list.not_newer",
    zh="已导入第 {known} 版信任列表，第 {version} 版不能再导入",
    en="trust list version {known} is already imported; version {version} cannot follow it",
    kind=Kind.CONFLICT,
)
BACKDATED = ReasonForm(
    "trust_list.backdated",
    zh="新的信任列表不能早于第 {known} 版（{since} 起生效）签发或生效，否则会改变已经作出的验证",
    en="a newer trust list may not be issued or take effect before version {known} ({since}): verdicts already "
    "given would change",
    kind=Kind.CONFLICT,
)
RECOGNITION_OLDER = ReasonForm(
    "trust_list.recognition_older",
    zh="「{publisher}」的列表已按第 {known} 版互认，不能退回第 {version} 版",
    en="the list of {publisher} is recognized in version {known}; version {version} would be a step back",
    kind=Kind.CONFLICT,
)
ID_TAKEN = ReasonForm(
    "trust_list.id_taken",
    zh="机构编号「{id}」已属于另一家机构，不能互认「{name}」",
    en="the id {id!r} belongs to another authority: {name} cannot be recognized under it",
    kind=Kind.CONFLICT,
)
