// Sealing and opening as streams (SPEC.md): memory is a few chunks, whatever the size of the bid.

import { Refused, b64, concat, equal, fromUint, hex, random, uint, unb64, unhex, utf8 } from "../../../portal/js/keys/bytes.js";
import { readCertificate } from "../../../portal/js/keys/der.js";
import { finish, sha256Stream } from "./digests.js";
import { DEFAULT_CHUNK, chunksOf, envelopeSize, headDigest, headSize, signHeader, wrapContext } from "./header.js";
import { concealIdentity, makeIdentity } from "./identity.js";
import { fingerprint } from "../../../portal/js/keys/keys.js";
import { LENGTH_SIZE, paddedSize } from "./padding.js";
import { makePseudonym } from "./pseudonym.js";
import { KEY_TAG, SHARE_TAG, unwrap, wrap } from "./recipients.js";
import { combine, split } from "./shamir.js";
import { TAG_SIZE, bodyCipher, commitment, commits, suiteFor, suiteOf } from "./suite.js";
import { makeTicket } from "./ticket.js";

/** Seal `size` bytes of the async iterable `source`; `put(bytes)` takes the envelope. Answers the ticket. `oneTime`: the
 * pseudonym, where several envelopes make one bid (双信封). */
export async function seal(source, put, { size, tender, lot, part, signer, ownCertificate = null, custodians, threshold, chunkSize = DEFAULT_CHUNK, oneTime = null }) {
  const suite = suiteFor(custodians.map((der) => readCertificate(der).spki));
  const [pseudonym, contentKey, salt] = [oneTime ?? (await makePseudonym(suite)), random(32), random(32)];
  const promised = await commitment(suite, contentKey);
  const named = { suite: suite.number, tender, lot, part, pseudonym: hex(pseudonym.public), key_commitment: hex(promised) };
  const context = await wrapContext(named);
  const client = ownCertificate ? null : await makeClientKey(suite);
  const own = await wrap(client ? client.spki : readCertificate(ownCertificate).spki, KEY_TAG, 0, contentKey, context, suite);
  const core = {
    v: 1, ...named, chunk_size: chunkSize, nonce_prefix: hex(random(7)), size: paddedSize(size + LENGTH_SIZE),
    wraps: [{ kind: client ? "client" : "certificate", alg: own.alg, sealed: b64(own.sealed) }],
    shares: { k: threshold, n: custodians.length, list: await sharesFor(custodians, threshold, contentKey, context, suite) },
  };
  const identity = await makeIdentity(core, signer);
  const header = { ...core, ...(await concealIdentity(core, contentKey, salt, identity)) };
  const written = await write(source, put, size, header, contentKey, pseudonym);
  return makeTicket({ header, envelope_sha256: written, size: envelopeSize(header), pseudonym, salt, identity, client });
}

/** A key of the suite (P-256 or SM2) that only this machine makes: PKCS#8 for the ticket. */
async function makeClientKey(suite) {
  if (suite.number === 2) {
    const { makeScalar, pkcs8Of, spkiOf } = await import("../../../portal/js/keys/sm.js");
    const scalar = makeScalar();
    return { pkcs8: pkcs8Of(scalar), spki: spkiOf(scalar) };
  }
  const pair = await crypto.subtle.generateKey({ name: "ECDH", namedCurve: "P-256" }, true, ["deriveBits"]);
  const [pkcs8, spki] = await Promise.all([crypto.subtle.exportKey("pkcs8", pair.privateKey), crypto.subtle.exportKey("spki", pair.publicKey)]);
  return { pkcs8: new Uint8Array(pkcs8), spki: new Uint8Array(spki) };
}

/** Split the key and seal share i to the i-th custodian's certificate (DER). */
async function sharesFor(custodians, threshold, contentKey, context, suite) {
  if (!(custodians.length <= 32 && threshold >= 2 && threshold <= custodians.length)) {
    throw new Refused("envelope.custodians_bad", `托管人 ${custodians.length} 位、门限 ${threshold} 不合格：门限至少 2，不超过托管人数，托管人不超过 32 位。`);
  }
  const seats = custodians.map(readCertificate);
  if (new Set(seats.map((seat) => hex(seat.spki))).size !== seats.length) {
    throw new Refused("envelope.custodians_bad", "两个托管人使用同一密钥。");
  }
  const values = split(contentKey, threshold, seats.length);
  const first = new Map(values.slice(0, threshold).map((value, place) => [place + 1, value]));
  // A wrong split would show only at the opening, when it is too late.
  if (!equal(combine(first), contentKey)) throw new Refused("share.split_dishonest", "密钥拆分自检未通过，请重新加密。");
  return Promise.all(seats.map(async (seat, place) => {
    const { alg, sealed } = await wrap(seat.spki, SHARE_TAG, place + 1, values[place], context, suite);
    const check = await shareCheck(suite, place + 1, values[place], context);
    return { custodian: await fingerprint(seat.der), index: place + 1, alg, sealed: b64(sealed), check: hex(check) };
  }));
}

export const shareCheck = (suite, index, value, context) => suite.digest(utf8("mingtang envelope v1 share\n"), Uint8Array.of(index), value, context);

/** Head and body; the hex SHA-256 of what was written. */
async function write(source, put, size, header, contentKey, pseudonym) {
  const state = sha256Stream();
  const emit = async (bytes) => {
    state.update(bytes);
    await put(bytes);
  };
  await emit(await signHeader(header, pseudonym));
  const [cipher, bound, prefix] = [await bodyCipher(suiteOf(header), contentKey), await headDigest(header), unhex(header.nonce_prefix)];
  const last = chunksOf(header) - 1;
  let counter = 0;
  for await (const chunk of plaintext(source, size, header.size, header.chunk_size)) {
    await emit(await cipher.seal(nonce(prefix, counter, counter === last), chunk, bound));
    counter += 1;
  }
  return finish(state);
}

const nonce = (prefix, counter, final) => concat(prefix, uint(counter, 4), Uint8Array.of(final ? 1 : 0));

/** Chunks of u64 length ‖ source ‖ zeros, `padded` bytes in all. */
async function* plaintext(source, size, padded, chunkSize) {
  const room = (done) => new Uint8Array(Math.min(chunkSize, padded - done));
  let [done, given, chunk, filled] = [0, 0, room(0), LENGTH_SIZE];
  chunk.set(uint(size, LENGTH_SIZE));
  for await (let bytes of source) {
    given += bytes.length;
    while (bytes.length) {
      const part = bytes.subarray(0, chunk.length - filled);
      chunk.set(part, filled);
      [bytes, filled] = [bytes.subarray(part.length), filled + part.length];
      if (filled === chunk.length) {
        yield chunk;
        [done, filled] = [done + chunk.length, 0];
        chunk = room(done);
        if (!chunk.length && bytes.length) break;
      }
    }
    if (given > size) break;
  }
  if (given !== size) throw new Refused("envelope.source_size", `文件在加密过程中被改动：应为 ${size} 字节，读到 ${given} 字节。`);
  for (; done < padded; chunk = room(done)) {
    yield chunk;
    done += chunk.length;
  }
}

/** The content key by the bidder's own PKCS#8 key; `kind` is client or certificate. */
export async function unwrapContentKey(header, kind, pkcs8) {
  const own = header.wraps.find((one) => one.kind === kind);
  if (!own || !pkcs8) throw new Refused("envelope.wrap_missing", "这份投标的密钥没有加密给所选的私钥。");
  const { secret } = await unwrap(pkcs8, own.alg, unb64(own.sealed), KEY_TAG, await wrapContext(header));
  await checkContentKey(header, secret);
  return secret;
}

async function checkContentKey(header, contentKey) {
  if (!(await commits(suiteOf(header), unhex(header.key_commitment), contentKey))) throw new Refused("envelope.content_key_wrong", "内容密钥与信封头的承诺不符。");
}

/** The payload of an envelope (a Blob) in pieces. They count only when the iteration has ended without a refusal. */
export async function* openBody(blob, header, contentKey) {
  await checkContentKey(header, contentKey);
  if (blob.size > envelopeSize(header)) throw new Refused("envelope.trailing", "加密投标文件之后还有多余的字节。");
  const [cipher, bound, prefix] = [await bodyCipher(suiteOf(header), contentKey), await headDigest(header), unhex(header.nonce_prefix)];
  const chunks = chunksOf(header);
  let [at, left] = [headSize(header), 0];
  for (let counter = 0; counter < chunks; counter += 1) {
    const final = counter === chunks - 1;
    const length = (final ? header.size - counter * header.chunk_size : header.chunk_size) + TAG_SIZE;
    const sealed = new Uint8Array(await blob.slice(at, at + length).arrayBuffer());
    if (sealed.length < length) throw new Refused("envelope.truncated", "加密投标文件不完整。");
    let plain = await cipher.open(nonce(prefix, counter, final), sealed, bound);
    if (!plain) throw await diagnosis(cipher, prefix, chunks, counter, sealed, bound);
    if (counter === 0) [left, plain] = [lengthIn(plain, header), plain.subarray(LENGTH_SIZE)];
    const payload = plain.subarray(0, left);
    if (plain.subarray(payload.length).some((byte) => byte !== 0)) throw padding();
    [left, at] = [left - payload.length, at + length];
    if (payload.length) yield payload;
  }
}

const padding = () => new Refused("envelope.padding_bad", "加密投标文件的填充不合格。");

function lengthIn(plain, header) {
  const size = plain.subarray(0, LENGTH_SIZE).some((byte, place) => place < 2 && byte) ? Infinity : fromUint(plain.subarray(0, LENGTH_SIZE));
  if (size > header.size || paddedSize(size + LENGTH_SIZE) !== header.size) throw padding();
  return size;
}

/** A chunk of this envelope at another place, or damage. */
async function diagnosis(cipher, prefix, chunks, counter, sealed, bound) {
  for (let other = 0; other < Math.min(chunks, 4096); other += 1) {
    if (other !== counter && (await cipher.open(nonce(prefix, other, other === chunks - 1), sealed, bound))) {
      return new Refused("envelope.chunk_reordered", `第 ${counter} 块是第 ${other} 块。`);
    }
  }
  return new Refused("envelope.chunk_damaged", `第 ${counter} 块损坏，或属于另一份投标。`);
}

/** One custodian's share, opened with its PKCS#8 key: `{index, value}`. */
export async function openShare(header, custodian, pkcs8) {
  const sealed = header.shares.list.find((share) => share.custodian === custodian);
  if (!sealed) throw new Refused("share.not_a_custodian", "这个证书不是这份投标的托管人。");
  const context = await wrapContext(header);
  const { index, secret } = await unwrap(pkcs8, sealed.alg, unb64(sealed.sealed), SHARE_TAG, context);
  if (index !== sealed.index || !equal(await shareCheck(suiteOf(header), index, secret, context), unhex(sealed.check))) {
    throw new Refused("share.wrong", `第 ${sealed.index} 份分片不对。`);
  }
  return { index, value: secret };
}

/** The content key from at least k different, right shares `{index, value}` (sealing/keyshares.py). */
export async function combineShares(header, shares) {
  const suite = suiteOf(header);
  const context = await wrapContext(header);
  const found = new Map();
  for (const { index, value } of shares) {
    if (found.has(index)) throw new Refused("share.duplicate", `第 ${index} 份分片给了两次。`);
    const sealed = header.shares.list[index - 1];
    if (!sealed) throw new Refused("share.unknown", `没有第 ${index} 份分片。`);
    if (!equal(await shareCheck(suite, index, value, context), unhex(sealed.check))) throw new Refused("share.wrong", `第 ${index} 份分片不对。`);
    found.set(index, value);
  }
  const { k } = header.shares;
  if (found.size < k) throw new Refused("share.too_few", `需要 ${k} 份分片，只有 ${found.size} 份。`);
  for (const subset of subsets([...found.keys()].sort((a, b) => a - b), k)) {
    const key = combine(new Map(subset.map((index) => [index, found.get(index)])));
    if (await commits(suite, unhex(header.key_commitment), key)) return key;
  }
  throw new Refused("share.split_dishonest", "分片都对，但合成的密钥与信封头的承诺不符：投标人的客户端拆分的是另一把密钥。");
}

/** Up to a thousand choices of `k` indices, as sealing/keyshares.py tries them. */
function* subsets(indices, k, left = { count: 1000 }) {
  if (k === 0) {
    if (left.count > 0) yield [];
    left.count -= 1;
    return;
  }
  for (let at = 0; at + k <= indices.length && left.count > 0; at += 1) {
    for (const rest of subsets(indices.slice(at + 1), k - 1, left)) yield [indices[at], ...rest];
  }
}
