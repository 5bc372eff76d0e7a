// Values as people read them. Amounts stay decimal text all the way: no binary floating point.

const BADGES = JSON.parse(document.getElementById("badge-table")?.textContent ?? "{}");
const ICONS = document.documentElement.dataset.icons;
const SVG = "http://www.w3.org/2000/svg";

/** `¥ 8,750,000.00` of plain decimal text; `—` for none. */
export function money(text) {
  if (text === null || text === undefined || text === "") return "—";
  const match = /^(-?)(\d+)(?:\.(\d{1,2}))?$/.exec(String(text));
  if (!match) return String(text);
  const [, sign, whole, fraction = ""] = match;
  return `¥ ${sign}${whole.replace(/\B(?=(\d{3})+$)/g, ",")}.${fraction.padEnd(2, "0")}`;
}

const CLOCK = new Intl.DateTimeFormat("zh-CN", { timeZone: "Asia/Shanghai", hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });

/** A `<time>` with Beijing's time of day. */
export function clockTime(iso) {
  const time = document.createElement("time");
  time.dateTime = iso;
  time.textContent = CLOCK.format(new Date(iso));
  return time;
}

export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `${ICONS}#${name}`);
  svg.append(use);
  return svg;
}

/** The badge of a state, from the table that the templates use too; an unknown value shows as itself. */
export function badge(kind, value, word = "") {
  const known = BADGES[kind]?.[value] ?? { word: String(value), tone: "plain", icon: "" };
  const span = document.createElement("span");
  span.className = "badge";
  span.dataset.tone = known.tone;
  span.dataset.badge = kind;
  span.dataset.value = value;
  if (known.icon) span.append(icon(known.icon));
  const text = document.createElement("span");
  text.className = "badge-word";
  text.textContent = word || known.word;
  span.append(text);
  return span;
}

/** Replace what an element holds, only if it would change, so that live regions stay quiet. */
export function put(element, content) {
  if (!element) return;
  const node = content instanceof Node ? content : document.createTextNode(content ?? "");
  const now = element.childNodes.length === 1 ? element.firstChild : null;
  if (now?.isEqualNode(node)) return;
  element.replaceChildren(node);
}

/** Reasons of a refusal as one sentence, with article and code. */
export function reasonWords(reasons) {
  return reasons.map((r) => `${r.zh}${r.law ? `（${r.law}）` : ""}`).join("；");
}
