// The scoring grid. A score is sent as soon as a cell is left; what the server has not confirmed is kept in
// localStorage until it has, so that a broken line, a reload or a crash loses nothing.

import { put, reasonWords } from "./display.js";

/** Decimal text as an integer scaled by 10^places: exact, unlike binary floating point. */
function scaled(text, places) {
  const [whole, fraction = ""] = text.split(".");
  return BigInt(whole + fraction.padEnd(places, "0"));
}

const placesOf = (text) => (text.split(".")[1] ?? "").length;

/** What people type on a Chinese keyboard: full-width digits and dots. */
export function normalize(text) {
  return text.normalize("NFKC").replace(/[。．]/g, ".").replace(/\s+/g, "").replace(/^\./, "0.").replace(/\.$/, "");
}

/** Why a value cannot be a score of this item, or "" when it can. */
export function problemWith(value, { min, max, step }) {
  const rule = `范围 ${min}–${max}，步长 ${step}。`;
  if (!/^\d{1,6}(\.\d{1,6})?$/.test(value)) return `「${value}」不是分数，未保存。${rule}`;
  const places = Math.max(...[value, min, max, step].map(placesOf));
  const [v, low, high, by] = [value, min, max, step].map((text) => scaled(text, places));
  if (v > high) return `${value} 超过本项满分 ${max}，未保存。${rule}`;
  if (v < low) return `${value} 低于本项最低 ${min}，未保存。${rule}`;
  if (by > 0n && (v - low) % by !== 0n) return `${value} 不合步长，未保存。${rule}`;
  return "";
}

/** Scores not yet confirmed, by cell, in localStorage under the room and seat. */
class Unsent {
  constructor(key) {
    this.key = `mingtang.unsent.${key}`;
    try {
      this.cells = JSON.parse(localStorage.getItem(this.key) ?? "{}");
    } catch {
      this.cells = {};
    }
  }

  set(cell, value, refused = "") {
    this.cells[cell] = { value, refused };
    this.#write();
  }

  drop(cell) {
    delete this.cells[cell];
    this.#write();
  }

  get count() {
    return Object.values(this.cells).filter((cell) => !cell.refused).length;
  }

  #write() {
    try {
      if (Object.keys(this.cells).length) localStorage.setItem(this.key, JSON.stringify(this.cells));
      else localStorage.removeItem(this.key);
      this.kept = true;
    } catch {
      this.kept = false; // a full or forbidden storage: the foot of the matrix says so
    }
  }
}

export class Matrix {
  constructor(box, room, key) {
    this.box = box;
    this.room = room;
    this.inputs = [...box.querySelectorAll("input[data-item]")];
    this.rows = [...box.querySelectorAll("tr[data-item]")].map((row) => [...row.querySelectorAll("input[data-item]")]);
    this.unsent = new Unsent(key);
    box.addEventListener("keydown", (event) => this.#key(event));
    box.addEventListener("change", (event) => this.#commit(event.target));
    box.addEventListener("focusin", (event) => event.target.select?.());
    room.addEventListener("state", () => this.#fromState());
    room.addEventListener("connection", () => this.#foot());
    addEventListener("beforeunload", (event) => { if (this.unsent.count) event.preventDefault(); });
    this.#restore();
  }

  #id(input) {
    return `${input.dataset.bid}|${input.dataset.item}`;
  }

  #restore() {
    for (const input of this.inputs) {
      const kept = this.unsent.cells[this.#id(input)];
      if (!kept) continue;
      input.value = kept.value;
      if (kept.refused) this.#show(input, "refused", kept.refused);
      else this.#save(input, kept.value);
    }
    this.#foot();
  }

  #key(event) {
    const input = event.target.closest("input[data-item]");
    if (!input || event.isComposing || event.altKey || event.ctrlKey || event.metaKey) return;
    const y = this.rows.findIndex((row) => row.includes(input));
    const x = this.rows[y].indexOf(input);
    const start = input.selectionEnd === 0 || (input.selectionStart === 0 && input.selectionEnd === input.value.length);
    const end = input.selectionStart === input.value.length || (input.selectionStart === 0 && input.selectionEnd === input.value.length);
    const go = { ArrowUp: [y - 1, x], ArrowDown: [y + 1, x], Enter: [event.shiftKey ? y - 1 : y + 1, x] };
    if (start) go.ArrowLeft = [y, x - 1];
    if (end) go.ArrowRight = [y, x + 1];
    if (event.key === "Escape") {
      input.value = input.dataset.saved;
      this.unsent.drop(this.#id(input));
      this.#show(input, input.dataset.saved ? "saved" : "blank");
      this.#foot();
    } else if (go[event.key]) {
      event.preventDefault();
      const [toY, toX] = go[event.key];
      const target = this.rows[toY]?.[toX];
      if (target) target.focus();
      else if (event.key === "Enter") this.#commit(input);
    }
  }

  #commit(input) {
    if (!input.matches?.("input[data-item]") || input.readOnly) return;
    const value = normalize(input.value);
    const cell = this.#id(input);
    if (value === "" || value === input.dataset.saved) {
      // A score can be changed, not taken back: an emptied cell shows what is saved.
      input.value = input.dataset.saved;
      this.unsent.drop(cell);
      this.#show(input, input.dataset.saved ? "saved" : "blank");
    } else {
      input.value = value;
      const problem = problemWith(value, input.dataset);
      if (problem) {
        this.unsent.set(cell, value, problem);
        this.#show(input, "refused", problem);
      } else this.#save(input, value);
    }
    this.#foot();
  }

  async #save(input, value) {
    const cell = this.#id(input);
    this.unsent.set(cell, value);
    this.#show(input, this.room.status === "open" ? "sending" : "unsent");
    const current = () => this.unsent.cells[cell]?.value === value;
    try {
      await this.room.do("score", { bid: input.dataset.bid, item: input.dataset.item, points: value });
      input.dataset.saved = value;
      if (current()) {
        this.unsent.drop(cell);
        this.#show(input, "saved");
      }
    } catch (refusal) {
      if (!refusal.reasons) throw refusal;
      if (current()) {
        const words = reasonWords(refusal.reasons);
        this.unsent.set(cell, value, words);
        this.#show(input, "refused", words);
      }
    }
    this.#foot();
  }

  /** Another window of the same seat may have scored; a cell being edited or unsent is left alone. */
  #fromState() {
    const sheet = this.room.state.sheet ?? {};
    for (const input of this.inputs) {
      const value = sheet[input.dataset.bid]?.[input.dataset.item];
      if (value === undefined || value === input.dataset.saved) continue;
      const untouched = input.value === input.dataset.saved && input !== document.activeElement;
      input.dataset.saved = value;
      if (!untouched || this.unsent.cells[this.#id(input)]) continue;
      input.value = value;
      this.#show(input, "saved");
    }
    if (this.room.state.seats?.[this.box.dataset.seat]?.state === "locked") this.inputs.forEach((input) => { input.readOnly = true; });
    this.#foot();
  }

  #show(input, state, problem = "") {
    input.parentElement.dataset.state = state;
    input.toggleAttribute("aria-invalid", state === "refused");
    if (state === "refused") input.setAttribute("aria-invalid", "true");
    const mark = input.parentElement.querySelector("use");
    const icon = { saved: "tick", sending: "wait", unsent: "wait", refused: "cross" }[state];
    if (mark && icon) mark.setAttribute("href", mark.getAttribute("href").replace(/#.*$/, `#${icon}`));
    const line = this.box.querySelector("[data-matrix-problem]");
    if (problem) {
      line.dataset.cell = this.#id(input);
      put(line, `${input.dataset.alias} · ${input.dataset.title}：${problem}`);
      line.hidden = false;
    } else if (line.dataset.cell === this.#id(input)) line.hidden = true;
  }

  #foot() {
    const blank = this.inputs.filter((input) => !input.dataset.saved);
    const done = this.inputs.length - blank.length;
    const bar = this.box.querySelector("[data-progress]");
    bar.max = Math.max(1, this.inputs.length);
    bar.value = done;
    put(this.box.querySelector("[data-progress-words]"), `已评 ${done} / ${this.inputs.length} 项。${missingWords(blank)}`);
    put(this.box.querySelector("[data-unsent]"), this.#unsentWords());
    for (const cell of this.box.querySelectorAll("[data-subtotal]")) put(cell, this.#subtotal(cell.dataset.subtotal));
    for (const button of document.querySelectorAll("[data-needs-all]")) button.disabled = blank.length > 0 || this.unsent.count > 0;
  }

  #unsentWords() {
    const count = this.unsent.count;
    if (!count) return "全部已保存";
    if (this.unsent.kept === false) return `${count} 项还没有送达，浏览器也存不下：请勿关闭本页。`;
    return this.room.status === "open" ? `正在保存 ${count} 项` : `连接断开，${count} 项存在本机，重连后自动送出，不会丢失。`;
  }

  #subtotal(bid) {
    const values = this.inputs.filter((input) => input.dataset.bid === bid).map((input) => input.dataset.saved);
    if (values.some((value) => !value)) return "–";
    const places = Math.max(...values.map(placesOf));
    const digits = values.reduce((sum, value) => sum + scaled(value, places), 0n).toString().padStart(places + 1, "0");
    return places ? `${digits.slice(0, -places)}.${digits.slice(-places)}` : digits;
  }
}

/** `还差：乙 第 3、4 项，丙 第 3 项`, cut after six bids. */
function missingWords(inputs) {
  const byBid = new Map();
  for (const { dataset } of inputs) byBid.set(dataset.alias, [...(byBid.get(dataset.alias) ?? []), dataset.no]);
  if (!byBid.size) return "可以锁定。";
  const words = [...byBid].slice(0, 6).map(([alias, numbers]) => `${alias} 第 ${numbers.join("、")} 项`);
  return `还差：${words.join("，")}${byBid.size > 6 ? "……" : ""}`;
}
