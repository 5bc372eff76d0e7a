// Checks a bid receipt in the page; nothing is uploaded. <section data-receipt-check> with
// {% file_drop "receipt" … local=True %}, {% file_drop "envelope" … local=True %}, <ul data-checks role="status">.
// Signatures are not checked here: the last line says so and names the command that does.

import { badge } from "./display.js";

const LIMIT = 1 << 30; // WebCrypto hashes a whole buffer at once

const hex = (bytes) => Array.from(bytes, (b) => b.toString(16).padStart(2, "0")).join("");
const sha256 = async (bytes) => new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
const base64 = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));

/** RFC 8785: the order of keys is that of UTF-16 units, numbers and strings as ECMAScript writes them. */
export function canonical(value) {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (value !== null && typeof value === "object") {
    return `{${Object.keys(value).sort().map((key) => `${JSON.stringify(key)}:${canonical(value[key])}`).join(",")}}`;
  }
  return JSON.stringify(value);
}

const join = (...parts) => {
  const out = new Uint8Array(parts.reduce((n, p) => n + p.length, 0));
  parts.reduce((at, part) => { out.set(part, at); return at + part.length; }, 0);
  return out;
};

/** RFC 9162 §2.1.3.2: the root that an inclusion path leads to. */
export async function rootFrom(leafHash, index, size, path) {
  if (index >= size) throw new Error("index");
  let [fn, sn, root] = [index, size - 1, leafHash];
  const half = (n) => Math.floor(n / 2);
  for (const hash of path) {
    if (sn === 0) throw new Error("path too long");
    if (fn % 2 === 1 || fn === sn) {
      root = await sha256(join(Uint8Array.of(1), hash, root));
      while (fn % 2 === 0 && fn !== 0) [fn, sn] = [half(fn), half(sn)];
    } else root = await sha256(join(Uint8Array.of(1), root, hash));
    [fn, sn] = [half(fn), half(sn)];
  }
  if (sn !== 0) throw new Error("path too short");
  return root;
}

/** C2SP tlog-proof@v1: index, path, then the checkpoint (origin, size, root) after an empty line. */
function parseProof(text) {
  const [head, ...rest] = text.split("\n\n");
  const lines = head.split("\n").slice(1).filter((line) => !line.startsWith("extra "));
  const [, size, root] = rest.join("\n\n").split("\n");
  return { index: Number(lines[0].replace("index ", "")), path: lines.slice(1).filter(Boolean).map(base64), size: Number(size), root: base64(root) };
}

/** The log entry of an act: itself, or, when there is a salt, only a commitment to it (kernel/acts.py). */
async function entryOf(act, salt) {
  const said = new TextEncoder().encode(canonical(act));
  if (!salt) return said;
  const sealed = hex(await sha256(join(base64(salt), said)));
  return new TextEncoder().encode(canonical({ sealed, v: 1 }));
}

async function logCheck(payload) {
  const leaf = await sha256(join(Uint8Array.of(0), await entryOf(payload.act, payload.salt)));
  const proof = parseProof(payload.proof);
  const same = proof.index === payload.index && hex(await rootFrom(leaf, proof.index, proof.size, proof.path)) === hex(proof.root);
  return same ? ["proven", `行为记录在存证日志第 ${proof.index} 号，共 ${proof.size} 号`] : ["failed", "行为记录不在回执所说的存证日志位置"];
}

async function fileCheck(payload, file) {
  if (!file) return ["waiting", "选择递交的加密投标文件，可核对大小和摘要"];
  if (file.size !== payload.size) return ["failed", `文件大小 ${file.size} 字节，回执为 ${payload.size} 字节`];
  if (file.size > LIMIT) return ["waiting", "文件超过 1 GB，请用命令行核对摘要"];
  const digest = hex(await sha256(await file.arrayBuffer()));
  return digest === payload.envelope_sha256 ? ["proven", "投标文件与回执的摘要一致"] : ["failed", `投标文件的摘要为 ${digest.slice(0, 16)}…，与回执不同`];
}

function show(list, checks) {
  list.replaceChildren(...checks.map(([state, words]) => {
    const item = document.createElement("li");
    item.className = "check-line";
    const text = document.createElement("span");
    text.textContent = words;
    item.append(text, badge("proof", state));
    return item;
  }));
}

async function run(section) {
  const file = (name) => section.querySelector(`[data-local="${name}"]`)?.files[0];
  const list = section.querySelector("[data-checks]");
  if (!file("receipt")) return;
  let payload;
  try {
    payload = JSON.parse(await file("receipt").text()).statement.payload;
    if (!/^[0-9a-f]{64}$/.test(payload.envelope_sha256)) throw new Error("digest");
  } catch {
    show(list, [["failed", "这不是投标回执文件"]]);
    return;
  }
  show(list, [["waiting", "正在计算……"]]);
  const log = await logCheck(payload).catch(() => ["failed", "回执里的存证证明读不懂"]);
  const envelope = await fileCheck(payload, file("envelope")).catch(() => ["failed", "投标文件读不出来"]);
  show(list, [log, envelope, ["waiting", "平台和日志的签名未在此核对：请运行 bidtool receipt verify"]]);
}

for (const section of document.querySelectorAll("[data-receipt-check]")) {
  section.addEventListener("change", () => run(section));
}
