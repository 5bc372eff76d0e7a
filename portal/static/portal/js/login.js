// Certificate login in the page. The key file is read by this page only; what leaves it is the certificate and the
// signature over the challenge statement. The form:
//   <form method="post" data-login> <textarea name="statement" readonly>…</textarea>
//   {% file_drop "certificate-file" … local=True %} {% file_drop "key-file" … local=True %}
//   <input type="hidden" name="certificate"> <input type="hidden" name="signature"> <p data-login-say role="alert"></p>
// The same for any statement that is signed in a page ({% sign_form %} of parties): <form data-sign="post|room">.
// Signature: RSASSA-PKCS1-v1_5 or ECDSA P-256, SHA-256 over the statement's UTF-8 bytes with LF line ends, base64;
// ECDSA as DER (RFC 3279), as certificates do.

const OID = { rsa: "2a864886f70d010101", ec: "2a8648ce3d0201", p256: "2a8648ce3d030107", sm2: "2a811ccf5501822d" };

class Unusable extends Error {}

function pemBody(text, label) {
  const match = new RegExp(`-----BEGIN ${label}-----([A-Za-z0-9+/=\\s]+)-----END ${label}-----`).exec(text);
  if (!match) return null;
  return Uint8Array.from(atob(match[1].replace(/\s+/g, "")), (c) => c.charCodeAt(0));
}

/** One DER element: its tag, content and what follows. */
function element(bytes) {
  let length = bytes[1];
  let start = 2;
  if (length & 0x80) {
    const count = length & 0x7f;
    if (!count || count > 4) throw new Unusable("密钥文件损坏。");
    length = bytes.slice(2, 2 + count).reduce((n, b) => n * 256 + b, 0);
    start += count;
  }
  if (start + length > bytes.length) throw new Unusable("密钥文件不完整。");
  return { tag: bytes[0], content: bytes.slice(start, start + length), rest: bytes.slice(start + length) };
}

const hex = (bytes) => Array.from(bytes, (b) => b.toString(16).padStart(2, "0")).join("");

/** PrivateKeyInfo ::= SEQUENCE { version, AlgorithmIdentifier, … } (RFC 5958). */
function algorithmOf(pkcs8) {
  const version = element(element(pkcs8).content);
  const identifier = element(version.rest);
  const oid = element(identifier.content);
  const name = hex(oid.content);
  if (name === OID.rsa) return { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" };
  const curve = oid.rest.length ? hex(element(oid.rest).content) : "";
  if (name === OID.ec && curve === OID.p256) return { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
  if (curve === OID.sm2) throw new Unusable("浏览器不能使用 SM2 密钥。请用命令行：bidtool login");
  throw new Unusable("只支持 RSA 和 P-256 密钥。");
}

async function importKey(text) {
  if (/BEGIN ENCRYPTED PRIVATE KEY|Proc-Type: 4,ENCRYPTED/.test(text)) throw new Unusable("密钥文件有口令保护，浏览器打不开。请用命令行：bidtool login");
  const bytes = pemBody(text, "PRIVATE KEY");
  if (!bytes) throw new Unusable("这不是 PKCS#8 私钥文件（PEM，以 BEGIN PRIVATE KEY 开头）。");
  const algorithm = algorithmOf(bytes);
  const key = await crypto.subtle.importKey("pkcs8", bytes, algorithm, false, ["sign"]).catch(() => null);
  if (!key) throw new Unusable("密钥文件损坏，或不是所写的算法。");
  return { key, algorithm };
}

/** WebCrypto gives r‖s; X.509 wants SEQUENCE { INTEGER r, INTEGER s }. */
export function ecdsaDer(raw) {
  const integer = (bytes) => {
    let from = 0;
    while (from < bytes.length - 1 && bytes[from] === 0) from += 1;
    const body = [...(bytes[from] & 0x80 ? [0] : []), ...bytes.slice(from)];
    return [0x02, body.length, ...body];
  };
  const body = [...integer(raw.slice(0, raw.length / 2)), ...integer(raw.slice(raw.length / 2))];
  return Uint8Array.from([0x30, body.length, ...body]);
}

async function sign(statement, keyText) {
  const { key, algorithm } = await importKey(keyText);
  const bytes = new TextEncoder().encode(statement.replace(/\r\n?/g, "\n"));
  const raw = new Uint8Array(await crypto.subtle.sign(algorithm, key, bytes));
  const signature = algorithm.name === "ECDSA" ? ecdsaDer(raw) : raw;
  return btoa(String.fromCharCode(...signature));
}

async function fill(form) {
  const file = (name) => form.querySelector(`[data-local="${name}"]`).files[0];
  if (!file("certificate-file")) throw new Unusable("请选择证书文件。");
  if (!file("key-file")) throw new Unusable("请选择私钥文件。");
  if (!globalThis.crypto?.subtle) throw new Unusable("浏览器只在 https 下允许签名。请改用 https 地址，或用命令行：bidtool login");
  const certificate = await file("certificate-file").text();
  if (!pemBody(certificate, "CERTIFICATE")) throw new Unusable("这不是证书文件（PEM，以 BEGIN CERTIFICATE 开头）。");
  form.elements.signature.value = await sign(form.elements.statement.value, await file("key-file").text());
  form.elements.certificate.value = certificate;
}

/** Forms with data-login or data-sign; data-sign="room" is not sent, its module hears "signed". */
function wire(root) {
  for (const form of root.querySelectorAll("form[data-login], form[data-sign]")) form.addEventListener("submit", (event) => send(form, event));
}

async function send(form, event) {
  event.preventDefault();
  const say = form.querySelector("[data-login-say]");
  say.textContent = "正在签名……";
  try {
    await fill(form);
  } catch (problem) {
    say.textContent = problem instanceof Unusable ? problem.message : "文件读不出来，请重新选择。";
    return;
  }
  if (form.dataset.sign !== "room") return form.submit();
  say.textContent = "";
  const { certificate, signature } = form.elements;
  form.dispatchEvent(new CustomEvent("signed", { bubbles: true, detail: { certificate: certificate.value, signature: signature.value } }));
}

wire(document);
document.addEventListener("refreshed", ({ detail }) => wire(document.getElementById(detail.id)));
