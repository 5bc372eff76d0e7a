// The vectors of tests/vectors/sealing, opened by the page's modules under node: both ways, all refusals of an opener.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { Refused, concat, fromUtf8, hex, random, unb64, unhex, utf8 } from "../../../../portal/static/portal/js/keys/bytes.js";
import { ecdsaDer, signerOf } from "../../../../portal/static/portal/js/keys/keys.js";
import * as sm from "../../../../portal/static/portal/js/keys/sm.js";
import { combineShares, openBody, openShare, seal, unwrapContentKey } from "../../../../trading/static/trading/js/sealing/envelope.js";
import { checkTarget, chunksOf, coreDigest, envelopeSize, headDigest, headSize, readHeader, wrapContext } from "../../../../trading/static/trading/js/sealing/header.js";
import { checkIdentity, revealIdentity } from "../../../../trading/static/trading/js/sealing/identity.js";
import { paddedSize } from "../../../../trading/static/trading/js/sealing/padding.js";
import { combine } from "../../../../trading/static/trading/js/sealing/shamir.js";
import { readBundle, verifyBundle } from "../../../../trading/static/trading/js/sealing/unbundle.js";
import { verify } from "../../../../trading/static/trading/js/sealing/statements.js";
import { clientKeyOf, readTicket, submissionOf } from "../../../../trading/static/trading/js/sealing/ticket.js";

const HERE = new URL("../../../vectors/sealing/", import.meta.url);
const read = (name) => readFileSync(new URL(name, HERE));
const json = (name) => JSON.parse(read(name));
const VECTORS = json("vectors.json");
const KEYS = json("keys.json");
const keyOf = (player) => unb64(KEYS[player].private_key);

async function opened(blob, header, contentKey) {
  const parts = [];
  for await (const part of openBody(blob, header, contentKey)) parts.push(part);
  return concat(...parts);
}

test("padded sizes", () => {
  for (const [size, padded] of VECTORS.padding) assert.equal(paddedSize(size), padded, size);
});

for (const { name, file, input, ticket, submission, expected } of VECTORS.cases) {
  test(`opens ${name} both ways`, async () => {
    const blob = new Blob([read(file)]);
    const header = await readHeader(blob);
    assert.equal(envelopeSize(header), expected.envelope_size);
    assert.equal(headSize(header), expected.head_size);
    assert.equal(chunksOf(header), expected.chunks);
    assert.equal(hex(await headDigest(header)), expected.header_digest);
    assert.equal(hex(await coreDigest(header)), expected.core_digest);
    assert.equal(hex(await wrapContext(header)), expected.wrap_context);
    const held = readTicket(JSON.stringify(ticket));
    const own = input.own_key === "client" ? clientKeyOf(held) : keyOf(input.bidder);
    const key = await unwrapContentKey(header, input.own_key, own);
    assert.equal(hex(key), expected.content_key);
    const shares = [];
    for (const custodian of input.custodians) shares.push(await openShare(header, KEYS[custodian].fingerprint, keyOf(custodian)));
    assert.deepEqual(shares.map((share) => hex(share.value)), expected.shares.map((share) => share.value));
    const quorum = shares.slice(-input.threshold).map(({ index, value }) => [index, value]);
    assert.equal(hex(combine(new Map(quorum))), expected.content_key);
    const payload = await opened(blob, header, key);
    assert.equal(payload.length, input.payload_size);
    assert.equal(createHash("sha256").update(payload).digest("hex"), input.payload_sha256);
    assert.deepEqual(await revealIdentity(header, key, unb64(header.identity_sealed)), { salt: held.salt, identity: held.identity });
    await verify(held.identity, "bid-identity");
    const made = (await submissionOf(held, "")).submission;
    // SM2 draws its k: two signatures differ, and both are right.
    if (expected.suite === 2) await Promise.all([made, submission].map((one) => verify(one, "bid-submission", unhex(expected.pseudonym))));
    assert.deepEqual(expected.suite === 2 ? { ...made, signature: submission.signature } : made, submission);
  });
}

const PUBLISHED = json("sm_published.json");

test("SM3, SM4-GCM and SM2 as published", async () => {
  for (const [message, digest] of PUBLISHED.sm3.cases) assert.equal(hex(sm.sm3(unhex(message))), digest);
  const { key, nonce, plain, aad, cipher, tag } = Object.fromEntries(Object.entries(PUBLISHED.sm4_gcm).slice(1).map(([name, value]) => [name, unhex(value)]));
  const made = await sm.sm4Gcm(key).seal(nonce, plain, aad);
  assert.equal(hex(made), hex(cipher) + hex(tag));
  assert.equal(hex(await sm.sm4Gcm(key).open(nonce, made, aad)), hex(plain));
  for (const wrong of [made.subarray(1), made.subarray(0, 15), new Uint8Array(0)]) assert.equal(await sm.sm4Gcm(key).open(nonce, wrong, aad), null);
  const { private_key, x, y, sign, encrypt } = PUBLISHED.sm2;
  const [scalar, point] = [unhex(private_key), unhex(`04${x}${y}`)];
  assert.equal(hex(sm.pointOf(scalar)), hex(point));
  const raw = unhex(sign.r + sign.s);
  for (const one of [point, sm.compressed(point)]) assert.ok(sm.verify(one, raw, utf8(sign.message)));
  assert.ok(!sm.verify(point, raw, utf8("another message")));
  const integers = ecdsaDer(unhex(encrypt.c1x + encrypt.c1y)).subarray(2);
  const sealed = concat(integers, Uint8Array.of(4, 32), unhex(encrypt.c3), Uint8Array.of(4, encrypt.c2.length / 2), unhex(encrypt.c2));
  assert.equal(fromUtf8(sm.decrypt(scalar, concat(Uint8Array.of(0x30, sealed.length), sealed))), encrypt.message);
});

test("SM2 signs and seals; whatever is changed counts for nothing", () => {
  for (let round = 0; round < 8; round += 1) {
    const [scalar, data] = [sm.makeScalar(), random(round + 1)];
    const [point, der] = [sm.pointOf(scalar), sm.signDer(scalar, data)];
    assert.ok(sm.verifyDer(point, der, data));
    const sealed = sm.encrypt(point, data);
    assert.equal(hex(sm.decrypt(scalar, sealed)), hex(data));
    for (const bytes of [der, sealed]) bytes[random(1)[0] % bytes.length] ^= 1 << round;
    assert.equal(refusing(() => sm.verifyDer(point, der, data)), false);
    assert.equal(sm.decrypt(scalar, sealed), null);
  }
});

function refusing(call) {
  try {
    return call();
  } catch (problem) {
    assert.ok(problem instanceof Refused, problem);
    return false;
  }
}

function damaged({ base, edits }) {
  let bytes = read(VECTORS.cases.find((one) => one.name === base).file);
  for (const { at, remove, insert } of [...(edits ?? [])].sort((a, b) => b.at - a.at)) {
    bytes = Buffer.concat([bytes.subarray(0, at), Buffer.from(insert, "hex"), bytes.subarray(at + remove)]);
  }
  return new Blob([bytes]);
}

const DO = {
  read_header: async () => {},
  open: async (blob, header, said) => opened(blob, header, unhex(said.content_key)),
  unwrap: async (blob, header, { holder, base }) => {
    const { ticket } = VECTORS.cases.find((one) => one.name === base);
    return holder === "ticket" ? unwrapContentKey(header, "client", clientKeyOf(ticket)) : unwrapContentKey(header, "certificate", keyOf(holder));
  },
  open_share: async (blob, header, { custodian }) => openShare(header, KEYS[custodian].fingerprint, keyOf(custodian)),
  open_identity: async (blob, header, said) => revealIdentity(header, unhex(said.content_key), unb64(header.identity_sealed)),
};

const SAID = {
  check_target: (header, { target: [tender, lot, part] }) => checkTarget(header, { tender, lot, part }),
  check_identity: (header, { door_identity: { salt, identity } }) => checkIdentity(header, unb64(salt), identity),
  combine: (header, { shares }) => combineShares(header, shares.map(({ index, value }) => ({ index, value: unhex(value) }))),
};
for (const [name, call] of Object.entries(SAID)) DO[name] = (blob, header, said) => call(header, said);

async function sealing({ custodians, threshold, size, declared = size, bidder = "bidder_p256" }) {
  const signer = await signerOf({ pkcs8: keyOf(bidder), chain: KEYS[bidder].certificates.map(unb64) });
  await seal([new Uint8Array(size)], () => {}, {
    size: declared, tender: "T", lot: "1", part: "whole", signer, custodians: custodians.map((name) => unb64(KEYS[name].certificates[0])), threshold,
  });
}

/** Whole and with all its digests. */
async function unpacked({ zip }) {
  await verifyBundle(await readBundle(new Blob([unb64(zip)])));
}

const REFUSALS = json("refusals.json").cases;

for (const said of REFUSALS) {
  test(`refuses (${said.do}) ${said.why}`, async () => {
    const alone = { seal: sealing, bundle: unpacked }[said.do];
    const call = alone ? () => alone(said) : async () => DO[said.do](damaged(said), await readHeader(damaged(said)), said);
    await assert.rejects(call, { code: said.code });
  });
}

test("bundles are read as they were packed", async () => {
  const { ticket, file, input } = VECTORS.cases.find(({ name }) => name === "bundle");
  const blob = new Blob([read(file)]);
  const header = await readHeader(blob);
  await checkIdentity(header, unb64(ticket.salt), ticket.identity);
  const key = await unwrapContentKey(header, input.own_key, input.own_key === "client" ? clientKeyOf(ticket) : keyOf(input.bidder));
  const bundle = await readBundle(new Blob([await opened(blob, header, key)]));
  await verifyBundle(bundle);
  assert.ok(bundle.entries.length > 0);
});
