// For test_documents.py: signs each job's document as a page does; answers the signature, or the refusal.
//   [{"pkcs8", "chain": [b64], "told", "revision": b64, "wanted": hex}] → [{"alg", "signature" | "message"} | {"code", "zh"}]

import { readFileSync } from "node:fs";
import { b64, unb64 } from "../../../../portal/static/portal/js/keys/bytes.js";
import { beside, toSign } from "../../../../portal/static/portal/js/keys/document.js";
import { signerOf } from "../../../../portal/static/portal/js/keys/keys.js";

async function sign({ pkcs8, chain, told, revision, wanted }) {
  const signer = await signerOf({ pkcs8: unb64(pkcs8), chain: chain.map(unb64) });
  if (!told) return { alg: signer.alg, message: b64(await beside(signer, unb64(revision), wanted)) };
  return { alg: signer.alg, signature: b64(await signer.sign(await toSign(signer, told, unb64(revision), wanted))) };
}

const answers = [];
for (const job of JSON.parse(readFileSync(0, "utf8"))) {
  answers.push(await sign(job).catch((problem) => ({ code: problem.code ?? `bug: ${problem.stack}`, zh: problem.message })));
}
console.log(JSON.stringify(answers));
