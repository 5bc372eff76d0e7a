// What the Worker made is offered for saving: a ticket and an envelope for each part of the bid.

import { put } from "../../../portal/js/display.js";
import { remember } from "./kept.js";
import { PART_ZH, WHOLE } from "./rules.js";

const page = document.querySelector("[data-bid-page]");
const section = page.querySelector("[data-saving]");
const list = page.querySelector("[data-saves]");

/** A link that saves `blob` under `name`. */
export function offer(link, blob, name) {
  if (link.href.startsWith("blob:")) URL.revokeObjectURL(link.href);
  link.href = URL.createObjectURL(blob);
  link.download = name;
}

export const json = (value) => new Blob([JSON.stringify(value)], { type: "application/json" });

/** `YC2026-1.mtse`, or `YC2026-1.price.mtse` where a bid has two envelopes. */
export const envelopeName = ({ tender, lot, part }) => `${tender}-${lot}${part in PART_ZH && part !== WHOLE ? `.${part}` : ""}.mtse`;

/** Show `[{part, ticket, envelope}]`; the first heading takes the focus. */
export function showSaves(made) {
  const template = page.querySelector("template[data-save-row]");
  list.replaceChildren(...made.map(({ part, ticket, envelope }) => {
    const row = template.content.firstElementChild.cloneNode(true);
    const one = (name) => row.querySelector(`[data-${name}]`);
    const suffix = made.length > 1 ? `：${PART_ZH[part]}` : "";
    put(one("save-ticket"), `下载凭据${suffix}`);
    put(one("save-envelope"), `下载加密投标文件${suffix}`);
    offer(one("save-ticket"), json(ticket), `${envelopeName(ticket)}.ticket`);
    offer(one("save-envelope"), envelope, envelopeName(ticket));
    put(one("envelope-digest"), ticket.envelope_sha256);
    remember(ticket, envelope.name ?? "");
    return row;
  }));
  page.querySelector("[data-two-envelopes]").hidden = made.length < 2;
  section.hidden = false;
  section.querySelector("h2").focus();
}
