#!/usr/bin/env bash
# Python 虚拟环境 .venv：按 requirements-dev.txt 安装，每个文件核对摘要。
# The virtual environment: exactly requirements-dev.txt, every file checked against its hash.
set -euo pipefail
cd "$(dirname "$0")/.."

python=${PYTHON:-}
for candidate in $python python3.13 python3.12 python3.11 python3; do
  if command -v "$candidate" >/dev/null 2>&1 &&
    "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then
    found=$candidate
    break
  fi
done
if [ -z "${found:-}" ]; then
  echo "需要 Python 3.11 或更高版本；用 PYTHON=… 指明（Python 3.11 or newer is needed; say which with PYTHON=…）"
  exit 1
fi

if [ -x .venv/bin/python ] && ! .venv/bin/python -c 'import pip' >/dev/null 2>&1; then
  echo "环境 .venv 不完整，重新建立（incomplete, made anew）"
  rm -rf .venv
fi
[ -x .venv/bin/python ] || { echo "建立 .venv（$("$found" --version)）"; "$found" -m venv .venv; }

stamp=.venv/.requirements.sha256
want=$({ cat requirements-dev.txt; .venv/bin/python --version; } | sha256sum | cut -d' ' -f1)
if [ "$(cat "$stamp" 2>/dev/null)" = "$want" ]; then
  echo "Python 软件包齐全（Python packages: all there）"
  exit 0
fi
echo "安装 Python 软件包：requirements-dev.txt 中 $(grep -c '==' requirements-dev.txt) 个，逐个核对摘要…"
.venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
echo "$want" >"$stamp"
