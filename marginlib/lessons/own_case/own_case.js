// One's own case: an account is written down, and what it comes to stands beside it. Python reads and answers; here is
// the paper, and what is done with it. What is written is kept in this tab of the browser alone, until it is closed; it
// is no part of the model's state, which a notebook might save.

import { keepKeys, make, newId, newName, notice, write } from "../../panels/browser/dom.js";
import { correspondence } from "../../panels/browser/patience.js";
import { rulesIn } from "../../panels/browser/rules.js";
import { sharing } from "../../panels/browser/sharing.js";
import { inSlots } from "../../panels/browser/slots.js";
import { reasons } from "../../panels/browser/why.js";
import { answered } from "./answered.js";
import { paper } from "./paper.js";

/** @import { Model } from "../../panels/browser/types.d.ts" */
/** @import { Answers } from "./answered.js" */
/** @import { Fields, Line, Section } from "./paper.js" */

/**
 * @typedef {object} Case what Python has made of the fields
 * @property {"case"} kind
 * @property {string} [by] the view that wrote them
 * @property {number} [turn] the how manieth writing of that view it was
 * @property {boolean} [wrote] it answers what was written, and the paper is as it should be
 * @property {Fields} fields
 * @property {boolean} own somebody has written there, or opened something
 * @property {Record<string, string>} problems by place; at "" what has none
 * @property {Record<string, string>} notes worth knowing, by place
 * @property {Answers | null} answers nothing while there is a problem, or nothing to answer
 * @property {string} link
 * @property {string} file the scenario, as JSON; nothing while there is none
 * @property {string} [said] what became of what was opened
 * @property {boolean} [opened] it was opened
 */

const AT_REST = 500; // ms after which an answer that stands there is at rest
const AMOUNTS = ".mw-title, .mw-alert, .mc-gist > li, .mw-words p, .mc-parts p, .mc-parts th[scope=row], .mc-parts td"; // where there are some
const TOGETHER = ".mw-title, .mw-alert, .mc-gist, .mw-words, .mc-parts p, tr";
const PAUSE = 150; // ms without a key after which Python reads
const LOST = 3000; // ms after which an answer is no longer waited for
const MOST = 8_000_000; // bytes of a file: more than that doesn't go through a notebook's wire
const KEPT = "marginlib:case";
/** @type {Case} */
const NOTHING = { kind: "case", fields: {}, own: true, problems: {}, notes: {}, answers: null, link: "", file: "" };
const PRIVATE =
  "Nothing is sent anywhere, and no order is placed. What you write is kept in this tab of your browser until you close it; it is not saved in the notebook, which has the example's picture alone.";

/** @returns {{ fields: Fields, hash: string } | null} what was written before the page was loaded anew */
function keptCase() {
  try {
    return JSON.parse(sessionStorage.getItem(KEPT) ?? "null");
  } catch {
    return null; // there is no storage, or something of another kind in it
  }
}

/** @param {Fields | null} fields */
function keepCase(fields) {
  try {
    if (fields) sessionStorage.setItem(KEPT, JSON.stringify({ fields, hash: location.hash }));
    else sessionStorage.removeItem(KEPT);
  } catch {} // then it is kept by Python alone
}

/**
 * Give a text to whoever wants it as a file.
 * @param {string} text
 * @param {string} name
 */
function download(text, name) {
  const href = URL.createObjectURL(new Blob([text], { type: "application/json" }));
  make("a", { href, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(href), 10_000);
}

/** @param {Uint8Array} bytes */
function inLetters(bytes) {
  let text = "";
  for (let at = 0; at < bytes.length; at += 32_768) text += String.fromCharCode(...bytes.subarray(at, at + 32_768));
  return btoa(text);
}

/**
 * Show a case.
 * @param {{ model: Model, el: HTMLElement }} place
 * @returns {() => void} takes it away again
 */
function render({ model, el }) {
  const me = newName();
  /** @type {{ sections: Section[], colours: any, example: Case | null }} */
  const about = model.get("_about");
  const { node: silent, note } = notice();
  const { send, received, close } = correspondence({
    name: newName(),
    send: (message) => model.send(message),
    note,
    clock: globalThis,
    silent: model.get("_silent"),
  });
  let turn = 0;
  let pause = 0;
  let lost = 0;
  let waiting = false;
  /** What was written when it was last heeded. */
  let heeded = "";
  let due = false;
  /** An empty paper is to be written on as soon as it is there. */
  let fresh = false;
  /** How many answers were shown, and when the newest is at rest. */
  let told = 0;
  let calm = 0;
  /** The link whose account had been written on before the page was loaded again. */
  let writtenOn = "";
  /** What Python has answered last. @type {Case} */
  let now = about.example ?? NOTHING;
  /** What was written before something was taken away. @type {Fields[]} */
  const before = [];

  const sheet = paper(about.sections, { typed, before: remember, gone });
  const board = answered(model, about.colours);

  // Above the paper: begin anew, take back, open something.
  const back = make("button", { type: "button", onclick: takeBack, hidden: true }, "Take back");
  const anew = make("button", { type: "button", onclick: () => begin(false) }, "Start again");
  const empty = make("button", { type: "button", onclick: () => begin(true) }, "Start empty");
  const [linkId, fileId] = [newId(), newId()];
  const link = make("input", { type: "text", id: linkId, autocomplete: "off", spellcheck: "false" });
  const openLink = make("button", { type: "submit" }, "Open");
  const linking = make("form", { class: "mc-link" }, make("label", { for: linkId }, "A link"), link, openLink);
  linking.addEventListener("submit", (event) => {
    event.preventDefault();
    if (link.value.trim()) open({ text: link.value }, "");
    else link.focus();
  });
  const file = make("input", {
    type: "file",
    id: fileId,
    accept: ".json,.csv,.txt,.zip,.gz,application/json,text/csv",
  });
  file.addEventListener("change", () => void read(file.files?.[0]));
  const said = make("p", { class: "mc-said", role: "status" });
  const opening = make(
    "details",
    { class: "mc-open" },
    make("summary", {}, "Open a file, a link or a ledger"),
    make(
      "p",
      { class: "mc-help" },
      "A scenario file; a link to this page, to a panel of a lesson or to an exercise; or the ledger that your exchange exports: it leaves balances, and when positions were opened.",
    ),
    make("p", { class: "mc-file" }, make("label", { for: fileId }, "A file"), file),
    linking,
  );
  const bar = make("div", { class: "mc-bar" }, anew, empty, back);

  // Between paper and answer: what is missing.
  const missing = make("span");
  const go = make("button", { type: "button", class: "mc-go", onclick: () => sheet.go(firstProblem()) }, "Go to it");
  const standing = make("p", { class: "mc-standing", role: "status", hidden: true }, missing, " ", go);

  // Below: what is to be taken along.
  const asFile = make("button", { type: "button", onclick: save }, "As a scenario file");
  const asPage = make("button", { type: "button", onclick: onPaper }, "As a printable page");
  const sharer = sharing(() => `${model.get("_address") ?? ""}${now.link}`);
  write(sharer.parts[0], "As a link");
  const taken = make("span", { class: "mw-said", role: "status" });
  const taking = make(
    "div",
    { class: "mc-bar mc-taking", role: "group", "aria-label": "Take it along" },
    asFile,
    ...sharer.parts,
    asPage,
    taken,
  );

  const root = make(
    "section",
    { class: "mc-case", role: "group", "aria-label": "Your own case" },
    make("div", { class: "mc-head" }, bar, opening, said),
    make(
      "div",
      { class: "mc-desk" },
      make("div", { class: "mc-written" }, sheet.node, make("p", { class: "mc-help" }, PRIVATE)),
      make("div", { class: "mc-answer" }, standing, silent, board.node, taking),
    ),
    board.brief,
  );
  keepKeys(root);
  el.append(root);
  const rules = rulesIn(root, model);
  const why = reasons({
    stage: board.node,
    home: board.whys,
    said: AMOUNTS,
    whole: TOGETHER,
    send: (message) => model.send(message),
    filled: rules.link,
    foot: board.brief,
  });

  const firstProblem = () => Object.keys(now.problems)[0] ?? "";

  /** What is written now can be taken back to. */
  function remember() {
    before.push(sheet.fields());
    back.hidden = false;
  }

  /**
   * A pair's stop goes with the last of its positions.
   * @param {string} name @param {Line} line
   */
  function gone(name, line) {
    const pair = name === "lots" ? pairOf(line) : "";
    const { lots = [] } = /** @type {Record<string, Line[]>} */ (/** @type {any} */ (sheet.fields()));
    if (!pair || lots.some((each) => pairOf(each) === pair)) return;
    const count = sheet.without("stops", (stop) => pairOf(stop) === pair);
    if (count) write(said, `The stop in ${pair} went with the position; Take back brings both back.`);
  }

  function takeBack() {
    const fields = before.pop();
    if (!fields) return;
    sheet.put(fields);
    back.hidden = !before.length;
    if (back.hidden) anew.focus();
    write(said, "");
    typed();
  }

  /** Something is typed: Python reads it once the keys rest, and one writing after the other. */
  function typed() {
    turn += 1;
    restless();
    sharer.forget();
    keepCase(sheet.fields());
    suggest();
    heeded = JSON.stringify(sheet.fields());
    clearTimeout(pause);
    pause = setTimeout(tell, PAUSE);
  }

  /** What stands there may soon be another's answer: its amounts are plain text. */
  function restless() {
    clearTimeout(calm);
    why.moved("");
  }

  function tell() {
    if (waiting) {
      due = true;
      return;
    }
    due = false;
    waiting = true;
    clearTimeout(lost);
    lost = setTimeout(heard, LOST);
    send({ kind: "write", by: me, turn, fields: sheet.fields() });
  }

  function heard() {
    clearTimeout(lost);
    waiting = false;
    if (due) tell();
  }

  /** A pair that is held needs a price: there is a row for it, as soon as it is named. */
  function suggest() {
    const { lots = [], prices = [] } = /** @type {Record<string, Line[]>} */ (/** @type {any} */ (sheet.fields()));
    const priced = new Set(prices.map(pairOf));
    for (const line of lots) {
      const { pair: text } = line;
      const pair = pairOf(line);
      if (!/^[A-Z0-9]{2,10}\/[A-Z]{3,5}$/.test(pair) || priced.has(pair)) continue;
      if (document.activeElement instanceof HTMLInputElement && document.activeElement.value === text) continue;
      priced.add(pair);
      sheet.also("prices", { pair });
    }
  }
  // A box that is left as it was moves nothing: what is clicked instead stays in its place until it is.
  sheet.node.addEventListener("change", () => {
    suggest();
    if (JSON.stringify(sheet.fields()) !== heeded) typed();
  });

  /** @param {boolean} bare with nothing written, or else with the example */
  function begin(bare) {
    remember();
    keepCase(null);
    turn += 1;
    fresh = bare;
    link.value = "";
    file.value = "";
    write(said, "");
    send({ kind: "start", empty: bare, by: me, turn });
  }

  /**
   * @param {{ text: string } | { packed: string }} what
   * @param {string} name the file's, if it is one
   */
  function open(what, name) {
    remember();
    turn += 1;
    write(said, "Opening …");
    send({ kind: "open", ...what, name, by: me, turn });
  }

  /** @param {File | undefined} chosen */
  async function read(chosen) {
    if (!chosen) return;
    if (chosen.size > MOST)
      return write(
        said,
        `The file has ${Math.round(chosen.size / 1e6)} MB; at most ${MOST / 1e6} MB are read here. In a notebook, OwnCase.from_file("…") reads more.`,
      );
    try {
      const bytes = new Uint8Array(await chosen.arrayBuffer());
      const packed = (bytes[0] === 0x50 && bytes[1] === 0x4b) || (bytes[0] === 0x1f && bytes[1] === 0x8b);
      open(packed ? { packed: inLetters(bytes) } : { text: new TextDecoder().decode(bytes) }, chosen.name);
    } catch {
      write(said, "The browser can't read that file; choose it anew.");
    }
  }

  function save() {
    if (now.file) download(now.file, "my_case.json");
    else write(taken, "There is no scenario yet: something is missing above.");
  }

  function onPaper() {
    if (now.file) send({ kind: "print", by: me });
    else write(taken, "There is nothing to print yet: something is missing above.");
  }

  /**
   * A page of its own, to be printed.
   * @param {string} html Python has escaped whatever is text in it
   */
  function print(html) {
    const href = URL.createObjectURL(new Blob([html], { type: "text/html" }));
    const page = window.open(href, "_blank");
    if (page) page.addEventListener("load", () => page.print());
    const way = make("a", { href, target: "_blank", rel: "noopener" }, "Open the printable page");
    taken.replaceChildren(...(page ? [] : [way]));
    setTimeout(() => URL.revokeObjectURL(href), 600_000);
  }

  /** @param {any} message */
  function hear(message) {
    received(message);
    why.received(message);
    if (message.kind === "print" && message.by === me) print(message.html);
    if (message.kind !== "case") return;
    /** @type {Case} */
    const answer = message;
    const mine = answer.by === me;
    if (mine) heard();
    if (mine && answer.turn !== turn) return; // something else has been typed since
    if (!mine && waiting) return;
    const untouched = turn === 0 && !answer.own && !mine;
    const kept = untouched && keptCase();
    if (kept && restore(kept)) return;
    if (answer.opened && !mine) {
      const again = writtenOn !== "" && writtenOn === location.hash;
      writtenOn = "";
      if (again) return typed(); // the link is opened anew, but what was written on it is there
      const lost = turn > 0 ? sheet.fields() : keptCase()?.fields;
      if (lost && JSON.stringify(lost) !== JSON.stringify(answer.fields)) before.push(lost);
    }
    show(answer, !(mine && answer.wrote));
  }

  /** @param {{ fields: Fields, hash: string }} kept @returns {boolean} */
  function restore(kept) {
    if (isCaseLink(location.hash) && kept.hash !== location.hash) return false; // another case is asked for
    sheet.put(kept.fields);
    if (isCaseLink(location.hash)) writtenOn = location.hash;
    write(said, "What you had written before the page was loaded again is back.");
    typed();
    return true;
  }

  /**
   * @param {Case} answer
   * @param {boolean} whole the paper too is to be as Python has it
   */
  function show(answer, whole) {
    now = answer;
    restless();
    if (whole) sheet.put(answer.fields);
    if (whole) heeded = JSON.stringify(sheet.fields());
    if (whole && fresh) sheet.first();
    fresh = false;
    if (answer.said !== undefined) write(said, answer.said);
    if (answer.opened === false && answer.by === me) before.pop();
    if (answer.opened) {
      opening.open = false;
      link.value = "";
      keepCase(answer.fields);
    }
    back.hidden = !before.length;
    sheet.problems(answer.problems, answer.notes);
    const count = Object.keys(answer.problems).length;
    const things = count === 1 ? "One thing is missing or wrong" : `${count} things are missing or wrong`;
    const lines = answer.problems[""] ? ` ${answer.problems[""]}` : "";
    if (answer.answers) board.show(answer.answers);
    else if (whole) board.clear(); // what stands there is another account's
    const where = board.node.hidden ? "the answers stand here once it is mended" : "what stands below is from before";
    write(missing, count ? `${things}; ${where}.${lines}` : "");
    standing.hidden = !count;
    go.hidden = firstProblem() === "";
    root.toggleAttribute("data-stale", count > 0);
    for (const button of [asFile, asPage]) button.setAttribute("aria-disabled", String(!answer.file));
    write(taken, "");
    rules.link();
    if (!answer.answers) return;
    told += 1;
    why.moved(`${me}:${told}`);
    calm = setTimeout(() => why.rested(answer.fields), AT_REST);
  }

  model.on("msg:custom", hear);
  const changed = () => send({ kind: "now" });
  model.on("change:_turn", changed);
  if (about.example) show(about.example, true);
  // A page has no older Python: what was written before it was loaded again is there at once.
  const kept = model.get("_address") ? keptCase() : null;
  if (!kept || !restore(kept)) changed();
  return () => {
    close();
    clearTimeout(pause);
    clearTimeout(lost);
    clearTimeout(calm);
    model.off("msg:custom", hear);
    model.off("change:_turn", changed);
    rules.close();
    why.close();
    board.close();
    sheet.close();
    sharer.forget();
    root.remove();
  };
}

/** @param {Line} line @returns {string} a row's pair, as Python reads it */
const pairOf = ({ pair }) => pair.replace(/\s/g, "").toUpperCase();

/** @param {string} hash */
const isCaseLink = (hash) => /^#?c[0-9]+(\/|%2f)/i.test(hash);

/**
 * A model is there, made by a cell or found again in a living kernel: its slots are looked for.
 * @param {{ model: Model }} made
 * @returns {() => void} lets go of them
 */
const initialize = ({ model }) => inSlots(model, render);

export default { initialize, render };
