// What a person chooses as "my certificate": .p12, .pfx, PEM, DER, one file or several, with or without a password.

import { privateKeyInfo } from "./pbe.js";
import { isP12, readP12 } from "./p12.js";
import { tagged } from "./ber.js";
import { Refused, concat, fromUtf8, unhex } from "./bytes.js";
import { children, element, pemBlocks, readCertificate } from "./der.js";
import { pairOf } from "./keys.js";

const LIMIT = 1024 * 1024;
const RSA = tagged(0x30, unhex("06092a864886f70d0101010500"));
const EC = unhex("06072a8648ce3d0201");

/** Whether one of the files (bytes) asks for a password. */
export function isLocked(files) {
  return files.some((bytes) => isP12(bytes) || textOf(bytes).includes("BEGIN ENCRYPTED PRIVATE KEY"));
}

/** The bytes of chosen File objects. */
export async function bytesOf(files) {
  for (const file of files) if (file.size > LIMIT) throw new Refused("key.file_bad", `「${file.name}」有 ${file.size} 字节，不像是密钥或证书文件。`);
  return Promise.all([...files].map(async (file) => new Uint8Array(await file.arrayBuffer())));
}

/** All keys with their certificates: `[{pkcs8, chain, certificate, signs, decrypts}]`. Refusals say what is missing. */
export async function pairsIn(files, password) {
  try {
    return await paired(files, password);
  } catch (problem) {
    // Whatever a damaged file breaks in the reading, its owner hears that the file is damaged.
    throw problem instanceof Refused ? problem : new Refused("key.file_bad", "密钥文件损坏，读不出来。");
  }
}

async function paired(files, password) {
  const found = { keys: [], certificates: [] };
  for (const bytes of files) await collect(bytes, password, found);
  if (!found.keys.length) throw new Refused("key.file_bad", "文件里没有私钥。从浏览器或 CA 工具导出时请勾选「导出私钥」（.p12、.pfx），或另选私钥文件。");
  if (!found.certificates.length) throw new Refused("key.file_bad", "文件里没有证书，请一并选择证书文件。");
  const certificates = unique(found.certificates).map(readCertificate);
  const pairs = [];
  let last = null;
  for (const pkcs8 of unique(found.keys)) {
    await pairOf(pkcs8, certificates).then((pair) => pairs.push(described(pair)), (problem) => { last = problem; });
  }
  if (!pairs.length) throw last;
  return pairs;
}

const unique = (list) => [...new Map(list.map((der) => [der.join(), der])).values()];

async function collect(bytes, password, found) {
  if (isP12(bytes)) {
    const { keys, certificates } = await readP12(bytes, password);
    found.keys.push(...keys);
    found.certificates.push(...certificates);
    return;
  }
  if (bytes[0] === 0x30) return collectDer(bytes, found);
  const text = textOf(bytes);
  found.certificates.push(...pemBlocks(text, "CERTIFICATE"));
  found.keys.push(...pemBlocks(text, "PRIVATE KEY"), ...pemBlocks(text, "RSA PRIVATE KEY").map(fromRsa), ...pemBlocks(text, "EC PRIVATE KEY").map(fromEc));
  for (const der of pemBlocks(text, "ENCRYPTED PRIVATE KEY")) {
    if (!password) throw new Refused("key.password_needed", "私钥有口令保护，请输入口令。");
    found.keys.push(await privateKeyInfo(der, password));
  }
  if (/Proc-Type: 4,ENCRYPTED/.test(text)) {
    throw new Refused("key.unsupported", "这是旧式加密的私钥（Proc-Type: 4,ENCRYPTED）。请先转换：openssl pkcs8 -topk8 -in 旧文件 -out 新文件。");
  }
  if (!/-----BEGIN (CERTIFICATE|[A-Z ]*PRIVATE KEY)-----/.test(text)) throw new Refused("key.file_bad", "这不是证书或密钥文件（.p12、.pfx、PEM、.cer）。");
  return undefined;
}

/** A certificate, or PrivateKeyInfo, which begins with its version. */
function collectDer(bytes, found) {
  const [first] = children(element(bytes).content);
  (first.tag === 0x02 ? found.keys : found.certificates).push(bytes);
}

function textOf(bytes) {
  try {
    return fromUtf8(bytes);
  } catch {
    return "";
  }
}

const VERSION = unhex("020100");
const fromRsa = (der) => tagged(0x30, concat(VERSION, RSA, tagged(0x04, der)));

/** RFC 5915: the curve stands in [0]. */
function fromEc(der) {
  const curve = children(element(der).content).find((one) => one.tag === 0xa0);
  if (!curve) throw new Refused("key.file_bad", "私钥文件没有写明曲线。请转换：openssl pkcs8 -topk8 -nocrypt。");
  return tagged(0x30, concat(VERSION, tagged(0x30, concat(EC, curve.content)), tagged(0x04, der)));
}

/** keyUsage says which of a pair of certificates (双证) signs and which decrypts; without it, one does both. */
function described(pair) {
  const certificate = readCertificate(pair.chain[0]);
  const { usage } = certificate;
  return { ...pair, certificate, signs: !usage || usage.signs, decrypts: !usage || usage.decrypts };
}

/** `{signing, decrypting}` of one holder; more than one that signs and they must be told apart by `chosen` (place). */
export function choose(pairs, chosen = null) {
  const signers = pairs.filter((pair) => pair.signs);
  if (!signers.length) throw new Refused("key.not_for_signing", "这张证书只用于加密，不能签名。请选择签名证书的文件。");
  if (signers.length > 1 && !signers[chosen]) throw new Refused("key.several", `文件里有 ${signers.length} 张能签名的证书，请选择用哪一张。`);
  const signing = signers.length > 1 ? signers[chosen] : signers[0];
  const others = pairs.filter((pair) => pair.decrypts && pair !== signing);
  const same = others.filter((pair) => pair.certificate.holder.credit_code === signing.certificate.holder.credit_code);
  return { signing, decrypting: same[0] ?? others[0] ?? signing };
}

/** The pair that decrypts, where nothing has to be signed: of 双证 the encryption one. */
export function decryptingOf(pairs) {
  const able = pairs.filter((pair) => pair.decrypts);
  const { chain, pkcs8 } = able.find((pair) => !pair.signs) ?? able[0] ?? {};
  if (!chain) throw new Refused("key.not_for_decryption", "这张证书只用于签名，不能解密。请选择加密证书的文件。");
  return { chain, pkcs8 };
}
