// Bytes and their spellings, and the one kind of error that a person is meant to read.

/** What a person or a file did wrong, in Chinese; `code` is that of sealing/refusals.py where there is one. */
export class Refused extends Error {
  constructor(code, zh) {
    super(zh);
    this.code = code;
  }
}

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

export const utf8 = (text) => encoder.encode(text);
export const fromUtf8 = (bytes) => decoder.decode(bytes);

export function concat(...parts) {
  const out = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

/** Unsigned, big-endian, `size` bytes; numbers up to 2^53. */
export function uint(value, size) {
  const out = new Uint8Array(size);
  for (let at = size - 1; at >= 0; at -= 1) {
    out[at] = value % 256;
    value = Math.floor(value / 256);
  }
  return out;
}

/** The inverse of `uint`; refuses what a double cannot hold. */
export function fromUint(bytes) {
  const value = bytes.reduce((sum, byte) => sum * 256 + byte, 0);
  if (!Number.isSafeInteger(value)) throw new Refused("sealing.bad_field", "数值过大。");
  return value;
}

export const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

export function unhex(text) {
  if (typeof text !== "string" || !/^([0-9a-f]{2})*$/.test(text)) throw new Refused("sealing.bad_field", "应为小写十六进制。");
  return Uint8Array.from(text.match(/../g) ?? [], (pair) => parseInt(pair, 16));
}

export function b64(bytes) {
  let text = "";
  for (let at = 0; at < bytes.length; at += 8192) text += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return btoa(text);
}

/** Standard base64 with padding, in its one canonical spelling. */
export function unb64(text) {
  let bytes = null;
  try {
    bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  } catch {
    bytes = null;
  }
  if (typeof text !== "string" || bytes === null || b64(bytes) !== text) throw new Refused("sealing.bad_field", "应为标准 base64。");
  return bytes;
}

/** No early end: how far two secrets agree must not show in time. */
export function equal(a, b) {
  if (a.length !== b.length) return false;
  let differs = 0;
  for (let at = 0; at < a.length; at += 1) differs |= a[at] ^ b[at];
  return differs === 0;
}

export const random = (size) => crypto.getRandomValues(new Uint8Array(size));
