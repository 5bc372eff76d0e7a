// The evaluation room's page: the seat's own scoring grid and the committee's list.

import { openRoom } from "./connection.js";
import { badge, put } from "./display.js";
import { Matrix } from "./matrix.js";

function renderSeats(list, seats) {
  for (const item of list.querySelectorAll("li[data-seat]")) {
    const seat = seats[item.dataset.seat];
    if (!seat) continue;
    put(item.querySelector('[data-cell="label"]'), seat.label);
    put(item.querySelector('[data-cell="progress"]'), `${seat.done} / ${seat.of}`);
    put(item.querySelector('[data-cell="state"]'), badge("seat", seat.state));
  }
}

const root = document.querySelector("[data-room]");
if (root) {
  const room = openRoom(root);
  const box = document.querySelector("[data-matrix]");
  const list = document.querySelector("[data-seats]");
  if (list) room.addEventListener("state", () => renderSeats(list, room.state.seats ?? {}));
  if (box && !("locked" in box.dataset)) new Matrix(box, room, `${root.dataset.ws}.${box.dataset.seat}`);
  room.open();
}
