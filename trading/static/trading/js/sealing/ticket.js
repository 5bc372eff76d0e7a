// What the bidder keeps after sealing (sealing/ticket.py): without it a bid is neither withdrawn nor released.

import { Refused, b64, hex, unb64, unhex } from "../../../portal/js/keys/bytes.js";
import { pseudonymFrom } from "./pseudonym.js";
import { signByPseudonym, statement } from "./statements.js";
import { suiteOf } from "./suite.js";

const KEYS = ["v", "tender", "lot", "part", "envelope_sha256", "size", "key_commitment", "pseudonym_key", "salt", "identity", "client_key"];

export function makeTicket({ header, envelope_sha256, size, pseudonym, salt, identity, client }) {
  const { tender, lot, part, key_commitment } = header;
  // Suite 1 goes without saying, as it did before there was another.
  const said = header.suite === 1 ? {} : { suite: header.suite };
  const client_key = client ? b64(client.pkcs8) : null;
  return { ...said, v: 1, tender, lot, part, envelope_sha256, size, key_commitment, pseudonym_key: hex(pseudonym.seed), salt: b64(salt), identity, client_key };
}

/** The ticket in a file's text, or a refusal in Chinese. */
export function readTicket(text) {
  let value = null;
  try {
    value = JSON.parse(text);
  } catch {
    value = null;
  }
  const { suite, ...rest } = value && typeof value === "object" ? value : {};
  if (Object.keys(rest).sort().join() !== [...KEYS].sort().join() || value.v !== 1 || ![undefined, 2].includes(suite)) throw new Refused("ticket.malformed", "这不是投标凭据文件（.ticket）。");
  return value;
}

export const ticketKey = (ticket) => pseudonymFrom(unhex(ticket.pseudonym_key), suiteOf(ticket.suite ?? 1));
export const clientKeyOf = (ticket) => (ticket.client_key === null ? null : unb64(ticket.client_key));

/** The body of POST …/bids for a finished upload. */
export async function submissionOf(ticket, upload) {
  const pseudonym = await ticketKey(ticket);
  const { tender, lot, part, envelope_sha256, size, salt, identity } = ticket;
  const said = statement("bid-submission", { tender, lot, part, envelope_sha256, size, pseudonym: hex(pseudonym.public) });
  return { upload, submission: await signByPseudonym(said, pseudonym), door_identity: { salt, identity } };
}

/** mingtang/bid-withdrawal. */
export async function withdrawalOf(ticket, bid) {
  const { tender, lot, envelope_sha256 } = ticket;
  return signByPseudonym(statement("bid-withdrawal", { tender, lot, bid, envelope_sha256 }), await ticketKey(ticket));
}

/** mingtang/key-release: it carries the content key itself. */
export async function keyRelease(ticket, bid, contentKey) {
  const said = statement("key-release", { bid, envelope_sha256: ticket.envelope_sha256, content_key: b64(contentKey) });
  return signByPseudonym(said, await ticketKey(ticket));
}
