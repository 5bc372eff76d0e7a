// The bid summary (开标一览表): what is read out at the opening, built from the form, checked as sealing/bid_summary.py does.

import { Refused } from "../../../portal/js/keys/bytes.js";
import { isText } from "./header.js";
import { fenOf, plain, words } from "./money.js";

const ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY";

/** GB 32100: 18 characters, the last one checks the others. */
export function isCreditCode(text) {
  if (!/^[0-9A-HJ-NP-RTUWXY]{18}$/.test(text)) return false;
  const sum = [...text.slice(0, 17)].reduce((total, letter, place) => total + ALPHABET.indexOf(letter) * (3 ** place % 31), 0);
  return ALPHABET[(31 - (sum % 31)) % 31] === text[17];
}

/** Fields that are wrong, by name, in Chinese; `values` are the form's texts. */
export function problemsOf(values) {
  const found = {};
  const need = (right, field, zh) => { if (!right && !found[field]) found[field] = zh; };
  need(isText(values.bidder_name), "bidder_name", "请填写投标人名称。");
  need(isCreditCode(values.credit_code), "credit_code", "统一社会信用代码为 18 位，含校验位；请核对。");
  const fen = fenOf(values.price);
  need(fen !== null && fen > 0n, "price", "报价应为正数，至多两位小数，如 4820000.00。");
  need(/^[1-9][0-9]{0,4}$/.test(values.duration_days) && Number(values.duration_days) <= 36500, "duration_days", "工期应为 1 至 36500 的整数（日历天）。");
  need(isText(values.quality), "quality", "请填写质量目标，如：合格。");
  const manager = Boolean(values.manager_name || values.manager_certificate);
  need(!manager || isText(values.manager_name, 60), "manager_name", "项目负责人姓名与证书编号应一并填写。");
  need(!manager || isText(values.manager_certificate, 80), "manager_certificate", "项目负责人姓名与证书编号应一并填写。");
  need(!values.remarks || isText(values.remarks, 2000), "remarks", "备注至多 2000 字，不分行。");
  return found;
}

/** The canonical object. `guarantee`: `{number, issuer, amount}` of the guarantee's form, or null. */
export function summaryOf(values, { tender, lot, part, currency }, guarantee) {
  const problems = Object.values(problemsOf(values));
  if (problems.length) throw new Refused("summary.bad_field", problems[0]);
  const fen = fenOf(values.price);
  // The first envelope of two is opened while prices are still secret.
  const priced = part === "technical" ? {} : { price: plain(fen), price_in_words: words(fen) };
  return {
    v: 1, tender, lot, part, currency,
    bidder: { name: values.bidder_name, credit_code: values.credit_code },
    ...priced,
    duration_days: Number(values.duration_days), quality: values.quality,
    ...(values.manager_name ? { project_manager: { name: values.manager_name, certificate: values.manager_certificate } } : {}),
    ...(guarantee ? { guarantee } : {}),
    ...(values.remarks ? { remarks: values.remarks } : {}),
  };
}
