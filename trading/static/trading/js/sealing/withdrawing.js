// Taking a bid back from the page: the ticket signs mingtang/bid-withdrawal with the one-time key; no certificate, no login.

import { ask as confirm } from "../../../portal/js/confirm.js";
import { put } from "../../../portal/js/display.js";
import { Refused } from "../../../portal/js/keys/bytes.js";
import { note, rowOf } from "./kept.js";
import { revoke, withdraw } from "./tender.js";
import { readTicket, withdrawalOf } from "./ticket.js";

const page = document.querySelector("[data-bid-page]");
const form = page.querySelector("[data-withdraw-form]");
const say = page.querySelector("[data-withdraw-say]");
const files = (name) => [...form.querySelector(`[data-local="${name}"]`).files];

/** The bid's id: from its receipt, chosen or kept by this browser. */
async function bidOf(ticket) {
  const receipts = [rowOf(ticket.envelope_sha256)?.receipt];
  for (const file of files("withdraw-receipt")) receipts.push(await file.text().then(JSON.parse).catch(() => null));
  const said = receipts.map((one) => one?.statement?.payload).find((one) => one?.envelope_sha256 === ticket.envelope_sha256);
  if (said) return said.bid;
  throw new Refused("receipt", files("withdraw-receipt").length ? "回执与凭据不是同一份投标。" : "请再选择这份投标的回执（.receipt.json）。");
}

async function take() {
  if (!files("withdraw-ticket").length) throw new Refused("ticket", "请选择要撤回的那份投标的凭据（.ticket）。");
  const all = [];
  for (const file of files("withdraw-ticket")) {
    const ticket = readTicket(await file.text());
    all.push({ ticket, bid: await bidOf(ticket) });
  }
  const names = all.map(({ bid }) => bid).join("、");
  const sure = await confirm({ title: "撤回这份投标？", body: `投标编号 ${names}。撤回后它不会被打开，不能恢复；截止前可以重新加密并递交。`, button: "撤回" });
  if (!sure) return "没有撤回。";
  for (const { ticket, bid } of all) {
    const signed = await withdrawalOf(ticket, bid);
    try {
      await withdraw(bid, signed);
    } catch (problem) {
      if (problem?.code !== "bid.withdrawal_late") throw problem;
      return takeBackLate(all, bid, signed);
    }
    note(ticket, { withdrawn: true });
  }
  return `已撤回投标 ${names}。截止前可以重新加密并递交。`;
}

/** The platform's clock says that the deadline has passed: what is left has another name and another price. */
async function takeBackLate(all, bid, signed) {
  const sure = await confirm({
    title: "截止已过，撤销这份投标？",
    body: `投标编号 ${bid}。截止之后不能撤回，只能撤销：投标不再参加评审，招标人可以不退还投标保证金（招标投标法实施条例第三十五条）。撤销不能恢复。`,
    button: "撤销",
  });
  if (!sure) return "没有撤销。";
  // The envelopes of one bid go together.
  const { consequence } = await revoke(bid, signed);
  for (const { ticket } of all) note(ticket, { withdrawn: true });
  return `已撤销投标 ${bid}。${consequence}。`;
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const button = form.querySelector("button[type=submit]");
  button.disabled = true;
  try {
    put(say, await take());
  } catch (problem) {
    put(say, problem instanceof Refused ? problem.message : "文件读不出来，请重新选择。");
  } finally {
    button.disabled = false;
  }
});
