// The worker of a page: Python with the exact engine in it, and the lesson's cells. The same code as in a notebook.
//
// To start Python takes most of the time. So once a lesson runs, a second worker makes, in peace, an image of Python's
// memory with everything loaded, and keeps it in the browser's cache: the next visit starts from it. That is an
// experiment of Pyodide's; where anything about it fails, Python starts as it always does.

/** @typedef {{ run(cell: string, source: string): string, receive(text: string): void }} Room marginlib's room.py */

/** @typedef {{ pyodide: string, wheel: string }} Source where Python lies, and what is put into it */

/** @type {Room | undefined} */
let room;

/** A moment in which messages are heard. */
const pause = () => new Promise((resolve) => setTimeout(resolve, 0));

/** Something that Python starts from is not to be had: its message says what. */
class Missing extends Error {}

/** What was missing first: Pyodide goes on without some parts, and then fails in words of its own. @type {Missing | undefined} */
let missing;

/**
 * @param {string} address
 * @param {string} [why]
 */
function miss(address, why) {
  const name = decodeURIComponent(new URL(address).pathname.split("/").pop() ?? "");
  missing ??= new Missing(`a part of it, ${name}, didn't come${why ? ` (${why})` : ""}`);
  return missing;
}

const plainFetch = globalThis.fetch;

/** As it is, but that a part which doesn't come is known by name; Pyodide asks by this, too. @type {typeof fetch} */
globalThis.fetch = async (what, ...rest) => {
  const address = String(what instanceof Request ? what.url : what);
  let answer;
  try {
    answer = await plainFetch(what, ...rest);
  } catch (error) {
    throw miss(address, inWords(error));
  }
  if (!answer.ok) throw miss(address, `the answer was ${answer.status}`);
  return answer;
};

/** @param {string} address */
async function fetched(address) {
  const answer = await fetch(address);
  return answer.arrayBuffer().catch((error) => Promise.reject(miss(address, inWords(error))));
}

/** @param {string} address */
const brought = (address) => import(address).catch(() => Promise.reject(miss(address)));

/**
 * What went wrong, in words; Pyodide's own errors may be of any kind.
 * @param {any} error
 */
function inWords(error) {
  if (missing) return missing.message;
  const script = /module\b.*?(https?:\S+)$/.exec(error?.message)?.[1]; // Pyodide imports one itself
  if (script) return miss(script).message;
  if (error instanceof Error) return error.message.trim().split("\n").pop() || error.name;
  return typeof error === "string" ? error : "Python stopped while it was starting";
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
 * Start Python; from an image, its memory must first be as large as the image's was. Where its machine code doesn't come
 * or doesn't run, Pyodide would wait for ever.
 * @param {(options: object) => Promise<any>} loadPyodide
 * @param {object} options
 * @param {Uint8Array} [image]
 */
async function begin(loadPyodide, options, image) {
  const { instantiateStreaming } = WebAssembly;
  /** @type {Promise<never>} */
  const broken = new Promise((_, reject) => {
    WebAssembly.instantiateStreaming = async (...given) => {
      try {
        const made = await instantiateStreaming.apply(WebAssembly, given);
        const memory = /** @type {WebAssembly.Memory} */ (made.instance.exports.memory);
        const short = (image?.length ?? 0) - memory.buffer.byteLength;
        if (short > 0) memory.grow(Math.ceil(short / 65536));
        return made;
      } catch (error) {
        reject(error);
        throw error;
      }
    };
  });
  try {
    return await Promise.race([broken, loadPyodide(image ? { ...options, _loadSnapshot: image } : options)]);
  } finally {
    WebAssembly.instantiateStreaming = instantiateStreaming;
  }
}

/** @param {Source} source */
async function python(source, extra = {}) {
  const options = { indexURL: source.pyodide, stdout: () => {}, checkAPIVersion: false, ...extra };
  const packed = fetched(source.wheel);
  const [{ loadPyodide }, found] = await Promise.all([
    brought(`${source.pyodide}pyodide.mjs`),
    "_makeSnapshot" in extra ? undefined : image(source),
  ]);
  let made;
  if (found) {
    try {
      made = await begin(loadPyodide, options, found);
    } catch (error) {
      if (missing) throw error; // not the image's fault
      await caches.delete(SHELF); // it doesn't fit this browser: it isn't tried again
    }
  }
  made ??= await begin(loadPyodide, options);
  made.unpackArchive(await packed, "wheel");
  return made;
}

/** @param {Source & { cells: [string, string][], place?: string }} lesson */
async function start({ cells, place, ...source }) {
  const { Room } = (await python(source)).pyimport("marginlib.pages.room");
  /** @type {Room} */
  const made = Room((/** @type {string} */ text) => postMessage({ kind: "told", text }));
  room = made;
  for (const [cell, code] of cells) {
    const shown = made.run(cell, code);
    if (place) postMessage({ kind: "shown", html: shown }); // else the page was built with it
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

/** @param {any} error */
const fail = (error) => postMessage({ kind: "failed", why: inWords(error) });

let work = "";

// Pyodide lets go of some failures while it starts: then nothing would come any more, and nobody would say so.
addEventListener("unhandledrejection", ({ reason }) => {
  if (work === "start" && !room) fail(reason);
});

addEventListener("message", ({ data }) => {
  work ||= data.kind;
  if (data.kind === "start") start(data).catch(fail);
  else if (data.kind === "keep") keep(data).then(close, close);
  else {
    try {
      room?.receive(data.text);
    } catch (error) {
      if (/** @type {any} */ (error)?.pyodide_fatal_error)
        fail("Python has stopped"); // no call will be answered
      else throw error;
    }
  }
});
