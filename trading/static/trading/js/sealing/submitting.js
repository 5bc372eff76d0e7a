// The second half of the bid page: the tickets are saved and shown again, then upload, submission, receipts.
// It also serves a bid sealed earlier, here or by bidtool: choose its tickets and its envelopes.

import { put } from "../../../portal/js/display.js";
import { Refused } from "../../../portal/js/keys/bytes.js";
import { measure } from "./digests.js";
import { envelopeOf, note, otherIn, rowOf, rows } from "./kept.js";
import { showReceipt } from "./receipts.js";
import { PART_ZH, PRICE, TECHNICAL } from "./rules.js";
import { envelopeName, offer, showSaves } from "./saving.js";
import { submit } from "./tender.js";
import { readTicket, submissionOf } from "./ticket.js";
import { forget, upload } from "./upload.js";

const page = document.querySelector("[data-bid-page]");
const say = page.querySelector("[data-submit-say]");
const part = (name) => page.querySelector(`[data-${name}]`);
const local = (name) => [...page.querySelector(`[data-local="${name}"]`).files];
const made = new Map();
let running = null;

/** The Worker's result: everything is offered; the tickets must come back before anything is sent. */
export function takeSealed(parts) {
  made.clear();
  for (const one of parts) made.set(one.ticket.envelope_sha256, one.envelope);
  showSaves(parts);
  part("envelope-drop").hidden = true;
}

/** `[{ticket, envelope}]` of what was chosen, each envelope known to be its ticket's. */
export async function chosen() {
  const files = local("ticket");
  if (!files.length) throw new Refused("ticket", made.size ? "请先下载凭据，再在这里选回刚保存的凭据文件。" : "请选择投标凭据文件（.ticket）。");
  const tickets = [];
  for (const file of files) tickets.push(readTicket(await file.text()));
  for (const { tender } of tickets) if (tender !== page.dataset.bidPage) throw new Refused("ticket", `这份凭据属于招标 ${tender}，不是本招标。`);
  checkBoth(tickets);
  const found = [];
  for (const ticket of tickets) found.push({ ticket, envelope: await envelopeFor(ticket) });
  return found;
}

/** Two envelopes are one bid: one of them alone counts as withdrawn at the deadline. */
function checkBoth(tickets) {
  for (const { part: own, lot, tender, pseudonym_key } of tickets) {
    const wanted = { [TECHNICAL]: PRICE, [PRICE]: TECHNICAL }[own];
    const there = !wanted || tickets.some((one) => one.part === wanted && one.pseudonym_key === pseudonym_key)
      || rows().some((row) => row.receipt && !row.withdrawn && row.tender === tender && row.lot === lot && row.part === wanted);
    if (!there) throw new Refused("ticket", `这是${PART_ZH[own]}的凭据。两个信封组成一份投标，请同时选${PART_ZH[wanted]}的凭据。`);
  }
}

async function envelopeFor(ticket) {
  if (made.has(ticket.envelope_sha256)) return made.get(ticket.envelope_sha256);
  const kept = await envelopeOf(rowOf(ticket.envelope_sha256));
  const candidates = [...local("envelope"), ...(kept ? [kept] : [])];
  part("envelope-drop").hidden = false;
  if (!candidates.length) throw new Refused("ticket", made.size ? "这不是刚才这份投标的凭据。请选回刚保存的那个文件。" : "请选择加密投标文件（.mtse）。");
  for (const envelope of candidates.filter((one) => one.size === ticket.size)) {
    if ((await digestOf(envelope)) === ticket.envelope_sha256) return envelope;
  }
  throw new Refused("submit.not_the_tickets", "加密投标文件与凭据不符，请选择同一次加密的两个文件。");
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
    offer(part("rest-envelope"), file, envelopeName(row));
    part("rest").hidden = false;
    return;
  }
}

/** Speed and time left beside the bar. */
function progressOf(ticket) {
  const bar = part("upload-progress");
  const [size, start] = [ticket.size, performance.now()];
  const which = ticket.part in PART_ZH && ticket.part !== "whole" ? `${PART_ZH[ticket.part]}：` : "";
  let first = null;
  [bar.max, bar.hidden] = [size, false];
  return (done) => {
    first ??= done;
    bar.value = done;
    const seconds = (performance.now() - start) / 1000;
    const speed = seconds > 0.5 ? (done - first) / seconds : 0;
    const left = speed ? `，每秒 ${(speed / 1e6).toFixed(1)} MB，还要约 ${Math.ceil((size - done) / speed)} 秒` : "";
    put(say, `${which}已上传 ${Math.floor((100 * done) / size)}%${left}`);
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
    const all = await chosen();
    part("receipts").replaceChildren();
    for (const { ticket, envelope } of all) await deliver(ticket, envelope, running.signal);
    part("rest").hidden = true;
    all.forEach(({ ticket }) => warnOfOther(ticket));
  } catch (problem) {
    put(say, problem.name === "AbortError" ? "已暂停。已上传的部分不会丢失。" : problem instanceof Refused ? problem.message : "文件读不出来，请重新选择。");
  } finally {
    running = null;
    put(button, "上传并递交");
  }
}

async function deliver(ticket, envelope, signal) {
  const id = await upload(envelope, ticket.envelope_sha256, "envelope.mtse", progressOf(ticket), signal);
  put(say, "已上传，正在递交……");
  const receipt = await submit(ticket, await submissionOf(ticket, id));
  forget(ticket.envelope_sha256);
  note(ticket, { receipt });
  put(say, "投标已收到。回执已生成，请保存。");
  await showReceipt(receipt, ticket);
}

/** Two different bids of one bidder for one lot are both rejected. */
function warnOfOther(ticket) {
  const other = otherIn(ticket);
  if (!other) return;
  part("other-bid").hidden = false;
  put(part("other-bid-words"), `同一标段的另一份投标 ${other.receipt.statement.payload.bid} 已经递交、没有撤回。两份不同的投标都将被否决（招标投标法实施条例第五十一条），请在截止之前撤回其中一份。`);
}

page.querySelector("[data-submit-form]").addEventListener("submit", send);
offerRest().catch(() => {});
