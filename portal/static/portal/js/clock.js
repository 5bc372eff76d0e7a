// The server's clock in the page. Deadlines are decided in the database; this only shows them.

const POLLS = 3;
const AGAIN_MS = 60_000;
const TRAINING_OFFSET_MS = 12 * 3600_000;

/** Milliseconds to add to the browser's clock to get the server's; null until measured. */
let offset = null;
const listeners = new Set();

/** The server's time now, as milliseconds since the epoch. */
export function serverNow() {
  return Date.now() + (offset ?? 0);
}

/** Call `heard(offsetMs)` now if known, and each time the offset is measured again. */
export function onOffset(heard) {
  listeners.add(heard);
  if (offset !== null) heard(offset);
}

/** Take a server time seen in a frame or a page as a rough measure, until a poll gives a better one. */
export function hint(iso) {
  if (offset === null) offset = Date.parse(iso) - Date.now();
}

/** Three polls of /api/time; the one with the shortest round trip is believed. */
export async function measure(url = "/api/time") {
  let best = null;
  for (let i = 0; i < POLLS; i += 1) {
    const sent = performance.now();
    const answer = await fetch(url, { cache: "no-store", credentials: "same-origin" });
    const took = performance.now() - sent;
    if (!answer.ok) throw new Error(`time: ${answer.status}`);
    const { now } = await answer.json();
    if (!best || took < best.took) best = { took, offset: Date.parse(now) + took / 2 - Date.now() };
  }
  offset = best.offset;
  for (const heard of listeners) heard(offset);
  return offset;
}

/** The offset in words; a training clock is far off on purpose and says so. */
export function offsetWords(ms) {
  if (Math.abs(ms) > TRAINING_OFFSET_MS) return "按演练时钟";
  const sign = ms < 0 ? "−" : "+";
  return `时钟偏差 ${sign}${(Math.abs(ms) / 1000).toFixed(2)} 秒`;
}

/** `HH:MM:SS` with days in front when there are any. */
export function leftWords(ms) {
  const total = Math.max(0, Math.ceil(ms / 1000));
  const two = (n) => String(n).padStart(2, "0");
  const days = Math.floor(total / 86400);
  const rest = total % 86400;
  const hms = `${two(Math.floor(rest / 3600))}:${two(Math.floor((rest % 3600) / 60))}:${two(rest % 60)}`;
  return days ? `${days} 天 ${hms}` : hms;
}

function levelOf(ms) {
  if (ms <= 0) return "over";
  if (ms <= 60_000) return "loud";
  return ms <= 600_000 ? "near" : "calm";
}

const SPOKEN = { near: "还剩十分钟以内", loud: "还剩一分钟以内", over: "已截止" };

function tick(box) {
  const left = Date.parse(box.dataset.deadline) - serverNow();
  const level = levelOf(left);
  box.querySelector("[data-left]").textContent = level === "over" ? "已截止" : leftWords(left);
  if (box.dataset.level === level) return;
  box.dataset.level = level;
  const label = box.getAttribute("aria-label") ?? "";
  box.querySelector("[data-announce]").textContent = SPOKEN[level] ? `${label}：${SPOKEN[level]}` : "";
  box.dispatchEvent(new CustomEvent("deadline", { bubbles: true, detail: { level } }));
}

/** Start every countdown below `root`. Without an answer from /api/time the page's own time is used. */
export function startCountdowns(root) {
  const boxes = [...root.querySelectorAll("[data-countdown]")];
  if (!boxes.length) return;
  hint(boxes[0].dataset.serverNow);
  const refresh = () => measure().catch(() => {
    for (const box of boxes) box.querySelector("[data-offset]").textContent = "暂时无法核对时钟。";
  });
  onOffset((ms) => {
    for (const box of boxes) box.querySelector("[data-offset]").textContent = offsetWords(ms);
  });
  // A countdown that a room has replaced is no longer in the page: its timers end with it.
  const all = () => {
    if (boxes.some((box) => box.isConnected)) return boxes.forEach(tick);
    clearInterval(ticking);
    clearInterval(asking);
  };
  const ticking = setInterval(all, 250);
  const asking = setInterval(refresh, AGAIN_MS);
  all();
  refresh();
  document.addEventListener("visibilitychange", () => { if (!document.hidden) refresh(); });
}
