// Decryption by password as key files have it: PBES2 (RFC 8018) by WebCrypto; the PKCS#12 schemes with 3DES and RC2
// (RFC 7292 appendix C), which CAs still use and WebCrypto lacks, by node-forge, loaded only when a file needs it.

import { sha1 } from "../vendor/noble-hashes/legacy.js";
import { sha256, sha384, sha512 } from "../vendor/noble-hashes/sha2.js";
import { octets } from "./ber.js";
import { Refused, concat, fromUint, hex, utf8 } from "./bytes.js";
import { children, element } from "./der.js";

const PBES2 = "2a864886f70d01050d";
const PBKDF2 = "2a864886f70d01050c";
const PRF = { "2a864886f70d0207": "SHA-1", "2a864886f70d0209": "SHA-256", "2a864886f70d020a": "SHA-384", "2a864886f70d020b": "SHA-512" };
const AES = { "60864801650304012a": 32, "608648016503040102": 16 };
// WebCrypto of Chromium has no AES-192, and no browser has 3DES.
const FORGE = { "608648016503040116": ["AES-CBC", 24], "2a864886f70d0307": ["3DES-CBC", 24] };
const LEGACY = {
  "2a864886f70d010c0103": ["3DES-CBC", 24], "2a864886f70d010c0104": ["3DES-CBC", 16],
  "2a864886f70d010c0105": ["RC2", 16], "2a864886f70d010c0106": ["RC2", 5],
};
const HASH = { "SHA-1": [sha1, 64], "SHA-256": [sha256, 64], "SHA-384": [sha384, 128], "SHA-512": [sha512, 128] };
export const HASH_OID = { "2b0e03021a": "SHA-1", "608648016503040201": "SHA-256", "608648016503040202": "SHA-384", "608648016503040203": "SHA-512" };
const MOST_ROUNDS = 10_000_000;

export const wrongPassword = () => new Refused("key.password_wrong", "口令不对，请重新输入。");
const unsupported = (what) => new Refused("key.unsupported", `密钥文件的加密算法浏览器不能用（${what}）。请让 CA 换成 AES-256 或 3DES，或用命令行 bidtool。`);

/** Plaintext of `sealed` under an AlgorithmIdentifier (DER element) and a password; `wrongPassword` when it does not fit. */
export async function decrypt(identifier, sealed, password) {
  const [oid, parameters] = children(identifier.content);
  const name = hex(oid.content);
  if (name === PBES2) return pbes2(parameters, sealed, password);
  if (!(name in LEGACY)) throw unsupported(name);
  const [cipher, size] = LEGACY[name];
  const [salt, rounds] = children(parameters.content);
  const count = roundsOf(rounds);
  const keyed = (secret) => {
    const key = pkcs12Kdf("SHA-1", secret, salt.content, 1, count, size);
    return forged(cipher, key, pkcs12Kdf("SHA-1", secret, salt.content, 2, count, 8), sealed);
  };
  return firstThatFits(bmpForms(password), keyed);
}

/** An empty password is written in two ways: two zero bytes, and nothing. */
export const bmpForms = (password) => (password === "" ? [bmp(""), new Uint8Array(0)] : [bmp(password)]);

async function firstThatFits(secrets, attempt) {
  for (const secret of secrets) {
    const plain = await attempt(secret);
    if (plain) return plain;
  }
  throw wrongPassword();
}

async function pbes2(parameters, sealed, password) {
  const [kdf, scheme] = children(parameters.content);
  const [oid, iv] = children(scheme.content);
  const name = hex(oid.content);
  const size = AES[name] ?? FORGE[name]?.[1];
  if (!size) throw unsupported(name);
  const key = await pbkdf2(kdf, password, size);
  const plain = name in AES ? await aesCbc(key, iv.content, sealed) : await forged(FORGE[name][0], key, iv.content, sealed);
  if (!plain) throw wrongPassword();
  return plain;
}

/** The key of a PBKDF2 AlgorithmIdentifier. */
export async function pbkdf2(kdf, password, size) {
  const [oid, parameters] = children(kdf.content);
  if (hex(oid.content) !== PBKDF2) throw unsupported(hex(oid.content));
  const [salt, rounds, ...more] = children(parameters.content);
  const prf = more.find((one) => one.tag === 0x30);
  // Without a PRF it is HMAC-SHA-1 (RFC 8018 appendix A.2).
  const hash = prf ? PRF[hex(children(prf.content)[0].content)] : "SHA-1";
  if (!hash) throw unsupported(hex(children(prf.content)[0].content));
  const secret = await crypto.subtle.importKey("raw", utf8(password), "PBKDF2", false, ["deriveBits"]);
  const how = { name: "PBKDF2", hash, salt: salt.content, iterations: roundsOf(rounds) };
  return new Uint8Array(await crypto.subtle.deriveBits(how, secret, size * 8));
}

async function aesCbc(key, iv, sealed) {
  const aes = await crypto.subtle.importKey("raw", key, "AES-CBC", false, ["decrypt"]);
  const plain = await crypto.subtle.decrypt({ name: "AES-CBC", iv }, aes, sealed).catch(() => null);
  return plain && new Uint8Array(plain);
}

/** As a classic script: read as a module, forge would look for its global by evaluating a string, which CSP forbids. */
function load(url) {
  if (!globalThis.document) return import(url);
  const script = Object.assign(document.createElement("script"), { src: url.href });
  return new Promise((done, failed) => {
    script.addEventListener("load", done);
    script.addEventListener("error", () => failed(new Refused("key.unsupported", "解密程序没有加载成功，请刷新页面后重试。")));
    document.head.append(script);
  });
}

async function forged(cipher, key, iv, sealed) {
  if (!globalThis.forge) await load(new URL("../vendor/node-forge/forge.min.js", import.meta.url));
  const { forge } = globalThis;
  const binary = (bytes) => Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
  const made = cipher === "RC2" ? forge.rc2.createDecryptionCipher(binary(key), key.length * 8) : forge.cipher.createDecipher(cipher, binary(key));
  if (cipher === "RC2") made.start(binary(iv));
  else made.start({ iv: binary(iv) });
  made.update(forge.util.createBuffer(binary(sealed)));
  return made.finish() ? Uint8Array.from(made.output.getBytes(), (c) => c.charCodeAt(0)) : null;
}

export function roundsOf(integer) {
  const count = integer ? fromUint(integer.content) : 1;
  if (!(count >= 1 && count <= MOST_ROUNDS)) throw new Refused("key.file_bad", `密钥文件的迭代次数 ${count} 超出范围。`);
  return count;
}

/** UTF-16, most significant byte first, with a zero at the end (RFC 7292 appendix B.1). */
function bmp(password) {
  const out = new Uint8Array(2 * password.length + 2);
  for (let at = 0; at < password.length; at += 1) out.set([password.charCodeAt(at) >> 8, password.charCodeAt(at) & 0xff], 2 * at);
  return out;
}

/** RFC 7292 appendix B.2; `id` 1 key, 2 initial value, 3 MAC key. */
export function pkcs12Kdf(hash, secret, salt, id, rounds, size) {
  const [digest, block] = HASH[hash];
  const filled = (bytes) => Uint8Array.from({ length: bytes.length ? block * Math.ceil(bytes.length / block) : 0 }, (_, at) => bytes[at % bytes.length]);
  const mixed = concat(filled(salt), filled(secret));
  const head = new Uint8Array(block).fill(id);
  const out = [];
  for (let have = 0; have < size; have += digest.outputLen) {
    let made = digest(concat(head, mixed));
    for (let round = 1; round < rounds; round += 1) made = digest(made);
    out.push(made);
    for (let at = 0; at < mixed.length; at += block) add(mixed.subarray(at, at + block), filled(made));
  }
  return concat(...out).subarray(0, size);
}

/** `block` += `other` + 1, big-endian. */
function add(block, other) {
  let carry = 1;
  for (let at = block.length - 1; at >= 0; at -= 1) {
    carry += block[at] + other[at];
    block[at] = carry & 0xff;
    carry >>= 8;
  }
}

/** EncryptedPrivateKeyInfo ::= SEQUENCE { AlgorithmIdentifier, OCTET STRING } → PKCS#8 bytes. */
export async function privateKeyInfo(encrypted, password) {
  const [identifier, sealed] = children(element(encrypted).content);
  const plain = await decrypt(identifier, octets(sealed.whole), password);
  // A wrong password fits the padding once in 256 times.
  if (plain[0] !== 0x30) throw wrongPassword();
  return element(plain).whole;
}
