// A large file to the platform in chunks, going on where it stopped (/api/v1/uploads; documents/README.md).
// The server knows what has arrived; the page remembers only the upload's id, by the file's digest.

import { Refused } from "../../../portal/js/keys/bytes.js";
import { ask, refusalOf } from "./tender.js";

const CHUNK = 4 * 1024 * 1024;
const TRIES = 6;
const remembered = (sha256) => `mingtang-upload-${sha256}`;
const pause = (seconds) => new Promise((wake) => { setTimeout(wake, seconds * 1000); });

/** Bring the whole Blob over; `progress(bytes)` hears where the server stands. Answers the upload's id. */
export async function upload(blob, sha256, name, progress, signal) {
  let [id, at, most] = await begin(blob, sha256, name);
  progress(at);
  let failures = 0;
  while (at < blob.size) {
    signal?.throwIfAborted();
    const reached = await send(id, blob.slice(at, at + most), at, signal).catch((problem) => {
      if (problem instanceof Refused || signal?.aborted) throw problem;
      return null;
    });
    failures = reached === null ? failures + 1 : 0;
    if (failures >= TRIES) throw new Refused("network", "网络中断。已上传的部分不会丢失，请稍后点「继续上传」。");
    if (failures) await pause(2 ** failures);
    at = reached ?? (await offsetOf(id).catch(() => null)) ?? at;
    progress(at);
  }
  return id;
}

export const forget = (sha256) => localStorage.removeItem(remembered(sha256));

async function begin(blob, sha256, name) {
  const known = JSON.parse(localStorage.getItem(remembered(sha256)) ?? "null");
  const at = known && (await offsetOf(known.upload).catch(() => null));
  if (at !== null) return [known.upload, at, Math.min(CHUNK, known.chunk_max)];
  const made = await ask("/api/v1/uploads", { body: { size: blob.size, sha256, name, media_type: "application/vnd.mingtang.envelope" } });
  localStorage.setItem(remembered(sha256), JSON.stringify(made));
  return [made.upload, made.offset, Math.min(CHUNK, made.chunk_max)];
}

async function offsetOf(id) {
  const answer = await fetch(`/api/v1/uploads/${id}`, { method: "HEAD", credentials: "omit" });
  return answer.ok ? Number(answer.headers.get("Upload-Offset")) : null;
}

/** Where the server stands after one chunk. */
async function send(id, chunk, at, signal) {
  const headers = { "Content-Type": "application/offset+octet-stream", "Upload-Offset": String(at) };
  const answer = await fetch(`/api/v1/uploads/${id}`, { method: "PATCH", credentials: "omit", headers, body: chunk, signal });
  const stands = answer.headers.get("Upload-Offset");
  if (answer.ok || (answer.status === 409 && stands !== null)) return Number(stands);
  if (answer.status === 503) throw new Error("busy");
  throw refusalOf(await answer.json().catch(() => null), answer.status);
}
