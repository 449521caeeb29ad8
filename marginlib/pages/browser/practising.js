// What was practised, kept in the browser's own storage as the engine words it, and sent nowhere. The engine hears what
// was kept before anything is asked, and puts together what several tabs have kept.

import { follow, recall, remember } from "./storage.js";

/** @typedef {import("./engine.js").PageModel} PageModel */

const KEY = "marginlib:practice";
const ASIDE = `${KEY}:set-aside`;

/** @param {PageModel} model */
export const isPractice = (model) => model.get("_practice") !== undefined;

/**
 * Keep what is practised, once the engine has heard what was kept before.
 * @param {PageModel} model
 */
export function followPractice(model) {
  let safe = true;
  const waits = () => model.get("_practice").waits;
  model.on("change:_memory", () => {
    if (waits()) return;
    const kept = remember(KEY, model.get("_memory"));
    if (safe && !kept) model.send({ kind: "unkept" });
    safe = kept;
  });
  // What is no memory of a practice is kept too, beside it.
  model.on("msg:custom", ({ kind, text }) => {
    if (kind !== "aside") return;
    let number = 1;
    while (recall(`${ASIDE}-${number}`) !== null) number += 1;
    remember(`${ASIDE}-${number}`, text);
  });
  follow(
    (key) => key === KEY,
    () => !waits() && resumePractice(model),
  );
}

/**
 * The engine is there: it hears what was kept.
 * @param {PageModel} model
 */
export function resumePractice(model) {
  model.send({ kind: "remember", text: recall(KEY) ?? "" });
}
