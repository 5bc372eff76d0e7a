// An own envelope opened again on the own machine, as strictly as at the opening: before it is sent, or years later.

import { unb64 } from "../../../portal/js/keys/bytes.js";
import { SUMMARY } from "./bundle.js";
import { parseCanonical } from "./canonical.js";
import { contentKeyOf } from "./deciphering.js";
import { openBody } from "./envelope.js";
import { checkTarget, readHeader } from "./header.js";
import { checkIdentity } from "./identity.js";
import { blobSink } from "./sinks.js";
import { readBundle, verifyBundle } from "./unbundle.js";

/**
 * `{entries: [{path, size, role, blob}], summary, kinds, k, n}` of `{ticket, envelope, decrypting}`: `kinds` says to what the
 * content key is wrapped, k of n custodians open without the bidder. `progress(stage, done, total)`. The plaintext lies in
 * Blobs, which end with the page.
 */
export async function inspectBid({ ticket, envelope, decrypting }, progress) {
  const header = await readHeader(envelope);
  checkTarget(header, ticket);
  await checkIdentity(header, unb64(ticket.salt), ticket.identity);
  const sink = blobSink();
  const contentKey = await contentKeyOf(envelope, header, ticket, decrypting);
  let done = 0;
  for await (const part of openBody(envelope, header, contentKey)) {
    sink.put(part);
    done += part.length;
    progress("open", done, header.size);
  }
  const bundle = await readBundle(sink.end());
  let seen = 0;
  const total = bundle.entries.reduce((sum, entry) => sum + entry.size, 0);
  await verifyBundle(bundle, (bytes) => {
    seen += bytes;
    progress("digest", seen, total);
  });
  const entries = bundle.entries.map(({ path, size, role }) => ({ path, size, role, blob: bundle.blobOf(path) }));
  const summary = parseCanonical(new Uint8Array(await bundle.blobOf(SUMMARY).arrayBuffer()));
  return { entries, summary, kinds: header.wraps.map((wrap) => wrap.kind), k: header.shares.k, n: header.shares.n };
}
