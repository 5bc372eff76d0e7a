"""Talking to a platform or an issuer: JSON over HTTP, refusals as they come, network trouble as such."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

import click
import httpx

from bidtool.files import read_json, write_json
from kernel.canonical_json import parse
from kernel.errors import Kind, Reason, ReasonForm, Refused

F = TypeVar("F", bound=Callable[..., Any])
_LOOPBACK = ("127.0.0.1", "localhost", "::1", "testserver")
_KINDS = {
    400: Kind.MALFORMED,
    401: Kind.UNAUTHENTICATED,
    403: Kind.FORBIDDEN,
    404: Kind.NOT_FOUND,
    409: Kind.CONFLICT,
    422: Kind.INVALID,
}
MAX_ANSWER = 64 * 1024 * 1024

UNREACHABLE = ReasonForm(
    "remote.unreachable",
    zh="连接不上 {host}（{why}）。请检查网络后重试同一命令，已完成的部分不会丢失",
    en="{host} cannot be reached ({why}). Check the network and run the same command again; nothing done is lost",
    kind=Kind.BUSY,
)
BUSY = ReasonForm(
    "remote.busy", zh="{host} 暂时不能处理（HTTP {status}），请稍后重试同一命令",
    en="{host} cannot answer now (HTTP {status}); run the same command again later", kind=Kind.BUSY,
)  # fmt: skip
ODD_ANSWER = ReasonForm(
    "remote.odd_answer",
    zh="{host} 的答复不合格：{why}",
    en="{host} gave an unexpected answer: {why}",
    kind=Kind.BUSY,
)
BAD_SERVER = ReasonForm(
    "remote.bad_server", zh="服务器地址「{url}」不合格，应为 http(s)://主机", kind=Kind.MALFORMED,
    en="the server address {url} is wrong: http(s)://host expected",
)  # fmt: skip
NOT_GIVEN = ReasonForm(
    "remote.server_not_given", zh="请用 --server 或环境变量 BIDTOOL_SERVER 指定平台地址",
    en="name the platform with --server or BIDTOOL_SERVER", kind=Kind.MALFORMED,
)  # fmt: skip


class Server:
    """One server. ``cookies`` are the session's; ``retries`` counts repeats of what may be repeated."""

    def __init__(self, url: str, cookies: Mapping[str, str] | None = None, *, timeout: float = 60.0) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise Refused(BAD_SERVER(url=url))
        self.url = url.rstrip("/")
        self.host = parts.netloc
        self.plain = parts.scheme == "http" and parts.hostname not in _LOOPBACK
        self._http = httpx.Client(
            base_url=self.url, cookies=dict(cookies or {}), timeout=httpx.Timeout(timeout, connect=10.0)
        )

    @property
    def cookies(self) -> dict[str, str]:
        return {cookie.name: cookie.value or "" for cookie in self._http.cookies.jar}

    def get(self, path: str) -> dict[str, Any]:
        return self._object(self.send("GET", path, headers={"Accept": "application/json"}))

    def post(
        self, path: str, body: Any, *, key: str = "", headers: Mapping[str, str] | None = None
    ) -> dict[str, Any]:
        more = {"Accept": "application/json", **(headers or {})}
        if key:
            more["Idempotency-Key"] = key
        return self._object(self.send("POST", path, headers=more, json=body))

    def download(self, path: str, limit: int) -> bytes:
        """A body of at most ``limit`` bytes."""
        data = self.send("GET", path).content
        if len(data) > limit:
            raise Refused(ODD_ANSWER(host=self.host, why=f"> {limit} bytes"))
        return data

    def send(self, method: str, path: str, **more: Any) -> httpx.Response:
        """The successful response; everything else is ``Refused``."""
        try:
            response = self._http.request(method, path, **more)
        except httpx.HTTPError as error:
            raise Refused(UNREACHABLE(host=self.host, why=str(error) or type(error).__name__)) from error
        if response.is_success:
            return response
        raise self.refusal(response)

    def raw(self, method: str, path: str, **more: Any) -> httpx.Response:
        """The response whatever its status; network trouble is ``Refused``."""
        try:
            return self._http.request(method, path, **more)
        except httpx.HTTPError as error:
            raise Refused(UNREACHABLE(host=self.host, why=str(error) or type(error).__name__)) from error

    def refusal(self, response: httpx.Response) -> Refused:
        """A problem document as the refusal it is."""
        kind = _KINDS.get(response.status_code)
        reasons = tuple(_reasons(response, kind or Kind.BUSY))
        if reasons:
            return Refused(*reasons)
        if kind is None:
            return Refused(BUSY(host=self.host, status=response.status_code))
        return Refused(ODD_ANSWER(host=self.host, why=f"HTTP {response.status_code}"))

    def _object(self, response: httpx.Response) -> dict[str, Any]:
        if not response.content:
            return {}
        try:
            value = parse(response.content[:MAX_ANSWER])
        except Refused as refusal:
            raise Refused(ODD_ANSWER(host=self.host, why="not JSON")) from refusal
        if not isinstance(value, dict):
            raise Refused(ODD_ANSWER(host=self.host, why="not a JSON object"))
        return value


def _reasons(response: httpx.Response, kind: Kind) -> Iterator[Reason]:
    try:
        rows = parse(response.content[:MAX_ANSWER])["reasons"]
        for row in rows:
            yield Reason(
                code=str(row["code"]), zh=str(row["zh"]), en=str(row["en"]), kind=kind,
                law=str(row.get("law", "")), field=str(row.get("field", "")),
            )  # fmt: skip
    except (Refused, LookupError, TypeError, AttributeError):
        return


def again(work: Callable[[], Any], waits: tuple[float, ...] = (0.5, 1.0, 2.0, 4.0)) -> Any:
    """Repeat what may be repeated while the server is out of reach or busy."""
    for wait in waits:
        try:
            return work()
        except Refused as refusal:
            if refusal.kind is not Kind.BUSY:
                raise
            time.sleep(wait)
    return work()


# The session, kept between commands -----------------------------------------------------------------


def session_file(given: Path | None) -> Path:
    """``--session``, else ``$XDG_STATE_HOME/bidtool/session.json``."""
    if given is not None:
        return given
    home = os.environ.get("XDG_STATE_HOME") or str(Path.home() / ".local" / "state")
    return Path(home) / "bidtool" / "session.json"


def save_session(path: Path, server: Server) -> None:
    """The cookies of the signed-in session, readable by the owner only."""
    write_json(path, {"v": 1, "server": server.url, "cookies": server.cookies}, secret=True)


def connect(url: str, session: Path | None = None) -> Server:
    """The server of ``--server``, or the one signed in to; with the session's cookies when it is the same."""
    path = session_file(session)
    saved = read_json(path) if path.exists() else {}
    wanted = url or str(saved.get("server", ""))
    if not wanted:
        raise Refused(NOT_GIVEN())
    cookies = saved.get("cookies") if saved.get("server") == wanted.rstrip("/") else None
    return Server(wanted, cookies if isinstance(cookies, dict) else None)


def server_option(command: F) -> F:
    return click.option(
        "--server", "server_url", default="", envvar="BIDTOOL_SERVER", metavar="URL",
        help="平台地址（或环境变量 BIDTOOL_SERVER） / the platform",
    )(command)  # fmt: skip


def session_option(command: F) -> F:
    return click.option(
        "--session", type=click.Path(path_type=Path, dir_okay=False), help="登录会话文件 / session file"
    )(command)
