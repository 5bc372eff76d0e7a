// Suite 0x01: AES-256-GCM with SHA-256 and HKDF (SPEC.md §3), by WebCrypto.

import { concat, equal, utf8 } from "../../../portal/js/keys/bytes.js";

export const SUITE = 1;
export const TAG_SIZE = 16;
export const ZERO_NONCE = new Uint8Array(12);

export async function digest(...parts) {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", concat(...parts)));
}

/** HKDF-SHA-256 (RFC 5869) without salt, 32 bytes. */
export async function hkdf(secret, info) {
  const key = await crypto.subtle.importKey("raw", secret, "HKDF", false, ["deriveBits"]);
  const how = { name: "HKDF", hash: "SHA-256", salt: new Uint8Array(0), info };
  return new Uint8Array(await crypto.subtle.deriveBits(how, key, 256));
}

export const derive = (contentKey, purpose) => hkdf(contentKey, utf8(`mingtang envelope v1 ${purpose}`));
export const commitment = (contentKey) => derive(contentKey, "commitment");
export const commits = async (promised, contentKey) => equal(promised, await commitment(contentKey));

/** `{seal, open}` under one key; `open` answers null for what is not authentic. */
export async function aead(secret) {
  const key = await crypto.subtle.importKey("raw", secret, "AES-GCM", false, ["encrypt", "decrypt"]);
  const how = (nonce, bound) => ({ name: "AES-GCM", iv: nonce, additionalData: bound, tagLength: 128 });
  return {
    seal: async (nonce, plain, bound) => new Uint8Array(await crypto.subtle.encrypt(how(nonce, bound), key, plain)),
    open: async (nonce, sealed, bound) => {
      const plain = await crypto.subtle.decrypt(how(nonce, bound), key, sealed).catch(() => null);
      return plain && new Uint8Array(plain);
    },
  };
}

export const bodyCipher = async (contentKey) => aead(await derive(contentKey, "body"));
export const identityCipher = async (contentKey) => aead(await derive(contentKey, "identity"));
