// For test_browser_checks.py: seals a bid in two envelopes as the page does, into the folder that standard input names.

import { readFileSync, writeFileSync } from "node:fs";
import { unb64, utf8 } from "../../../../portal/static/portal/js/keys/bytes.js";
import { holderOf } from "../../../../portal/static/portal/js/keys/holders.js";
import { choose, pairsIn } from "../../../../portal/static/portal/js/keys/keyfile.js";
import { sealBid } from "../../../../trading/static/trading/js/sealing/bid.js";
import { partOfRole, partsOf } from "../../../../trading/static/trading/js/sealing/rules.js";
import { blobSink } from "../../../../trading/static/trading/js/sealing/sinks.js";
import { summaryOf } from "../../../../trading/static/trading/js/sealing/summary.js";

const said = JSON.parse(readFileSync(0, "utf8"));
const lot = { lot: "1", scheme: "dual" };
const sources = said.files.map(({ path, content, media_type, role }) => ({ path, blob: new Blob([content]), media_type, role }));
const holder = holderOf(choose(await pairsIn([utf8(said.certificate), utf8(said.key)], "")));
const parts = partsOf(lot).map((part) => ({
  summary: summaryOf(said.values, { ...said.target, part }, null),
  sources: sources.filter((source) => partOfRole(source.role, lot, said.requirements) === part),
}));
const bid = { parts, holder, decrypting: null, custodians: said.custodians.map(unb64), threshold: 2 };
for (const { part, ticket, envelope } of await sealBid(bid, async () => blobSink(), () => {})) {
  writeFileSync(`${said.folder}/${part}.mtse`, new Uint8Array(await envelope.arrayBuffer()));
  writeFileSync(`${said.folder}/${part}.ticket`, JSON.stringify(ticket));
}
