// Who the bidder is, hidden until opening and bound from the start (SPEC.md §5).

import { Refused, b64, concat, fromUint, fromUtf8, hex, uint } from "../../../portal/js/keys/bytes.js";
import { canonical } from "./canonical.js";
import { coreDigest } from "./header.js";
import { signByCertificate, statement } from "./statements.js";
import { ZERO_NONCE, identityCipher, suiteOf } from "./suite.js";

const STEP = 16 * 1024;
const LIMIT = 128 * 1024;

export async function makeIdentity(core, signer) {
  const { tender, lot, part, pseudonym } = core;
  return signByCertificate(statement("bid-identity", { tender, lot, part, pseudonym, header_core: hex(await coreDigest(core)) }), signer);
}

/** The header's two identity fields. */
export async function concealIdentity(core, contentKey, salt, identity) {
  const said = canonical({ salt: b64(salt), identity });
  const length = Math.ceil((4 + said.length) / STEP) * STEP;
  if (length > LIMIT) throw new Refused("sealing.bad_field", "证书链过长。");
  const plain = concat(uint(said.length, 4), said, new Uint8Array(length - 4 - said.length));
  // The subkey seals this one message only, so its nonce may be zero.
  const sealed = await (await identityCipher(suiteOf(core), contentKey)).seal(ZERO_NONCE, plain, await coreDigest(core));
  return { identity_commitment: hex(await suiteOf(core).digest(salt, canonical(identity))), identity_sealed: b64(sealed) };
}

/** `{salt, identity}` as sealed inside. */
export async function revealIdentity(header, contentKey, sealed) {
  const plain = await (await identityCipher(suiteOf(header), contentKey)).open(ZERO_NONCE, sealed, await coreDigest(header));
  if (!plain || plain.length % STEP) throw new Refused("identity.unreadable", "信封中的身份信息打不开。");
  const length = fromUint(plain.subarray(0, 4));
  if (length > plain.length - 4 || plain.subarray(4 + length).some((byte) => byte !== 0)) {
    throw new Refused("identity.unreadable", "信封中的身份信息不合格。");
  }
  return JSON.parse(fromUtf8(plain.subarray(4, 4 + length)));
}
