// Where the envelope is written while it is sealed: the browser's private files (on disk), else Blobs.

const PART = 16 * 1024 * 1024;
// As long as a bid may wait for its upload or for a look at it; then it is swept.
const STALE_MS = 30 * 24 * 3600 * 1000;

/** `{put(bytes), end() → Blob}`; a File when it lies on the disk, where kept.js finds it again by its name. */
export async function openSink() {
  const root = await navigator.storage?.getDirectory?.().catch(() => null);
  const handle = root && (await fresh(root).catch(() => null));
  return handle ? fileSink(handle) : blobSink();
}

/** A new file; what pages of last month left behind goes. */
async function fresh(root) {
  for await (const [name, old] of root.entries()) {
    const stale = name.endsWith(".mtse") && Date.now() - (await old.getFile()).lastModified > STALE_MS;
    if (stale) await root.removeEntry(name).catch(() => {});
  }
  const file = await root.getFileHandle(`${crypto.randomUUID()}.mtse`, { create: true });
  return { file, access: await file.createSyncAccessHandle() };
}

function fileSink({ file, access }) {
  return {
    put: (bytes) => {
      if (access.write(bytes) !== bytes.length) throw new Error("disk full");
    },
    end: () => {
      access.flush();
      access.close();
      return file.getFile();
    },
  };
}

export function blobSink() {
  let parts = [];
  let kept = [];
  let size = 0;
  const close = () => {
    parts.push(new Blob(kept));
    [kept, size] = [[], 0];
  };
  return {
    put: (bytes) => {
      kept.push(bytes);
      size += bytes.length;
      if (size >= PART) close();
    },
    end: () => {
      close();
      const whole = new Blob(parts);
      parts = [];
      return whole;
    },
  };
}
