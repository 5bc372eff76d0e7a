// The vectors of tests/vectors/sealing, opened by the page's modules under node: both ways, all refusals of an opener.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { concat, hex, unb64, unhex } from "../../../../portal/static/portal/js/keys/bytes.js";
import { openBody, openShare, unwrapContentKey } from "../../../../trading/static/trading/js/sealing/envelope.js";
import { chunksOf, coreDigest, envelopeSize, headDigest, headSize, readHeader, wrapContext } from "../../../../trading/static/trading/js/sealing/header.js";
import { revealIdentity } from "../../../../trading/static/trading/js/sealing/identity.js";
import { paddedSize } from "../../../../trading/static/trading/js/sealing/padding.js";
import { combine } from "../../../../trading/static/trading/js/sealing/shamir.js";
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

for (const { name, file, input, ticket, submission, expected } of VECTORS.cases.filter((one) => !one.name.startsWith("sm_"))) {
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
    assert.deepEqual((await submissionOf(held, "")).submission, submission);
  });
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

for (const said of json("refusals.json").cases.filter((one) => one.do in DO && one.why !== "the first byte says suite 2" && !one.base?.startsWith("sm_"))) {
  test(`refuses (${said.do}) ${said.why}`, async () => {
    const blob = damaged(said);
    await assert.rejects(async () => DO[said.do](blob, await readHeader(blob), said), { code: said.code });
  });
}
