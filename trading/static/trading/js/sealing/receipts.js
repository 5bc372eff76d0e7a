// Receipts as the page shows them: offered for saving, then checked in the page.

import { put } from "../../../portal/js/display.js";
import { Refused } from "../../../portal/js/keys/bytes.js";
import { checkReceipt } from "./receipt.js";
import { PART_ZH, WHOLE } from "./rules.js";
import { envelopeName, json, offer } from "./saving.js";
import { platformKeys } from "./tender.js";

const page = document.querySelector("[data-bid-page]");
const place = page.querySelector("[data-receipts]");

/** The receipt is offered before it is checked: it is the bidder's, whatever the check says. */
export async function showReceipt(receipt, ticket) {
  const { payload } = receipt.statement;
  const card = page.querySelector("template[data-receipt-card]").content.firstElementChild.cloneNode(true);
  const part = (name) => card.querySelector(`[data-${name}]`);
  if (ticket.part !== WHOLE && ticket.part in PART_ZH) put(card.querySelector("h2"), `投标回执：${PART_ZH[ticket.part]}`);
  offer(part("save-receipt"), json(receipt), `${envelopeName(ticket)}.receipt.json`);
  put(part("receipt-bid"), payload.bid);
  put(part("receipt-at"), beijing(payload.received_at));
  put(part("receipt-size"), `${payload.size.toLocaleString("en-US")} 字节`);
  put(part("receipt-digest"), payload.envelope_sha256.match(/.{4}/g).join(" "));
  place.append(card);
  const line = (text) => Object.assign(document.createElement("li"), { textContent: text });
  try {
    const { lines } = await checkReceipt(receipt, await platformKeys(), ticket);
    part("receipt-checks").replaceChildren(...lines.map((text) => line(`✓ ${text}`)));
    card.dataset.checked = "proven";
  } catch (problem) {
    const words = problem instanceof Refused ? problem.message : "回执读不懂。";
    part("receipt-checks").replaceChildren(line(`✗ ${words} 请保存回执并联系平台。`));
    card.dataset.checked = "failed";
  }
  card.querySelector("h2").focus();
}

function beijing(iso) {
  const shown = new Date(iso).toLocaleString("sv-SE", { timeZone: "Asia/Shanghai" });
  return `${shown}${/\.\d+/.exec(iso)?.[0] ?? ""}（北京时间）`;
}
