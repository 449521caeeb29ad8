// Where plotly comes from: the kernel's own package.

import { make } from "./dom.js";

/** @import { Drawing, Message, Model } from "./types.d.ts" */

const UNSENT = 60_000; // ms until plotly is given up

/**
 * Load plotly once a page: packed bytes, from whichever panel's kernel is asked first.
 * @param {Model} model
 * @returns {Promise<Drawing>}
 */
export function loadPlotly(model) {
  globalThis.__marginlibPlotly ??= new Promise((resolve, reject) => {
    /**
     * @param {Message} message
     * @param {ArrayBuffer[]} buffers
     */
    const receive = async (message, buffers) => {
      if (message.kind !== "plotly") return;
      model.off("msg:custom", receive);
      const packed = new Blob([buffers[0]]).stream().pipeThrough(new DecompressionStream("gzip"));
      const code = new Blob([await new Response(packed).blob()], { type: "text/javascript" });
      const amd = globalThis.define; // an AMD loader on the page would swallow the script's global
      globalThis.define = undefined;
      const element = make("script", { src: URL.createObjectURL(code) });
      element.onload = () => resolve(globalThis.Plotly);
      element.onerror = reject;
      element.addEventListener("load", () => {
        globalThis.define = amd;
      });
      document.head.append(element);
    };
    model.on("msg:custom", receive);
    model.send({ kind: "plotly" });
    setTimeout(reject, UNSENT);
  });
  globalThis.__marginlibPlotly.catch(() => {
    globalThis.__marginlibPlotly = undefined;
  });
  return globalThis.__marginlibPlotly;
}
