// The client of a realtime room: an ordered event log. Joining is a snapshot and its seq; each event adds a JSON
// Merge Patch (RFC 7396); a gap asks for a new snapshot; what may not be seen still counts its seq.

import { hint } from "./clock.js";

const QUIET_MS = 20_000; // ping after this long without a frame
const DEAD_MS = 45_000; // and give the socket up after this long
const BACKOFF_MS = [500, 1000, 2000, 4000, 8000, 15_000];
const FINAL = { 4401: "登录已过期，请重新登录。", 4403: "您不能进入这个房间。", 4404: "没有这个房间。" };

/** RFC 7396: `null` removes, objects merge, everything else replaces. The target is not changed. */
export function mergePatch(target, patch) {
  if (patch === null || typeof patch !== "object" || Array.isArray(patch)) return patch;
  const base = target !== null && typeof target === "object" && !Array.isArray(target) ? target : {};
  const out = { ...base };
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete out[key];
    else Object.defineProperty(out, key, { value: mergePatch(out[key], value), enumerable: true, writable: true, configurable: true });
  }
  return out;
}

/** A command was refused; `reasons` as in problem documents. */
export class RefusedByServer extends Error {
  constructor(reasons) {
    super(reasons.map((r) => r.zh).join("；"));
    this.reasons = reasons;
  }
}

function newId() {
  if (crypto.randomUUID) return crypto.randomUUID();
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (b) => b.toString(16).padStart(2, "0")).join("");
}

/**
 * Fires `connection` {status, say}, `state` {state, patch} after every change, `event` {seq, at, kind, say},
 * `resynced` after a snapshot. `status` is connecting, open, lost or closed.
 */
export class Room extends EventTarget {
  constructor(path) {
    super();
    this.path = path;
    this.state = {};
    this.seq = null;
    this.status = "connecting";
    this.pending = new Map();
    this.failures = 0;
    this.resyncing = false;
  }

  open() {
    const url = new URL(this.path, location.href);
    url.protocol = location.protocol === "https:" ? "wss:" : "ws:";
    if (this.seq !== null) url.searchParams.set("since", String(this.seq));
    const socket = new WebSocket(url);
    this.socket = socket;
    this.resyncing = false;
    socket.addEventListener("message", (message) => this.#heard(message.data));
    socket.addEventListener("close", (event) => { if (socket === this.socket) this.#closed(event.code); });
    socket.addEventListener("open", () => {
      this.lastHeard = Date.now();
      this.#is("open");
      for (const { frame } of this.pending.values()) this.#send(frame);
    });
    this.timer ??= setInterval(() => this.#watch(), 5000);
  }

  close() {
    clearInterval(this.timer);
    clearTimeout(this.retry);
    const socket = this.socket;
    this.socket = null;
    socket?.close();
    this.#is("closed");
  }

  /**
   * Ask for an act. Resolves with its result, rejects with RefusedByServer. A frame that had no answer when the
   * connection broke is sent again with the same id, which the server takes as the idempotency key.
   */
  do(verb, args = {}) {
    const frame = { t: "do", id: newId(), verb, args };
    return new Promise((resolve, reject) => {
      this.pending.set(frame.id, { frame, resolve, reject });
      this.#send(frame);
    });
  }

  #send(frame) {
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(frame));
  }

  #heard(data) {
    this.lastHeard = Date.now();
    let frame;
    try {
      frame = JSON.parse(data);
    } catch {
      this.#resync();
      return;
    }
    if (frame.t === "hello") this.#hello(frame);
    else if (frame.t === "event") this.#event(frame);
    else if (frame.t === "done") this.#answered(frame.id, (p) => p.resolve(frame.result));
    else if (frame.t === "refused") this.#answered(frame.id, (p) => p.reject(new RefusedByServer(frame.reasons)));
    else if (frame.t === "pong") hint(frame.now);
  }

  #hello(frame) {
    this.failures = 0;
    this.resyncing = false;
    this.seq = frame.seq;
    this.state = frame.state;
    hint(frame.now);
    this.#fire("resynced", { seq: frame.seq });
    this.#fire("state", { state: this.state, patch: null });
  }

  #event(frame) {
    if (this.resyncing || (this.seq !== null && frame.seq <= this.seq)) return;
    if (this.seq === null || frame.seq !== this.seq + 1) {
      this.#resync();
      return;
    }
    this.failures = 0;
    this.seq = frame.seq;
    if (frame.hidden) {
      this.#fire("event", { seq: frame.seq, hidden: true });
      return;
    }
    if (frame.patch !== undefined) this.state = mergePatch(this.state, frame.patch);
    this.#fire("event", frame);
    this.#fire("state", { state: this.state, patch: frame.patch ?? {} });
  }

  #resync() {
    if (this.resyncing) return;
    this.resyncing = true;
    this.#send({ t: "resync" });
  }

  #answered(id, settle) {
    const waiting = this.pending.get(id);
    if (!waiting) return;
    this.pending.delete(id);
    settle(waiting);
  }

  #closed(code) {
    if (FINAL[code]) {
      clearInterval(this.timer);
      this.timer = undefined;
      this.#is("closed", FINAL[code]);
      return;
    }
    this.#is("lost");
    const wait = BACKOFF_MS[Math.min(this.failures, BACKOFF_MS.length - 1)];
    this.failures += 1;
    // Spread: after a restart of the server a thousand rooms should not knock in the same instant.
    this.retry = setTimeout(() => this.open(), wait * (0.5 + Math.random()));
  }

  #watch() {
    if (this.socket?.readyState !== WebSocket.OPEN) return;
    const quiet = Date.now() - this.lastHeard;
    if (quiet > DEAD_MS) {
      const dead = this.socket;
      this.socket = null;
      dead.close();
      this.#closed(1006);
    } else if (quiet > QUIET_MS) this.#send({ t: "ping", sent: Date.now() });
  }

  #is(status, say = "") {
    this.status = status;
    this.#fire("connection", { status, say });
  }

  #fire(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}

/** The value at a dotted path of a state, or undefined. */
export function at(state, path) {
  return path.split(".").reduce((value, key) => (value === null || value === undefined ? undefined : value[key]), state);
}

/**
 * Declarative regions below `root`:
 * `data-text="tender.name"` shows the value; `data-show="status=opened,closed"` shows the element while the value is
 * one of those; `data-refresh="status step"` with an id is fetched anew from the page's own address when one of
 * these values changes (the server decides what a person may do now, so it renders it).
 */
export function bind(room, root) {
  const seen = new Map();
  let first = true;
  room.addEventListener("state", () => {
    for (const element of root.querySelectorAll("[data-text]")) {
      const value = at(room.state, element.dataset.text);
      const text = value === undefined ? "" : String(value);
      if (element.textContent !== text) element.textContent = text;
    }
    for (const element of root.querySelectorAll("[data-show]")) {
      const [path, wanted] = element.dataset.show.split("=");
      const value = at(room.state, path);
      element.hidden = wanted === undefined ? !value : !wanted.split(",").includes(String(value));
    }
    const stale = [];
    for (const element of root.querySelectorAll("[data-refresh][id]")) {
      const now = JSON.stringify(element.dataset.refresh.split(/\s+/).map((path) => at(room.state, path) ?? null));
      if (!first && seen.get(element.id) !== now) stale.push(element.id);
      seen.set(element.id, now);
    }
    first = false;
    if (stale.length) refreshSoon(stale);
  });
}

const waiting = new Set();
let planned = null;
let fetching = false;

function refreshSoon(ids) {
  ids.forEach((id) => waiting.add(id));
  planned ??= setTimeout(refreshNow, 100 + Math.random() * 900);
}

/** What a person is typing, has typed or chosen is never replaced under their hands: sending it shows the page anew. */
function inUse(region) {
  const focused = document.activeElement?.closest("input, textarea, select");
  if (focused && region.contains(focused)) return true;
  return [...region.querySelectorAll("input, textarea")].some((field) => (field.type === "file" ? field.files.length > 0 : field.type !== "hidden" && field.value !== field.defaultValue));
}

/** What a person has unfolded stays unfolded. */
function keepOpen(here, there) {
  const name = (details) => details.querySelector("summary")?.textContent.trim();
  const open = new Set([...here.querySelectorAll("details[open]")].map(name));
  for (const details of there.querySelectorAll("details")) if (open.has(name(details))) details.open = true;
}

async function refreshNow() {
  planned = null;
  if (fetching) {
    // One page at a time: an older answer that comes later would put back what is over.
    planned = setTimeout(refreshNow, 200);
    return;
  }
  fetching = true;
  try {
    await refresh();
  } finally {
    fetching = false;
  }
}

async function refresh() {
  const ids = [...waiting];
  waiting.clear();
  const answer = await fetch(location.href, { credentials: "same-origin", cache: "no-store" }).catch(() => null);
  if (!answer?.ok) {
    ids.forEach((id) => waiting.add(id));
    planned ??= setTimeout(refreshNow, 5000);
    return;
  }
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const id of ids) {
    const here = document.getElementById(id);
    const there = page.getElementById(id);
    if (here && there && !inUse(here)) {
      keepOpen(here, there);
      here.replaceWith(document.adoptNode(there));
      document.dispatchEvent(new CustomEvent("refreshed", { detail: { id } }));
    }
  }
}
