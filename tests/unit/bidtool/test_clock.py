"""The deadline as whoever submits is told it: by the platform's clock, with the measured offset."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from bidtool.bidding import clock
from bidtool.remote import Server
from kernel.clock import iso


@pytest.fixture
def ahead(request: pytest.FixtureRequest) -> Iterator[Server]:
    """A platform whose clock is so many seconds ahead of ours; its first answer takes its time."""
    slow = [0.3]

    class Time(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            now = datetime.now(UTC) + timedelta(seconds=request.param)
            time.sleep(slow.pop() if slow else 0)
            body = json.dumps({"now": iso(now)}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *words: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Time)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield Server(f"http://127.0.0.1:{server.server_port}")
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("ahead", [0.0, 41.5, -3600.0], indirect=True)
def test_the_offset_is_that_of_the_quickest_answer(ahead: Server, request: pytest.FixtureRequest) -> None:
    found = clock.measure(ahead)
    wanted = request.node.callspec.params["ahead"]
    assert abs(found.ahead - wanted) <= found.error < 0.15
    assert ("慢" in found.words(), "快" in found.words()) == (wanted > 0, wanted < 0)


@pytest.mark.parametrize("ahead", [7200.0], indirect=True)
def test_what_is_left_is_counted_by_the_platform(ahead: Server) -> None:
    """By our own clock there would still be an hour."""
    deadline = datetime.now(UTC) + timedelta(hours=1)
    assert "已过" in clock.before_the_deadline(ahead, {"submission_deadline": iso(deadline)})
    later = deadline + timedelta(hours=1, minutes=30, seconds=5)
    assert "还有 0 小时 30 分" in clock.before_the_deadline(ahead, {"submission_deadline": iso(later)})
    assert clock.before_the_deadline(ahead, {}) == ""
