"""A page of another port, host or scheme may not open a socket with the visitor's cookies."""

import pytest

from portal.origins import may_connect


@pytest.mark.parametrize(
    ("origin", "host", "allowed"),
    [
        ("https://127.0.0.1:8443", "127.0.0.1:8443", True),
        ("http://127.0.0.1:8443", "127.0.0.1:8443", False),
        ("https://localhost:8443", "127.0.0.1:8443", False),
        ("https://ggzy.example.gov.cn", "10.0.0.7:8000", True),
        ("http://ggzy.example.gov.cn", "10.0.0.7:8000", False),
        ("https://ggzy.example.gov.cn:8443", "ggzy.example.gov.cn", False),
        ("https://evil.example", "evil.example", False),
        ("https://ggzy.example.gov.cn.evil.example", "127.0.0.1:8100", False),
        ("null", "127.0.0.1:8100", False),
        ("", "127.0.0.1:8100", False),
        ("http://127.0.0.1:99999", "127.0.0.1:8100", False),
        ("file://127.0.0.1:8100", "127.0.0.1:8100", False),
        ("http://[::1", "127.0.0.1:8100", False),
    ],
)
def test_who_may_connect(settings, origin: str, host: str, allowed: bool) -> None:
    settings.PUBLIC_URL = "https://ggzy.example.gov.cn"
    settings.ALLOWED_HOSTS = ["127.0.0.1", "localhost", "ggzy.example.gov.cn"]
    assert may_connect(origin, host) is allowed


def test_without_a_public_address_the_very_host_and_port(settings) -> None:
    settings.PUBLIC_URL = "http://127.0.0.1:8000"
    settings.ALLOWED_HOSTS = ["127.0.0.1"]
    assert may_connect("http://127.0.0.1:8100", "127.0.0.1:8100")
    assert not may_connect("http://127.0.0.1:9999", "127.0.0.1:8100")
