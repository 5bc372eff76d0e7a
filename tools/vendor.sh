#!/usr/bin/env bash
# 把 package.json 所列的第三方 ES 模块原样复制到 static（页面不从别的主机取任何东西）。
# Copies the pages' npm modules, unchanged, into static; run after changing package.json. 不打包：它们本就是 ES 模块。
set -euo pipefail
cd "$(dirname "$0")/.."
npm ci --ignore-scripts --no-audit --no-fund
vendor=portal/static/portal/js/vendor

# copy PACKAGE FOLDER FILE…
copy() {
  local from=node_modules/$1 to=$vendor/$2
  shift 2
  rm -rf "$to" && mkdir -p "$to"
  for file in "$@"; do cp "$from/$file" "$to/"; done
  # Without the source maps, to which static files would have to refer.
  sed -i '/^\/\/# sourceMappingURL=/d' "$to"/*.js
}

copy @noble/hashes noble-hashes LICENSE sha2.js legacy.js hmac.js _md.js _u64.js utils.js
# Not an ES module: it puts itself on window, and is loaded only when a key file needs 3DES or RC2.
copy node-forge node-forge LICENSE dist/forge.min.js
