// The second half of the bid page: the ticket is saved and shown again, then upload, submission, receipt.
// It also serves a bid sealed earlier, here or by bidtool: choose its ticket and its envelope.

import { put } from "../../../portal/js/display.js";
import { Refused } from "../../../portal/js/keys/bytes.js";
import { measure } from "./digests.js";
import { envelopeOf, note, otherIn, remember, rowOf, rows } from "./kept.js";
import { checkReceipt } from "./receipt.js";
import { platformKeys, submit } from "./tender.js";
import { readTicket, submissionOf } from "./ticket.js";
import { forget, upload } from "./upload.js";

const page = document.querySelector("[data-bid-page]");
const say = page.querySelector("[data-submit-say]");
const part = (name) => page.querySelector(`[data-${name}]`);
const local = (name) => page.querySelector(`[data-local="${name}"]`);
let made = null;
let running = null;

function offer(link, blob, name) {
  if (link.href.startsWith("blob:")) URL.revokeObjectURL(link.href);
  link.href = URL.createObjectURL(blob);
  link.download = name;
}

/** The Worker's result: both files are offered; the ticket must come back before anything is sent. */
export function takeSealed({ ticket, envelope }) {
  made = { ticket, envelope };
  remember(ticket, envelope.name ?? "");
  const name = `${ticket.tender}-${ticket.lot}.mtse`;
  offer(part("save-ticket"), new Blob([JSON.stringify(ticket)], { type: "application/json" }), `${name}.ticket`);
  offer(part("save-envelope"), envelope, name);
  part("saving").hidden = false;
  put(part("envelope-digest"), ticket.envelope_sha256);
  part("envelope-drop").hidden = true;
  part("saving").querySelector("h2").focus();
}

async function chosen() {
  const file = local("ticket").files[0];
  if (!file) throw new Refused("ticket", made ? "请先下载凭据，再在这里选回刚保存的凭据文件。" : "请选择投标凭据文件（.ticket）。");
  const ticket = readTicket(await file.text());
  if (ticket.tender !== page.dataset.bidPage) throw new Refused("ticket", `这份凭据属于招标 ${ticket.tender}，不是本招标。`);
  if (made?.ticket.envelope_sha256 === ticket.envelope_sha256) return { ticket, envelope: made.envelope };
  const envelope = local("envelope").files[0] ?? (await envelopeOf(rowOf(ticket.envelope_sha256)));
  part("envelope-drop").hidden = false;
  if (!envelope) throw new Refused("ticket", made ? "这不是刚才这份投标的凭据。请选回刚保存的那个文件。" : "请选择加密投标文件（.mtse）。");
  if (envelope.size !== ticket.size || (await digestOf(envelope)) !== ticket.envelope_sha256) {
    throw new Refused("submit.not_the_tickets", "加密投标文件与凭据不符，请选择同一次加密的两个文件。");
  }
  return { ticket, envelope };
}

async function digestOf(envelope) {
  let done = 0;
  const { sha256 } = await measure(envelope, (bytes) => {
    done += bytes;
    put(say, `正在核对加密投标文件 ${Math.floor((100 * done) / envelope.size)}%`);
  });
  return sha256;
}

/** A page that died, or was closed, left an envelope that has no receipt yet. */
async function offerRest() {
  for (const row of rows().filter((one) => one.tender === page.dataset.bidPage && !one.receipt)) {
    const file = await envelopeOf(row);
    if (!file) continue;
    const when = new Date(row.at).toLocaleString("zh-CN", { timeZone: "Asia/Shanghai" });
    put(part("rest-words"), `标段 ${row.lot} 的投标文件（${row.size.toLocaleString("en-US")} 字节，${when} 加密）还没有递交完。它还在这个浏览器里：选回它的凭据，就从断开的地方接着上传。`);
    offer(part("rest-envelope"), file, `${row.tender}-${row.lot}.mtse`);
    part("rest").hidden = false;
    return;
  }
}

/** Speed and time left beside the bar. */
function progressOf(size) {
  const bar = part("upload-progress");
  const start = performance.now();
  let first = null;
  [bar.max, bar.hidden] = [size, false];
  return (done) => {
    first ??= done;
    bar.value = done;
    const seconds = (performance.now() - start) / 1000;
    const speed = seconds > 0.5 ? (done - first) / seconds : 0;
    const left = speed ? `，每秒 ${(speed / 1e6).toFixed(1)} MB，还要约 ${Math.ceil((size - done) / speed)} 秒` : "";
    put(say, `已上传 ${Math.floor((100 * done) / size)}%${left}`);
  };
}

async function send(event) {
  event.preventDefault();
  if (running) {
    running.abort();
    return;
  }
  running = new AbortController();
  const button = part("send");
  put(button, "暂停");
  try {
    const { ticket, envelope } = await chosen();
    const id = await upload(envelope, ticket.envelope_sha256, `${ticket.tender}-${ticket.lot}.mtse`, progressOf(ticket.size), running.signal);
    put(say, "已上传，正在递交……");
    const receipt = await submit(ticket, await submissionOf(ticket, id));
    forget(ticket.envelope_sha256);
    note(ticket, { receipt });
    part("rest").hidden = true;
    await showReceipt(receipt, ticket);
    warnOfOther(ticket);
  } catch (problem) {
    put(say, problem.name === "AbortError" ? "已暂停。已上传的部分不会丢失。" : problem instanceof Refused ? problem.message : "文件读不出来，请重新选择。");
  } finally {
    running = null;
    put(button, "上传并递交");
  }
}

/** The receipt is offered before it is checked: it is the bidder's, whatever the check says. */
async function showReceipt(receipt, ticket) {
  const { payload } = receipt.statement;
  const card = part("receipt");
  offer(part("save-receipt"), new Blob([JSON.stringify(receipt)], { type: "application/json" }), `${ticket.tender}-${ticket.lot}.mtse.receipt.json`);
  put(part("receipt-bid"), payload.bid);
  put(part("receipt-at"), beijing(payload.received_at));
  put(part("receipt-size"), `${payload.size.toLocaleString("en-US")} 字节`);
  put(part("receipt-digest"), payload.envelope_sha256.match(/.{4}/g).join(" "));
  card.hidden = false;
  put(say, "投标已收到。回执已生成，请保存。");
  const lines = part("receipt-checks");
  try {
    const { lines: proven } = await checkReceipt(receipt, await platformKeys(), ticket);
    lines.replaceChildren(...proven.map((text) => Object.assign(document.createElement("li"), { textContent: `✓ ${text}` })));
    card.dataset.checked = "proven";
  } catch (problem) {
    const words = problem instanceof Refused ? problem.message : "回执读不懂。";
    lines.replaceChildren(Object.assign(document.createElement("li"), { textContent: `✗ ${words} 请保存回执并联系平台。` }));
    card.dataset.checked = "failed";
  }
  card.querySelector("h2").focus();
}

/** Two different bids of one bidder for one lot are both rejected. */
function warnOfOther(ticket) {
  const other = otherIn(ticket);
  part("other-bid").hidden = !other;
  if (other) put(part("other-bid-words"), `同一标段的另一份投标 ${other.receipt.statement.payload.bid} 已经递交、没有撤回。两份不同的投标都将被否决（招标投标法实施条例第五十一条），请在截止之前撤回其中一份。`);
}

function beijing(iso) {
  const shown = new Date(iso).toLocaleString("sv-SE", { timeZone: "Asia/Shanghai" });
  return `${shown}${/\.\d+/.exec(iso)?.[0] ?? ""}（北京时间）`;
}

page.querySelector("[data-submit-form]").addEventListener("submit", send);
offerRest().catch(() => {});
