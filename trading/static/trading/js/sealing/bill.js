// A priced bill of quantities in CSV: its columns, its sum, its arithmetic; the twin of bidtool/contents/bills.py.

const MOST_ROWS = 200_000;
const MOST_COLUMNS = 200;
const HEAD_ROWS = 40;
const LISTED = 20;

/** RFC 4180 rows of a text. */
export function* rowsOf(text) {
  let [row, cell, quoted, at] = [[], "", false, 0];
  for (; at < text.length; at += 1) {
    const sign = text[at];
    if (quoted) {
      if (sign !== '"') cell += sign;
      else if (text[at + 1] === '"') { cell += '"'; at += 1; } else quoted = false;
    } else if (sign === '"' && cell === "") quoted = true;
    else if (sign === ",") { row.push(cell); cell = ""; } else if (sign === "\n" || sign === "\r") {
      if (sign === "\r" && text[at + 1] === "\n") at += 1;
      // A line without anything is an empty row.
      yield row.length || cell ? [...row, cell] : [];
      [row, cell] = [[], ""];
    } else cell += sign;
  }
  if (row.length || cell) yield [...row, cell];
}

/** A heading without blanks and without its unit in brackets. */
const plain = (cell) => cell.slice(0, 4000).replace(/\s+/g, "").replaceAll("(", "（").split("（", 1)[0];

/** `{n, scale}` (n / 10^scale) of a cell, or null. */
export function number(cell) {
  const text = cell.trim().replace(/^[¥￥]+/, "").replace(/[,，]/g, "").trim();
  const match = /^([+-]?)([0-9]*)\.?([0-9]*)(?:[eE]([+-]?[0-9]{1,3}))?$/.exec(text);
  if (!match || !(match[2] + match[3])) return null;
  const digits = BigInt(match[2] + match[3]);
  let [n, scale] = [match[1] === "-" ? -digits : digits, match[3].length - Number(match[4] ?? 0)];
  const size = String(digits).length - 1 - scale;
  if (digits !== 0n && Math.abs(size) >= 20) return null;
  if (scale < 0) [n, scale] = [n * 10n ** BigInt(-scale), 0];
  return { n, scale };
}

/** Rounded to fen, half away from zero. */
export function fen({ n, scale }) {
  if (scale <= 2) return n * 10n ** BigInt(2 - scale);
  const unit = 10n ** BigInt(scale - 2);
  const [whole, rest] = [n / unit, n % unit];
  return 2n * (rest < 0n ? -rest : rest) >= unit ? whole + (n < 0n ? -1n : 1n) : whole;
}

/** `asked`: bid_rules.boq. `{missing, lines, sum, total, wrong: [row…], empty: [row…]}`, amounts in fen. */
export function readBill(text, asked) {
  const bill = { missing: [...asked.columns], lines: 0, sum: 0n, total: null, wrong: [], empty: [] };
  let places = null;
  let no = 0;
  for (const row of rowsOf(text)) {
    no += 1;
    if (no > MOST_ROWS) throw new RangeError(`超过 ${MOST_ROWS} 行`);
    if (places) take(bill, row.slice(0, MOST_COLUMNS), places, asked, no);
    else {
      const found = headOf(row.slice(0, MOST_COLUMNS), asked);
      if (found.missing.length < bill.missing.length) bill.missing = found.missing;
      if (!found.missing.length) places = found.places;
      else if (no >= HEAD_ROWS) break;
    }
  }
  return bill;
}

function headOf(row, asked) {
  const texts = new Map(row.map((cell, place) => [plain(cell), place]).reverse());
  const missing = asked.columns.filter((name) => !texts.has(plain(name)));
  return { missing, places: new Map(asked.columns.map((name) => [name, texts.get(plain(name))])) };
}

function take(bill, row, places, asked, no) {
  const [quantity, price, amount] = ["quantity", "unit_price", "amount"].map((name) => number(row[places.get(asked[name])] ?? ""));
  if (asked.total && row.some((cell) => plain(cell) === plain(asked.total))) bill.total = amount && fen(amount);
  else if (quantity && price && amount) {
    bill.lines += 1;
    bill.sum += fen(amount);
    const product = fen({ n: quantity.n * price.n, scale: quantity.scale + price.scale });
    const apart = product - fen(amount);
    if ((apart > 1n || apart < -1n) && bill.wrong.length < LISTED) bill.wrong.push(no);
  } else if (quantity && bill.empty.length < LISTED) bill.empty.push(no);
}

/** UTF-8, or GB 18030 as spreadsheets save it here. */
export function textOf(bytes) {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder("gb18030").decode(bytes);
  }
}
