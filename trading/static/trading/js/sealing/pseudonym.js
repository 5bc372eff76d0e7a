// The one-time Ed25519 key that names a bid until it is opened, by WebCrypto (Chromium 137, Firefox 129, Safari 17).

import { Refused, concat, unhex } from "../../../portal/js/keys/bytes.js";
import { children, element } from "../../../portal/js/keys/der.js";

// PrivateKeyInfo of an Ed25519 seed (RFC 8410 §7), up to the 32 bytes themselves.
const PKCS8_HEAD = unhex("302e020100300506032b657004220420");

/** Does this browser have what sealing needs? The reason it does not, or empty. */
export async function missing() {
  if (!globalThis.crypto?.subtle) return "浏览器只在 https 下允许加密。请改用 https 地址，或用命令行 bidtool。";
  const made = await crypto.subtle.generateKey("Ed25519", false, ["sign", "verify"]).catch(() => null);
  return made ? "" : "这个浏览器没有 Ed25519 签名。请换用较新的浏览器（Chromium 137、Firefox 129、Safari 17 以上），或用命令行 bidtool。";
}

export async function makePseudonym() {
  const pair = await crypto.subtle.generateKey("Ed25519", true, ["sign", "verify"]);
  const pkcs8 = new Uint8Array(await crypto.subtle.exportKey("pkcs8", pair.privateKey));
  // Version, algorithm, then the seed as OCTET STRING in OCTET STRING.
  const seed = element(children(element(pkcs8).content)[2].content).content;
  const raw = new Uint8Array(await crypto.subtle.exportKey("raw", pair.publicKey));
  return { seed: Uint8Array.from(seed), public: raw, sign: signerOf(pair.privateKey) };
}

/** From the ticket's seed; the public half comes out of the JWK, as WebCrypto derives it. */
export async function pseudonymFrom(seed) {
  if (seed.length !== 32) throw new Refused("sealing.bad_field", "凭据损坏：pseudonym_key。");
  const key = await crypto.subtle.importKey("pkcs8", concat(PKCS8_HEAD, seed), "Ed25519", true, ["sign"]);
  const { x } = await crypto.subtle.exportKey("jwk", key);
  const raw = Uint8Array.from(atob(x.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
  return { seed, public: raw, sign: signerOf(key) };
}

const signerOf = (key) => async (data) => new Uint8Array(await crypto.subtle.sign("Ed25519", key, data));

export async function verifyEd25519(raw, signature, data) {
  const key = await crypto.subtle.importKey("raw", raw, "Ed25519", false, ["verify"]).catch(() => null);
  return Boolean(key) && crypto.subtle.verify("Ed25519", key, signature, data);
}
