// BER made DER: key files of Java-based CAs come with indefinite lengths and OCTET STRINGs in pieces (X.690 §8).

import { Refused, concat } from "./bytes.js";
import { children, element } from "./der.js";

const DEPTH = 32;
const bad = () => new Refused("key.file_bad", "密钥文件损坏。");

/** Definite lengths throughout, OCTET STRINGs in one piece; bytes that are DER already come back as they are. */
export function derOf(bytes) {
  const [der, next] = rewritten(bytes, 0, 0);
  if (next !== bytes.length) throw bad();
  return der;
}

function rewritten(bytes, at, depth) {
  if (depth > DEPTH || at + 2 > bytes.length) throw bad();
  const tag = bytes[at];
  if (!(tag & 0x20)) {
    const { whole, next } = element(bytes, at);
    return [whole, next];
  }
  const parts = [];
  let next = at + 2;
  if (bytes[at + 1] === 0x80) {
    while (!(bytes[next] === 0 && bytes[next + 1] === 0)) next = push(parts, bytes, next, depth);
    next += 2;
  } else {
    const one = element(bytes, at);
    const end = one.next;
    next = end - one.content.length;
    while (next < end) next = push(parts, bytes, next, depth);
    if (next !== end) throw bad();
  }
  if (tag === 0x24) return [tagged(0x04, concat(...parts.map(octets))), next];
  return [tagged(tag, concat(...parts)), next];
}

function push(parts, bytes, at, depth) {
  const [part, next] = rewritten(bytes, at, depth + 1);
  parts.push(part);
  return next;
}

/** What an OCTET STRING holds; an implicitly tagged one in pieces too. */
export function octets(der) {
  const one = element(der);
  return one.tag & 0x20 ? concat(...children(one.content).map((part) => part.content)) : one.content;
}

/** One DER element. */
export function tagged(tag, content) {
  const size = content.length;
  if (size < 0x80) return concat(Uint8Array.of(tag, size), content);
  const digits = [];
  for (let left = size; left; left = Math.floor(left / 256)) digits.unshift(left % 256);
  return concat(Uint8Array.of(tag, 0x80 | digits.length, ...digits), content);
}
