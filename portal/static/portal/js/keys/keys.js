// Keys in the page: which certificate is whose, and what signs. Keys never leave the page (no function here makes requests).

import { Refused, hex } from "./bytes.js";
import { children, element, keyKind, pemBlocks, readCertificate } from "./der.js";

const PSS = { name: "RSA-PSS", hash: "SHA-256", saltLength: 32 };
const ECDSA = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
const SIGNING = { rsa: { alg: "rsa-pss-sha256", how: PSS }, p256: { alg: "ecdsa-p256-sha256", how: ECDSA } };
const SM2 = "sm2-sm3";

/** `{chain: [der…], certificate, alg, sign(bytes)}` from the text of one or two PEM files. */
export async function signerFrom(certificateText, keyText) {
  return signerOf(await pairOf(privateKeyOf(keyText), pemBlocks(certificateText, "CERTIFICATE").map(readCertificate)));
}

/** A key with its certificate: `{pkcs8, chain: [der…]}`, leaf first, out of certificates in any order. */
export async function pairOf(pkcs8, certificates) {
  const kind = kindOfPrivate(pkcs8);
  if (!certificates.length) throw new Refused("key.file_bad", "没有证书：请选择证书文件（.p12、.pfx、.pem、.cer）。");
  const leaf = kind === "sm2" ? await sm2HolderOf(certificates, pkcs8) : await holderOf(certificates, kind, SIGNING[kind].how, pkcs8);
  return { pkcs8, chain: ordered(leaf, certificates).map((one) => one.der) };
}

/** What signs with a pair: `{chain, certificate, alg, sign(bytes)}`. */
export async function signerOf({ pkcs8, chain }) {
  const kind = kindOfPrivate(pkcs8);
  if (kind === "sm2") {
    const { scalarOf, signDer } = await import("./sm.js");
    return { chain, certificate: readCertificate(chain[0]), alg: SM2, sign: async (data) => signDer(scalarOf(pkcs8), data) };
  }
  const { alg, how } = SIGNING[kind];
  const key = await importPrivate(pkcs8, how, "sign");
  const sign = async (data) => {
    const raw = new Uint8Array(await crypto.subtle.sign(how, key, data));
    return kind === "p256" ? ecdsaDer(raw) : raw;
  };
  return { chain, certificate: readCertificate(chain[0]), alg, sign };
}

/** The certificate of this very key, known by a signature that it verifies. */
async function holderOf(certificates, kind, how, pkcs8) {
  const key = await importPrivate(pkcs8, how, "sign");
  const probe = new Uint8Array(32);
  const signature = await crypto.subtle.sign(how, key, probe);
  for (const one of certificates) {
    if (spkiKind(one.spki) !== kind) continue;
    const own = await crypto.subtle.importKey("spki", one.spki, how, false, ["verify"]).catch(() => null);
    if (own && await crypto.subtle.verify(how, own, signature, probe)) return one;
  }
  throw notThePair();
}

const notThePair = () => new Refused("key.not_of_certificate", "私钥与证书不是一对。请选择同一证书的私钥文件。");

/** The certificate of an SM2 key, known by its point. */
async function sm2HolderOf(certificates, pkcs8) {
  const { compressed, pointIn, pointOf, scalarOf } = await import("./sm.js");
  const point = pointOf(scalarOf(pkcs8));
  const own = [hex(point), hex(compressed(point))];
  const leaf = certificates.find((one) => spkiKind(one.spki) === "sm2" && own.includes(hex(pointIn(one.spki))));
  if (!leaf) throw notThePair();
  return leaf;
}

function ordered(leaf, certificates) {
  const chain = [leaf];
  while (chain.at(-1).issuer !== chain.at(-1).subject) {
    const above = certificates.find((one) => one.subject === chain.at(-1).issuer && !chain.includes(one));
    if (!above) break;
    chain.push(above);
  }
  return chain;
}

export const spkiKind = (spki) => keyKind(children(element(spki).content)[0]);

/** PKCS#8 bytes of an unencrypted PEM private key. */
export function privateKeyOf(text) {
  const [pkcs8] = pemBlocks(text, "PRIVATE KEY");
  if (!pkcs8) throw new Refused("key.file_bad", "这不是 PKCS#8 私钥文件（PEM，以 BEGIN PRIVATE KEY 开头）。");
  return pkcs8;
}

/** PrivateKeyInfo ::= SEQUENCE { version, AlgorithmIdentifier, … } (RFC 5958). */
export function kindOfPrivate(pkcs8) {
  const kind = keyKind(children(element(pkcs8).content)[1]);
  if (!kind) throw new Refused("key.unsupported", "浏览器只支持 RSA、P-256 和 SM2 密钥。");
  return kind;
}

export async function importPrivate(pkcs8, how, use) {
  const key = await crypto.subtle.importKey("pkcs8", pkcs8, how, false, [use]).catch(() => null);
  if (!key) throw new Refused("key.file_bad", "私钥文件损坏，或不是所写的算法。");
  return key;
}

/** WebCrypto gives r‖s; X.509 wants SEQUENCE { INTEGER r, INTEGER s }. */
export function ecdsaDer(raw) {
  const body = [raw.subarray(0, 32), raw.subarray(32)].flatMap((bytes) => {
    const first = bytes.findIndex((byte) => byte !== 0);
    const digits = bytes.subarray(first < 0 ? 31 : first);
    const content = digits[0] & 0x80 ? [0, ...digits] : [...digits];
    return [0x02, content.length, ...content];
  });
  return Uint8Array.from([0x30, body.length, ...body]);
}

/** The inverse, for checking. */
export function ecdsaRaw(der) {
  const raw = new Uint8Array(64);
  children(element(der).content).forEach((integer, place) => {
    const digits = integer.content[0] === 0 ? integer.content.subarray(1) : integer.content;
    if (digits.length > 32) throw new Refused("statement.signature", "签名不合格。");
    raw.set(digits, place * 32 + 32 - digits.length);
  });
  return raw;
}

export const fingerprint = async (der) => hex(new Uint8Array(await crypto.subtle.digest("SHA-256", der)));
