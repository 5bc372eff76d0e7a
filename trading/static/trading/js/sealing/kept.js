// What this browser remembers of the bids sealed in it, so that a page that died goes on: where the envelope lies (the
// browser's private files), and, once it is there, the receipt. Never a ticket: whoever finds this opens nothing.

const KEY = "mingtang-bids";
const MOST = 50;

/** Rows `{file, tender, lot, part, size, envelope_sha256, at, receipt, withdrawn}`, newest first. */
export function rows() {
  try {
    const found = JSON.parse(localStorage.getItem(KEY) ?? "[]");
    return Array.isArray(found) ? found : [];
  } catch {
    return [];
  }
}

const keep = (list) => localStorage.setItem(KEY, JSON.stringify(list.slice(0, MOST)));

/** A fresh envelope; `file` is its name among the private files, empty when it lies in memory only. */
export function remember({ tender, lot, part, size, envelope_sha256 }, file) {
  const row = { file, tender, lot, part, size, envelope_sha256, at: new Date().toISOString(), receipt: null, withdrawn: false };
  keep([row, ...rows().filter((other) => other.envelope_sha256 !== envelope_sha256)]);
}

/** Note what became of a bid, also of one that was sealed elsewhere. */
export function note(ticket, what) {
  if (!rows().some((row) => row.envelope_sha256 === ticket.envelope_sha256)) remember(ticket, "");
  keep(rows().map((row) => (row.envelope_sha256 === ticket.envelope_sha256 ? { ...row, ...what } : row)));
}

export const rowOf = (envelope_sha256) => rows().find((row) => row.envelope_sha256 === envelope_sha256) ?? null;

/** Another bid of the same lot and part that is in and was not taken back: two of them would both be rejected. */
export function otherIn({ tender, lot, part, envelope_sha256 }) {
  return rows().find((row) => row.receipt && !row.withdrawn && row.envelope_sha256 !== envelope_sha256
    && row.tender === tender && row.lot === lot && row.part === part) ?? null;
}

/** The envelope as a File; null when the browser has it no more. */
export async function envelopeOf(row) {
  if (!row?.file) return null;
  const root = await navigator.storage?.getDirectory?.().catch(() => null);
  const file = root && (await root.getFileHandle(row.file).then((handle) => handle.getFile()).catch(() => null));
  return file && file.size === row.size ? file : null;
}
