// The content key of one's own envelope: by the ticket's key, by a certificate's key from a file, or by the loopback agent.

import { openByAgent } from "../../../portal/js/keys/agent.js";
import { Refused } from "../../../portal/js/keys/bytes.js";
import { unwrapContentKey } from "./envelope.js";
import { headSize } from "./header.js";
import { clientKeyOf } from "./ticket.js";

/** `decrypting`: null when the ticket holds the key; else `{chain, pkcs8}` or `{chain, agent}`. `blob` begins with the head. */
export async function contentKeyOf(blob, header, ticket, decrypting) {
  const client = clientKeyOf(ticket);
  if (client) return unwrapContentKey(header, "client", client);
  if (!decrypting) throw new Refused("key", "这份投标的密钥加密给了单位证书，请选择该证书（含私钥），或连接密钥代理。");
  if (decrypting.agent) return openByAgent(decrypting.agent, blob.slice(0, headSize(header)));
  return unwrapContentKey(header, "certificate", decrypting.pkcs8);
}
