// SM2, SM3 and SM4-GCM, which WebCrypto lacks, by sm-crypto-v2 (vendored); loaded only when a key or an envelope needs
// them. DER is read and written here, strictly: the library's reader takes any spelling and points off the curve.

import { hkdf, sm2, sm3 as sm3Hex, sm4 } from "../vendor/sm-crypto/index.js";
import { concat, equal, hex, unhex } from "./bytes.js";
import { children, element } from "./der.js";
import { ecdsaDer, ecdsaRaw } from "./keys.js";

const TAG = 16;
const ORDER = 0xfffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d54123n;
const ALGORITHM = "301306072a8648ce3d020106082a811ccf5501822d";

export const sm3 = (bytes) => unhex(sm3Hex(bytes));
/** HKDF (RFC 5869) with HMAC-SM3, without salt. */
export const hkdfSm3 = (secret, info, size) => hkdf(secret, undefined, info, size);

/** `{seal, open}` under one 16-byte key; `open` answers null for what is not authentic. */
export function sm4Gcm(key) {
  const how = (nonce, bound) => ({ mode: "gcm", iv: nonce, associatedData: bound, output: "array" });
  return {
    seal: async (nonce, plain, bound) => {
      const { output, tag } = sm4.encrypt(plain, key, { ...how(nonce, bound), outputTag: true });
      return concat(output, tag);
    },
    open: async (nonce, sealed, bound) => {
      if (sealed.length < TAG) return null; // without a tag the library would check none
      try {
        return sm4.decrypt(sealed.subarray(0, -TAG), key, { ...how(nonce, bound), tag: sealed.subarray(-TAG) });
      } catch {
        return null;
      }
    },
  };
}

/** A new key: its scalar, 32 bytes. */
export const makeScalar = () => unhex(sm2.generateKeyPairHex().privateKey);
/** 65 bytes, 04 ‖ x ‖ y. */
export const pointOf = (scalar) => unhex(sm2.getPublicKeyFromPrivateKey(hex(scalar)));
export const compressed = (point) => unhex(sm2.compressPublicKeyHex(hex(point)));

/** Do these bytes, compressed or not, name a point of the curve? */
export function isPoint(bytes) {
  try {
    return sm2.verifyPublicKey(hex(bytes));
  } catch {
    return false;
  }
}

/** The scalar in PrivateKeyInfo (RFC 5958). */
export const scalarOf = (pkcs8) => children(element(children(element(pkcs8).content)[2].content).content)[1].content;
export const pkcs8Of = (scalar) => concat(unhex(`308187020100${ALGORITHM}046d306b0201010420`), scalar, unhex("a144034200"), pointOf(scalar));
/** The point in SubjectPublicKeyInfo, as it stands there. */
export const pointIn = (spki) => children(element(spki).content)[1].content.subarray(1);
export const spkiOf = (scalar) => concat(unhex(`3059${ALGORITHM}034200`), pointOf(scalar));

/** r ‖ s, 64 bytes, over SM3(Z_A ‖ data) with the identifier 1234567812345678. */
export function sign(scalar, data) {
  return unhex(sm2.doSignature(data, hex(scalar), { hash: true, publicKey: hex(pointOf(scalar)) }));
}

export const signDer = (scalar, data) => ecdsaDer(sign(scalar, data));

/** Is r ‖ s a signature of the data by the point (compressed or not)? */
export function verify(point, raw, data) {
  const [r, s] = [raw.subarray(0, 32), raw.subarray(32)].map((half) => BigInt(`0x${hex(half) || "0"}`));
  if (raw.length !== 64 || !r || !s || r >= ORDER || s >= ORDER) return false;
  try {
    return sm2.doVerifySignature(data, hex(raw), hex(point), { hash: true });
  } catch {
    return false; // not a point of the curve
  }
}

export function verifyDer(point, der, data) {
  const raw = ecdsaRaw(der);
  return equal(ecdsaDer(raw), der) && verify(point, raw, data);
}

/** SM2Cipher in DER (GM/T 0009, C1 C3 C2) for a point. */
export function encrypt(point, plain) {
  const raw = unhex(sm2.doEncrypt(plain, hex(point), 1));
  return cipherDer(raw.subarray(0, 64), raw.subarray(64, 96), raw.subarray(96));
}

/** The plaintext of SM2Cipher in its one spelling; null for what was not made for this key. */
export function decrypt(scalar, der) {
  try {
    const [x, y, c3, c2] = children(element(der).content);
    const point = concat(padded(x.content), padded(y.content));
    if (c3.content.length !== 32 || !equal(cipherDer(point, c3.content, c2.content), der)) return null;
    // Raw, not as ASN.1: only that way the library checks that the point lies on the curve.
    const plain = sm2.doDecrypt(hex(concat(point, c3.content, c2.content)), hex(scalar), 1, { output: "array" });
    return plain.length ? Uint8Array.from(plain) : null;
  } catch {
    return null;
  }
}

function padded(integer) {
  const digits = integer[0] === 0 ? integer.subarray(1) : integer;
  const out = new Uint8Array(32);
  out.set(digits, 32 - digits.length);
  return out;
}

function cipherDer(point, c3, c2) {
  // ecdsaDer spells two integers of 32 bytes as a SEQUENCE: its contents are what stands first here.
  const integers = element(ecdsaDer(point)).content;
  return tagged(0x30, concat(integers, tagged(0x04, c3), tagged(0x04, c2)));
}

function tagged(tag, content) {
  const size = content.length;
  const length = size < 0x80 ? [size] : size < 0x100 ? [0x81, size] : [0x82, size >> 8, size & 0xff];
  return concat(Uint8Array.of(tag, ...length), content);
}
