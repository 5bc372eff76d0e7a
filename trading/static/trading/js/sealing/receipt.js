// A receipt checked in the page (sealing/receipts.py): the platform's signature, the act, its place in the log.

import { Refused, equal, hex, unb64, unhex, utf8 } from "../../../portal/js/keys/bytes.js";
import { canonical } from "./canonical.js";
import { verifyEd25519 } from "./pseudonym.js";
import { verify } from "./statements.js";
import { digest } from "./suite.js";
import { ticketKey } from "./ticket.js";

const bad = (why) => new Refused("receipt.proof", `回执的存证证明不成立：${why}。`);

/** Evidence lines in Chinese; a refusal at the first check that fails. */
export async function checkReceipt(receipt, keys, ticket) {
  const said = await verify(receipt, "bid-receipt", unhex(keys.platform_public_key));
  const lines = ["平台的签名有效"];
  const pseudonym = hex((await ticketKey(ticket)).public);
  for (const key of ["tender", "lot", "part", "envelope_sha256", "size"]) {
    if (said[key] !== ticket[key]) throw new Refused("receipt.other_bid", "回执不是这份投标的。");
  }
  if (said.pseudonym !== pseudonym) throw new Refused("receipt.other_bid", "回执不是这份投标的。");
  lines.push("回执与本次加密投标文件一致（摘要、大小、一次性公钥）");
  const texts = textsOf(said.act);
  for (const wanted of [said.envelope_sha256, said.bid, pseudonym]) {
    if (!texts.has(wanted) && !texts.has(`pseudonym:${wanted}`)) throw new Refused("receipt.act", "行为记录与回执不一致。");
  }
  lines.push("平台的行为记录与回执一致");
  const size = await checkProof(said, keys.log_vkey);
  return { said, lines: [...lines, `行为记录在存证日志第 ${said.index} 号（共 ${size} 号），检查点签名和包含证明有效`], logSize: size };
}

function textsOf(value, found = new Set()) {
  if (typeof value === "string") found.add(value);
  else if (value && typeof value === "object") Object.values(value).forEach((item) => textsOf(item, found));
  return found;
}

/** What stands in the log for the act (kernel/acts.py). */
async function leafOf(said) {
  if (said.salt === "") return canonical(said.act);
  return canonical({ v: 1, sealed: hex(await digest(unb64(said.salt), canonical(said.act))) });
}

/** C2SP tlog-proof@v1: index, path, an empty line, the signed checkpoint. Answers the tree's size. */
async function checkProof(said, vkey) {
  const cut = said.proof.indexOf("\n\n");
  const head = said.proof.slice(0, cut).split("\n");
  if (cut < 0 || head.shift() !== "c2sp.org/tlog-proof@v1") throw bad("格式");
  if (head[0]?.startsWith("extra ")) head.shift();
  if (head.shift() !== `index ${said.index}`) throw bad("位置与回执不符");
  const [size, root] = await openCheckpoint(said.proof.slice(cut + 2), vkey);
  const leaf = await digest(Uint8Array.of(0), await leafOf(said));
  if (!equal(await rootFrom(leaf, said.index, size, head.map(unb64)), root)) throw bad("包含证明");
  return size;
}

/** The size and root of a checkpoint that the log's key (name+id+base64) has signed. */
async function openCheckpoint(note, vkey) {
  const [name, id] = vkey.split("+");
  const key = unb64(vkey.slice(name.length + id.length + 2));
  const cut = note.lastIndexOf("\n\n");
  const text = note.slice(0, cut + 1);
  const [origin, size, root] = text.split("\n");
  if (key[0] !== 1 || origin !== name || !/^(0|[1-9][0-9]{0,14})$/.test(size)) throw bad("检查点");
  for (const line of note.slice(cut + 2).split("\n")) {
    if (!line.startsWith(`— ${name} `)) continue;
    const signature = unb64(line.slice(name.length + 3));
    if (hex(signature.subarray(0, 4)) !== id) continue;
    if (await verifyEd25519(key.subarray(1), signature.subarray(4), utf8(text))) return [Number(size), unb64(root)];
  }
  throw bad("检查点签名");
}

/** RFC 9162 §2.1.3.2: the root to which an inclusion path leads. */
export async function rootFrom(leafHash, index, size, path) {
  if (!(index < size)) throw bad("位置");
  const half = (value) => Math.floor(value / 2);
  let [fn, sn, root] = [index, size - 1, leafHash];
  for (const hash of path) {
    if (sn === 0) throw bad("路径过长");
    if (fn % 2 === 1 || fn === sn) {
      root = await digest(Uint8Array.of(1), hash, root);
      while (fn % 2 === 0 && fn !== 0) [fn, sn] = [half(fn), half(sn)];
    } else root = await digest(Uint8Array.of(1), root, hash);
    [fn, sn] = [half(fn), half(sn)];
  }
  if (sn !== 0) throw bad("路径过短");
  return root;
}
