// Where a notebook's output has a place for a live thing. The place holds its still, for whoever has no kernel, and a
// class that names the model. A notebook's outputs come and go without a word: they are run again, deleted, shown twice.

import { make } from "./dom.js";

/** @import { Model } from "./types.d.ts" */

/** @typedef {(place: { model: Model, el: HTMLElement }) => () => void} Render shows a model, and takes it away again */

const SLOT = "mw-slot";
const STYLED = "jp-RenderedHTMLCommon"; // the notebook's dress for HTML, of which a live thing has its own

/**
 * The slots of the page, watched: one watch for all widgets, each of which has a copy of this file.
 */
function watchSlots() {
  /** How a live thing is shown, by the class of its slots. @type {Map<string, (el: HTMLElement) => () => void>} */
  const live = new Map();
  /** What takes a live thing out of a slot. @type {Map<Element, () => void>} */
  const filled = new Map();

  /** @param {Element} slot */
  function fill(slot) {
    const name = [...slot.classList].find((each) => live.has(each));
    const show = name && live.get(name);
    if (!show || filled.has(slot)) return;
    const still = [...slot.childNodes];
    const dressed = slot.closest(`.${STYLED}`);
    const el = make("div");
    slot.replaceChildren(el);
    dressed?.classList.remove(STYLED);
    /** @param {() => void} [takeAway] */
    const empty = (takeAway) => {
      filled.delete(slot);
      takeAway?.();
      slot.replaceChildren(...still);
      dressed?.classList.add(STYLED);
    };
    try {
      const takeAway = show(el);
      filled.set(slot, () => empty(takeAway));
    } catch (error) {
      empty(); // the others are shown all the same
      reportError(error);
    }
  }

  /** @param {Element} part */
  const look = (part) => {
    for (const slot of part.getElementsByClassName(SLOT)) fill(slot);
  };
  const watch = new MutationObserver((changes) => {
    for (const [slot, empty] of filled) if (!slot.isConnected) empty();
    for (const { addedNodes } of changes) {
      for (const node of addedNodes) {
        if (!(node instanceof Element) || !node.isConnected) continue;
        if (node.classList.contains(SLOT)) fill(node);
        else if (node.firstElementChild) look(node);
      }
    }
  });
  watch.observe(document.body, { childList: true, subtree: true });

  /**
   * @param {string} name
   * @param {(el: HTMLElement) => () => void} show
   * @returns {() => void} empties the slots again
   */
  function open(name, show) {
    live.set(name, show);
    look(document.body);
    return () => {
      live.delete(name);
      for (const [slot, empty] of filled) if (slot.classList.contains(name)) empty();
    };
  }
  return { open };
}

/**
 * Show a model in every slot that names it, for as long as the slot is on the page.
 * @param {Model} model
 * @param {Render} render
 * @returns {() => void} ends it
 */
export function inSlots(model, render) {
  globalThis.__marginlibSlots ??= watchSlots();
  return globalThis.__marginlibSlots.open(`${SLOT}-${model.get("_slot")}`, (el) => render({ model, el }));
}
