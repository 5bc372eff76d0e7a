#!/usr/bin/env bash
# 把 package.json 所列的第三方 ES 模块原样复制到 static（页面不从别的主机取任何东西）。
# Copies the pages' npm modules, unchanged, into static; run after changing package.json. 不打包：它们本就是 ES 模块。
set -euo pipefail
cd "$(dirname "$0")/.."
npm ci --ignore-scripts --no-audit --no-fund
from=node_modules/@noble/hashes to=trading/static/trading/js/vendor/noble-hashes
mkdir -p "$to"
for file in LICENSE sha2.js _md.js _u64.js utils.js; do cp "$from/$file" "$to/$file"; done
# Without the source maps, to which static files would have to refer.
sed -i '/^\/\/# sourceMappingURL=/d' "$to"/*.js
