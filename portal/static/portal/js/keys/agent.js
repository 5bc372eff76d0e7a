// The loopback agent (bidtool agent): this computer's token or key file, used by pages it was started for.
// Protocol: bidtool/README.md. What is asked for here is shown in the agent's terminal and answered there.

import { Refused, b64, unb64 } from "./bytes.js";

const KEPT = "mingtang-agent";
const WAIT_MS = 150_000;

/** `17710-AB2C-D3EF` as the terminal shows it: the port, then the code. */
function connectionOf(text) {
  const match = /^\s*(\d{1,5})\s*[-－—\s]\s*(.+)$/.exec(text);
  if (!match) throw new Refused("agent.wrong_code", "连接码不完整：应为终端里显示的「端口-四位-四位」。");
  return { url: `http://127.0.0.1:${Number(match[1])}/mingtang-agent/v1/`, code: match[2] };
}

async function ask(url, what, { body, token } = {}) {
  const headers = { ...(body ? { "Content-Type": "application/json" } : {}), ...(token ? { Authorization: `Bearer ${token}` } : {}) };
  const send = { method: body ? "POST" : "GET", headers, body: body && JSON.stringify(body), credentials: "omit", cache: "no-store",
    targetAddressSpace: "loopback", signal: AbortSignal.timeout(WAIT_MS) };
  const answer = await fetch(url + what, send).catch(() => null);
  if (!answer) {
    throw new Refused("agent.unreachable", "连不上本机的密钥代理。请确认终端里的 bidtool agent 在运行、允许本网站（--allow-origin），并在浏览器询问时允许访问本机。");
  }
  const said = await answer.json().catch(() => null);
  if (answer.ok && said) return said;
  const words = (said?.reasons ?? []).map((reason) => `${reason.zh}。`).join("");
  throw new Refused(said?.code ?? "agent.failed", words || `密钥代理没有答应（${answer.status}）。`);
}

/** What `signerOf` and the sealing Worker take; `token` is good for this origin until the agent ends. */
function holderOf(url, token, said) {
  const chain = said.certificates.map(unb64);
  return { agent: { url, token }, alg: said.alg, chain, decrypting: { chain: [unb64(said.encryption_certificate)], agent: { url, token } } };
}

/** Pair with the code from the terminal; later pages of this tab need none. */
export async function pair(text) {
  const { url, code } = connectionOf(text);
  const { token, ...said } = await ask(url, "pair", { body: { code } });
  sessionStorage.setItem(KEPT, JSON.stringify({ url, token }));
  return holderOf(url, token, said);
}

export const isPaired = () => sessionStorage.getItem(KEPT) !== null;

/** The holder that this tab is paired with; forgotten when the agent does not know it any more. */
export async function paired() {
  const { url, token } = JSON.parse(sessionStorage.getItem(KEPT));
  try {
    return holderOf(url, token, await ask(url, "key", { token }));
  } catch (problem) {
    if (["agent.not_paired", "agent.unreachable"].includes(problem.code)) sessionStorage.removeItem(KEPT);
    throw problem;
  }
}

/** The signature over a statement; the agent puts the bytes together itself. */
export async function signByAgent({ url, token }, statement) {
  const { signed } = await ask(url, "sign", { body: { statement }, token });
  return unb64(signed.signature.value);
}

/** `{signature, pdf}`: the statement's signature, and the form's field for the document that the statement names.
 * `document`: `{told, bytes}`, `told` null for an SM2 key. One question in the terminal for both. */
export async function signWithDocument({ url, token }, statement, { told, bytes }) {
  const document = { data: b64(bytes), ...(told ? { told: { prepared: told.prepared, document_size: told.document_size, byte_range: told.byte_range } } : {}) };
  const { signed, pdf } = await ask(url, "sign", { body: { statement, document }, token });
  return { signature: unb64(signed.signature.value), pdf };
}

/** The content key of an envelope that is wrapped to the agent's certificate; `head` is a Blob of the envelope's head. */
export async function openByAgent({ url, token }, head) {
  const said = await ask(url, "open", { body: { head: b64(new Uint8Array(await head.arrayBuffer())) }, token });
  return unb64(said.content_key);
}
