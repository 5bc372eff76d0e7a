// Is the bid whole? Files and summary against the tender, before anything is sealed; explained in Chinese.

import { fromUtf8 } from "../../../portal/js/keys/bytes.js";
import { nameProblem } from "./bundle.js";
import { fenOf, shown } from "./money.js";
import { verify } from "./statements.js";

export const FORM = "guarantee/form.json";
export const GUARANTEE_PDF = "guarantee/guarantee.pdf";
const TYPES = {
  pdf: "application/pdf", json: "application/json", csv: "text/csv", md: "text/markdown", ofd: "application/ofd",
  xlsx: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
  docx: "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
};
const WORDS = { "application/pdf": "PDF", "application/json": "JSON", "text/csv": "CSV", [TYPES.xlsx]: "XLSX", [TYPES.docx]: "DOCX" };
const typeWords = (type) => WORDS[type] ?? type;

/** A chosen file as a source of the bundle; a guarantee's form and PDF have names of their own. */
export function sourceOf(file, role) {
  const suffix = file.name.toLowerCase().split(".").at(-1);
  const media_type = TYPES[suffix] ?? (file.type || "application/octet-stream");
  const named = { "application/json": FORM, "application/pdf": GUARANTEE_PDF }[role === "guarantee" ? media_type : ""];
  return { path: named ?? `${role}/${file.name.normalize("NFC")}`, blob: file, media_type, role };
}

/** The guarantee's signed form among the files: its payload, null when there is none or it does not verify. */
export async function guaranteeOf(sources) {
  const form = sources.find((source) => source.path === FORM);
  if (!form || form.blob.size > 1_000_000) return null;
  try {
    return await verify(JSON.parse(fromUtf8(new Uint8Array(await form.blob.arrayBuffer()))), "guarantee");
  } catch {
    return null;
  }
}

/** One line for each requirement: `{title, role, required, count, problems: [words]}`. */
export function againstRequirements(requirements, sources) {
  return requirements.filter(({ role }) => !role.startsWith("bid_summary")).map(({ role, title, required, media_types }) => {
    const files = sources.filter((source) => source.role === role);
    const kinds = media_types?.length ? media_types : null;
    const problems = [];
    if (!files.length && required) problems.push(`缺少「${title}」${kinds ? `，应为 ${kinds.map(typeWords).join("、")}` : ""}。`);
    if (files.length && kinds && !files.some((file) => kinds.includes(file.media_type))) {
      problems.push(`「${title}」的文件应为 ${kinds.map(typeWords).join("、")}，现有 ${files.map((file) => file.path.split("/").at(-1)).join("、")}。`);
    }
    return { title, role, required, count: files.length, problems };
  });
}

/** Each file by itself: name, emptiness, and whether a PDF begins and ends as one and is not locked. */
export async function fileProblems(sources) {
  const found = [];
  const seen = new Set();
  for (const { path, blob, media_type } of sources) {
    const why = nameProblem(path) || (seen.has(path) ? "同名文件已选" : "") || (await contentProblem(blob, media_type));
    if (why) found.push(`文件「${path}」：${why}。`);
    seen.add(path);
  }
  return found;
}

async function contentProblem(blob, mediaType) {
  if (blob.size === 0) return "是空的";
  if (mediaType !== "application/pdf") return "";
  const head = new Uint8Array(await blob.slice(0, 1024).arrayBuffer());
  const tail = new Uint8Array(await blob.slice(-4096).arrayBuffer());
  const has = (bytes, text) => String.fromCharCode(...bytes).includes(text);
  if (!has(head, "%PDF-") || !has(tail, "%%EOF")) return "不是完整的 PDF";
  return has(tail, "/Encrypt") ? "PDF 有口令保护，评标时打不开" : "";
}

/** Price against the ceiling; the guarantee against tender, lot, bidder, bond. */
export function termProblems(summary, tender, lot, guarantee, hasForm) {
  const found = [];
  const over = lot.ceiling_price && fenOf(summary.price) > fenOf(lot.ceiling_price);
  if (over) found.push(`报价 ${shown(fenOf(summary.price))} 超过最高投标限价 ${shown(fenOf(lot.ceiling_price))}（招标投标法实施条例第五十一条）。`);
  if (hasForm && !guarantee) found.push("保函表单的签名验证失败，或不是保函表单。");
  if (!guarantee) return found;
  const pairs = [["招标编号", guarantee.tender, tender.number], ["标段", guarantee.lot, lot.lot], ["申请人", guarantee.applicant?.name, summary.bidder.name],
    ["受益人", guarantee.beneficiary?.name, tender.procuring_entity.name]];
  for (const [what, has, wanted] of pairs) if (has !== wanted) found.push(`保函的${what}为「${has}」，应为「${wanted}」（12号令第二十五条）。`);
  if (lot.bond_amount && (fenOf(guarantee.amount) ?? 0n) < fenOf(lot.bond_amount)) {
    found.push(`保函金额 ${guarantee.amount}，应不少于 ${shown(fenOf(lot.bond_amount))}（招标投标法实施条例第二十六条）。`);
  }
  return found;
}

/** What the summary says of the guarantee. */
export const namedGuarantee = (form) => form && { number: form.number, issuer: form.issuer.name, amount: form.amount };
