// SHA-256 and CRC-32 of files of any size, step by step. WebCrypto digests only what is whole in memory, so SHA-256
// is @noble/hashes (vendored by tools/vendor.sh); it runs in the sealing Worker, where it holds up no page.

import { sha256 } from "../../../portal/js/vendor/noble-hashes/sha2.js";
import { hex } from "../../../portal/js/keys/bytes.js";

export const STEP = 4 * 1024 * 1024;

/** The bytes of a Blob in steps, never whole. */
export async function* stepsOf(blob, step = STEP) {
  for (let at = 0; at < blob.size; at += step) yield new Uint8Array(await blob.slice(at, at + step).arrayBuffer());
}

export const sha256Stream = () => sha256.create();
export const finish = (state) => hex(state.digest());

const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value;
});

/** CRC-32 as ZIP has it; `crc` is what came before. */
export function crc32(bytes, crc = 0) {
  let value = ~crc;
  for (let at = 0; at < bytes.length; at += 1) value = TABLE[(value ^ bytes[at]) & 0xff] ^ (value >>> 8);
  return ~value >>> 0;
}

/** `{sha256, crc}` of a Blob; `progress` hears how many bytes were read. */
export async function measure(blob, progress = () => {}) {
  const state = sha256Stream();
  let crc = 0;
  for await (const bytes of stepsOf(blob)) {
    state.update(bytes);
    crc = crc32(bytes, crc);
    progress(bytes.length);
  }
  return { sha256: finish(state), crc };
}
