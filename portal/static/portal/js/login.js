// Signing a statement in the page: login, registration, opening records, reports. The key is a file that only this page
// reads, or the loopback agent (keys/fields.js); what leaves the page is the certificate and the signature.
//   <form method="post" data-sign="post|room"> <textarea name="statement" readonly>…</textarea> {% key_fields %}
//   <input type="hidden" name="certificate"> name="signature"> name="alg"> <p data-login-say role="alert"></p>
// The signature is over the statement's UTF-8 bytes with LF line ends, in base64; ECDSA as DER (RFC 3279), as in
// certificates. data-sign="room" is not sent; its module hears "signed" with {certificate, signature, alg}.

import { Refused, b64, utf8 } from "./keys/bytes.js";
import { keyFields } from "./keys/fields.js";
import { signerOf } from "./keys/holders.js";

const pem = (der) => `-----BEGIN CERTIFICATE-----\n${b64(der).match(/.{1,64}/g).join("\n")}\n-----END CERTIFICATE-----\n`;

async function fill(form) {
  if (!globalThis.crypto?.subtle) throw new Refused("page", "浏览器只在 https 下允许签名。请改用 https 地址，或用命令行：bidtool login");
  const { statement, certificate, signature, alg } = form.elements;
  const text = statement.value.replace(/\r\n?/g, "\n");
  const holder = await keyFields(form).holder();
  const signer = await signerOf(holder);
  // The first line is the domain; the statement itself is what an agent shows and signs.
  const said = JSON.parse(text.slice(text.indexOf("\n") + 1));
  const made = await signed(form, holder, signer, said, utf8(text));
  signature.value = b64(made.signature);
  certificate.value = signer.chain.map(pem).join("");
  alg.value = signer.alg;
  for (const [name, value] of Object.entries(made.fields)) form.elements[name].value = value;
}

/** `{signature, fields}`: the document itself is signed too, where the form says which. */
async function signed(form, holder, signer, said, bytes) {
  const { document: base, original } = form.dataset;
  if (!base) return { signature: await signer.sign(bytes, said), fields: {} };
  const { documentFor, fieldsOf, signDocument } = await import("./keys/document.js");
  if (!holder.agent) return { signature: await signer.sign(bytes, said), fields: await signDocument(signer, said, { base, original }) };
  const { signWithDocument } = await import("./keys/agent.js");
  const { signature, pdf } = await signWithDocument(holder.agent, said, await documentFor(signer, { base, original }));
  return { signature, fields: fieldsOf(pdf) };
}

function wire(root) {
  for (const form of root.querySelectorAll("form[data-login], form[data-sign]")) {
    keyFields(form);
    form.addEventListener("submit", (event) => send(form, event));
  }
}

async function send(form, event) {
  event.preventDefault();
  const say = form.querySelector("[data-login-say]");
  const agent = form.querySelector('[data-key-source="agent"]')?.checked;
  say.textContent = agent ? "请在终端里核对并确认……" : "正在签名……";
  try {
    await fill(form);
  } catch (problem) {
    say.textContent = problem instanceof Refused ? problem.message : "文件读不出来，请重新选择。";
    return;
  }
  if (form.dataset.sign !== "room") return form.submit();
  say.textContent = "";
  const { certificate, signature, alg } = form.elements;
  form.dispatchEvent(new CustomEvent("signed", { bubbles: true, detail: { certificate: certificate.value, signature: signature.value, alg: alg.value } }));
}

wire(document);
document.addEventListener("refreshed", ({ detail }) => wire(document.getElementById(detail.id)));
