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

# sm-crypto-v2 (SM2, SM3, SM4) with the parts of noble's first line that it builds on. Only the names that modules are
# imported by are changed: a page has no node_modules.
declare -A noble=([curves]=node_modules/@noble/curves [ciphers]=node_modules/@noble/ciphers
  [hashes]=node_modules/sm-crypto-v2/node_modules/@noble/hashes)
rm -rf "$vendor/sm-crypto" && mkdir -p "$vendor/sm-crypto"
cp node_modules/sm-crypto-v2/LICENCE_MIT "$vendor/sm-crypto/LICENSE"
cp node_modules/sm-crypto-v2/dist/index.mjs "$vendor/sm-crypto/index.js"
for part in curves/{utils,abstract/utils,abstract/weierstrass,abstract/modular,abstract/curve} hashes/{utils,hmac,hkdf,crypto} ciphers/{utils,_polyval}; do
  package=${part%%/*}
  mkdir -p "$(dirname "$vendor/sm-crypto/$part")"
  cp "${noble[$package]}/esm/${part#*/}.js" "$vendor/sm-crypto/$part.js"
  cp "${noble[$package]}/LICENSE" "$vendor/sm-crypto/$package/LICENSE"
done
sed -i '/^\/\/# sourceMappingURL=/d' "$vendor"/sm-crypto/{,*/,curves/abstract/}*.js
sed -i -E 's#(from ["'"'"'])@noble/([a-z]+)/([a-z_/]+)(\.js)?(["'"'"'])#\1./\2/\3.js\5#' "$vendor/sm-crypto/index.js"
sed -i -E 's#(from ["'"'"'])@noble/([a-z]+)/([a-z_/]+)(\.js)?(["'"'"'])#\1../../\2/\3.js\5#' "$vendor"/sm-crypto/curves/abstract/*.js
sed -i -E 's#(from ["'"'"'])@noble/([a-z]+)/([a-z_/]+)(\.js)?(["'"'"'])#\1../\2/\3.js\5#' "$vendor"/sm-crypto/{curves,hashes,ciphers}/*.js
# Not an ES module: it puts itself on window, and is loaded only when a key file needs 3DES or RC2.
copy node-forge node-forge LICENSE dist/forge.min.js
