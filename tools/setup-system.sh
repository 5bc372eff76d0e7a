#!/usr/bin/env bash
# Debian 系统软件包：已有的跳过，缺的说明用途后安装；不能安装时说清楚要运行什么、什么不能用。
# Debian packages: skips what is there, says what it installs and why; if it may not, says what to run
# and what will not work. Exit 0: all there. 3: something is missing (1 if REQUIRE_SERVICES=1).
set -uo pipefail

# package | how to see that it is there | why / what does not work without it
PACKAGES=(
  "fonts-arphic-uming|file:uming.ttc|PDF 正文宋体；没有它不能生成任何 PDF 文件"
  "fonts-arphic-ukai|file:ukai.ttc|PDF 楷体（签名、三级标题）；没有它不能生成任何 PDF 文件"
  "fonts-wqy-zenhei|file:wqy-zenhei.ttc|PDF 标题黑体；没有它不能生成任何 PDF 文件"
  "fonts-lxgw-wenkai|file:LXGWWenKai-Regular.ttf|生僻字备用字体；没有它，含这些字的文件会被拒绝生成"
  "fonts-hanazono|file:HanaMinA.ttf|GB 18030 生僻字备用字体；没有它，含这些字的文件会被拒绝生成"
  "fonts-noto-cjk|file:NotoSansCJK-Regular.ttc|浏览器截图里的中文；没有它，截图里是方框"
  "chromium|cmd:chromium|浏览器测试与截图；没有它，tests/browser 不能运行"
  "chromium-driver|cmd:chromedriver|Chromium 的驱动程序，与其版本相同"
  "poppler-utils|cmd:pdfsig|把 PDF 变成图片来看，并用另一个实现核验 PDF 签名；没有它，看不了页面截图，这些测试不能运行"
  "libnss3-tools|cmd:certutil|给 pdfsig 准备信任的根证书；没有它，PDF 签名的交叉核验测试不能运行"
  "softhsm2|cmd:softhsm2-util|软件密码机，硬件密钥的测试用；没有它，这些测试不能运行"
  "openssl|cmd:openssl|测试用它另算一遍（SM2、OCSP、时间戳、CMS）；它的 libcrypto 做 SM2"
  "nodejs|cmd:node|make check 里检查 ES 模块的语法；没有它，这一项不能运行"
)

font_there() {
  [ -n "$(find /usr/share/fonts /usr/local/share/fonts -name "$1" -print -quit 2>/dev/null)" ]
}

there() {
  case "$1" in
    file:*) font_there "${1#file:}" ;;
    cmd:*) command -v "${1#cmd:}" >/dev/null 2>&1 ;;
    venv) python3 -c 'import ensurepip, venv' >/dev/null 2>&1 ;;
  esac
}

missing=()
reasons=()
for row in "${PACKAGES[@]}" "python3-venv|venv|Python 虚拟环境；没有它，什么都不能安装"; do
  IFS='|' read -r package probe why <<<"$row"
  if ! there "$probe"; then
    missing+=("$package")
    reasons+=("$why")
  fi
done

if [ ${#missing[@]} -eq 0 ]; then
  echo "系统软件包齐全（system packages: all there）"
  exit 0
fi

say_missing() {
  for i in "${!missing[@]}"; do
    printf '  %-20s %s\n' "${missing[$i]}" "${reasons[$i]}"
  done
}

as_root=()
if [ "$(id -u)" -ne 0 ]; then
  if sudo -n true >/dev/null 2>&1; then as_root=(sudo -n env DEBIAN_FRONTEND=noninteractive); else as_root=(none); fi
fi

give_up() {
  echo "没有安装（not installed）：$1"
  say_missing
  echo "请由管理员运行（please have an administrator run）："
  echo "  apt-get update && apt-get install -y --no-install-recommends ${missing[*]}"
  echo "其余部分照常可用。（Everything else works without them.）"
  [ "${REQUIRE_SERVICES:-0}" = 1 ] && exit 1
  exit 3
}

command -v apt-get >/dev/null 2>&1 || give_up "这里不是 Debian 系统，请安装对应的软件包 / not a Debian system"
[ "${as_root[*]:-}" = none ] && give_up "不是 root，也没有免密码的 sudo / neither root nor passwordless sudo"

echo "安装系统软件包（installing system packages）："
say_missing
export DEBIAN_FRONTEND=noninteractive
log=$(mktemp)
install() {
  ${as_root[@]+"${as_root[@]}"} apt-get install -y --no-install-recommends "${missing[@]}" >"$log" 2>&1
}
if ! install; then
  ${as_root[@]+"${as_root[@]}"} apt-get update >"$log" 2>&1 && install
fi || {
  tail -n 5 "$log"
  give_up "apt-get 没有成功，全部输出在 $log / apt-get failed"
}
rm -f "$log"
echo "已安装（installed）：${missing[*]}"
