// What every page does: countdowns, copy buttons, file drops, confirmations, focus on an error summary.

import { startCountdowns } from "./clock.js";
import { guardForms } from "./confirm.js";

/** Buttons that need script are served hidden; show and wire them. */
function wireCopies(root) {
  for (const button of root.querySelectorAll("[data-copy]")) {
    button.hidden = false;
    button.addEventListener("click", async () => {
      const word = button.querySelector("span") ?? button;
      const before = word.textContent;
      try {
        await navigator.clipboard.writeText(button.dataset.copy);
        word.textContent = "已复制";
      } catch {
        word.textContent = "复制不成，请手工选取";
      }
      setTimeout(() => { word.textContent = before; }, 3000);
    });
  }
}

/** A dropped file becomes the input's file, so that forms and local readers need only one path. */
function wireDrops(root) {
  for (const drop of root.querySelectorAll("[data-drop]")) {
    const input = drop.querySelector("input[type=file]");
    const name = drop.querySelector("[data-drop-name]");
    drop.addEventListener("dragover", (event) => { event.preventDefault(); drop.dataset.over = ""; });
    drop.addEventListener("dragleave", () => { delete drop.dataset.over; });
    drop.addEventListener("drop", (event) => {
      event.preventDefault();
      delete drop.dataset.over;
      if (!event.dataTransfer.files.length) return;
      input.files = event.dataTransfer.files;
      input.dispatchEvent(new Event("change", { bubbles: true }));
    });
    input.addEventListener("change", () => {
      const file = input.files[0];
      if (file) name.textContent = `${file.name}（${file.size.toLocaleString("en-US")} 字节）`;
    });
  }
}

wireCopies(document);
wireDrops(document);
guardForms(document);
startCountdowns(document);
document.querySelector("[data-autofocus]")?.focus();

// A region that a room has fetched anew is as alive as the one it replaces.
document.addEventListener("refreshed", ({ detail }) => {
  const region = document.getElementById(detail.id);
  if (!region) return;
  wireCopies(region);
  wireDrops(region);
  guardForms(region);
  startCountdowns(region);
});
