// Signed statements (SPEC.md §9): made by a certificate's key or by the pseudonym, and checked.

import { Refused, b64, concat, equal, hex, unb64, unhex, utf8 } from "../../../portal/js/keys/bytes.js";
import { canonical } from "./canonical.js";
import { readCertificate } from "../../../portal/js/keys/der.js";
import { ecdsaRaw, spkiKind } from "../../../portal/js/keys/keys.js";
import { verifyBare } from "./pseudonym.js";

export const statement = (purpose, payload) => ({ v: 1, type: `mingtang/${purpose}`, payload });
const signingBytes = (said) => concat(utf8("mingtang statement v1\n"), canonical(said));

export async function signByCertificate(said, signer) {
  const value = b64(await signer.sign(signingBytes(said), said));
  return { statement: said, signature: { alg: signer.alg, value }, certificates: signer.chain.map(b64) };
}

export async function signByPseudonym(said, pseudonym) {
  const value = b64(await pseudonym.sign(signingBytes(said)));
  return { statement: said, signature: { alg: pseudonym.alg, value }, public_key: hex(pseudonym.public) };
}

const RSA = { "rsa-pss-sha256": { name: "RSA-PSS", hash: "SHA-256", saltLength: 32 }, "rsa-pkcs1-sha256": { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" } };
const ECDSA = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };

/** The payload of a statement whose purpose and signature are right; the chain itself is not checked here. */
export async function verify(signed, purpose, publicKey = null) {
  const said = signed?.statement;
  if (said?.v !== 1 || said.type !== `mingtang/${purpose}` || Object.keys(said).length !== 3) {
    throw new Refused("statement.purpose", `不是 mingtang/${purpose} 声明。`);
  }
  const { alg, value } = signed.signature ?? {};
  const data = signingBytes(said);
  if (!(await verified(signed, alg, unb64(value), data, publicKey))) throw new Refused("statement.signature", "签名验证失败。");
  return said.payload;
}

async function verified(signed, alg, value, data, publicKey) {
  if (signed.public_key !== undefined) {
    const raw = unhex(signed.public_key);
    if (publicKey && !equal(raw, publicKey)) throw new Refused("statement.signer", "签名者不是所期待的密钥。");
    return verifyBare(raw, alg, value, data);
  }
  const { spki } = readCertificate(unb64(signed.certificates[0]));
  const kind = spkiKind(spki);
  if (kind === "sm2" && alg === "sm2-sm3" && !publicKey) {
    const { pointIn, verifyDer } = await import("../../../portal/js/keys/sm.js");
    return verifyDer(pointIn(spki), value, data);
  }
  const how = kind === "rsa" ? RSA[alg] : kind === "p256" && alg === "ecdsa-p256-sha256" ? ECDSA : undefined;
  if (!how || publicKey) throw new Refused("statement.signer", "签名者或签名算法不是所期待的。");
  const key = await crypto.subtle.importKey("spki", spki, how, false, ["verify"]);
  return crypto.subtle.verify(how, key, kind === "p256" ? ecdsaRaw(value) : value, data);
}
