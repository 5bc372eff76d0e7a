// The limit: the file is read once, hashed once, encrypted and written once, with the same primitives.

import { sha256 } from "/static/portal/js/vendor/noble-hashes/sha2.js";

const STEP = 1024 * 1024;

addEventListener("message", async ({ data: file }) => {
  const key = await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt"]);
  const root = await navigator.storage.getDirectory();
  const handle = await root.getFileHandle("bare", { create: true });
  const access = await handle.createSyncAccessHandle();
  const state = sha256.create();
  for (let at = 0; at < file.size; at += STEP) {
    const bytes = new Uint8Array(await file.slice(at, at + STEP).arrayBuffer());
    state.update(bytes);
    const iv = new Uint8Array(12);
    new DataView(iv.buffer).setUint32(8, at / STEP);
    access.write(new Uint8Array(await crypto.subtle.encrypt({ name: "AES-GCM", iv }, key, bytes)));
  }
  access.close();
  await root.removeEntry("bare");
  postMessage({ made: state.digest() });
});
