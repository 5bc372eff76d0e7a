// Canonical JSON (RFC 8785): keys in the order of UTF-16 units, numbers and strings as ECMAScript writes them.

import { Refused, fromUtf8, utf8 } from "../../../portal/js/keys/bytes.js";

function write(value) {
  if (Array.isArray(value)) return `[${value.map(write).join(",")}]`;
  if (value !== null && typeof value === "object") {
    const members = Object.keys(value).sort().map((key) => `${text(key)}:${write(value[key])}`);
    return `{${members.join(",")}}`;
  }
  if (typeof value === "string") return text(value);
  if (typeof value === "number" && Number.isFinite(value)) return JSON.stringify(value);
  if (value === null || typeof value === "boolean") return String(value);
  throw new Refused("json.malformed", `JSON 不能表示 ${typeof value}。`);
}

function text(value) {
  // JSON.stringify would escape a lone surrogate; RFC 8785 refuses it.
  if (/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/.test(value)) {
    throw new Refused("json.malformed", "文本含不成对的代理码位。");
  }
  return JSON.stringify(value);
}

/** The bytes that are hashed and signed. */
export const canonical = (value) => utf8(write(value));

const notCanonical = () => new Refused("envelope.header_not_canonical", "JSON 不是规范写法。");

/** Read JSON that must be canonical already, as sealing's header and manifest are. */
export function parseCanonical(bytes, odd = notCanonical) {
  let said = "";
  let value;
  try {
    said = fromUtf8(bytes);
    value = JSON.parse(said);
  } catch {
    throw new Refused("json.malformed", "不是合格的 JSON。");
  }
  if (keysIn(value) !== keysWritten(said)) throw new Refused("json.malformed", "JSON 的键重复。");
  if (write(value) !== said) throw odd();
  return value;
}

const keysWritten = (said) => [...said.matchAll(/"(?:[^"\\]|\\.)*"(\s*:)?/g)].filter((match) => match[1]).length;

function keysIn(value) {
  if (value === null || typeof value !== "object") return 0;
  const inside = Object.values(value).reduce((sum, item) => sum + keysIn(item), 0);
  return inside + (Array.isArray(value) ? 0 : Object.keys(value).length);
}
