// The worker of a page: Python with the exact engine in it, and the lesson's cells. The same code as in a notebook.
//
// To start Python takes most of the time. So once a lesson runs, a second worker makes, in peace, an image of Python's
// memory with everything loaded, and keeps it in the browser's cache: the next visit starts from it. That is an
// experiment of Pyodide's; where anything about it fails, Python starts as it always does.

/** @typedef {{ run(cell: string, source: string): void, receive(text: string): void }} Room marginlib's room.py */

/** @typedef {{ pyodide: string, wheel: string }} Source where Python lies, and what is put into it */

/** @type {Room | undefined} */
let room;

/** A moment in which messages are heard. */
const pause = () => new Promise((resolve) => setTimeout(resolve, 0));

/** @param {string} address */
async function fetched(address) {
  const answer = await fetch(address);
  if (!answer.ok) throw new Error(`${address}: ${answer.status}`);
  return answer.arrayBuffer();
}

const SHELF = "marginlib-python";

/** @param {Source} source */
const label = ({ pyodide, wheel }) => `${pyodide}image?${encodeURIComponent(wheel)}`;

/**
 * The image of an earlier visit, or nothing.
 * @param {Source} source
 */
async function image(source) {
  try {
    const found = await (await caches.open(SHELF)).match(label(source));
    return found && new Uint8Array(await found.arrayBuffer());
  } catch {
    return undefined; // a page without a secure address has no caches
  }
}

/**
 * Start Python from an image: its memory must first be as large as the image's was.
 * @param {(options: object) => Promise<any>} loadPyodide
 * @param {object} options
 * @param {Uint8Array} found
 */
async function restore(loadPyodide, options, found) {
  const { instantiateStreaming } = WebAssembly;
  WebAssembly.instantiateStreaming = async (...given) => {
    const made = await instantiateStreaming.apply(WebAssembly, given);
    const memory = /** @type {WebAssembly.Memory} */ (made.instance.exports.memory);
    const missing = found.length - memory.buffer.byteLength;
    if (missing > 0) memory.grow(Math.ceil(missing / 65536));
    return made;
  };
  try {
    return await loadPyodide({ ...options, _loadSnapshot: found });
  } finally {
    WebAssembly.instantiateStreaming = instantiateStreaming;
  }
}

/** @param {Source} source */
async function python(source, extra = {}) {
  const options = { indexURL: source.pyodide, stdout: () => {}, checkAPIVersion: false, ...extra };
  const packed = fetched(source.wheel);
  const [{ loadPyodide }, found] = await Promise.all([
    import(`${source.pyodide}pyodide.mjs`),
    "_makeSnapshot" in extra ? undefined : image(source),
  ]);
  let made;
  if (found) {
    try {
      made = await restore(loadPyodide, options, found);
    } catch {
      await caches.delete(SHELF); // it doesn't fit this browser: it isn't tried again
    }
  }
  made ??= await loadPyodide(options);
  made.unpackArchive(await packed, "wheel");
  return made;
}

/** @param {Source & { cells: [string, string][] }} lesson */
async function start({ cells, ...source }) {
  const { Room } = (await python(source)).pyimport("marginlib.pages.room");
  /** @type {Room} */
  const made = Room((/** @type {string} */ text) => postMessage({ kind: "told", text }));
  room = made;
  for (const [cell, code] of cells) {
    made.run(cell, code);
    await pause();
  }
  postMessage({ kind: "ready" });
}

/**
 * Make an image for the next visit, unless there is one.
 * @param {Source} source
 */
async function keep(source) {
  const shelf = await caches.open(SHELF);
  if (await shelf.match(label(source))) return;
  const made = await python(source, { _makeSnapshot: true });
  made.pyimport("marginlib.pages.room").load_all();
  const bytes = made.makeMemorySnapshot();
  for (const old of await shelf.keys()) await shelf.delete(old);
  await shelf.put(label(source), new Response(bytes));
}

addEventListener("message", ({ data }) => {
  if (data.kind === "start") start(data).catch((error) => postMessage({ kind: "failed", why: String(error) }));
  else if (data.kind === "keep") keep(data).then(close, close);
  else room?.receive(data.text);
});
