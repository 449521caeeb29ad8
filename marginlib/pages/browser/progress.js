// What was predicted, checked and drilled, kept in the browser's own storage and sent nowhere. A page that is opened
// again gives the engine the answers there were: it judges them anew.

import { write } from "../../panels/browser/dom.js";
import { recall, remember } from "./storage.js";

/** @typedef {import("./engine.js").PageModel} PageModel */

/** @typedef {{ text: string, given: any, skipped: boolean, right: boolean }} Said one question's newest answer */

/** @typedef {{ said: Record<string, Said>, drilled: number }} Kept of one lesson */

const PREFIX = "marginlib:progress:";

/** @param {string} key @returns {Kept} */
function read(key) {
  try {
    const found = JSON.parse(recall(key) ?? "null");
    if (typeof found?.said === "object" && found.said && typeof found.drilled === "number") return found;
  } catch {
    // something of another kind
  }
  return { said: {}, drilled: 0 };
}

/** @param {Kept} kept */
function told({ said, drilled }) {
  const all = Object.values(said);
  const parts = [];
  const right = all.filter((each) => each.right).length;
  if (all.length) parts.push(`${all.length} answered, ${right} of them right`);
  if (drilled) parts.push(`${drilled} ${drilled === 1 ? "drill" : "drills"} right`);
  return parts.join("; ");
}

/** On the start page: how far each lesson is. */
function overview() {
  for (const link of document.querySelectorAll("[data-lesson]")) {
    const kept = told(read(PREFIX + link.getAttribute("data-lesson")));
    if (kept) write(link, `Kept here: ${kept}.`);
  }
}

/**
 * @param {string} [number] the lesson's; none on a page without one
 */
export function openProgress(number) {
  overview();
  const key = PREFIX + number;
  let kept = read(key);
  const line = document.getElementById("mw-kept");
  const button = document.getElementById("mw-forget");
  const show = () => {
    const now = told(kept);
    if (line) write(line, now ? `Kept in this browser: ${now}.` : "");
    if (button) button.hidden = !now;
  };
  button?.addEventListener("click", () => {
    kept = { said: {}, drilled: 0 };
    remember(key, null);
    location.reload();
  });
  show();

  /**
   * Keep what a card is told.
   * @param {string} name
   * @param {PageModel} model
   */
  function follow(name, model) {
    const start = model.get("_card");
    if (!start) return;
    const drill = Boolean(start.buttons.another);
    let counted = "";
    model.on("change:_card", () => {
      const card = model.get("_card");
      if (drill) {
        if (!card.verdict?.right || counted === card.text) return;
        counted = card.text;
        kept.drilled += 1;
      } else {
        if (!card.verdict && !card.skipped) return;
        const right = Boolean(card.verdict?.right);
        kept.said[name] = { text: card.text, given: card.given, skipped: Boolean(card.skipped), right };
      }
      remember(key, JSON.stringify(kept));
      show();
    });
  }

  /**
   * The engine has a card: it hears the answer that was kept.
   * @param {string} name
   * @param {PageModel} model
   */
  function resume(name, model) {
    const said = kept.said[name];
    const card = model.get("_card");
    if (!said || !card || said.text !== card.text || card.verdict || card.skipped) return;
    if (said.given !== null) model.send({ kind: "answer", given: said.given });
    else if (said.skipped) model.send({ kind: "skip" });
  }
  return { follow, resume };
}
