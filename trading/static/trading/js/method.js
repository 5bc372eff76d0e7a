// The evaluation method's form: only the chosen formula's parameters are shown; the marks are added up.

const form = document.querySelector("[data-method-form]");
const method = form.elements.namedItem("method");

function show() {
  for (const input of form.querySelectorAll("[data-methods]")) {
    input.closest(".field").hidden = !input.dataset.methods.split(" ").includes(method.value);
  }
  const tiers = form.elements.namedItem("trim_tiers").closest(".field");
  tiers.hidden ||= form.elements.namedItem("trim").value !== "tiers";
  const tied = ["tie_first", "tie_then"].map((name) => form.elements.namedItem(name).value);
  form.elements.namedItem("tie_group").closest(".field").hidden = !tied.includes("score");
}

/** Marks as whole hundredths, since decimals do not add up in floating point. */
function hundredths(text) {
  const match = /^(\d{1,6})(?:\.(\d{1,2}))?$/.exec(text.trim());
  return match ? Number(match[1]) * 100 + Number((match[2] ?? "").padEnd(2, "0")) : 0;
}

function add() {
  const deleted = (input) => form.elements.namedItem(input.name.replace(/-max$/, "-DELETE"))?.checked;
  const inputs = [...form.querySelectorAll("input[name$='-max']")].filter((input) => !deleted(input));
  const sum = inputs.reduce((total, input) => total + hundredths(input.value), 0)
    + hundredths(form.elements.namedItem("price_full_score").value);
  document.querySelector("[data-total]").textContent = (sum / 100).toFixed(2).replace(/\.?0+$/, "");
}

form.addEventListener("change", show);
form.addEventListener("input", add);
show();
add();
