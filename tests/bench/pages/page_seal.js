// For tests/bench/page_seal.py: one file from the disk is sealed by the page's own Worker, or only encrypted and hashed.

import { unb64 } from "/static/portal/js/keys/bytes.js";
import { holderOf } from "/static/portal/js/keys/holders.js";
import { choose, pairsIn } from "/static/portal/js/keys/keyfile.js";

const file = () => document.querySelector("input").files[0];

function worked(url, message) {
  const worker = new Worker(url, { type: "module" });
  const start = performance.now();
  return new Promise((done, failed) => {
    worker.addEventListener("error", (event) => failed(new Error(event.message)));
    worker.addEventListener("message", ({ data }) => {
      if (data.refused) failed(new Error(data.refused));
      else if (data.made) done({ seconds: (performance.now() - start) / 1000, made: data.made });
    });
    worker.postMessage(message);
  }).finally(() => worker.terminate());
}

/** Seconds, and the size of the envelope, whose bytes lie among the browser's private files. */
window.sealed = async ({ key, custodians, summary }) => {
  const holder = holderOf(choose(await pairsIn([unb64(key)], "")));
  const sources = [{ path: "technical/plan.pdf", blob: file(), media_type: "application/pdf", role: "technical" }];
  const bid = { parts: [{ summary, sources }], holder, decrypting: null, threshold: 2, custodians: custodians.map(unb64) };
  const { seconds, made } = await worked("/static/trading/js/sealing/worker.js", { seal: bid });
  return { seconds, size: made[0].envelope.size, onDisk: Boolean(made[0].envelope.name) };
};

window.bare = async () => (await worked("/bench/bare.js", file())).seconds;
window.ready = true;
