// Just enough DER to find a certificate's public key and its holder's name; nothing here is trusted, only filled in.

import { Refused, hex, unb64 } from "./bytes.js";

const STRINGS = { 0x0c: "utf-8", 0x13: "utf-8", 0x16: "utf-8", 0x14: "gbk", 0x1e: "utf-16be" };
const bad = () => new Refused("certificate.malformed", "文件损坏，或不是 X.509 证书或 PKCS#8 私钥。");

/** One element of `bytes` at `at`: tag, content, whole spelling, where the next begins. */
export function element(bytes, at = 0) {
  let length = bytes[at + 1];
  let start = at + 2;
  if (length & 0x80) {
    const count = length & 0x7f;
    if (count < 1 || count > 4) throw bad();
    length = bytes.subarray(start, start + count).reduce((sum, byte) => sum * 256 + byte, 0);
    start += count;
  }
  const next = start + length;
  if (!(next <= bytes.length)) throw bad();
  return { tag: bytes[at], content: bytes.subarray(start, next), whole: bytes.subarray(at, next), next };
}

/** The elements inside a constructed one. */
export function children(content) {
  const found = [];
  for (let at = 0; at < content.length; at = found.at(-1).next) found.push(element(content, at));
  return found;
}

/** All blocks of one label in PEM text, as bytes. */
export function pemBlocks(text, label) {
  const pattern = new RegExp(`-----BEGIN ${label}-----([A-Za-z0-9+/=\\s]+)-----END ${label}-----`, "g");
  return [...text.matchAll(pattern)].map((match) => unb64(match[1].replace(/\s+/g, "")));
}

/** `{der, spki, serial, issuer, subject, holder: {name, credit_code}, usage: {signs, decrypts} | null}` of a certificate. */
export function readCertificate(der) {
  const outer = element(der);
  if (outer.tag !== 0x30 || outer.next !== der.length) throw bad();
  const fields = children(children(outer.content)[0].content);
  // TBSCertificate begins with [0] version in every v3 certificate (RFC 5280 §4.1).
  if (fields[0]?.tag !== 0xa0 || fields.length < 7) throw bad();
  const [, serial, , issuer, , subject, spki] = fields;
  return { der, spki: spki.whole, serial: hex(serial.content), issuer: hex(issuer.whole), subject: hex(subject.whole), holder: holderOf(subject.content, fields), usage: usageOf(fields) };
}

const OID = { organization: "55040a", identifier: "550461", serial: "550405" };
// 1.2.156.10260.4.1.4: the extension of GB/T 20518 for the unified social credit code.
const CREDIT_EXTENSION = "2a811cd014040104";

/** As ca_interop's generic profile: organizationIdentifier NTRCN-…, the private extension, serialNumber. */
function holderOf(subject, fields) {
  const names = new Map();
  for (const set of children(subject)) {
    for (const pair of children(set.content)) {
      const [oid, value] = children(pair.content);
      names.set(hex(oid.content), textOf(value));
    }
  }
  const registered = names.get(OID.identifier) ?? "";
  const code = registered.startsWith("NTRCN-") ? registered.slice(6) : extensionText(fields) || names.get(OID.serial) || "";
  return { name: (names.get(OID.organization) ?? "").trim(), credit_code: code.trim() };
}

/** The value of an extension; undefined when there is none. */
function extension(fields, oid) {
  const box = fields.find((field) => field.tag === 0xa3);
  for (const one of box ? children(element(box.content).content) : []) {
    const parts = children(one.content);
    if (hex(parts[0].content) === oid) return element(parts.at(-1).content);
  }
  return undefined;
}

function extensionText(fields) {
  const value = extension(fields, CREDIT_EXTENSION);
  return value ? textOf(value) : "";
}

const KEY_USAGE = "551d0f";

/** keyUsage (RFC 5280 §4.2.1.3): digitalSignature 0x80, nonRepudiation 0x40; keyEncipherment 0x20, dataEncipherment
 * 0x10, keyAgreement 0x08. */
function usageOf(fields) {
  const bits = extension(fields, KEY_USAGE);
  if (!bits) return null;
  const first = bits.content[1] ?? 0;
  return { signs: Boolean(first & 0xc0), decrypts: Boolean(first & 0x38) };
}

function textOf(value) {
  const encoding = STRINGS[value.tag];
  return encoding ? new TextDecoder(encoding).decode(value.content) : "";
}

const KEY_OID = { "2a864886f70d010101": "rsa", "2a8648ce3d0201": "ec" };
const CURVE_OID = { "2a8648ce3d030107": "p256", "2a811ccf5501822d": "sm2" };

/** `rsa`, `p256`, `sm2` or empty, from an AlgorithmIdentifier. */
export function keyKind(identifier) {
  const [oid, parameters] = children(identifier.content);
  const kind = KEY_OID[hex(oid.content)] ?? "";
  return kind === "ec" ? (CURVE_OID[parameters ? hex(parameters.content) : ""] ?? "") : kind;
}
