// The party's half of a draw, in its own browser: a random number, its commitment (kernel/draw.py, v1), and keeping
// the number until it is revealed. Only the commitment leaves the page before both parties have committed.

const DOMAIN = "mingtang/draw/v1/";
const encode = (text) => new TextEncoder().encode(text);
const hex = (bytes) => Array.from(bytes, (b) => b.toString(16).padStart(2, "0")).join("");
const placeOf = (name) => `mingtang-draw:${name}`;

/** part(b) = u32(len b) ‖ b, big endian. */
function part(bytes) {
  const out = new Uint8Array(4 + bytes.length);
  new DataView(out.buffer).setUint32(0, bytes.length);
  out.set(bytes, 4);
  return out;
}

/** Hex SHA-256 of part(domain tag) ‖ part(who) ‖ part(draw) ‖ part(nonce). */
export async function commitment(nonce, who, draw) {
  const parts = [encode(`${DOMAIN}commitment`), encode(who), encode(draw), nonce].map(part);
  const all = new Uint8Array(parts.reduce((n, p) => n + p.length, 0));
  let at = 0;
  for (const p of parts) {
    all.set(p, at);
    at += p.length;
  }
  return hex(new Uint8Array(await crypto.subtle.digest("SHA-256", all)));
}

for (const form of document.querySelectorAll("form[data-draw-commit]")) {
  const { drawWho, drawName } = form.dataset;
  form.querySelector("[data-draw-make]").addEventListener("click", async () => {
    const nonce = crypto.getRandomValues(new Uint8Array(32));
    form.elements.digest.value = await commitment(nonce, drawWho, drawName);
    localStorage.setItem(placeOf(drawName), hex(nonce));
    const save = form.querySelector("[data-draw-save]");
    save.href = URL.createObjectURL(new Blob([`${hex(nonce)}\n`], { type: "text/plain" }));
    save.hidden = false;
  });
}

for (const form of document.querySelectorAll("form[data-draw-reveal]")) {
  form.elements.nonce.value ||= localStorage.getItem(placeOf(form.dataset.drawName)) ?? "";
}
