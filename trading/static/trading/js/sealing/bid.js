// A whole bid: summary and its signature, bundle, envelope, and the proof that the ticket opens it again.

import { Refused } from "../../../portal/js/keys/bytes.js";
import { SUMMARY, SUMMARY_SIGNATURE, planBundle } from "./bundle.js";
import { canonical } from "./canonical.js";
import { finish, sha256Stream } from "./digests.js";
import { contentKeyOf } from "./deciphering.js";
import { openBody, seal } from "./envelope.js";
import { readHeader } from "./header.js";
import { readCertificate } from "../../../portal/js/keys/der.js";
import { signerOf } from "../../../portal/js/keys/holders.js";
import { makePseudonym } from "./pseudonym.js";
import { signByCertificate, statement } from "./statements.js";
import { suiteFor } from "./suite.js";

/**
 * Seal `{parts: [{summary, sources}], holder, decrypting, custodians, threshold}`: one part, or the two of 双信封 under one
 * pseudonym. Holders as portal/js/keys/holders.js has them; `decrypting` opens the bid again, null: a key made here, kept
 * in the ticket; custodians in DER. `openSink()` gives where each goes; `progress(stage, done, total, part)`. Answers
 * `[{part, ticket, envelope: Blob}]`.
 */
export async function sealBid({ parts, ...bid }, openSink, progress) {
  const signer = await signerOf(bid.holder);
  const oneTime = await makePseudonym(suiteFor(bid.custodians.map((der) => readCertificate(der).spki)));
  const made = [];
  for (const one of parts) {
    const { part } = one.summary;
    made.push({ part, ...(await sealPart({ ...bid, ...one, signer, oneTime }, await openSink(), (...said) => progress(...said, part))) });
  }
  return made;
}

async function sealPart({ signer, oneTime, ...bid }, sink, progress) {
  const { tender, lot, part } = bid.summary;
  const signed = await signByCertificate(statement("bid-summary", bid.summary), signer);
  const sources = [
    { path: SUMMARY, blob: new Blob([canonical(bid.summary)]), media_type: "application/json", role: "bid_summary" },
    { path: SUMMARY_SIGNATURE, blob: new Blob([canonical(signed)]), media_type: "application/json", role: "bid_summary_signature" },
    ...bid.sources,
  ];
  const total = sources.reduce((sum, source) => sum + source.blob.size, 0);
  const plan = await planBundle(sources, counting(progress, "read", total));
  const state = sha256Stream();
  const payload = observed(plan.parts(), state, counting(progress, "seal", plan.size));
  const own = bid.decrypting ? bid.decrypting.chain[0] : null;
  const ticket = await seal(payload, (bytes) => sink.put(bytes), {
    size: plan.size, tender, lot, part, signer, ownCertificate: own, custodians: bid.custodians, threshold: bid.threshold, oneTime,
  });
  const envelope = await sink.end();
  await proveOpens(envelope, ticket, bid.decrypting, finish(state), counting(progress, "prove", plan.size));
  return { ticket, envelope };
}

function counting(progress, stage, total) {
  let done = 0;
  progress(stage, 0, total);
  return (bytes) => {
    done += bytes;
    progress(stage, done, total);
  };
}

async function* observed(parts, state, count) {
  for await (const part of parts) {
    state.update(part);
    yield part;
    count(part.length);
  }
}

/** A bid that its own key cannot open would be found out at the opening only. */
async function proveOpens(envelope, ticket, decrypting, sha256, count) {
  const header = await readHeader(envelope);
  const contentKey = await contentKeyOf(envelope, header, ticket, decrypting);
  const state = sha256Stream();
  for await (const part of openBody(envelope, header, contentKey)) {
    state.update(part);
    count(part.length);
  }
  if (finish(state) !== sha256) throw new Refused("envelope.digest_differs", "自检未通过：重新打开的内容与原文件不同。请重新加密。");
}
