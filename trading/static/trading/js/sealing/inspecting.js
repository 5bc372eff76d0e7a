// "打开看看": what is inside the chosen envelopes, shown in the page; nothing is sent.

import { put } from "../../../portal/js/display.js";
import { Refused } from "../../../portal/js/keys/bytes.js";
import { keyFields } from "../../../portal/js/keys/fields.js";
import { fenOf, shown } from "./money.js";
import { PART_ZH } from "./rules.js";
import { offer } from "./saving.js";
import { chosen } from "./submitting.js";
import { inWorker } from "./working.js";

const page = document.querySelector("[data-bid-page]");
const say = page.querySelector("[data-submit-say]");
const list = page.querySelector("[data-inside]");
const button = page.querySelector("[data-inspect]");
const STAGES = { open: "解密", digest: "核对摘要" };
const OPENER = { client: "凭据里的密钥", certificate: "单位的加密证书" };

/** The key of the certificate is asked for only when the ticket has none of its own. */
async function decryptingFor(ticket) {
  if (ticket.client_key !== null) return null;
  return keyFields(page.querySelector("form")).decrypting();
}

function shownAs({ entries, summary, kinds, k, n }, ticket) {
  const item = (...nodes) => {
    const row = document.createElement("li");
    row.append(...nodes);
    return row;
  };
  const price = summary.price ? `，报价 ${shown(fenOf(summary.price))}，人民币${summary.price_in_words}` : "，没有报价";
  const files = entries.filter((entry) => !entry.role.startsWith("bid_summary")).map((entry) => {
    const link = document.createElement("a");
    offer(link, entry.blob, entry.path.split("/").at(-1));
    put(link, entry.path);
    return item(link, `（${entry.size.toLocaleString("en-US")} 字节）`);
  });
  return [
    item(`${PART_ZH[ticket.part] ?? ticket.part}，标段 ${summary.lot}：${summary.bidder.name}${price}，工期 ${summary.duration_days} 日历天，质量 ${summary.quality}`),
    item(`开标时用${kinds.map((kind) => OPENER[kind]).join("或")}解密；丢失时由 ${n} 位托管人中的 ${k} 位开启`),
    ...files,
  ];
}

button.addEventListener("click", async () => {
  button.disabled = true;
  list.replaceChildren();
  try {
    for (const { ticket, envelope } of await chosen()) {
      const job = { inspect: { ticket, envelope, decrypting: await decryptingFor(ticket) } };
      const found = await inWorker(job, ({ stage, done, total }) => put(say, `${STAGES[stage]} ${Math.min(100, Math.floor((100 * done) / Math.max(1, total)))}%`));
      list.append(...shownAs(found, ticket));
    }
    put(say, "加密投标文件完好，内容如下；没有上传。");
  } catch (problem) {
    put(say, problem instanceof Refused ? problem.message : "文件读不出来，请重新选择。");
  } finally {
    button.disabled = false;
  }
});
