// For test_key_files.py: reads each job's files as a page does; answers what it found, or the refusal.
//   [{"files": [b64], "password", "chosen": place or null}] → [{"pairs": […], "signing", "decrypting"} | {"code", "zh"}]

import { readFileSync } from "node:fs";
import { b64, hex, unb64, utf8 } from "../../../../portal/static/portal/js/keys/bytes.js";
import { choose, isLocked, pairsIn } from "../../../../portal/static/portal/js/keys/keyfile.js";
import { fingerprint, signerOf } from "../../../../portal/static/portal/js/keys/keys.js";

async function read({ files, password, chosen }) {
  const bytes = files.map(unb64);
  const locked = isLocked(bytes);
  const pairs = await pairsIn(bytes, password);
  const shown = [];
  for (const { chain, signs, decrypts, certificate } of pairs) {
    shown.push({ leaf: await fingerprint(chain[0]), chain: chain.length, signs, decrypts, name: certificate.holder.name, code: certificate.holder.credit_code });
  }
  const { signing, decrypting } = choose(pairs, chosen);
  const signer = await signerOf(signing);
  const signature = b64(await signer.sign(utf8("hello")));
  return { locked, pairs: shown, signing: pairs.indexOf(signing), decrypting: pairs.indexOf(decrypting), alg: signer.alg, signature, pkcs8: hex(signing.pkcs8) };
}

const answers = [];
for (const job of JSON.parse(readFileSync(0, "utf8"))) {
  answers.push(await read(job).catch((problem) => ({ code: problem.code ?? `bug: ${problem.stack}`, zh: problem.message })));
}
console.log(JSON.stringify(answers));
