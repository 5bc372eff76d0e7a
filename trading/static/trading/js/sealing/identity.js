// Who the bidder is, hidden until opening and bound from the start (SPEC.md §5).

import { Refused, b64, concat, fromUint, fromUtf8, hex, uint } from "../../../portal/js/keys/bytes.js";
import { canonical } from "./canonical.js";
import { coreDigest } from "./header.js";
import { signByCertificate, statement, verify } from "./statements.js";
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

/** Salt and identity as a door is shown them: they fit the commitment, and the signature is over this header's core. */
export async function checkIdentity(header, salt, identity) {
  const committed = hex(await suiteOf(header).digest(salt, canonical(identity)));
  if (committed !== header.identity_commitment) throw new Refused("identity.commitment_differs", "身份与信封头的承诺不符。");
  const said = await verify(identity, "bid-identity");
  const wanted = { tender: header.tender, lot: header.lot, part: header.part, pseudonym: header.pseudonym, header_core: hex(await coreDigest(header)) };
  if (Object.keys(said).length !== 5 || Object.keys(wanted).some((key) => said[key] !== wanted[key])) {
    throw new Refused("identity.other_header", "身份签名属于另一份投标。");
  }
}
