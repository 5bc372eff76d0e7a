#!/usr/bin/env bash
# 质量关口：全部做完再说哪些没过。 Quality gates: all are run, then it says which failed.
set -uo pipefail
cd "$(dirname "$0")/.."
bin=.venv/bin
failed=()

gate() {
  local name=$1
  shift
  local out
  if out=$("$@" 2>&1); then
    printf '  通过  %s\n' "$name"
  else
    printf '  未过  %s\n%s\n' "$name" "$out"
    failed+=("$name")
  fi
}

typed() {
  local packages=(-p kernel -p sealing -p journal)
  for rules in */rules; do
    [ -f "$rules/__init__.py" ] && packages+=(-p "${rules/\//.}")
  done
  "$bin/mypy" "${packages[@]}"
}

modules() {
  command -v node >/dev/null 2>&1 || { echo "没有 node：apt-get install nodejs"; return 1; }
  local bad=0
  while IFS= read -r -d '' module; do
    # From standard input, so that a file named .js is read as a module.
    node --check --input-type=module - <"$module" 2>/tmp/node-check.$$ || { echo "$module"; cat /tmp/node-check.$$; bad=1; }
  done < <(find . -path ./.venv -prune -o -path ./var -prune -o -path ./node_modules -prune -o -name '*.js' -path '*/static/*' -print0)
  rm -f /tmp/node-check.$$
  return $bad
}

gate "ruff check" "$bin/ruff" check .
gate "ruff format" "$bin/ruff" format --check .
gate "mypy strict：kernel sealing journal */rules" typed
gate "import-linter：楼层" "$bin/lint-imports"
gate "messages：每条拒绝都有中英文，每个状态都有名称" "$bin/python" -m pytest -q -p no:cacheprovider tests/test_house.py -k "both_languages or table_of_words or has_a_word or chinese_name"
gate "migrations" "$bin/python" manage.py makemigrations --check --dry-run
gate "Django checks" "$bin/python" manage.py check --fail-level ERROR
gate "ES modules：node --check" modules

if [ ${#failed[@]} -gt 0 ]; then
  printf '未通过（failed）：%s\n' "${failed[*]}"
  exit 1
fi
