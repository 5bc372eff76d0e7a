// The opening hall: the bidder's ticket (and its certificate's key, if the content key is wrapped to it) opens the bid's
// content key here; what leaves the page is mingtang/key-release, signed by the one-time key.

import { put } from "../../../portal/js/display.js";
import { Refused } from "../../../portal/js/keys/bytes.js";
import { keyFields } from "../../../portal/js/keys/fields.js";
import { contentKeyOf } from "./deciphering.js";
import { readHeader } from "./header.js";
import { ask, headOf, releaseKey } from "./tender.js";
import { clientKeyOf, keyRelease, readTicket } from "./ticket.js";

const SELECTOR = "form[data-open-bid]";
const held = new Map();

const fileOf = (form, name) => form.querySelector(`[data-local="${name}"]`).files[0];

async function open(form) {
  const ticketFile = fileOf(form, "ticket");
  if (!ticketFile) throw new Refused("ticket", "请选择递交时保存的投标凭据（.ticket）。");
  const ticket = readTicket(await ticketFile.text());
  const { bids } = await ask(`/api/v1/tenders/${encodeURIComponent(form.dataset.openBid)}/opening`);
  const bid = (bids ?? []).find((row) => row.envelope_sha256 === ticket.envelope_sha256);
  if (!bid) throw new Refused("ticket", "本次开标中没有这份凭据的投标。请选择本招标、最后一次递交的凭据。");
  const head = await headOf(bid.bid);
  const decrypting = clientKeyOf(ticket) ? null : await decryptingOf(form);
  const contentKey = await contentKeyOf(head, await readHeader(head), ticket, decrypting);
  await releaseKey(bid.bid, await keyRelease(ticket, bid.bid, contentKey));
  return bid;
}

/** The certificate is asked for only when the ticket has no key of its own. */
async function decryptingOf(form) {
  try {
    return await keyFields(form).decrypting();
  } catch (problem) {
    if (problem.code === "key.not_given") throw new Refused("key", "这份投标的密钥加密给了单位证书，请再选择该证书（含私钥）。");
    throw problem;
  }
}

function wire(root) {
  for (const form of root.querySelectorAll(SELECTOR)) keyFields(form);
}

document.addEventListener("submit", async (event) => {
  const form = event.target.closest(SELECTOR);
  if (!form) return;
  event.preventDefault();
  const say = form.querySelector("[data-open-say]");
  const button = form.querySelector("button");
  button.disabled = true;
  put(say, "正在开启……");
  try {
    await open(form);
    held.clear();
    put(say, "密钥已提交，平台正在开启您的投标文件。");
  } catch (problem) {
    put(say, problem instanceof Refused ? problem.message : "文件读不出来，请重新选择。");
  } finally {
    button.disabled = false;
  }
});

// The task card is fetched anew when the room moves on: what has been chosen stays chosen.
document.addEventListener("change", ({ target }) => {
  if (target.closest(SELECTOR) && target.dataset.local) held.set(target.dataset.local, target.files);
});
document.addEventListener("refreshed", () => {
  wire(document);
  for (const [name, files] of held) {
    const input = document.querySelector(`${SELECTOR} [data-local="${name}"]`);
    if (!input || input.files.length) continue;
    input.files = files;
    input.dispatchEvent(new Event("change", { bubbles: true }));
  }
});

wire(document);
