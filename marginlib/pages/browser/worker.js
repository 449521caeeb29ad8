// The worker of a page: Python with the exact engine in it, and the lesson's cells. The same code as in a notebook.

/** @typedef {{ run(cell: string, source: string): void, receive(text: string): void }} Room marginlib's room.py */

/** @type {Room | undefined} */
let room;

/** A moment in which messages are heard. */
const pause = () => new Promise((resolve) => setTimeout(resolve, 0));

/**
 * @param {string} folder
 * @param {string} wheel
 * @returns {Promise<Room>}
 */
async function open(folder, wheel) {
  const packed = fetch(wheel).then((answer) => {
    if (!answer.ok) throw new Error(`${wheel}: ${answer.status}`);
    return answer.arrayBuffer();
  });
  const { loadPyodide } = await import(`${folder}pyodide.mjs`);
  const python = await loadPyodide({ indexURL: folder, stdout: () => {}, checkAPIVersion: false });
  python.unpackArchive(await packed, "wheel");
  const made = python.pyimport("marginlib.pages.room").Room((/** @type {string} */ text) => {
    postMessage({ kind: "told", text });
  });
  return made;
}

/** @param {{ cells: [string, string][], pyodide: string, wheel: string }} lesson */
async function start({ cells, pyodide, wheel }) {
  const made = await open(pyodide, wheel);
  room = made;
  for (const [cell, source] of cells) {
    made.run(cell, source);
    await pause();
  }
  postMessage({ kind: "ready" });
}

addEventListener("message", ({ data }) => {
  if (data.kind === "start") start(data).catch((error) => postMessage({ kind: "failed", why: String(error) }));
  else room?.receive(data.text);
});
