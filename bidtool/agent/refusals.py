"""What the agent refuses, in both languages."""

from __future__ import annotations

from kernel.errors import Kind, ReasonForm

NOT_LOOPBACK = ReasonForm(
    "agent.not_loopback", zh="只能在本机监听：--listen 127.0.0.1:端口，而不是「{listen}」", kind=Kind.MALFORMED,
    en="the agent listens on this computer only: --listen 127.0.0.1:PORT, not {listen}",
)  # fmt: skip
IN_USE = ReasonForm(
    "agent.port_in_use",
    zh="端口 {listen} 打不开：{why}",
    en="cannot listen on {listen}: {why}",
    kind=Kind.CONFLICT,
)
NO_ORIGIN = ReasonForm(
    "agent.no_origin", zh="请用 --allow-origin 写明允许使用密钥的平台网址，例如 https://ggzy.example.cn", kind=Kind.MALFORMED,
    en="say with --allow-origin which platform's pages may use the key, for example https://ggzy.example.cn",
)  # fmt: skip
BAD_ORIGIN = ReasonForm(
    "agent.bad_origin", zh="「{origin}」不是网址：应为 https://主机[:端口]（本机可用 http），不带路径，不能用通配符", kind=Kind.MALFORMED,
    en="{origin} is no origin: https://host[:port] (http for this computer), no path, no wildcard",
)  # fmt: skip
NO_TERMINAL = ReasonForm(
    "agent.no_terminal", zh="代理要在终端里运行，每次使用密钥都会在终端里问您", kind=Kind.MALFORMED,
    en="the agent runs in a terminal: it asks there each time before the key is used",
)  # fmt: skip
NOT_A_TEST = ReasonForm(
    "agent.not_a_test", zh="--yes-for-tests 只在环境变量 {name}=1 时可用：它使任何已配对的网页不经询问就能用您的密钥", kind=Kind.FORBIDDEN,
    en="--yes-for-tests works only with {name}=1 in the environment: it lets any paired page use your key unasked",
)  # fmt: skip
FOREIGN_ORIGIN = ReasonForm(
    "agent.foreign_origin", zh="网页 {origin} 不在允许的名单里", en="the page {origin} is not on the agent's list",
    kind=Kind.FORBIDDEN,
)  # fmt: skip
FOREIGN_HOST = ReasonForm(
    "agent.foreign_host",
    zh="请求的主机名不是本机：{host}",
    en="the request names another host: {host}",
    kind=Kind.FORBIDDEN,
)
NOT_PAIRED = ReasonForm(
    "agent.not_paired", zh="这个网页还没有连接：请输入终端里显示的连接码", kind=Kind.UNAUTHENTICATED,
    en="this page is not paired: type the code that the terminal shows",
)  # fmt: skip
WRONG_CODE = ReasonForm(
    "agent.wrong_code", zh="连接码不对。请照终端里最新的一个输入", kind=Kind.UNAUTHENTICATED,
    en="the pairing code is wrong; type the latest one from the terminal",
)  # fmt: skip
UNKNOWN_REQUEST = ReasonForm(
    "agent.unknown_request",
    zh="代理没有这个功能：{what}",
    en="the agent has no such request: {what}",
    kind=Kind.NOT_FOUND,
)
BAD_BODY = ReasonForm(
    "agent.bad_body", zh="请求不合格：{why}", en="the request is wrong: {why}", kind=Kind.MALFORMED
)
UNKNOWN_PURPOSE = ReasonForm(
    "agent.unknown_purpose", zh="不认识的声明类型「{type}」，代理不签", en="the agent does not sign the unknown type {type}",
    kind=Kind.INVALID,
)  # fmt: skip
TOO_LONG = ReasonForm(
    "agent.too_long", zh="要签的内容超过 {most} 行，终端里看不全，代理不签；请用 bidtool sign", kind=Kind.INVALID,
    en="more than {most} lines cannot be looked at in a terminal; use bidtool sign",
)  # fmt: skip
OTHER_PLATFORM = ReasonForm(
    "agent.other_platform", zh="登录声明属于「{found}」，而请求来自「{origin}」；可能有人冒充平台，不签", kind=Kind.FORBIDDEN,
    en="the login is for {found}, but {origin} asks for it: somebody may impersonate the platform",
)  # fmt: skip
DECLINED = ReasonForm(
    "agent.declined", zh="您在终端里没有同意", en="the holder said no in the terminal", kind=Kind.FORBIDDEN
)
BUSY = ReasonForm(
    "agent.busy",
    zh="终端里还有一个问题没有回答，请先回答",
    en="another question waits in the terminal",
    kind=Kind.BUSY,
)
