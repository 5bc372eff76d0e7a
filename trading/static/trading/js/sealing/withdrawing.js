// Taking a bid back from the page: the ticket signs mingtang/bid-withdrawal with the one-time key; no certificate, no login.

import { ask as confirm } from "../../../portal/js/confirm.js";
import { put } from "../../../portal/js/display.js";
import { Refused } from "../../../portal/js/keys/bytes.js";
import { note, rowOf } from "./kept.js";
import { withdraw } from "./tender.js";
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
    await withdraw(bid, await withdrawalOf(ticket, bid));
    note(ticket, { withdrawn: true });
  }
  return `已撤回投标 ${names}。截止前可以重新加密并递交。`;
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
