// Who signs in a page: a key from a file, or the loopback agent. Both are plain data, so that a Worker can take them:
//   {chain: [der…], pkcs8, decrypting: {chain, pkcs8}}  or  {chain, alg, agent: {url, token}, decrypting: {chain, agent}}
// `decrypting` is the encryption certificate of the pair (双证), or the same one again.

import { signByAgent } from "./agent.js";
import { readCertificate } from "./der.js";
import { signerOf as softSigner } from "./keys.js";

/** `{chain, certificate, alg, sign(bytes, statement)}`: `bytes` are the statement's, which an agent makes by itself. */
export async function signerOf(holder) {
  if (!holder.agent) return softSigner(holder);
  const { chain, alg, agent } = holder;
  return { chain, certificate: readCertificate(chain[0]), alg, sign: (_, statement) => signByAgent(agent, statement) };
}

/** The holder made of what `choose` found in files. */
export const holderOf = ({ signing, decrypting }) => ({ chain: signing.chain, pkcs8: signing.pkcs8, decrypting: { chain: decrypting.chain, pkcs8: decrypting.pkcs8 } });
