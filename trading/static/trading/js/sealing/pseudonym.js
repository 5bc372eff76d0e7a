// The one-time key that names a bid until it is opened (SPEC.md §4): Ed25519 by WebCrypto (Chromium 137, Firefox 129,
// Safari 17) in suite 1, SM2 in suite 2. `{seed, public, alg, sign (as statements have it), signHead (64 bytes)}`.

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

const sm = () => import("../../../portal/js/keys/sm.js");

export async function makePseudonym(suite) {
  if (suite.number === 2) return sm2From((await sm()).makeScalar());
  const pair = await crypto.subtle.generateKey("Ed25519", true, ["sign", "verify"]);
  const pkcs8 = new Uint8Array(await crypto.subtle.exportKey("pkcs8", pair.privateKey));
  // Version, algorithm, then the seed as OCTET STRING in OCTET STRING.
  const seed = element(children(element(pkcs8).content)[2].content).content;
  const raw = new Uint8Array(await crypto.subtle.exportKey("raw", pair.publicKey));
  return ed25519(Uint8Array.from(seed), raw, pair.privateKey);
}

/** From the ticket's seed (or scalar); Ed25519's public half comes out of the JWK, as WebCrypto derives it. */
export async function pseudonymFrom(seed, suite) {
  if (seed.length !== 32) throw new Refused("sealing.bad_field", "凭据损坏：pseudonym_key。");
  if (suite.number === 2) return sm2From(seed);
  const key = await crypto.subtle.importKey("pkcs8", concat(PKCS8_HEAD, seed), "Ed25519", true, ["sign"]);
  const { x } = await crypto.subtle.exportKey("jwk", key);
  const raw = Uint8Array.from(atob(x.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
  return ed25519(seed, raw, key);
}

function ed25519(seed, raw, key) {
  const sign = async (data) => new Uint8Array(await crypto.subtle.sign("Ed25519", key, data));
  return { seed, public: raw, alg: "ed25519", sign, signHead: sign };
}

async function sm2From(scalar) {
  const { compressed, pointOf, sign, signDer } = await sm();
  return {
    seed: scalar, public: compressed(pointOf(scalar)), alg: "sm2-sm3",
    sign: async (data) => signDer(scalar, data), signHead: async (data) => sign(scalar, data),
  };
}

/** Is it a point of SM2's curve? 32 bytes are a key of Ed25519, whatever they are. */
export async function isPseudonym(raw) {
  return raw.length !== 33 || (await sm()).isPoint(raw);
}

/** Is it this one-time key's signature over a head? */
export async function verifyHead(raw, signature, data) {
  return raw.length === 33 ? (await sm()).verify(raw, signature, data) : verifyEd25519(raw, signature, data);
}

/** Is it this one-time key's signature of a statement? */
export async function verifyBare(raw, alg, signature, data) {
  if (raw.length === 33) return alg === "sm2-sm3" && (await sm()).verifyDer(raw, signature, data);
  return alg === "ed25519" && verifyEd25519(raw, signature, data);
}

export async function verifyEd25519(raw, signature, data) {
  const key = await crypto.subtle.importKey("raw", raw, "Ed25519", false, ["verify"]).catch(() => null);
  return Boolean(key) && crypto.subtle.verify("Ed25519", key, signature, data);
}
