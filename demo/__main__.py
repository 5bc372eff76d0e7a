"""``python -m demo [run|serve]``: run the demo's tender, or serve the world it left."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from demo import serve, story
from demo.processes import ROOT


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m demo", description="明堂演示")
    parser.add_argument("what", nargs="?", choices=("run", "serve"), default="run")
    parser.add_argument("--home", type=Path, default=ROOT / "var" / "demo", help="输出目录（会先清空）")
    parser.add_argument("--port", type=int, default=8000, help="serve 的端口")
    options = parser.parse_args()
    return story.run(options.home) if options.what == "run" else serve.serve(options.home, options.port)


if __name__ == "__main__":
    sys.exit(main())
