// Signing a document on itself, beside the statement: a PDF revision that the platform prepared (PAdES), or for an SM2 key
// a GB/T 35275 message over the document as it was made. What is signed is computed here, from the file that was fetched:
// it must begin with the very document the statement names, and the range must leave out nothing but the value.
// The bytes are those of ca_interop/rules/signatures/making.py.

import { Refused, b64, concat, hex, unhex } from "./bytes.js";
import { children, element } from "./der.js";

const OID = {
  contentType: "06092a864886f70d010903", messageDigest: "06092a864886f70d010904", signingCertificate: "060b2a864886f70d010910022f",
  data: "06092a864886f70d010701", gmData: "060a2a811ccf550601040201", gmSignedData: "060a2a811ccf550601040202",
  sm3: "06082a811ccf55018311", sm2Signing: "06092a811ccf5501822d01",
};
const NAMES = { record: "record_sha256", report: "report_sha256" };

const refuse = (why) => { throw new Refused("pdf.foreign_revision", `平台给出的待签文件与您要签的文件不符（${why}）。没有签名。`); };

/** One DER element of its parts. */
export function tlv(tag, ...parts) {
  const content = concat(...parts.map((part) => (typeof part === "string" ? unhex(part) : part)));
  const size = content.length;
  const length = size < 128 ? [size] : size < 256 ? [0x81, size] : size < 65536 ? [0x82, size >> 8, size & 255] : [0x83, size >> 16, (size >> 8) & 255, size & 255];
  return concat(new Uint8Array([tag, ...length]), content);
}

/** A SET OF in DER: its elements in ascending order of their bytes (X.690 §11.6). */
function setOf(tag, ...elements) {
  return tlv(tag, ...elements.sort((a, b) => (hex(a) < hex(b) ? -1 : 1)));
}

/** The signed attributes: content type, digest, and which certificate signs (RFC 5035). `digestOf` hashes as the key does. */
export async function attributes(chain, digest, digestOf, gm) {
  const named = tlv(0x30, ...(gm ? [tlv(0x30, OID.sm3)] : []), tlv(0x04, await digestOf(chain[0])));
  return setOf(
    0x31,
    tlv(0x30, OID.contentType, tlv(0x31, gm ? OID.gmData : OID.data)),
    tlv(0x30, OID.messageDigest, tlv(0x31, tlv(0x04, digest))),
    tlv(0x30, OID.signingCertificate, tlv(0x31, tlv(0x30, tlv(0x30, named)))),
  );
}

const sha256 = async (bytes) => new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));

/** Everything of a revision but the value; refuses a hole that is more than one hexadecimal string. */
export function covered(revision, [start, first, second, length]) {
  const hole = revision.subarray(first, second);
  const digits = hole.subarray(1, -1).every((byte) => (byte >= 48 && byte <= 57) || (byte >= 65 && byte <= 70) || (byte >= 97 && byte <= 102));
  const right = start === 0 && first > 0 && second > first && second + length === revision.length && hole[0] === 60 && hole.at(-1) === 62 && digits;
  if (!right) refuse("签名范围有缺口");
  return concat(revision.subarray(0, first), revision.subarray(second));
}

/** What is signed for a revision: its attributes, after the checks. */
export async function toSign(signer, told, revision, wanted) {
  if (!Number.isSafeInteger(told.document_size) || told.document_size > told.byte_range[1]) refuse("长度");
  if (hex(await sha256(revision.subarray(0, told.document_size))) !== wanted) refuse("摘要不同");
  return attributes(signer.chain, await sha256(covered(revision, told.byte_range)), sha256, false);
}

async function fetched(url, options) {
  const answer = await fetch(url, { credentials: "same-origin", ...options });
  if (answer.ok) return answer;
  const problem = await answer.json().catch(() => null);
  throw new Refused("pdf.prepare", problem?.reasons?.[0]?.zh ?? "暂时不能准备待签文件，请稍后再试。");
}

const bytesOf = async (answer) => new Uint8Array(await answer.arrayBuffer());

/** What is to be signed: the prepared revision with what is `told` of it; for an SM2 key the document as it was made. */
export async function documentFor(signer, { base, original }) {
  if (signer.alg === "sm2-sm3") return { told: null, bytes: await bytesOf(await fetched(original)) };
  const body = JSON.stringify({ certificates: signer.chain.map(b64), alg: signer.alg });
  const told = await (await fetched(`${base}/prepare-signature`, { method: "POST", headers: { "Content-Type": "application/json" }, body })).json();
  return { told, bytes: await bytesOf(await fetched(told.revision)) };
}

/** The fields of the form that go with the statement. `place`: {base, original} paths. */
export async function signDocument(signer, statement, place) {
  const wanted = statement.payload[NAMES.record] ?? statement.payload[NAMES.report];
  const { told, bytes } = await documentFor(signer, place);
  if (!told) return { pdf_message: b64(await beside(signer, bytes, wanted)) };
  return { pdf_prepared: told.prepared, pdf_signature: b64(await signer.sign(await toSign(signer, told, bytes, wanted))) };
}

/** The same fields from an agent's answer. */
export const fieldsOf = (pdf) => ("message" in pdf ? { pdf_message: pdf.message } : { pdf_prepared: pdf.prepared, pdf_signature: pdf.signature });

/** A detached GB/T 35275 message over the document. */
export async function beside(signer, document, wanted) {
  if (hex(await sha256(document)) !== wanted) refuse("摘要不同");
  const { sm3 } = await import("./sm.js");
  const signed = await attributes(signer.chain, sm3(document), sm3, true);
  const [, serial, , issuer] = children(children(element(signer.chain[0]).content)[0].content);
  const algorithm = tlv(0x30, OID.sm3);
  const inside = concat(new Uint8Array([0xa0]), signed.subarray(1));
  const info = tlv(
    0x30, "020101", tlv(0x30, issuer.whole, serial.whole), algorithm, inside, tlv(0x30, OID.sm2Signing),
    tlv(0x04, await signer.sign(signed)),
  );
  const body = tlv(0x30, "020101", tlv(0x31, algorithm), tlv(0x30, OID.gmData), tlv(0xa0, ...signer.chain), tlv(0x31, info));
  return tlv(0x30, OID.gmSignedData, tlv(0xa0, body));
}

