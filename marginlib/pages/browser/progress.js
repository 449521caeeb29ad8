// What was predicted, checked and drilled, kept in the browser's own storage and sent nowhere. A page that is opened
// again gives the engine the answers there were: it judges them anew.

import { write } from "../../panels/browser/dom.js";
import { followPractice, isPractice, resumePractice } from "./practising.js";
import { follow as followStorage, recall, remember } from "./storage.js";

/** @typedef {import("./engine.js").PageModel} PageModel */

/** @typedef {string | string[] | null} Given */

/** @typedef {{ text: string, given: Given, skipped: boolean, right: boolean }} Said one question's newest answer */

/** @typedef {{ said: Record<string, Said>, drilled: number, drills: string[] }} Kept of one lesson; which drills count */

const PREFIX = "marginlib:progress:";
const LISTS = ["several", "order"]; // what these kinds of questions are answered with
const UNKEPT = "This browser keeps nothing here (its storage is full, or forbidden): it is gone with the page";

/** @param {unknown} what @returns {what is Given} */
const isGiven = (what) =>
  what === null || typeof what === "string" || (Array.isArray(what) && what.every((each) => typeof each === "string"));

/** @param {any} what @returns {what is Said} */
const isSaid = (what) =>
  typeof what === "object" &&
  what !== null &&
  typeof what.text === "string" &&
  typeof what.skipped === "boolean" &&
  typeof what.right === "boolean" &&
  isGiven(what.given);

/**
 * What is kept of a lesson. Anyone may have written there: what isn't as it should be counts as not there.
 * @param {string} key
 * @returns {Kept}
 */
function read(key) {
  /** @type {any} */
  let found;
  try {
    found = JSON.parse(recall(key) ?? "null");
  } catch {
    // something of another kind
  }
  const said = typeof found?.said === "object" && !Array.isArray(found.said) ? Object.entries(found.said ?? {}) : [];
  const drills = Array.isArray(found?.drills) ? found.drills : [];
  return {
    said: Object.fromEntries(said.filter(([, each]) => isSaid(each))),
    drilled: Number.isSafeInteger(found?.drilled) && found.drilled > 0 ? found.drilled : 0,
    drills: drills.filter((/** @type {unknown} */ each) => typeof each === "string"),
  };
}

/**
 * A short name of a question: that it was answered is to be known, not what it was.
 * @param {string} text
 */
function digest(text) {
  let sum = 0;
  for (const sign of text) sum = (Math.imul(sum, 31) + /** @type {number} */ (sign.codePointAt(0))) | 0;
  return (sum >>> 0).toString(36);
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
    write(link, kept && `Kept here: ${kept}.`);
  }
}

/**
 * @param {string} [number] the lesson's; none on a page without one
 */
export function openProgress(number) {
  overview();
  const key = PREFIX + number;
  let kept = read(key);
  let safe = true;
  const line = document.getElementById("mw-kept");
  const button = document.getElementById("mw-forget");
  const show = () => {
    const now = told(kept);
    if (line) write(line, now && (safe ? `Kept in this browser: ${now}.` : `In this visit: ${now}. ${UNKEPT}.`));
    if (button) button.hidden = !now;
  };
  button?.addEventListener("click", () => {
    remember(key, null);
    location.reload();
  });
  followStorage(
    (changed) => changed.startsWith(PREFIX),
    () => {
      kept = read(key);
      overview();
      show();
    },
  );
  show();

  /**
   * Keep what a card is told.
   * @param {string} name
   * @param {PageModel} model
   */
  function follow(name, model) {
    if (isPractice(model)) return followPractice(model);
    const start = model.get("_card");
    if (!start) return;
    const drill = Boolean(start.buttons.another);
    model.on("change:_card", () => {
      const card = model.get("_card");
      const before = read(key); // another tab may have kept something since
      if (drill) {
        const drilled = digest(card.text);
        if (!card.verdict?.right || before.drills.includes(drilled)) return;
        kept = { ...before, drilled: before.drilled + 1, drills: [...before.drills, drilled] };
      } else {
        if (!card.verdict && !card.skipped) return;
        const right = Boolean(card.verdict?.right);
        const now = { text: card.text, given: card.given, skipped: Boolean(card.skipped), right };
        kept = { ...before, said: { ...before.said, [name]: now } };
      }
      safe = remember(key, JSON.stringify(kept));
      show();
    });
  }

  /**
   * The engine has a card: it hears the answer that was kept.
   * @param {string} name
   * @param {PageModel} model
   */
  function resume(name, model) {
    if (isPractice(model)) return resumePractice(model);
    const said = kept.said[name];
    const card = model.get("_card");
    if (!said || !card || said.text !== card.text || card.verdict || card.skipped) return;
    if (said.given !== null && Array.isArray(said.given) !== LISTS.includes(card.kind)) return;
    if (said.given !== null) model.send({ kind: "answer", given: said.given });
    else if (said.skipped) model.send({ kind: "skip" });
  }
  return { follow, resume };
}
