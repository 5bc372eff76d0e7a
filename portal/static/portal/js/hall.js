// The opening hall: roster, read-out board and events, rendered from the room's state.

import { openRoom } from "./connection.js";
import { badge, clockTime, money, put } from "./display.js";

const KEEP_EVENTS = 200;

function muted(text) {
  const span = document.createElement("span");
  span.className = "muted";
  span.textContent = text;
  return span;
}

function fillRow(row, bid, state, id, own) {
  const cell = (name) => row.querySelector(`[data-cell="${name}"]`);
  put(cell("no"), bid.no === undefined ? "" : String(bid.no));
  put(cell("bidder"), bid.bidder ?? "");
  // What is as it should be needs no words: only a lost key and a refused guarantee are explained.
  put(cell("opened_by"), bid.decryption === "opened" ? "" : (bid.opened_by ?? ""));
  put(cell("signed_in_at"), bid.signed_in_at ? clockTime(bid.signed_in_at) : muted("未签到"));
  const share = state.shares?.[id];
  const collecting = share && bid.decryption === "waiting" ? `分片 ${share.have} / ${share.need}` : "";
  put(cell("decryption"), badge("decryption", bid.decryption ?? "waiting", collecting));
  put(cell("price"), money(bid.price));
  put(cell("guarantee"), bid.guarantee ? badge("guarantee", bid.guarantee.state) : muted("—"));
  put(cell("guarantee_say"), bid.guarantee && bid.guarantee.state !== "valid" ? bid.guarantee.say : "");
  const reading = state.reading === id;
  row.classList.toggle("is-reading", reading);
  row.classList.toggle("is-own", own.includes(id));
  if (reading) row.setAttribute("aria-current", "true");
  else row.removeAttribute("aria-current");
}

/** Bids as they are listed: lots in their order, in each by number. */
function ordered(state) {
  const lots = Object.keys(state.lots ?? {}).sort((a, b) => Number(a) - Number(b)).map((key) => state.lots[key].name);
  const place = (bid) => { const at = lots.indexOf(bid.lot); return at < 0 ? lots.length : at; };
  return Object.entries(state.bids ?? {}).sort(([, a], [, b]) => place(a) - place(b) || (a.no ?? 0) - (b.no ?? 0));
}

/** The heading row of a lot, from the page's own template. */
function lotRow(lot) {
  const row = document.querySelector("template[data-roster-lot]").content.firstElementChild.cloneNode(true);
  row.dataset.lot = lot;
  put(row.firstElementChild, lot);
  return row;
}

/** Rows are kept by bid id; new ones come from the page's own template. */
function renderRoster(table, state) {
  const body = table.tBodies[0];
  const template = document.querySelector("template[data-roster-row]");
  const own = (table.dataset.own ?? "").split(/\s+/).filter(Boolean);
  const bids = ordered(state);
  if (bids.length) body.querySelector(".roster-empty")?.remove();
  const rows = new Map([...body.querySelectorAll("[data-bid]")].map((row) => [row.dataset.bid, row]));
  const heads = new Map([...body.querySelectorAll("[data-lot]")].map((row) => [row.dataset.lot, row]));
  const wanted = [];
  let lot = "";
  for (const [id, bid] of bids) {
    if (bid.lot && bid.lot !== lot) wanted.push(heads.get(bid.lot) ?? lotRow(bid.lot));
    lot = bid.lot;
    let row = rows.get(id);
    if (!row) {
      row = template.content.firstElementChild.cloneNode(true);
      row.dataset.bid = id;
    }
    fillRow(row, bid, state, id, own);
    wanted.push(row);
  }
  wanted.forEach((row, index) => { if (body.rows[index] !== row) body.insertBefore(row, body.rows[index] ?? null); });
  if (bids.length) while (body.rows.length > wanted.length) body.lastElementChild.remove();
}

function renderBoard(board, state) {
  const bid = state.bids?.[state.reading];
  board.querySelector("[data-board-now]").hidden = !bid;
  board.querySelector("[data-board-wait]").hidden = Boolean(bid);
  if (!bid) return;
  const cell = (name) => board.querySelector(`[data-cell="${name}"]`);
  const all = Object.values(state.bids).filter((other) => other.lot === bid.lot);
  put(board.querySelector("[data-place]"), ` · 第 ${bid.no} 家，共 ${all.length} 家`);
  put(cell("lot"), bid.lot ? ` · ${bid.lot}` : "");
  put(cell("bidder"), bid.bidder);
  put(cell("price"), money(bid.price));
  put(cell("price_words"), bid.price_words ? `人民币${bid.price_words}` : "");
  put(board.querySelector("[data-board-word]"), state.step === "reading" ? "正在唱标" : "已唱标");
  for (const name of ["duration", "quality", "manager", "opened_by"]) put(cell(name), bid[name] ?? "—");
  const guarantee = bid.guarantee;
  put(cell("guarantee"), guarantee ? guarantee.say || money(guarantee.amount) : "—");
  put(cell("proof"), bid.proof ? badge("proof", bid.proof.state, bid.proof.claim) : "");
}

function addEvent(list, event) {
  if (event.hidden || !event.say || list.querySelector(`[data-seq="${Number(event.seq)}"]`)) return;
  const item = document.createElement("li");
  item.dataset.seq = event.seq;
  const say = document.createElement("span");
  say.textContent = event.say;
  item.append(clockTime(event.at), say);
  list.prepend(item);
  while (list.children.length > KEEP_EVENTS) list.lastElementChild.remove();
  const empty = document.querySelector("[data-events-empty]");
  if (empty) empty.hidden = true;
}

/** How many bids are open, for a progress element with data-decrypted and its words. */
function renderProgress(state) {
  const bids = Object.values(state.bids ?? {});
  const done = bids.filter((bid) => bid.decryption !== "waiting").length;
  for (const bar of document.querySelectorAll("progress[data-decrypted]")) {
    bar.max = Math.max(1, bids.length);
    bar.value = done;
  }
  for (const words of document.querySelectorAll("[data-decrypted-words]")) put(words, `已开启 ${done} / ${bids.length} 份`);
}

/** Deadlines move (a suspension, an extension): the countdown that names a state field follows it. */
function renderDeadlines(state) {
  for (const box of document.querySelectorAll("[data-countdown][data-from]")) {
    const value = state[box.dataset.from];
    if (value) box.dataset.deadline = value;
  }
}

const root = document.querySelector("[data-room]");
if (root) {
  const room = openRoom(root);
  const table = document.querySelector("[data-roster]");
  const board = document.querySelector("[data-read-out]");
  const list = document.querySelector("[data-events]");
  room.addEventListener("state", () => {
    if (table) renderRoster(table, room.state);
    if (board) renderBoard(board, room.state);
    renderProgress(room.state);
    renderDeadlines(room.state);
  });
  if (list) room.addEventListener("event", ({ detail }) => addEvent(list, detail));
  room.open();
}
