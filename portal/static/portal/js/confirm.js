// Confirmation of irrevocable acts: <form data-confirm="…what happens…" data-confirm-title data-confirm-word
// data-confirm-button>. The act itself is still the form's own POST; without script the server asks.

/** Ask in a modal dialog; resolves true only when the person confirmed. `word`, if given, must be typed. */
export function ask({ title, body, word = "", button = "确认，不可撤回" }) {
  const dialog = document.createElement("dialog");
  const form = document.createElement("form");
  form.method = "dialog";
  const heading = document.createElement("h2");
  heading.id = "confirm-title";
  heading.textContent = title;
  dialog.setAttribute("aria-labelledby", heading.id);
  const text = document.createElement("p");
  text.textContent = body;
  form.append(heading, text);
  const yes = document.createElement("button");
  yes.className = "button button-danger";
  yes.value = "yes";
  yes.textContent = button;
  if (word) form.append(typedWord(word, yes));
  const no = document.createElement("button");
  no.className = "button button-quiet";
  no.value = "no";
  no.formNoValidate = true;
  no.textContent = "返回";
  no.autofocus = !word;
  const actions = document.createElement("p");
  actions.className = "actions";
  // The harmless button stands first, so that Enter in a text field never confirms by accident.
  actions.append(no, yes);
  form.append(actions);
  dialog.append(form);
  document.body.append(dialog);
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => { dialog.remove(); resolve(dialog.returnValue === "yes"); });
    dialog.showModal();
  });
}

function typedWord(word, yes) {
  const field = document.createElement("p");
  field.className = "field";
  const label = document.createElement("label");
  label.className = "field-label";
  label.htmlFor = "confirm-word";
  label.textContent = `请输入「${word}」`;
  const input = document.createElement("input");
  input.id = "confirm-word";
  input.autocomplete = "off";
  yes.disabled = true;
  input.addEventListener("input", () => { yes.disabled = input.value.trim() !== word; });
  field.append(label, input);
  return field;
}

/** Every form with data-confirm asks before it is sent. */
export function guardForms(root) {
  for (const form of root.querySelectorAll("form[data-confirm]")) {
    form.addEventListener("submit", async (event) => {
      if (form.dataset.confirmed !== undefined) return;
      event.preventDefault();
      const submitter = event.submitter;
      const agreed = await ask({
        title: form.dataset.confirmTitle || "确认后不可撤回",
        body: form.dataset.confirm,
        word: form.dataset.confirmWord || "",
        button: form.dataset.confirmButton || undefined,
      });
      if (!agreed) { submitter?.focus(); return; }
      form.dataset.confirmed = "";
      form.requestSubmit(submitter);
      delete form.dataset.confirmed;
    });
  }
}
