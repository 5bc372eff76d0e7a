// A job in the Worker (worker.js): the page stays alive, and hears how far it is.

import { Refused } from "../../../portal/js/keys/bytes.js";

/** The job's answer; its refusal as such. `hear({stage, done, total, part})`. */
export function inWorker(job, hear) {
  const worker = new Worker(new URL("./worker.js", import.meta.url), { type: "module" });
  return new Promise((done, failed) => {
    worker.addEventListener("error", () => failed(new Refused("worker", "加密程序没有启动。请刷新页面后重试。")));
    worker.addEventListener("message", ({ data }) => {
      if (data.refused) failed(new Refused("worker", data.refused));
      else if (data.made) done(data.made);
      else hear(data);
    });
    worker.postMessage(job);
  }).finally(() => worker.terminate());
}
