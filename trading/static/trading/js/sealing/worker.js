// Seals, or opens what was sealed, beside the page, so that the page stays alive. Hears one job, `{seal}` or `{inspect}`, says
// progress, then the result or the refusal.

import { sealBid } from "./bid.js";
import { inspectBid } from "./inspect.js";
import { Refused } from "../../../portal/js/keys/bytes.js";
import { openSink } from "./sinks.js";

const EVERY_MS = 100;

addEventListener("message", async ({ data }) => {
  let [last, before] = [0, ""];
  const progress = (stage, done, total, part) => {
    const now = performance.now();
    if (stage === before && now - last < EVERY_MS && done < total) return;
    [last, before] = [now, stage];
    postMessage({ stage, done, total, part });
  };
  try {
    postMessage({ made: await (data.inspect ? inspectBid(data.inspect, progress) : sealBid(data.seal, openSink, progress)) });
  } catch (problem) {
    postMessage({ refused: wordsOf(problem) });
  }
});

function wordsOf(problem) {
  if (problem instanceof Refused) return problem.message;
  if (problem.name === "NotReadableError" || problem.name === "NotFoundError") return "文件读不出来：可能已被移动或改动。请重新选择。";
  if (problem.name === "QuotaExceededError" || problem.message === "disk full") return "磁盘空间不足，加密文件写不下。";
  return `没有完成：${problem.message}`;
}
