// The plaintext of an envelope: a ZIP of stored entries behind a manifest (SPEC.md §8), written as a stream of known
// length. Files are read twice: for SHA-256 and CRC-32, and for the bytes themselves; never whole.

import { Refused, concat, utf8 } from "../../../portal/js/keys/bytes.js";
import { canonical } from "./canonical.js";
import { crc32, measure, stepsOf } from "./digests.js";

export const SUMMARY = "bid_summary.json";
export const SUMMARY_SIGNATURE = "bid_summary.sig.json";
export const MANIFEST = "manifest.json";
const MAX_FILES = 10_000;
const MAX_NAME = 240;
const WIDE = 0xffffffff;
const DEVICE = /^(con|prn|aux|nul|com[1-9]|lpt[1-9])$/i;

/** Why a path is not allowed inside a bundle, in Chinese; empty if it is. */
export function nameProblem(path) {
  const parts = path.split("/");
  if (!path || utf8(path).length > MAX_NAME) return `空或超过 ${MAX_NAME} 字节`;
  if (/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u.test(path)) return "含控制字符";
  if (/[\\:*?"<>|]/.test(path)) return "含反斜杠、冒号等字符";
  if (parts.some((part) => part === "" || part === "." || part === "..")) return "绝对路径或含 ..";
  if (parts.some((part) => part !== part.trim() || part.endsWith(".") || DEVICE.test(part.split(".")[0]))) return "首尾空格、末尾句点或设备名";
  return "";
}

export function byCodePoints(a, b) {
  const [one, other] = [[...a.path], [...b.path]];
  for (let at = 0; at < Math.min(one.length, other.length); at += 1) {
    if (one[at] !== other[at]) return one[at].codePointAt(0) - other[at].codePointAt(0);
  }
  return one.length - other.length;
}

export function checkNames(sources) {
  const seen = new Set();
  for (const { path } of sources) {
    const why = nameProblem(path) || (seen.has(folded(path)) ? "重名" : "");
    if (why) throw new Refused("bundle.hostile_name", `文件名「${path.slice(0, 80)}」不能用：${why}。`);
    seen.add(folded(path));
  }
  if (sources.length > MAX_FILES) throw new Refused("bundle.over_limit", `文件 ${sources.length} 个，最多 ${MAX_FILES} 个。`);
}

const folded = (path) => path.normalize("NFKC").toUpperCase().toLowerCase();

/** `{entries, size, parts()}` of sources `{path, blob, media_type, role}`; `progress` hears bytes read. */
export async function planBundle(sources, progress = () => {}) {
  const ordered = [...sources].sort(byCodePoints);
  checkNames(ordered);
  const files = [];
  for (const source of ordered) files.push({ ...source, size: source.blob.size, ...(await measure(source.blob, progress)) });
  const entries = files.map(({ path, sha256, size, media_type, role }) => ({ path, sha256, size, media_type, role }));
  const manifest = canonical({ v: 1, files: entries });
  const all = [{ path: MANIFEST, blob: new Blob([manifest]), size: manifest.length, crc: crc32(manifest) }, ...files];
  let at = 0;
  for (const file of all) {
    file.offset = at;
    at += localHeader(file).length + file.size;
  }
  const directory = directoryOf(all, at);
  return { entries, size: at + directory.length, parts: () => parts(all, directory) };
}

async function* parts(all, directory) {
  for (const file of all) {
    yield localHeader(file);
    yield* stepsOf(file.blob);
  }
  yield directory;
}

/** Little-endian fields: `[value, bytes]` pairs. */
function little(...fields) {
  return concat(...fields.map(([value, size]) => Uint8Array.from({ length: size }, (_, place) => Math.floor(value / 256 ** place) % 256)));
}

const isWide = (file) => file.size >= WIDE;
// 1980-01-01: one bid, the same bytes, whenever it is packed.
const common = (file, wide) => {
  const ascii = /^[\x00-\x7f]*$/.test(file.path);
  const size = isWide(file) ? WIDE : file.size;
  return little([wide ? 45 : 20, 2], [ascii ? 0 : 0x800, 2], [0, 2], [0, 2], [0x21, 2], [file.crc, 4], [size, 4], [size, 4], [utf8(file.path).length, 2]);
};

function localHeader(file) {
  const extra = isWide(file) ? little([1, 2], [16, 2], [file.size, 8], [file.size, 8]) : new Uint8Array(0);
  return concat(utf8("PK\x03\x04"), common(file, isWide(file)), little([extra.length, 2]), utf8(file.path), extra);
}

function centralHeader(file) {
  const sizes = isWide(file) ? [[file.size, 8], [file.size, 8]] : [];
  const place = file.offset >= WIDE ? [[file.offset, 8]] : [];
  const wide = [...sizes, ...place];
  const extra = wide.length ? little([1, 2], [8 * wide.length, 2], ...wide) : new Uint8Array(0);
  const rest = little([extra.length, 2], [0, 2], [0, 2], [0, 2], [0o600 * 65536, 4], [Math.min(file.offset, WIDE), 4]);
  return concat(utf8("PK\x01\x02"), little([wide.length ? 45 : 20, 1], [3, 1]), common(file, wide.length > 0), rest, utf8(file.path), extra);
}

/** Central directory and end record; the ZIP64 end before it when a field overflows. */
function directoryOf(all, offset) {
  const rows = concat(...all.map(centralHeader));
  let wide = new Uint8Array(0);
  if (offset >= WIDE || all.length >= 0xffff) {
    const count = [all.length, 8];
    wide = concat(
      utf8("PK\x06\x06"), little([44, 8], [45, 2], [45, 2], [0, 4], [0, 4], count, count, [rows.length, 8], [offset, 8]),
      utf8("PK\x06\x07"), little([0, 4], [offset + rows.length, 8], [1, 4]),
    );
  }
  const count = [Math.min(all.length, 0xffff), 2];
  return concat(rows, wide, utf8("PK\x05\x06"), little([0, 2], [0, 2], count, count, [rows.length, 4], [Math.min(offset, WIDE), 4], [0, 2]));
}
