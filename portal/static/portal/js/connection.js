// Opens the room that a page names and shows how the connection is: <div data-room data-ws="/ws/rooms/…/">.

import { onOffset, offsetWords } from "./clock.js";
import { badge, put } from "./display.js";
import { bind, Room } from "./room.js";

export function openRoom(root) {
  const room = new Room(root.dataset.ws);
  const line = document.querySelector("[data-connection]");
  bind(room, document);
  if (line) {
    room.addEventListener("connection", ({ detail }) => put(line.querySelector("[data-connection-badge]"), badge("connection", detail.status, detail.say)));
    room.addEventListener("event", ({ detail }) => put(line.querySelector("[data-seq]"), String(detail.seq)));
    room.addEventListener("resynced", ({ detail }) => put(line.querySelector("[data-seq]"), String(detail.seq)));
    room.addEventListener("state", () => put(line.querySelector("[data-watching]"), String(room.state.watching ?? 0)));
    onOffset((ms) => put(line.querySelector("[data-offset]"), offsetWords(ms)));
  }
  room.addEventListener("state", () => showStep(document, room.state.step));
  return room;
}

/** Steps before the one named are done, those after it are next. */
export function showStep(root, key) {
  for (const stepper of root.querySelectorAll(".stepper")) {
    const steps = [...stepper.querySelectorAll("[data-step]")];
    const now = steps.findIndex((step) => step.dataset.step === key);
    if (now < 0) continue;
    steps.forEach((step, index) => {
      const state = index < now ? "done" : index === now ? "now" : "next";
      if (step.dataset.state === state) return;
      step.dataset.state = state;
      step.toggleAttribute("aria-current", state === "now");
      if (state === "now") step.setAttribute("aria-current", "step");
      put(step.querySelector(".step-state"), { done: "已完成", now: "进行中", next: "未开始" }[state]);
    });
  }
}
