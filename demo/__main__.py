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
    parser.add_argument(
        "--until", type=_chapter, default=len(story.CHAPTERS), metavar="CHAPTER",
        help=f"run 到哪一章为止（序号或名称：{'、'.join(name for name, _, _ in story.CHAPTERS)}），世界停在半途，可以 serve",
    )  # fmt: skip
    options = parser.parse_args()
    if options.what == "serve":
        return serve.serve(options.home, options.port)
    return story.run(options.home, options.until)


def _chapter(word: str) -> int:
    try:
        return story.count(word)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"没有这一章：{word}") from error


if __name__ == "__main__":
    sys.exit(main())
