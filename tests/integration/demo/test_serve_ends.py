"""``python -m demo serve`` that is told to stop takes its servers with it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

from demo.processes import ROOT

WAITING = """
import signal, sys
from pathlib import Path
from demo import serve, stage
class Processes:
    def run(self, *command): pass
    def stop(self): print("stopped", flush=True)
class Stage:
    base, processes = "http://127.0.0.1:1", Processes()
    def say(self, words): pass
    def person(self, key): return Path("/nowhere")
stage.reopen = lambda *given: Stage()
stage.start_authorities = stage.start_platform = stage.start_issuer = serve.houses.start = lambda stage: None
serve._tell = lambda stage: print("ready", flush=True)
home = Path(sys.argv[1]); (home / stage.STATE).write_text("{}")
sys.exit(serve.serve(home, 1))
"""


def test_a_termination_stops_what_was_started(tmp_path: object) -> None:
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    served = subprocess.Popen(
        [sys.executable, "-c", WAITING, str(tmp_path)], cwd=ROOT, env=env, stdout=subprocess.PIPE, text=True
    )
    assert served.stdout is not None
    assert served.stdout.readline() == "ready\n"
    time.sleep(0.5)
    served.send_signal(signal.SIGTERM)
    said, _ = served.communicate(timeout=20)
    assert (said, served.returncode) == ("stopped\n", 0)
