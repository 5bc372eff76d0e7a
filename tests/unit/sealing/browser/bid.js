// For test_browser_modules.py: standard input describes a bid with files; writes ZIP, envelope and ticket beside each other.

import { readFileSync, writeFileSync } from "node:fs";
import { holderOf } from "../../../../portal/static/portal/js/keys/holders.js";
import { choose, pairsIn } from "../../../../portal/static/portal/js/keys/keyfile.js";
import { planBundle } from "../../../../trading/static/trading/js/sealing/bundle.js";
import { sealBid } from "../../../../trading/static/trading/js/sealing/bid.js";
import { concat, unb64, utf8 } from "../../../../portal/static/portal/js/keys/bytes.js";
import { blobSink } from "../../../../trading/static/trading/js/sealing/sinks.js";
import { words, fenOf } from "../../../../trading/static/trading/js/sealing/money.js";
import { summaryOf } from "../../../../trading/static/trading/js/sealing/summary.js";

const said = JSON.parse(readFileSync(0, "utf8"));
const sources = said.files.map(({ path, content, media_type, role }) => ({ path, blob: new Blob([content]), media_type, role }));
const summary = summaryOf(said.values, said.target, null);
const plan = await planBundle(sources);
const parts = [];
for await (const part of plan.parts()) parts.push(part);
writeFileSync(`${said.folder}/plain.zip`, concat(...parts));
const stages = [];
const holder = holderOf(choose(await pairsIn([utf8(said.certificate), utf8(said.key)], "")));
const decrypting = said.ownKey === "certificate" ? holder.decrypting : null;
const [made] = await sealBid({ ...said, holder, decrypting, parts: [{ summary, sources }], custodians: said.custodians.map(unb64) }, async () => blobSink(), (stage, done, total) => stages.push([stage, done, total]));
writeFileSync(`${said.folder}/bid.mtse`, new Uint8Array(await made.envelope.arrayBuffer()));
writeFileSync(`${said.folder}/bid.ticket`, JSON.stringify(made.ticket));
console.log(JSON.stringify({ size: plan.size, zip: concat(...parts).length, last: stages.at(-1), words: said.amounts.map((text) => words(fenOf(text))), summary }));
