// Amounts as exact text, and 人民币大写: the twin of kernel/money.py's words().

const DIGITS = "零壹贰叁肆伍陆柒捌玖";
const PLACES = [[1000n, "仟"], [100n, "佰"], [10n, "拾"], [1n, ""]];

/** Fen of decimal text with at most two places and no sign, or null. Commas may group. */
export function fenOf(text) {
  const match = /^(0|[1-9][0-9]{0,13})(?:\.([0-9]{1,2}))?$/.exec(String(text).replace(/[,，\s]/g, ""));
  return match && BigInt(match[1] + (match[2] ?? "").padEnd(2, "0"));
}

/** Two decimals, as acts and summaries carry amounts. */
export const plain = (fen) => `${fen / 100n}.${String(fen % 100n).padStart(2, "0")}`;

/** As pages show it: ¥ 8,750,000.00 */
export function shown(fen) {
  return `¥ ${String(fen / 100n).replace(/\B(?=([0-9]{3})+$)/g, ",")}.${String(fen % 100n).padStart(2, "0")}`;
}

/** 捌佰柒拾伍万元整, without 人民币. 零 stands once for zeros inside and between 元 and 分. */
export function words(fen) {
  const [yuan, jiao, cent] = [fen / 100n, Number((fen / 10n) % 10n), Number(fen % 10n)];
  const rest = jiao || cent;
  let text = yuan || !rest ? `${integer(yuan)}元` : "";
  if (!rest) return `${text}整`;
  if (jiao) text += `${DIGITS[jiao]}角`;
  else if (yuan) text += "零";
  return text + (cent ? `${DIGITS[cent]}分` : "");
}

function integer(value) {
  if (value === 0n) return "零";
  for (const [size, name] of [[10n ** 8n, "亿"], [10n ** 4n, "万"]]) {
    if (value >= size) {
      const [high, low] = [value / size, value % size];
      const gap = low > 0n && low < size / 10n ? "零" : "";
      return `${integer(high)}${name}${gap}${low ? integer(low) : ""}`;
    }
  }
  return section(value);
}

/** 1 … 9999. */
function section(value) {
  let [text, skipped] = ["", false];
  for (const [size, name] of PLACES) {
    const digit = Number(value / size);
    value %= size;
    if (digit) text += (skipped && text ? "零" : "") + DIGITS[digit] + name;
    skipped = digit === 0;
  }
  return text;
}
