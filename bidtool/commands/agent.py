"""``bidtool agent``: lets the platform's pages use the token or key file of this computer, asking each time."""

from __future__ import annotations

import os
import sys

import click

from bidtool.agent import origins
from bidtool.agent.asking import AlwaysYes, Asking, Terminal
from bidtool.agent.desk import Desk
from bidtool.agent.pairing import Pairing
from bidtool.agent.refusals import IN_USE, NO_TERMINAL, NOT_A_TEST
from bidtool.agent.server import AgentServer
from bidtool.bidding.names import bidder_of
from bidtool.keys import KeyOptions, key_options
from bidtool.output import Output, json_option, output_of
from kernel.errors import Refused

TEST_ENVIRONMENT = "BIDTOOL_AGENT_YES_FOR_TESTS"


@click.command()
@click.option(
    "--listen",
    default="127.0.0.1:17710",
    show_default=True,
    metavar="127.0.0.1:PORT",
    help="只在本机监听 / loopback only",
)
@click.option(
    "--allow-origin",
    "allowed",
    multiple=True,
    metavar="URL",
    help="允许使用密钥的平台网址，可写多个 / whose pages may ask",
)
@click.option("--yes-for-tests", is_flag=True, hidden=True)
@key_options
@json_option
@click.pass_context
def agent(
    ctx: click.Context, keys: KeyOptions, listen: str, allowed: tuple[str, ...], yes_for_tests: bool
) -> None:
    """让平台网页使用本机的 U 盾或密钥文件；每次签名、解密都在终端里问您。

    \b
    Lets a platform's pages use this computer's token or key file; asks here each time.
    """
    output = output_of(ctx)
    address, pages = origins.listening(listen), origins.allowed(allowed)
    _may_run(yes_for_tests)
    signer = keys.signer()
    holder = bidder_of(signer.chain[0])["name"]
    asking: Asking = AlwaysYes() if yes_for_tests else Terminal()
    codes: list[str] = []
    pairing = Pairing(codes.append)
    try:
        server = AgentServer(address, Desk(signer, pairing, asking), pages)
    except OSError as error:
        raise Refused(IN_USE(listen=listen, why=error.strerror or str(error))) from error
    port = server.server_address[1]
    pairing.shown_by(lambda code: asking.say(f"下一个网页的连接码：{port}-{code}"))
    _announce(output, holder, pages, f"{address[0]}:{port}", f"{port}-{codes[0]}", asking)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        asking.say("\n已停止。网页不能再使用您的密钥。")
    finally:
        server.server_close()


def _may_run(yes_for_tests: bool) -> None:
    if yes_for_tests and os.environ.get(TEST_ENVIRONMENT) != "1":
        raise Refused(NOT_A_TEST(name=TEST_ENVIRONMENT))
    if not yes_for_tests and not sys.stdin.isatty():
        raise Refused(NO_TERMINAL())


def _announce(
    output: Output, holder: str, pages: frozenset[str], address: str, code: str, asking: Asking
) -> None:
    asking.say(f"密钥持有人：{holder}")
    asking.say(f"只接受这些网页的请求：{'、'.join(sorted(pages))}（按 Ctrl+C 停止）")
    asking.say(f"连接码：{code}")
    asking.say("请在网页里选「U 盾、密码钥匙」，把连接码填进去。不要告诉别人。")
    output.result({"ok": True, "listen": address, "code": code, "holder": holder, "origins": sorted(pages)})
    sys.stdout.flush()
