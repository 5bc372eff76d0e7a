// PKCS#12 files (.p12, .pfx; RFC 7292, RFC 9579): their keys and certificates, read in the page.

import { hmac } from "../vendor/noble-hashes/hmac.js";
import { sha1 } from "../vendor/noble-hashes/legacy.js";
import { sha256, sha384, sha512 } from "../vendor/noble-hashes/sha2.js";
import { derOf, octets } from "./ber.js";
import { Refused, equal, hex } from "./bytes.js";
import { children, element } from "./der.js";
import { HASH_OID, bmpForms, decrypt, pbkdf2, pkcs12Kdf, privateKeyInfo, roundsOf, wrongPassword } from "./pbe.js";

const DATA = "2a864886f70d010701";
const ENCRYPTED = "2a864886f70d010706";
const BAG = { key: "2a864886f70d010c0a0101", shrouded: "2a864886f70d010c0a0102", certificate: "2a864886f70d010c0a0103", nested: "2a864886f70d010c0a0106" };
const X509 = "2a864886f70d01091601";
const PBMAC1 = "2a864886f70d01050e";
const HMAC = { "2a864886f70d0209": sha256, "2a864886f70d020a": sha384, "2a864886f70d020b": sha512 };
const DIGEST = { "SHA-1": sha1, "SHA-256": sha256, "SHA-384": sha384, "SHA-512": sha512 };
const DEPTH = 4;
const bad = (why) => new Refused("key.file_bad", `证书文件（.p12）读不出来：${why}。`);

/** Whether the bytes begin as a PFX does: SEQUENCE { INTEGER 3, … }. */
export function isP12(bytes) {
  if (bytes[0] !== 0x30) return false;
  const start = bytes[1] & 0x80 ? 2 + (bytes[1] & 0x7f) : 2;
  return bytes[start] === 0x02 && bytes[start + 1] === 1 && bytes[start + 2] === 3;
}

/** `{keys: [PKCS#8 …], certificates: [DER …]}`; refuses a wrong password, damage and what is not password-protected. */
export async function readP12(bytes, password) {
  const [, authSafe, macData] = children(element(derOf(bytes)).content);
  const [type, content] = children(authSafe.content);
  if (hex(type.content) !== DATA) throw bad("它用公钥保护，不是用口令");
  const safe = octets(content.content);
  if (macData && !(await authentic(macData, safe, password))) throw wrongPassword();
  const found = { keys: [], certificates: [] };
  try {
    for (const info of children(element(derOf(safe)).content)) await open(info, password, found);
  } catch (problem) {
    if (macData && problem.code === "key.password_wrong") throw bad("口令对，但内容损坏");
    throw problem;
  }
  return found;
}

/** MacData ::= SEQUENCE { DigestInfo, salt, iterations DEFAULT 1 }: whether the password made it. */
async function authentic(macData, safe, password) {
  const [info, salt, rounds] = children(macData.content);
  const [identifier, wanted] = children(info.content);
  const [oid, parameters] = children(identifier.content);
  if (hex(oid.content) === PBMAC1) return authenticPbmac1(parameters, wanted.content, safe, password);
  const hash = HASH_OID[hex(oid.content)];
  if (!hash) throw bad("完整性校验的算法浏览器不认识");
  const digest = DIGEST[hash];
  return bmpForms(password).some((secret) => {
    const key = pkcs12Kdf(hash, secret, salt.content, 3, roundsOf(rounds), digest.outputLen);
    return equal(hmac(digest, key, safe), wanted.content);
  });
}

async function authenticPbmac1(parameters, wanted, safe, password) {
  const [kdf, scheme] = children(parameters.content);
  const digest = HMAC[hex(children(scheme.content)[0].content)];
  if (!digest) throw bad("完整性校验的算法浏览器不认识");
  return equal(hmac(digest, await pbkdf2(kdf, password, digest.outputLen), safe), wanted);
}

/** One ContentInfo of the AuthenticatedSafe. */
async function open(info, password, found) {
  const [type, content] = children(info.content);
  const name = hex(type.content);
  if (name === DATA) return bags(octets(content.content), password, found, 0);
  if (name !== ENCRYPTED) throw bad("有一部分不是用口令加密的");
  // EncryptedData ::= SEQUENCE { version, EncryptedContentInfo { type, AlgorithmIdentifier, [0] bytes } }
  const [, box] = children(element(content.content).content);
  const [, identifier, sealed] = children(box.content);
  return bags(await decrypt(identifier, octets(sealed.whole), password), password, found, 0);
}

async function bags(contents, password, found, depth) {
  if (depth > DEPTH || contents[0] !== 0x30) throw wrongPassword();
  for (const bag of children(element(derOf(contents)).content)) {
    const [oid, value] = children(bag.content);
    const name = hex(oid.content);
    if (name === BAG.key) found.keys.push(element(value.content).whole);
    else if (name === BAG.shrouded) found.keys.push(await privateKeyInfo(value.content, password));
    else if (name === BAG.nested) await bags(value.content, password, found, depth + 1);
    else if (name === BAG.certificate) {
      const [kind, der] = children(element(value.content).content);
      if (hex(kind.content) === X509) found.certificates.push(octets(der.content));
    }
  }
}
