// The tender's machine-readable rules (kernel/bid_rules.py) against the form and the files, before anything is sealed.

import { readBill, textOf } from "./bill.js";
import { shown } from "./money.js";

export const [WHOLE, TECHNICAL, PRICE] = ["whole", "technical", "price"];
export const PART_ZH = { [WHOLE]: "投标文件", [TECHNICAL]: "技术部分（第一信封）", [PRICE]: "报价部分（第二信封）" };
const MOST_CSV = 64 * 1024 * 1024;

/** The parts of a bid for a lot, in the order in which they are opened (双信封). */
export const partsOf = (lot) => (lot?.scheme === "dual" ? [TECHNICAL, PRICE] : [WHOLE]);

/** In which part the files of a role lie. */
export function partOfRole(role, lot, requirements) {
  if (lot?.scheme !== "dual") return WHOLE;
  return role === "boq" || requirements.some((row) => row.role === role && row.part === PRICE) ? PRICE : TECHNICAL;
}

/** `{problems, notes}` in Chinese: what must be put right, and what is only said. `price` in fen. */
export async function ruleProblems({ tender, lot, values, sources, price }) {
  const found = { problems: [], notes: [] };
  const rules = tender.bid_rules ?? {};
  const days = Number(values.duration_days);
  if (lot.duration_days && days > lot.duration_days) found.problems.push(`工期 ${days} 日历天，超过招标文件要求的 ${lot.duration_days} 日历天（招标投标法实施条例第五十一条）。`);
  if (rules.quality && values.quality !== rules.quality) found.problems.push(`质量标准「${values.quality}」，招标文件要求「${rules.quality}」（招标投标法实施条例第五十一条）。`);
  if (rules.project_manager && !values.manager_name) found.problems.push("没有写明项目负责人（招标投标法第二十七条）。");
  for (const { role, title, max_mb } of tender.requirements) {
    for (const { path, blob } of sources.filter((source) => max_mb && source.role === role && source.blob.size > max_mb * 1024 * 1024)) {
      found.problems.push(`「${title}」的文件 ${path.split("/").at(-1)} 为 ${(blob.size / 1024 / 1024).toFixed(1)} MB，不得超过 ${max_mb} MB。`);
    }
  }
  if (rules.boq) await billProblems(rules.boq, sources.filter((source) => source.role === "boq"), price, found);
  if (rules.anonymous) found.notes.push("本招标有暗标要求：本页不看文件内部，请先用 bidtool check 检查属性、页眉页脚、字体、颜色和投标人信息。");
  return found;
}

async function billProblems(rules, sources, price, found) {
  const csv = sources.filter((source) => source.path.toLowerCase().endsWith(".csv") && source.blob.size <= MOST_CSV);
  if (csv.length < sources.length) found.notes.push("XLSX 和很大的工程量清单本页不读，请用 bidtool check 核对列和合计。");
  if (!csv.length) return;
  let [sum, totals] = [0n, []];
  const before = found.problems.length;
  for (const { path, blob } of csv) {
    const name = path.split("/").at(-1);
    const bill = readBill(textOf(new Uint8Array(await blob.arrayBuffer())), rules);
    if (bill.missing.length) found.problems.push(`工程量清单 ${name} 缺少列：${bill.missing.join("、")}（GB 50500-2013 第6.1.4条）。`);
    else if (!bill.lines && bill.total === null) found.problems.push(`工程量清单 ${name} 没有一行填了工程量、单价和合价（GB 50500-2013 第6.1.4条）。`);
    sum += bill.sum;
    if (bill.total !== null) totals.push(bill.total);
    if (bill.wrong.length) found.notes.push(`${name} 第 ${bill.wrong.join("、")} 行：工程量 × 单价与合价不符，评标时以单价为准修正（12号令第十九条）。`);
    if (bill.empty.length) found.notes.push(`${name} 第 ${bill.empty.join("、")} 行有工程量而没有填报单价或合价。`);
  }
  // What is not read may hold the rest of the sum.
  if (found.problems.length > before || csv.length < sources.length || price === null) return;
  const [what, is] = rules.total ? [`「${rules.total}」`, totals.reduce((all, one) => all + one, 0n)] : ["各行合价之和", sum];
  if (rules.total && !totals.length) found.problems.push(`工程量清单中没有「${rules.total}」行，或该行没有金额（GB 50500-2013 第6.2.8条）。`);
  else if (is !== price) found.problems.push(`报价 ${shown(price)} 与工程量清单的${what} ${shown(is)} 不相等（GB 50500-2013 第6.2.8条）。`);
}
