// Where plotly comes from, once a page: from where the page says that it lies, or else from the kernel's own package,
// from whichever panel's kernel answers first.

import { make } from "./dom.js";
import { asking } from "./patience.js";

/** @import { Drawing, Message, Model } from "./types.d.ts" */

const LATELY = 2000; // ms for which nobody else asks

/** What the page has of plotly, and who waits for it. */
function openSupply() {
  /** @type {Drawing | undefined} */
  let drawing;
  let loading = false;
  /** @type {Set<(drawing: Drawing) => void>} */
  const waiting = new Set();

  /** @param {Drawing} found */
  function give(found) {
    drawing = found;
    for (const got of waiting) got(found);
    waiting.clear();
  }

  /** @param {() => Promise<void>} bring */
  async function have(bring) {
    if (loading || drawing) return;
    loading = true;
    try {
      await bring();
      give(globalThis.Plotly);
    } finally {
      loading = false; // what came may be spoilt: then the next one counts
    }
  }
  /** @param {BlobPart} packed */
  const load = (packed) => have(() => unpack(packed));
  /** @param {string} address */
  const fetch = (address) => have(() => run(address)).catch(() => {}); // it is asked for again
  return { drawing: () => drawing, give, load, fetch, waiting, asked: Number.NEGATIVE_INFINITY };
}

/** Where the page has plotly lying itself, if it has. */
function lying() {
  const link = document.querySelector('link[data-marginlib="plotly"]');
  return link instanceof HTMLLinkElement ? link.href : undefined;
}

/**
 * Run a packed script.
 * @param {BlobPart} packed
 */
async function unpack(packed) {
  const unpacked = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
  const code = new Blob([await new Response(unpacked).blob()], { type: "text/javascript" });
  const address = URL.createObjectURL(code);
  await run(address).finally(() => URL.revokeObjectURL(address));
}

/**
 * Run a classic script.
 * @param {string} address
 * @returns {Promise<void>}
 */
function run(address) {
  const amd = globalThis.define; // an AMD loader on the page would swallow the script's global
  globalThis.define = undefined;
  /** @type {Promise<void>} */
  const ran = new Promise((resolve, reject) => {
    document.head.append(make("script", { src: address, onload: () => resolve(), onerror: reject }));
  });
  return ran.finally(() => {
    globalThis.define = amd;
  });
}

/**
 * Plotly is on the page already: whoever waits for it, or will ask, has it.
 * @param {Drawing} drawing
 */
export function givePlotly(drawing) {
  globalThis.__marginlibPlotly ??= openSupply();
  globalThis.__marginlibPlotly.give(drawing);
}

/**
 * Have plotly, at once or as soon as it has come.
 * @param {Model} model
 * @param {(drawing: Drawing) => void} got
 * @param {(late: boolean) => void} late hears when it takes long, and when that is over
 * @returns {() => void} wants it no more
 */
export function havePlotly(model, got, late) {
  globalThis.__marginlibPlotly ??= openSupply();
  const supply = globalThis.__marginlibPlotly;
  const there = supply.drawing();
  if (there) {
    got(there);
    return () => {};
  }
  /**
   * @param {Message} message
   * @param {ArrayBuffer[]} buffers
   */
  const receive = (message, buffers) => {
    if (message.kind === "plotly") supply.load(buffers[0]);
  };
  const ask = () => {
    supply.asked = performance.now();
    const address = lying();
    if (address) supply.fetch(address);
    else model.send({ kind: "plotly" });
  };
  model.on("msg:custom", receive);
  const done = asking({ ask, lately: performance.now() - supply.asked < LATELY, late, clock: globalThis });
  const close = () => {
    supply.waiting.delete(come);
    model.off("msg:custom", receive);
    done();
  };
  /** @param {Drawing} drawing */
  const come = (drawing) => {
    close();
    got(drawing);
  };
  supply.waiting.add(come);
  return close;
}
