// A page of the site: pictures and words are there with it, sliders move from states that were computed when it was
// built, and a little later the exact engine answers everything. Nothing is asked of another host.

import { make, write } from "../../panels/browser/dom.js";
import { checkLink, isLink, otherPanel, parseLink } from "../../panels/browser/links.js";
import { givePlotly } from "../../panels/browser/plotly.js";
import { openEngine } from "./engine.js";
import { openProgress } from "./progress.js";
import { follow, recall, remember } from "./storage.js";

/** @import { Drawers, Lesson, Starts } from "./page.d.ts" */
/** @typedef {import("./engine.js").PageModel} PageModel */

const THEME = "marginlib:theme";
const UNKEPT = "For this visit: the browser keeps nothing here.";
const PATIENCE = 1500; // ms after which the engine starts, whether there is a picture or not
const PEACE = 4000; // ms after which what is of use for the next visit is made
const SAID = {
  asleep: "Pictures and sliders are here; the exact engine comes in a moment.",
  starting: "The exact engine is starting. Sliders move already, one at a time; answers are judged in a moment.",
  ready: "The exact engine is here, in this page: every control is exact, and nothing is sent anywhere.",
};
/** What is said where nothing can be shown before Python is there. */
const OPENING = {
  ...SAID,
  asleep: "",
  starting: "The exact engine is starting; the exercise opens in a moment.",
};
const STALLED = 20_000; // ms after which it is said that the engine takes long
const SLOW =
  "The exact engine is still on its way: the connection may be slow, and nothing has gone wrong so far. It goes on " +
  "waiting; reload the page to try anew. Sliders move already, one at a time.";

/** @param {string} why what went wrong, without a full stop */
const failed = (why) =>
  `The exact engine isn't here: ${why}. Reload the page to try again; if that doesn't help, check the connection. ` +
  "You can read, look at the pictures, and move one slider at a time.";

/** How light and dark are chosen: as the system has them, unless one is chosen here. Paper is light. */
function themes() {
  const system = matchMedia("(prefers-color-scheme: dark)");
  const paper = matchMedia("print");
  const select = /** @type {HTMLSelectElement | null} */ (document.getElementById("mw-theme"));
  let printing = false;
  const set = () => {
    const kept = recall(THEME);
    const chosen = kept === "dark" || kept === "light" ? kept : "system";
    const dark = chosen === "dark" || (chosen === "system" && system.matches);
    document.body.dataset.jpThemeLight = String(!dark || printing || paper.matches);
    if (select) select.value = chosen;
  };
  select?.addEventListener("change", () => {
    const safe = remember(THEME, select.value);
    const note = document.getElementById("mw-unkept");
    if (note) write(note, safe ? "" : UNKEPT);
    set();
  });
  follow((key) => key === THEME, set);
  system.addEventListener("change", set);
  paper.addEventListener("change", set);
  for (const event of ["beforeprint", "afterprint"])
    addEventListener(event, () => {
      printing = event === "beforeprint";
      set();
    });
  set();
}

/**
 * The start states in a lesson of one file.
 * @param {string} id
 * @returns {Promise<Starts>}
 */
async function unpackStarts(id) {
  const packed = Uint8Array.from(atob(document.getElementById(id)?.textContent ?? ""), (each) => each.charCodeAt(0));
  return new Response(new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"))).json();
}

/** @param {string} address @returns {Promise<Starts>} */
async function fetchStarts(address) {
  const answer = await fetch(address);
  if (!answer.ok) throw new Error(`${address}: ${answer.status}`);
  return answer.json();
}

/**
 * The second visit is answered from what was fetched at the first, without a network too.
 * @param {string} address
 */
function keep(address) {
  if (address && "serviceWorker" in navigator && location.protocol !== "file:")
    navigator.serviceWorker.register(address).catch(() => {}); // private windows have none: then there is a network
}

/** @param {string} name */
const address = (name) => new URL(name, document.baseURI).href;

/**
 * A lesson in one file has its start states with it, and no engine.
 * @param {Lesson} lesson
 */
function alone(lesson) {
  const hire = () => {
    throw new Error('this is a lesson in one file. "Start again" puts all back; the full lesson is on the site.');
  };
  const engine = openEngine({
    lesson,
    hire,
    fetchStarts: unpackStarts,
    told: () => {},
    came: () => {},
    later: () => {},
  });
  engine.start();
  givePlotly(globalThis.Plotly);
  return engine;
}

/** Links begin with a letter and a number: which kind they are, and of which version. */
const OWN_LINK = /^#?([a-z])[0-9]+(?:\/|%2f)/i;

/** @param {string} hash */
const isExercise = (hash) => /^#?x[0-9]+(\/|%2f)/i.test(hash);

/**
 * A page that shows what its address says after the #: an exercise. There is nothing to see before Python is there.
 * @param {Lesson} lesson
 * @returns {Lesson} with the cell that opens it
 */
function ofLink(lesson) {
  const form = document.getElementById("mw-open");
  const box = /** @type {HTMLInputElement | null} */ (form?.querySelector("input") ?? null);
  form?.addEventListener("submit", (event) => {
    event.preventDefault();
    const said = (box?.value ?? "").replace(/\s/g, "");
    const link = said.slice(said.indexOf("#") + 1);
    const note = document.getElementById("mw-link");
    if (isExercise(link)) location.hash = link;
    else if (note)
      write(note, "This is no exercise: its link or code has #x1/ in it, and a line of letters after that.");
  });
  addEventListener("hashchange", () => isExercise(location.hash) && location.reload());
  const link = location.hash;
  if (form) form.hidden = isExercise(link);
  if (!isExercise(link)) return { ...lesson, cells: [] };
  const cell = `from marginlib.classes.sheet import opened\nopened(${JSON.stringify(link)})`;
  return { ...lesson, cells: [["exercise", cell]] };
}

/**
 * A lesson of the site.
 * @param {Lesson} lesson
 * @param {Drawers} drawers
 */
function full(lesson, drawers) {
  const status = document.getElementById("mw-status") ?? make("p");
  const progress = openProgress(lesson.number);
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let stalled;
  const engine = openEngine({
    // A worker would read addresses from where its own file lies.
    lesson: {
      ...lesson,
      pyodide: address(lesson.pyodide),
      wheel: address(lesson.wheel),
      address: location.href.replace(/#.*/, ""),
    },
    hire: () => new Worker(address(lesson.worker), { type: "module" }),
    fetchStarts,
    told(stage, why) {
      status.dataset.stage = stage;
      write(status, stage === "failed" ? failed(why.replace(/\.$/, "")) : (lesson.place ? OPENING : SAID)[stage]);
      clearTimeout(stalled);
      if (stage === "starting") stalled = setTimeout(() => write(status, SLOW), STALLED);
      if (stage === "ready" || stage === "failed") keep(lesson.service);
    },
    came: progress.resume,
    later: (work) => setTimeout(work, PEACE),
    made: (draw, model) => drawers[draw].initialize({ model }),
    shown(html) {
      const place = document.getElementById(lesson.place ?? "");
      if (place) place.innerHTML = html; // Python has escaped whatever is text in it
    },
  });
  for (const [name, model] of engine.models) progress.follow(name, model);
  const panels = Object.keys(lesson.slots).filter((name) => lesson.slots[name].starts);
  if (!lesson.cells.length) return engine; // nothing is asked for: Python isn't fetched
  // Python would take the processor from the first picture: it starts when that is drawn, or after a while.
  const soon = setTimeout(engine.start, PATIENCE);
  const first = new MutationObserver(() => {
    if (!document.querySelector(".mw-figure > *")) return;
    first.disconnect();
    clearTimeout(soon);
    requestAnimationFrame(() => setTimeout(engine.start, 0));
  });
  first.observe(document.body, { childList: true, subtree: true });
  if (panels.length) engine.starts(panels[0]);
  if (lesson.cells.length && !Object.keys(lesson.slots).length) engine.start();
  return engine;
}

/**
 * Open the link in the page's address, now and whenever it changes: the panel it is for is put in its state, or a
 * sentence says why not. A link for a panel of another page leads there. Without a link, a panel is as at the start.
 * @param {Record<string, string>} pages where each panel of the site is; nothing where several lessons have it
 * @param {Map<string, PageModel>} models
 * @param {boolean} lone the page is a file of its own
 * @returns {() => void} shows the panel that a link has put in its state, once it is drawn
 */
function openLinks(pages, models, lone = false) {
  const note = document.getElementById("mw-link");
  /** The panel that isn't as at the start because of a link. @type {PageModel | undefined} */
  let opened;
  let slot = "";

  /** @param {PageModel} [next] is to have a state of its own */
  function leave(next) {
    if (opened && opened !== next) put(opened, { ...opened.get("_about").start });
    opened = next;
  }

  /**
   * @param {PageModel} model
   * @param {Record<string, string>} values
   */
  function put(model, values) {
    model.set("values", values);
    model.save_changes();
  }

  /** @param {string} wrong */
  function refuse(wrong) {
    leave();
    if (note) write(note, `This link can't be opened: ${wrong}.`);
  }

  function read() {
    slot = "";
    if (note) write(note, "");
    if (!location.hash) leave();
    const own = OWN_LINK.exec(location.hash)?.[1].toLowerCase();
    if (own && own !== "v" && own !== "x") return openOwn(own);
    if (!isLink(location.hash)) return;
    const link = parseLink(location.hash);
    if ("wrong" in link) return refuse(link.wrong);
    const found = [...models.entries()].find(([, model]) => model.get("_about")?.name === link.panel);
    if (!found) return elsewhere(link.panel);
    const [name, model] = found;
    const checked = checkLink(link, model.get("_about"));
    if ("wrong" in checked) return refuse(checked.wrong);
    leave(model);
    model.set("veil", ""); // a state that is shown to someone is to be seen
    put(model, checked.values);
    slot = name;
  }

  /**
   * A link that something on a page opens by itself, whatever its version.
   * @param {string} kind the letter that such links begin with
   */
  function openOwn(kind) {
    const found = [...models.entries()].find(([, model]) => model.get("_opens")?.[0] === kind);
    const page = Object.entries(pages).find(([name]) => name[0] === kind && /^[a-z][0-9]+$/.test(name))?.[1];
    if (found) {
      leave();
      found[1].send({ kind: "open", text: location.hash, name: "" });
      slot = found[0];
    } else if (page && !lone) location.replace(address(page) + location.hash);
    else refuse(page ? `it is for the page ${page} of the site` : "no lesson here opens such links");
  }

  /** @param {string} panel */
  function elsewhere(panel) {
    const page = Object.hasOwn(pages, panel) ? pages[panel] : undefined;
    if (page === "") refuse(`several lessons have the panel ${panel}; open it in the lesson that it was copied in`);
    else if (!page) refuse("no lesson here has the panel that it is for; copy it again from the panel");
    else if (lone) {
      const here = [...models.values()].map((model) => model.get("_about")?.name).filter(Boolean);
      refuse(otherPanel(panel, here, `of lesson ${page.slice(0, 2)}, in ${page}`));
    } else location.replace(address(page) + location.hash);
  }

  function show() {
    const place = slot && document.querySelector(`.mw-slot-${slot}`);
    if (!place) return;
    for (let around = place.closest("details"); around; around = around.parentElement?.closest("details") ?? null)
      around.open = true;
    place.scrollIntoView();
  }

  addEventListener("hashchange", () => {
    read();
    show();
  });
  read();
  return show;
}

/**
 * Bring a page to life.
 * @param {Drawers} drawers
 */
export function open(drawers) {
  themes();
  const told = document.getElementById("mw-lesson")?.textContent;
  const pages = JSON.parse(document.body.dataset.panels ?? "{}");
  if (!told) {
    keep(document.body.dataset.service ?? "");
    openProgress();
    openLinks(pages, new Map());
    return;
  }
  /** @type {Lesson} */
  const lesson = JSON.parse(told);
  const { models } = lesson.alone ? alone(lesson) : full(lesson.place ? ofLink(lesson) : lesson, drawers);
  const show = openLinks(pages, models, lesson.alone);
  for (const [name, model] of models) drawers[lesson.slots[name].draw].initialize({ model });
  show();
}
