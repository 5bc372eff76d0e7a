// Sealing 66 bytes to a certificate's key: RSA-OAEP-SHA256, ECIES on P-256, SM2 (SPEC.md §6).

import { Refused, concat, equal, utf8 } from "../../../portal/js/keys/bytes.js";
import { importPrivate, kindOfPrivate, spkiKind } from "../../../portal/js/keys/keys.js";
import { ZERO_NONCE, aead, hkdf, mismatch } from "./suite.js";

const OAEP = { name: "RSA-OAEP", hash: "SHA-256" };
const ECDH = { name: "ECDH", namedCurve: "P-256" };
const POINT = 65;
export const KEY_TAG = 0x4b;
export const SHARE_TAG = 0x53;
const bad = () => new Refused("envelope.wrap_bad", "密钥封装打不开：不是这把私钥，或属于另一份投标。");

const sm = () => import("../../../portal/js/keys/sm.js");

/** `{alg, sealed}` of tag ‖ index ‖ secret ‖ context to a SubjectPublicKeyInfo whose key is of the suite. */
export async function wrap(spki, tag, index, secret, context, suite) {
  const plain = concat(Uint8Array.of(tag, index), secret, context);
  const kind = spkiKind(spki);
  if (kind && (kind === "sm2") !== (suite.number === 2)) throw mismatch("证书的密钥不是本招标的那一类；可改用本机生成的密钥");
  if (kind === "sm2") {
    const { encrypt, pointIn } = await sm();
    return { alg: "sm2-c1c3c2", sealed: encrypt(pointIn(spki), plain) };
  }
  if (kind === "rsa") {
    const key = await crypto.subtle.importKey("spki", spki, OAEP, false, ["encrypt"]);
    if (!(key.algorithm.modulusLength >= 2048 && key.algorithm.modulusLength <= 8192)) throw unsupported();
    return { alg: "rsa-oaep-sha256", sealed: new Uint8Array(await crypto.subtle.encrypt(OAEP, key, plain)) };
  }
  if (kind !== "p256") throw unsupported();
  const recipient = await crypto.subtle.importKey("spki", spki, ECDH, true, []);
  const ephemeral = await crypto.subtle.generateKey(ECDH, false, ["deriveBits"]);
  const [own, theirs] = await Promise.all([pointOf(ephemeral.publicKey), pointOf(recipient)]);
  const cipher = await eciesCipher(ephemeral.privateKey, recipient, own, theirs, context);
  return { alg: "ecies-p256", sealed: concat(own, await cipher.seal(ZERO_NONCE, plain, context)) };
}

const unsupported = () => new Refused("key.unsupported", "证书的密钥不是 RSA（2048 至 8192 位）、P-256 或 SM2，不能加密给它。");
const pointOf = async (key) => new Uint8Array(await crypto.subtle.exportKey("raw", key));

// One key per ephemeral point, so the all-zero nonce is used once.
async function eciesCipher(privateKey, publicKey, ephemeral, recipient, context) {
  const shared = await crypto.subtle.deriveBits({ name: "ECDH", public: publicKey }, privateKey, 256);
  return aead(await hkdf(new Uint8Array(shared), concat(utf8("mingtang ecies v1\n"), ephemeral, recipient, context)));
}

/** `{index, secret}` of a wrap, opened with a PKCS#8 private key; `envelope.wrap_bad` otherwise. */
export async function unwrap(pkcs8, alg, sealed, tag, context) {
  const kind = kindOfPrivate(pkcs8);
  const plain = alg === "rsa-oaep-sha256" && kind === "rsa" ? await openRsa(pkcs8, sealed)
    : alg === "ecies-p256" && kind === "p256" ? await openEcies(pkcs8, sealed, context)
    : alg === "sm2-c1c3c2" && kind === "sm2" ? await openSm2(pkcs8, sealed) : null;
  if (!plain || plain.length !== 66 || plain[0] !== tag || !equal(plain.subarray(34), context)) throw bad();
  return { index: plain[1], secret: plain.slice(2, 34) };
}

async function openSm2(pkcs8, sealed) {
  const { decrypt, scalarOf } = await sm();
  return decrypt(scalarOf(pkcs8), sealed);
}

async function openRsa(pkcs8, sealed) {
  const key = await importPrivate(pkcs8, OAEP, "decrypt");
  const plain = await crypto.subtle.decrypt(OAEP, key, sealed).catch(() => null);
  return plain && new Uint8Array(plain);
}

async function openEcies(pkcs8, sealed, context) {
  const key = await crypto.subtle.importKey("pkcs8", pkcs8, ECDH, true, ["deriveBits"]).catch(() => null);
  const point = sealed.subarray(0, POINT);
  const ephemeral = await crypto.subtle.importKey("raw", point, ECDH, false, []).catch(() => null);
  if (!key || !ephemeral) throw bad();
  const { d: _, key_ops: __, ...publicJwk } = await crypto.subtle.exportKey("jwk", key);
  const own = await crypto.subtle.importKey("jwk", publicJwk, ECDH, true, []);
  const cipher = await eciesCipher(key, ephemeral, point, await pointOf(own), context);
  return cipher.open(ZERO_NONCE, sealed.subarray(POINT), context);
}
