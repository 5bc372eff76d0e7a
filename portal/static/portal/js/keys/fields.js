// The fields in which a person says with which key ({% key_fields %} of portal): files with their password, or the agent.
//   <div data-key-fields> radios data-key-source="file|agent", inputs data-local="certificate-file|key-file",
//   data-key-password, data-key-choice, data-key-code, each with the box (data-key-box="…") that is shown when needed.

import { put } from "../display.js";
import { isPaired, pair, paired } from "./agent.js";
import { Refused } from "./bytes.js";
import { readCertificate } from "./der.js";
import { holderOf } from "./holders.js";
import { bytesOf, choose, decryptingOf, isLocked, pairsIn } from "./keyfile.js";

/** `{holder(), decrypting(), certificates()}` of the key fields in `root`; wired once. */
export function keyFields(root) {
  const box = root.matches("[data-key-fields]") ? root : root.querySelector("[data-key-fields]");
  if (!box) return null;
  box.fields ??= wire(box);
  return box.fields;
}

function wire(box) {
  const one = (selector) => box.querySelector(selector);
  const show = (name, yes) => { const part = one(`[data-key-box="${name}"]`); if (part) part.hidden = !yes; };
  const byAgent = () => one('[data-key-source="agent"]')?.checked ?? false;
  const password = one("[data-key-password]");
  const choice = one("[data-key-choice]");
  const files = () => [...box.querySelectorAll("[data-local]")].flatMap((input) => [...input.files]);

  async function refresh() {
    show("file", !byAgent());
    show("agent", byAgent());
    show("code", !isPaired());
    show("paired", isPaired());
    show("password", isLocked(await bytesOf(files())));
  }

  async function pairs() {
    const bytes = await bytesOf(files());
    if (!bytes.length) throw new Refused("key.not_given", "请选择证书文件。");
    return pairsIn(bytes, password.value).catch((problem) => {
      const asked = problem.code === "key.password_wrong" && !password.value;
      throw asked ? new Refused("key.password_needed", "这个文件有口令保护，请输入口令。") : problem;
    });
  }

  /** Several certificates that sign: the person says which. */
  function offer(signers) {
    show("choice", signers.length > 1);
    if (signers.length < 2 || choice.options.length === signers.length + 1) return;
    choice.replaceChildren(new Option("请选择", ""), ...signers.map((pair, place) => new Option(nameOf(pair.certificate), place)));
  }

  async function holder() {
    if (byAgent()) return agentHolder();
    const found = await pairs();
    offer(found.filter((pair) => pair.signs));
    return holderOf(choose(found, choice.value === "" ? null : Number(choice.value)));
  }

  async function decrypting() {
    return byAgent() ? (await agentHolder()).decrypting : decryptingOf(await pairs());
  }

  async function agentHolder() {
    const code = one("[data-key-code]");
    if (!code.value.trim() && !isPaired()) throw new Refused("agent.not_paired", "请填写终端里 bidtool agent 显示的连接码。");
    try {
      const made = code.value.trim() ? await pair(code.value) : await paired();
      code.value = "";
      put(one("[data-key-holder]"), nameOf(readCertificate(made.chain[0])));
      return made;
    } finally {
      await refresh();
    }
  }

  box.addEventListener("change", () => refresh().catch(() => {}));
  refresh().catch(() => {});
  return { holder, decrypting, certificates: async () => (byAgent() ? [] : (await pairs()).map((pair) => pair.certificate)) };
}

const nameOf = ({ holder, serial }) => `${holder.name || "（证书没有写名称）"}${serial ? `，序列号 ${serial.slice(-8)}` : ""}`;
