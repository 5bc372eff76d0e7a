// The platform's JSON doors, as the sealing page needs them.

import { Refused } from "../../../portal/js/keys/bytes.js";

/** The answer of a JSON door, or its refusal in the platform's own words. */
export async function ask(path, { body, key, ...more } = {}) {
  const headers = { Accept: "application/json", ...(key ? { "Idempotency-Key": key } : {}), ...(body ? { "Content-Type": "application/json" } : {}) };
  // No cookie: whoever is signed in, what stands on the platform names the one-time key alone.
  const send = { credentials: "omit", method: body ? "POST" : "GET", headers, body: body && JSON.stringify(body), ...more };
  const answer = await fetch(path, send).catch(() => { throw new Refused("network", "网络不通，平台没有应答。请检查网络后重试。"); });
  const said = await answer.json().catch(() => null);
  if (answer.ok) return said;
  throw refusalOf(said, answer.status);
}

export function refusalOf(problem, status) {
  const words = (problem?.reasons ?? []).map((reason) => reason.zh + (reason.law ? `（${reason.law}）` : ""));
  return new Refused(problem?.code ?? `http.${status}`, words.join(" ") || problem?.detail || `平台没有接受（${status}）。`);
}

export const tenderOf = (number) => ask(`/api/v1/tenders/${encodeURIComponent(number)}`);
export const platformKeys = () => ask("/api/v1/keys");

/**
 * What is slow is examined first, so that the last request is short: the moment it is there counts.
 * The key names the envelope, so that a repeat is answered with the same receipt.
 */
export async function submit(ticket, body) {
  const path = `/api/v1/tenders/${encodeURIComponent(ticket.tender)}/lots/${encodeURIComponent(ticket.lot)}/bids`;
  const { examined } = await ask(`${path}/examination`, { body });
  return ask(path, { body: { ...body, examined }, key: `bid-${ticket.envelope_sha256}` });
}

export const revoke = (bid, signed) => ask(`/api/v1/bids/${bid}/revocation`, { body: { signed }, key: `revocation-${bid}` });
export const withdraw = (bid, signed) => ask(`/api/v1/bids/${bid}/withdrawal`, { body: { signed }, key: `withdrawal-${bid}` });
export const releaseKey = (bid, signed) => ask(`/api/v1/bids/${bid}/key-release`, { body: { signed }, key: `open-${bid}` });

/** An envelope as the platform gives it back after the opening has started: a Blob of its head alone. */
export async function headOf(bid) {
  const answer = await fetch(`/api/v1/bids/${bid}/header`, { credentials: "omit" }).catch(() => null);
  if (!answer?.ok) throw new Refused("network", "平台现在不提供这份投标的信封头。请刷新后重试。");
  return answer.blob();
}
