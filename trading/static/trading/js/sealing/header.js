// The envelope's public head (SPEC.md §2, §4). In memory a header is its JSON object.

import { Refused, concat, fromUint, hex, unb64, unhex, uint, utf8 } from "../../../portal/js/keys/bytes.js";
import { canonical, parseCanonical } from "./canonical.js";
import { MIN_SIZE, paddedSize } from "./padding.js";
import { isPseudonym, verifyHead } from "./pseudonym.js";
import { TAG_SIZE, algIn, mismatch, suiteOf } from "./suite.js";

export const DEFAULT_CHUNK = 1024 * 1024;
const MAX_HEADER = 256 * 1024;
const MAGIC = utf8("MTSE");
const PREAMBLE = 10;
const SIGNATURE = 64;
const DOMAIN = utf8("mingtang envelope v1 header\n");
const MAX_IDENTITY = 128 * 1024 + TAG_SIZE;

/** Preamble and header bytes, as they stand before the signature. */
export function encodeHeader(header) {
  const body = canonical(header);
  return concat(MAGIC, Uint8Array.of(1, header.suite), uint(body.length, 4), body);
}

export async function signHeader(header, pseudonym) {
  const head = encodeHeader(header);
  return concat(head, uint(SIGNATURE, 2), await pseudonym.signHead(concat(DOMAIN, head)));
}

/** What the bidder's certificate signs: the header without its identity fields. */
export function coreDigest({ identity_commitment: _, identity_sealed: __, ...core }) {
  return suiteOf(core).digest(utf8("mingtang envelope v1 core\n"), canonical(core));
}

/** The 32 bytes that tie every wrapped key and share to one envelope. */
export function wrapContext({ suite, tender, lot, part, pseudonym, key_commitment }) {
  return suiteOf(suite).digest(utf8("mingtang envelope v1 wrap\n"), canonical({ suite, tender, lot, part, pseudonym, key_commitment }));
}

export const headDigest = (header) => suiteOf(header).digest(encodeHeader(header));
export const chunksOf = (header) => Math.ceil(header.size / header.chunk_size);
export const headSize = (header) => encodeHeader(header).length + 2 + SIGNATURE;
export const envelopeSize = (header) => headSize(header) + header.size + chunksOf(header) * TAG_SIZE;

/** Read and check the head of a Blob; the pseudonym's signature too. */
export async function readHeader(blob) {
  const preamble = new Uint8Array(await blob.slice(0, PREAMBLE).arrayBuffer());
  if (hex(preamble.subarray(0, 4)) !== hex(MAGIC)) throw new Refused("envelope.not_an_envelope", "这不是加密投标文件。");
  if (preamble.length < PREAMBLE) throw truncated();
  if (preamble[4] !== 1) throw new Refused("envelope.version_unknown", `加密投标文件的版本 ${preamble[4]} 未知。`);
  const suite = suiteOf(preamble[5]);
  if (!suite) throw new Refused("envelope.suite_unknown", `密码套件 ${preamble[5]} 未知。`);
  const length = fromUint(preamble.subarray(6));
  if (length < 1 || length > MAX_HEADER) throw new Refused("envelope.header_size", `信封头 ${length} 字节，超出范围。`);
  const end = PREAMBLE + length;
  const rest = new Uint8Array(await blob.slice(PREAMBLE, end + 2 + SIGNATURE).arrayBuffer());
  if (rest.length < length) throw truncated();
  const header = parseCanonical(rest.subarray(0, length));
  checkHeader(header, suite);
  await checkSignature(header, concat(preamble, rest.subarray(0, length)), rest.subarray(length));
  return header;
}

async function checkSignature(header, head, tail) {
  if (tail.length >= 2 && fromUint(tail.subarray(0, 2)) !== SIGNATURE) throw new Refused("envelope.signature_bad", "信封头签名不合格。");
  if (tail.length < 2 + SIGNATURE) throw truncated();
  const pseudonym = unhex(header.pseudonym);
  if (!(await isPseudonym(pseudonym))) throw new Refused("key.unsupported", "信封头的一次性公钥不在 SM2 曲线上。");
  if (!(await verifyHead(pseudonym, tail.subarray(2), concat(DOMAIN, head)))) {
    throw new Refused("envelope.signature_bad", "信封头签名验证失败。");
  }
}

const truncated = () => new Refused("envelope.truncated", "加密投标文件不完整。");
const bad = (field) => new Refused("sealing.bad_field", `信封头的 ${field} 不合格。`);
const need = (right, field) => { if (!right) throw bad(field); };
const whole = (value, low, high) => Number.isInteger(value) && value >= low && value <= high;
const inHex = (value, size) => typeof value === "string" && value.length === 2 * size && /^[0-9a-f]*$/.test(value);
const inB64 = (value, limit) => typeof value === "string" && value !== "" && unb64(value).length <= limit;

function exact(value, keys, field) {
  need(value !== null && typeof value === "object" && !Array.isArray(value), field);
  need(Object.keys(value).sort().join() === [...keys].sort().join(), field);
}

export function isText(value, limit = 200) {
  return typeof value === "string" && value !== "" && [...value].length <= limit && !/[\u0000-\u001f\u007f-\u009f]/.test(value);
}

/** Structure and bounds, as sealing/header.py checks them. */
function checkHeader(header, suite) {
  exact(header, ["v", "suite", "tender", "lot", "part", "chunk_size", "nonce_prefix", "size", "pseudonym", "key_commitment",
    "wraps", "shares", "identity_commitment", "identity_sealed"], "header");
  need(header.v === 1, "v");
  need(whole(header.suite, 0, 255), "suite");
  if (header.suite !== suite.number) throw mismatch("信封头与文件头");
  checkShares(header.shares, suite);
  checkWraps(header.wraps, suite);
  for (const key of ["tender", "lot", "part"]) need(isText(header[key]), key);
  need(whole(header.chunk_size, 1024, 16 * 1024 * 1024), "chunk_size");
  need(inHex(header.nonce_prefix, 7), "nonce_prefix");
  need(inHex(header.pseudonym, suite.pseudonymSize), "pseudonym");
  for (const key of ["key_commitment", "identity_commitment"]) need(inHex(header[key], 32), key);
  need(inB64(header.identity_sealed, MAX_IDENTITY), "identity_sealed");
  need(whole(header.size, MIN_SIZE, 2 ** 40) && paddedSize(header.size) === header.size && chunksOf(header) <= 2 ** 32, "size");
}

function checkWraps(wraps, suite) {
  need(Array.isArray(wraps) && whole(wraps.length, 1, 2), "wraps");
  for (const wrap of wraps) {
    exact(wrap, ["kind", "alg", "sealed"], "wraps");
    need(["certificate", "client"].includes(wrap.kind) && algIn(suite, wrap.alg) && inB64(wrap.sealed, 1024), "wraps");
  }
  need(new Set(wraps.map((wrap) => wrap.kind)).size === wraps.length, "wraps");
}

function checkShares(shares, suite) {
  exact(shares, ["k", "n", "list"], "shares");
  const { k, n, list } = shares;
  need(whole(n, 2, 32) && whole(k, 2, n) && Array.isArray(list) && list.length === n, "shares");
  list.forEach((share, place) => {
    exact(share, ["custodian", "index", "alg", "sealed", "check"], "shares");
    need(inHex(share.custodian, 32) && inHex(share.check, 32) && inB64(share.sealed, 1024), "shares");
    need(share.index === place + 1 && algIn(suite, share.alg), "shares");
  });
  need(new Set(list.map((share) => share.custodian)).size === n, "shares");
}

/** Refuses an envelope of another tender, lot or part. */
export function checkTarget(header, target) {
  for (const [key, words] of [["tender", "招标"], ["lot", "标段"], ["part", "部分"]]) {
    if (header[key] !== target[key]) throw new Refused("envelope.foreign", `这份投标文件属于${words}「${header[key]}」，不是「${target[key]}」。`);
  }
}
