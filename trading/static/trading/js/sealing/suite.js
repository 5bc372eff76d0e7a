// The suites (SPEC.md §3): 0x01 is AES-256-GCM with SHA-256, by WebCrypto; 0x02 SM4-GCM with SM3, by portal/js/keys/sm.js.

import { Refused, concat, equal, utf8 } from "../../../portal/js/keys/bytes.js";
import { spkiKind } from "../../../portal/js/keys/keys.js";

export const TAG_SIZE = 16;
export const ZERO_NONCE = new Uint8Array(12);

/** SHA-256: of suite 1, and of what has no suite (receipts, the log). */
export async function digest(...parts) {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", concat(...parts)));
}

/** HKDF-SHA-256 (RFC 5869) without salt. */
export async function hkdf(secret, info, size = 32) {
  const key = await crypto.subtle.importKey("raw", secret, "HKDF", false, ["deriveBits"]);
  const how = { name: "HKDF", hash: "SHA-256", salt: new Uint8Array(0), info };
  return new Uint8Array(await crypto.subtle.deriveBits(how, key, size * 8));
}

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

const sm = () => import("../../../portal/js/keys/sm.js");
const SUITES = new Map([
  [1, { number: 1, keySize: 32, pseudonymSize: 32, algs: ["rsa-oaep-sha256", "ecies-p256"], digest, hkdf, aead }],
  [2, {
    number: 2, keySize: 16, pseudonymSize: 33, algs: ["sm2-c1c3c2"],
    digest: async (...parts) => (await sm()).sm3(concat(...parts)),
    hkdf: async (secret, info, size) => (await sm()).hkdfSm3(secret, info, size),
    aead: async (secret) => (await sm()).sm4Gcm(secret),
  }],
]);
const EVERY_ALG = [...SUITES.values()].flatMap((suite) => suite.algs);

/** The suite of a header, or of a number; undefined for another number. */
export const suiteOf = (header) => SUITES.get(typeof header === "number" ? header : header.suite);
export const mismatch = (why) => new Refused("envelope.suite_mismatch", `算法套件不一致，不得混用：${why}。`);

/** The one suite whose keys these are (SubjectPublicKeyInfo): SM2 with SM2 only. */
export function suiteFor(spkis) {
  const national = spkis.filter((spki) => spkiKind(spki) === "sm2").length;
  if (national && national < spkis.length) throw mismatch("托管人的证书有的是 SM2，有的不是");
  return SUITES.get(national ? 2 : 1);
}

/** Refuses a way of sealing that is the other suite's; false for one that nobody knows. */
export function algIn(suite, alg) {
  if (EVERY_ALG.includes(alg) && !suite.algs.includes(alg)) throw mismatch(alg);
  return suite.algs.includes(alg);
}

export const derive = (suite, contentKey, purpose, size) => suite.hkdf(contentKey, utf8(`mingtang envelope v1 ${purpose}`), size);
export const commitment = (suite, contentKey) => derive(suite, contentKey, "commitment", 32);
export const commits = async (suite, promised, contentKey) => equal(promised, await commitment(suite, contentKey));
export const bodyCipher = async (suite, contentKey) => suite.aead(await derive(suite, contentKey, "body", suite.keySize));
export const identityCipher = async (suite, contentKey) => suite.aead(await derive(suite, contentKey, "identity", suite.keySize));
