#!/usr/bin/env bash
# 持续集成：关口与全部测试，一个都不许跳过。 Gates and all tests; none may be skipped.
set -uo pipefail
cd "$(git -C "$(dirname "$0")" rev-parse --show-toplevel)"
export REQUIRE_SERVICES=1

# PostgreSQL and Redis as Debian starts them, if they are installed but not running.
if [ "$(id -u)" -eq 0 ] && command -v service >/dev/null 2>&1; then
  command -v pg_isready >/dev/null 2>&1 && ! pg_isready -q && service postgresql start
  command -v redis-cli >/dev/null 2>&1 && ! redis-cli ping >/dev/null 2>&1 && service redis-server start
fi

make setup || exit 1
make check
gates=$?

log=$(mktemp)
trap 'rm -f "$log"' EXIT
make test 2>&1 | tee "$log"
tests=${PIPESTATUS[0]}
closing=$(grep -E '^=* ?[0-9]+ (passed|failed|error|skipped|deselected).* in [0-9.]+s' "$log" | tail -n 1)

status=0
[ "$gates" -eq 0 ] || { echo "make check 没有通过"; status=1; }
[ "$tests" -eq 0 ] || { echo "make test 没有通过"; status=1; }
[ -n "$closing" ] || { echo "没有运行任何测试"; status=1; }
case "$closing" in *skipped*) echo "有测试被跳过，见上面的 SKIPPED 行"; status=1 ;; esac
echo "$closing"
exit "$status"
