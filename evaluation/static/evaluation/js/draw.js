// Commit and reveal in the page. The nonce is made here, kept in this browser only, and shown at the reveal.
// commitment = SHA-256 of length-prefixed parts (kernel/draw.py): "mingtang/draw/v1/commitment", who, draw, nonce.

const encoder = new TextEncoder();
const hex = (bytes) => Array.from(bytes, (b) => b.toString(16).padStart(2, "0")).join("");
const keyOf = (form) => `mingtang.nonce.${form.dataset.code}.${form.dataset.who}`;

function parts(...items) {
  const out = [];
  for (const item of items) {
    const bytes = typeof item === "string" ? encoder.encode(item) : item;
    const size = new Uint8Array(4);
    new DataView(size.buffer).setUint32(0, bytes.length);
    out.push(...size, ...bytes);
  }
  return Uint8Array.from(out);
}

export async function commitment(nonce, who, draw) {
  const data = parts("mingtang/draw/v1/commitment", who, draw, nonce);
  return hex(new Uint8Array(await crypto.subtle.digest("SHA-256", data)));
}

const commitForm = document.querySelector("form[data-draw-commit]");
if (commitForm && globalThis.crypto?.subtle) {
  const button = commitForm.querySelector("[data-draw-make]");
  const say = commitForm.querySelector("[data-draw-say]");
  button.hidden = false;
  button.addEventListener("click", async () => {
    const nonce = crypto.getRandomValues(new Uint8Array(32));
    try {
      localStorage.setItem(keyOf(commitForm), hex(nonce));
      say.textContent = "已生成。随机数存在本浏览器，公开时自动取出；请勿清除浏览器数据。";
    } catch {
      say.textContent = `浏览器不能保存，请自行抄下随机数：${hex(nonce)}`;
    }
    commitForm.elements.commitment.value = await commitment(nonce, commitForm.dataset.who, commitForm.dataset.code);
  });
}

const revealForm = document.querySelector("form[data-draw-reveal]");
if (revealForm) {
  try {
    revealForm.elements.nonce.value = localStorage.getItem(keyOf(revealForm)) ?? "";
  } catch {
    revealForm.elements.nonce.value = "";
  }
}
