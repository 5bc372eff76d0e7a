// Reading a bundle (SPEC.md §8, sealing/bundle.py): it trusts nothing. The directory is bounded before it is parsed; entries
// are stored, lie back to back, have harmless names, and are exactly those of the manifest.

import { Refused, fromUtf8, hex, utf8 } from "../../../portal/js/keys/bytes.js";
import { MANIFEST, byCodePoints, checkNames } from "./bundle.js";
import { parseCanonical } from "./canonical.js";
import { crc32, measure } from "./digests.js";

const MAX_FILES = 10_000;
const MAX_DIRECTORY = 16 * 1024 * 1024;
const MAX_MANIFEST = 8 * 1024 * 1024;
const WIDE = 0xffffffff;
const ROLES = ["bid_summary", "bid_summary_signature", "boq", "guarantee", "technical", "commercial", "qualification", "other"];

const bad = (why) => new Refused("bundle.malformed", `投标文件包不合格：${why}。`);
const limit = (what, found, most) => new Refused("bundle.over_limit", `投标文件包超限：${what}为 ${found}，最多 ${most}。`);
const mismatch = (name, why) => new Refused("bundle.mismatch", `投标文件包中的「${name}」与清单不符：${why}。`);
const missing = (name) => new Refused("bundle.missing", `投标文件包缺少「${name}」。`);
const piece = async (blob, from, to) => new Uint8Array(await blob.slice(from, to).arrayBuffer());
const little = (bytes, at, size) => {
  let value = 0;
  for (let place = size - 1; place >= 0; place -= 1) value = value * 256 + bytes[at + place];
  return value;
};
const signed = (bytes, at, text) => hex(bytes.subarray(at, at + 4)) === hex(utf8(text));

/** `{entries: [{path, sha256, size, media_type, role}], blobOf(path)}` of a Blob; contents are checked by `verifyBundle`. */
export async function readBundle(blob) {
  const end = await endOf(blob);
  const files = directoryOf(await piece(blob, end.offset, end.offset + end.size), end.count);
  checkNames(files);
  for (const file of files) {
    if (file.method !== 0 || file.flags & ~0x800 || file.packed !== file.size || file.path.endsWith("/")) {
      throw new Refused("bundle.compressed", `「${file.path}」是压缩、加密的或目录，投标文件包里只能原样存放。`);
    }
  }
  await checkLayout(blob, files, end.offset);
  if (files[0]?.path !== MANIFEST) throw missing(MANIFEST);
  const entries = await manifestOf(blob, files[0]);
  const places = new Map(files.slice(1).map((file) => [file.path, file]));
  compare(entries, places);
  return { entries, blobOf: (path) => { const { start, size } = places.get(path); return blob.slice(start, start + size); } };
}

/** Every file's digest against the manifest; `progress` hears bytes. */
export async function verifyBundle({ entries, blobOf }, progress = () => {}) {
  for (const { path, sha256 } of entries) {
    if ((await measure(blobOf(path), progress)).sha256 !== sha256) throw mismatch(path, "SHA-256 不同");
  }
}

async function endOf(blob) {
  const tail = await piece(blob, Math.max(0, blob.size - 98), blob.size);
  const last = tail.length - 22;
  if (last < 0 || !signed(tail, last, "PK\x05\x06") || little(tail, tail.length - 2, 2)) throw bad("没有 ZIP 结尾记录");
  const said = { count: little(tail, last + 10, 2), size: little(tail, last + 12, 4), offset: little(tail, last + 16, 4) };
  let [found, after] = [said, blob.size - 22];
  if (tail.length === 98 && signed(tail, 0, "PK\x06\x06") && signed(tail, 56, "PK\x06\x07")) {
    found = { count: little(tail, 32, 8), size: little(tail, 40, 8), offset: little(tail, 48, 8) };
    after = blob.size - 98;
    const same = said.count === Math.min(found.count, 0xffff) && said.size === Math.min(found.size, WIDE) && said.offset === Math.min(found.offset, WIDE);
    if (!same) throw bad("ZIP64 结尾记录不合格");
  } else if (said.count === 0xffff || said.size === WIDE || said.offset === WIDE) throw bad("ZIP64 结尾记录不合格");
  if (found.count > MAX_FILES) throw limit("文件数", found.count, MAX_FILES);
  if (found.size > MAX_DIRECTORY) throw limit("目录字节数", found.size, MAX_DIRECTORY);
  if (found.offset + found.size !== after) throw bad("目录位置不符");
  return found;
}

/** Central directory records. */
function directoryOf(bytes, count) {
  const files = [];
  let at = 0;
  while (at < bytes.length) {
    if (at + 46 > bytes.length || !signed(bytes, at, "PK\x01\x02")) throw bad("目录读不出来");
    const [name, extra, comment] = [28, 30, 32].map((place) => little(bytes, at + place, 2));
    const next = at + 46 + name + extra + comment;
    if (next > bytes.length) throw bad("目录读不出来");
    const file = { flags: little(bytes, at + 8, 2), method: little(bytes, at + 10, 2), crc: little(bytes, at + 16, 4), packed: little(bytes, at + 20, 4),
      size: little(bytes, at + 24, 4), offset: little(bytes, at + 42, 4), path: nameOf(bytes.subarray(at + 46, at + 46 + name)) };
    files.push(widened(file, bytes.subarray(at + 46 + name, at + 46 + name + extra)));
    at = next;
  }
  if (files.length !== count) throw bad("目录条数不符");
  return files;
}

function nameOf(bytes) {
  try {
    return fromUtf8(bytes);
  } catch {
    throw bad("文件名不是 UTF-8");
  }
}

/** ZIP64's extra field holds what did not fit, in this order. */
function widened(file, extra) {
  for (let at = 0; at + 4 <= extra.length; at += 4 + little(extra, at + 2, 2)) {
    if (little(extra, at, 2) !== 1) continue;
    let place = at + 4;
    for (const name of ["size", "packed", "offset"]) {
      if (file[name] !== WIDE) continue;
      if (place + 8 > extra.length) throw bad("ZIP64 字段不完整");
      file[name] = little(extra, place, 8);
      place += 8;
    }
  }
  return file;
}

/** No overlaps (zip bombs) and no hiding places: from the first byte to the directory. */
async function checkLayout(blob, files, end) {
  let position = 0;
  for (const file of [...files].sort((a, b) => a.offset - b.offset)) {
    if (file.offset !== position) throw bad("条目重叠或有空隙");
    const head = await piece(blob, position, position + 30);
    if (head.length < 30 || !signed(head, 0, "PK\x03\x04")) throw bad("条目头不合格");
    const [name, extra] = [little(head, 26, 2), little(head, 28, 2)];
    if (hex(await piece(blob, position + 30, position + 30 + name)) !== hex(utf8(file.path))) throw bad("条目头与目录的文件名不一致");
    file.start = position + 30 + name + extra;
    position = file.start + file.size;
  }
  if (position !== end) throw bad("条目与目录之间有空隙");
}

async function manifestOf(blob, file) {
  if (file.size > MAX_MANIFEST) throw limit(MANIFEST, file.size, MAX_MANIFEST);
  const bytes = await piece(blob, file.start, file.start + file.size);
  if (crc32(bytes) !== file.crc) throw mismatch(MANIFEST, "CRC");
  const value = parseCanonical(bytes, () => bad("manifest.json 不是规范 JSON"));
  const keys = (object) => (object && typeof object === "object" ? Object.keys(object).sort().join() : "");
  if (keys(value) !== "files,v" || value.v !== 1 || !Array.isArray(value.files) || value.files.length > MAX_FILES) throw field("manifest.json");
  for (const entry of value.files) {
    const right = keys(entry) === "media_type,path,role,sha256,size" && ROLES.includes(entry.role) && typeof entry.path === "string"
      && /^[0-9a-f]{64}$/.test(entry.sha256) && Number.isSafeInteger(entry.size) && entry.size >= 0 && typeof entry.media_type === "string";
    if (!right) throw field("files");
  }
  return value.files;
}

const field = (name) => new Refused("sealing.bad_field", `投标文件包的 ${name} 不合格。`);

function compare(entries, places) {
  const ordered = [...entries].sort(byCodePoints);
  if (new Set(entries.map((entry) => entry.path)).size !== entries.length || ordered.some((entry, at) => entry !== entries[at])) {
    throw bad("清单未按路径排序或有重复");
  }
  for (const { path, size } of entries) {
    if (!places.has(path)) throw missing(path);
    if (places.get(path).size !== size) throw mismatch(path, `${places.get(path).size} 字节，清单写 ${size} 字节`);
  }
  const listed = new Set(entries.map((entry) => entry.path));
  for (const path of places.keys()) if (!listed.has(path)) throw mismatch(path, "不在清单中");
}
