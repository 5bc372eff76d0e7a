// For test_browser_modules.py: seals what standard input describes, as a page does, into the files it names.
//   {"certificate", "key": PEM, "custodians": [b64 DER], "threshold", "tender", "lot", "part", "own": b64 DER or null,
//    "jobs": [{"size", "chunk_size", "envelope", "ticket"}]}; the payload's byte i is i mod 251.

import { readFileSync, writeFileSync } from "node:fs";
import { concat, unb64 } from "../../../../portal/static/portal/js/keys/bytes.js";
import { seal } from "../../../../trading/static/trading/js/sealing/envelope.js";
import { signerFrom } from "../../../../portal/static/portal/js/keys/keys.js";

/** In pieces that fit no chunk. */
async function* payload(size) {
  for (let at = 0; at < size; at += 1000) yield Uint8Array.from({ length: Math.min(1000, size - at) }, (_, place) => (at + place) % 251);
}

const said = JSON.parse(readFileSync(0, "utf8"));
const signer = await signerFrom(said.certificate, said.key);
for (const job of said.jobs) {
  const parts = [];
  const ticket = await seal(payload(job.size), (bytes) => parts.push(bytes), {
    size: job.size, chunkSize: job.chunk_size, tender: said.tender, lot: said.lot, part: said.part, signer, threshold: said.threshold,
    ownCertificate: said.own && unb64(said.own), custodians: said.custodians.map(unb64),
  });
  writeFileSync(job.envelope, concat(...parts));
  writeFileSync(job.ticket, JSON.stringify(ticket));
}
