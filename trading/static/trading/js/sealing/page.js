// The page /tenders/<number>/bid/: fill in, choose files, check, seal (worker.js). submitting.js has the second half.

import { put } from "../../../portal/js/display.js";
import { Refused, unb64 } from "../../../portal/js/keys/bytes.js";
import { FORM, againstRequirements, fileProblems, guaranteeOf, namedGuarantee, sourceOf, termProblems } from "./check.js";
import { keyFields } from "../../../portal/js/keys/fields.js";
import { missing } from "./pseudonym.js";
import { PART_ZH, WHOLE, partOfRole, partsOf, ruleProblems } from "./rules.js";
import { takeSealed } from "./submitting.js";
import "./inspecting.js";
import "./withdrawing.js";
import { inWorker } from "./working.js";
import { fenOf, shown, words } from "./money.js";
import { problemsOf, summaryOf } from "./summary.js";
import { tenderOf } from "./tender.js";

const STAGES = { read: "读取文件、计算摘要", seal: "加密", prove: "自检：用凭据重新打开" };
const page = document.querySelector("[data-bid-page]");
const form = page.querySelector("form");
const say = page.querySelector("[data-seal-say]");
const part = (name) => page.querySelector(`[data-${name}]`);
const signing = keyFields(form);
const other = keyFields(part("other-key"));

function values() {
  const texts = Object.fromEntries([...new FormData(form)].filter(([, value]) => typeof value === "string"));
  return Object.fromEntries(Object.entries(texts).map(([name, value]) => [name, value.trim()]));
}

function sources() {
  return [...page.querySelectorAll("[data-role]")].flatMap((input) => [...input.files].map((file) => sourceOf(file, input.dataset.role)));
}

function items(list, texts) {
  list.replaceChildren(...texts.map((text) => Object.assign(document.createElement("li"), { textContent: text })));
}

/** Ticks beside the requirements, at every choice. */
function tick(tender) {
  const chosen = sources();
  const lot = tender.lots.find((row) => row.lot === form.elements.lot.value);
  part("dual").hidden = partsOf(lot).length < 2;
  for (const line of againstRequirements(tender.requirements, chosen)) {
    const state = line.problems.length ? "✗ 还缺" : line.count ? `✓ ${line.count} 个文件` : "可不提交";
    put(page.querySelector(`[data-tick="${line.role}"]`), state);
  }
  for (const names of page.querySelectorAll("[data-names]")) {
    const files = chosen.filter((source) => source.role === names.dataset.names);
    put(names, files.map((source) => `${source.blob.name}（${source.blob.size.toLocaleString("en-US")} 字节）`).join("、") || "只在您的浏览器里读取；加密后才上传。");
  }
}

/** Name and code of the chosen certificate, where the person has typed none. */
async function prefill() {
  const found = (await signing.certificates()).map((one) => one.holder).find((holder) => holder.credit_code);
  for (const [name, value] of [["bidder_name", found?.name], ["credit_code", found?.credit_code]]) {
    if (!form.elements[name].value && value) form.elements[name].value = value;
  }
}

/** `{holder, decrypting}` of the chosen keys; what is wrong with them goes to `found`. */
async function keysOf(ownKey, found) {
  try {
    const holder = await signing.holder();
    if (ownKey === "client") return { holder, decrypting: null };
    return { holder, decrypting: ownKey === "other" ? await other.decrypting() : holder.decrypting };
  } catch (problem) {
    if (!(problem instanceof Refused)) throw problem;
    found.push(problem.message);
    return null;
  }
}

function showFieldProblems(problems) {
  for (const box of form.querySelectorAll("[data-error]")) {
    const words_ = problems[box.dataset.error] ?? "";
    box.textContent = words_;
    box.hidden = !words_;
    form.elements[box.dataset.error]?.toggleAttribute("aria-invalid", false);
    if (words_) form.elements[box.dataset.error]?.setAttribute("aria-invalid", "true");
  }
}

/** Files and summary against the tender: `{found, notes, summaryFor(part)}`. */
async function looked(tender, lot, said, chosen) {
  const fields = problemsOf(said);
  showFieldProblems(fields);
  const found = [...Object.values(fields), ...againstRequirements(tender.requirements, chosen).flatMap((line) => line.problems), ...(await fileProblems(chosen))];
  if (lot?.scheme === "dual") found.unshift("这个标段用双信封（技术、报价各一个），网页现在只能做一个信封。请用 bidtool seal：它把两个信封一起做好。");
  const guarantee = await guaranteeOf(chosen);
  const summaryFor = (one) => summaryOf(said, { tender: tender.number, lot: said.lot, part: one, currency: tender.currency }, namedGuarantee(guarantee));
  if (Object.keys(fields).length) return { found, notes: [], summaryFor };
  const priced = summaryFor(partsOf(lot).at(-1));
  found.push(...termProblems(priced, tender, lot, guarantee, chosen.some((source) => source.path === FORM)));
  const { problems, notes } = await ruleProblems({ tender, lot, values: said, sources: chosen, price: fenOf(said.price) });
  return { found: [...found, ...problems], notes, summaryFor };
}

function show(name, texts) {
  items(part(name).querySelector("ul"), texts);
  part(name).hidden = !texts.length;
}

/** The bid as the Worker takes it; null with the reasons shown when it is not whole. */
async function checked(tender) {
  const said = values();
  const chosen = sources();
  const lot = tender.lots.find((row) => row.lot === said.lot);
  const { found, notes, summaryFor } = await looked(tender, lot, said, chosen);
  const keys = await keysOf(said.own_key, found);
  show("problems", found);
  show("notes", notes);
  if (found.length) {
    part("problems").focus();
    return null;
  }
  const custodians = [...tender.custodians].sort((a, b) => a.index - b.index).map((row) => unb64(row.certificate));
  const parts = partsOf(lot).map((one) => ({
    summary: summaryFor(one), sources: chosen.filter((source) => partOfRole(source.role, lot, tender.requirements) === one),
  }));
  return { parts, ...keys, threshold: tender.threshold, custodians };
}

/** Run the Worker; the page shows how far it is. */
function sealed(bid) {
  const bar = part("seal-progress");
  bar.hidden = false;
  return inWorker({ seal: bid }, (data) => {
    [bar.max, bar.value] = [Math.max(1, data.total), data.done];
    put(say, `${data.part === WHOLE ? "" : `${PART_ZH[data.part] ?? ""}：`}${STAGES[data.stage]} ${Math.floor((100 * data.done) / Math.max(1, data.total))}%`);
  });
}

async function seal(event) {
  event.preventDefault();
  const button = form.querySelector("button[type=submit]");
  button.disabled = true;
  say.hidden = false;
  try {
    put(say, "正在检查……");
    const bid = await checked(await tenderOf(page.dataset.bidPage));
    if (!bid) return put(say, "还不能加密，原因见上。");
    const made = await sealed(bid);
    put(say, "加密完成。请保存凭据和加密文件。");
    takeSealed(made);
  } catch (problem) {
    put(say, problem instanceof Refused ? problem.message : "文件读不出来，请重新选择。");
  } finally {
    button.disabled = false;
    part("seal-progress").hidden = true;
  }
  return undefined;
}

async function begin() {
  const lack = await missing();
  if (lack) {
    put(say, lack);
    return;
  }
  const tender = await tenderOf(page.dataset.bidPage);
  form.hidden = false;
  say.hidden = true;
  form.addEventListener("submit", seal);
  form.addEventListener("change", () => {
    tick(tender);
    part("other-key").hidden = form.elements.own_key.value !== "other";
    prefill().catch(() => {});
  });
  form.elements.price.addEventListener("input", ({ target }) => {
    const fen = fenOf(target.value.trim());
    put(part("price-words"), fen === null ? "" : `${shown(fen)}，人民币${words(fen)}`);
  });
  tick(tender);
}

begin().catch((problem) => put(say, problem instanceof Refused ? problem.message : "页面没有准备好，请刷新后重试。"));
