// For test_browser_checks.py: what the page reads in each bill; and what the page says of a bid under its tender's rules.

import { readFileSync } from "node:fs";
import { unb64 } from "../../../../portal/static/portal/js/keys/bytes.js";
import { readBill, textOf } from "../../../../trading/static/trading/js/sealing/bill.js";
import { ruleProblems } from "../../../../trading/static/trading/js/sealing/rules.js";

const { bills, bids } = JSON.parse(readFileSync(0, "utf8"));
const text = (fen) => (fen === null ? null : `${fen < 0n ? "-" : ""}${String(fen < 0n ? -fen : fen).padStart(3, "0").replace(/(..)$/, ".$1")}`);
const read = bills.map(({ data, asked }) => {
  const { sum, total, ...bill } = readBill(textOf(unb64(data)), asked);
  return { ...bill, missing: bill.lines || total !== null ? [] : bill.missing, sum: text(sum), total: text(total) };
});
const answers = [];
for (const { price, sources, ...bid } of bids) {
  const files = sources.map(({ path, role, content, size }) => ({ path, role, blob: size ? { size } : new Blob([content]) }));
  answers.push(await ruleProblems({ ...bid, sources: files, price: BigInt(price) }));
}
console.log(JSON.stringify({ read, answers }));
