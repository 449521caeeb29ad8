// Why this number? Amounts on a screen at rest open how they came about: the sum, its parts, and theirs in turn, down to
// inputs and ledger rows. Python is asked only once somebody points at the screen, or presses the button for it; while
// anything moves, amounts are plain text.

import { keepKeys, make, newId, write } from "./dom.js";

/** @import { Because, Line, Message } from "./types.d.ts" */

const PLACES = ".mw-title, .mw-alert, .mw-words p, .mw-tables th[scope=row], .mw-tables td";
const BLOCKS = ".mw-words, .mw-title, .mw-alert, tr";
const LINGER = 150; // ms for which a pointer stays before it is taken to be interested
const UNDER = 4; // pixels between what is said and its card
const NARROW = "(max-width: 600px)"; // a window in which the card is a sheet at its foot, as a telephone has them
const CITED = /\s\([A-Z][0-9]+(?:,\s[A-Z][0-9]+)*\)$/; // the rules at a line's end
const STRAYED = 4; // pixels by which a click on a figure may have moved: more is a drag
const SUM_IN_WORDS = /[-+−]?\d[\d,]*(?:\.\d+)?[ \u00a0](?:of your )?(?:%|[A-Z][A-Z0-9]{2,4}(?![\w/]))/g;
const SUM_IN_FIGURES = /[-+−]?\d[\d,]*\d(?:\.\d+)?/g; // in figures, where the currency stands elsewhere
const LATE = 600; // ms after which somebody who waits is told for what
const SUM_TO_COME = "The engine works it out.";
const ENGINE_TO_COME = "Numbers can be opened once the engine is there.";
const NO_SUM = "The engine has no sum for this number in this state.";

/**
 * What was asked for, and where it stands.
 * @typedef {{ text: string, where: Element, back: HTMLElement | null }} Asked
 */

/**
 * What scrolls around a node, the innermost first.
 * @param {Element | null} node
 * @returns {Element[]}
 */
function scrolling(node) {
  const found = [];
  for (let each = node; each; each = each.parentElement)
    if (/auto|scroll/.test(getComputedStyle(each).overflowY)) found.push(each);
  const page = document.scrollingElement;
  return page && !found.includes(page) ? [...found, page] : found;
}

/**
 * What opens the amounts of a screen.
 * @param {object} given
 * @param {HTMLElement} given.stage what has title, figures and words in it; it is positioned
 * @param {HTMLElement} given.home where the button for all amounts stands
 * @param {string} [given.said] where in it amounts are said as text, as a selector
 * @param {string} [given.whole] what is said together: a card stands below all of it
 * @param {(message: object) => void} given.send
 * @param {() => void} given.filled hears that there are new words
 * @param {() => void} [given.opens] hears that a card opens, or that all amounts are to
 * @param {Element} [given.foot] what may stick to the window's foot: a sheet stands above it
 */
export function reasons({ stage, home, said = PLACES, whole = BLOCKS, send, filled, opens, foot }) {
  const narrow = matchMedia(NARROW);
  /** The state on the screen. */
  let key = "";
  /** What Python makes that state of. @type {object} */
  let values = {};
  /** Whether nothing moves, and whether Python was asked what it knows. @type {"moving" | "still" | "asked" | "known"} */
  let how = "moving";
  /** @type {Set<string>} */
  let known = new Set();
  /** @type {Asked | null} */
  let open = null;
  /** Where a click waits to hear whether something is known there. @type {{ x: number, y: number } | null} */
  let waiting = null;
  let timer = 0;
  let late = 0;
  let down = { x: 0, y: 0 };
  const named = newId();

  const head = make("p", { class: "mw-because-head", id: named });
  const shut = make(
    "button",
    { type: "button", class: "mw-because-shut", "aria-label": "Close", onclick: () => close(true) },
    "×",
  );
  const body = make("div", { class: "mw-because-body" });
  const card = make(
    "div",
    { class: "mw-because", role: "dialog", "aria-labelledby": named, tabindex: "-1", hidden: true },
    head,
    shut,
    body,
  );
  const all = make(
    "button",
    {
      type: "button",
      class: "mw-whys",
      "aria-pressed": "false",
      onclick: () => offer(all.getAttribute("aria-pressed") !== "true"),
    },
    "Why these numbers?",
  );
  const status = make("span", { class: "mw-said", role: "status" });
  home.append(all, status);
  stage.append(card);
  keepKeys(card);

  /** What of the screen says amounts as text. */
  const places = () => [...stage.querySelectorAll(said)];
  const labels = () => [...stage.querySelectorAll(".mw-figure text")];

  /**
   * @param {string | null} text
   * @param {RegExp} kind
   */
  const amounts = (text, kind) => (text ?? "").match(kind) ?? [];

  /** @param {Element} label */
  const written = (label) => [...amounts(spaced(label), SUM_IN_WORDS), ...amounts(spaced(label), SUM_IN_FIGURES)];

  /**
   * The lines of a label apart, as they are seen.
   * @param {Element} label
   */
  function spaced(label) {
    const lines = [...label.querySelectorAll("tspan.line")]; // a swatch is a tspan too
    return lines.length ? lines.map((line) => line.textContent).join("\n") : label.textContent;
  }

  /** @param {boolean} wanted whether somebody waits for it, and doesn't only point there */
  function ask(wanted) {
    if (how !== "still" && !(wanted && how === "asked")) return;
    how = "asked";
    clearTimeout(late);
    if (wanted) late = setTimeout(() => write(status, ENGINE_TO_COME), LATE);
    const texts = new Set(places().flatMap((place) => amounts(place.textContent, SUM_IN_WORDS)));
    for (const label of labels()) for (const text of written(label)) texts.add(text);
    send({ kind: "why", values, key, wanted, texts: [...texts] });
  }

  /** Known amounts become buttons; the text stays the same, letter by letter. */
  function wrap() {
    for (const place of places()) {
      const walker = document.createTreeWalker(place, NodeFilter.SHOW_TEXT);
      const texts = [];
      while (walker.nextNode()) texts.push(/** @type {Text} */ (walker.currentNode));
      for (const text of texts) {
        const found = [...text.data.matchAll(SUM_IN_WORDS)].filter(([amount]) => known.has(amount));
        if (!found.length || text.parentElement?.closest("button, a, .mw-why")) continue;
        const pieces = [];
        let from = 0;
        for (const { 0: amount, index } of found) {
          pieces.push(text.data.slice(from, index), button(amount));
          from = index + amount.length;
        }
        text.replaceWith(...pieces, text.data.slice(from));
      }
    }
  }

  /**
   * Not a real one: browsers break the line after those, before a comma too.
   * @param {string} amount
   */
  function button(amount) {
    const tabindex = all.getAttribute("aria-pressed") === "true" ? "0" : "-1";
    return make("span", { role: "button", class: "mw-why", "aria-haspopup": "dialog", tabindex, onkeydown }, amount);
  }

  /** @param {KeyboardEvent} event */
  function onkeydown(event) {
    const { key, repeat, currentTarget } = event;
    if ((key !== "Enter" && key !== " ") || !(currentTarget instanceof HTMLElement)) return;
    event.preventDefault();
    if (!repeat) currentTarget.click();
  }

  function unwrap() {
    for (const each of stage.querySelectorAll(".mw-why")) {
      const parent = each.parentNode;
      each.replaceWith(each.textContent ?? "");
      parent?.normalize();
    }
  }

  /**
   * Have the keyboard reach all amounts, or no longer.
   * @param {boolean} on
   */
  function offer(on) {
    opens?.();
    all.setAttribute("aria-pressed", String(on));
    if (how === "known") reach();
    else if (on) ask(true);
  }

  function reach() {
    const on = all.getAttribute("aria-pressed") === "true";
    const found = /** @type {HTMLElement[]} */ ([...stage.querySelectorAll(".mw-why")]);
    for (const each of found) each.tabIndex = on ? 0 : -1;
    if (on && document.activeElement === all) found[0]?.focus();
  }

  /**
   * Its card stands below all that is said with it: the next amount isn't covered.
   * @param {string} text
   * @param {Element} where
   * @param {HTMLElement | null} back
   */
  function want(text, where, back) {
    opens?.();
    close(false);
    open = { text, where, back };
    write(head, `Why ${text}?`);
    body.replaceChildren(make("p", {}, SUM_TO_COME));
    card.hidden = false;
    turned();
    card.focus({ preventScroll: true });
    send({ kind: "why", values, key, text });
  }

  /** A sheet or a card, as the window is wide. A sheet is above all, for what is around may keep within what is fixed. */
  function turned() {
    if (!open) return;
    card.popover = narrow.matches ? "manual" : null;
    if (card.popover) card.showPopover();
    place();
  }

  /** A sheet stands at the window's foot, above what sticks there. */
  function sit() {
    if (!card.popover) return;
    const { top = 0, bottom = 0, height = 0 } = foot?.getBoundingClientRect() ?? {};
    const sticks = height > 0 && top < innerHeight && bottom >= innerHeight - 1;
    card.style.bottom = `${sticks ? innerHeight - top : 0}px`;
  }

  /**
   * What was asked for stays in sight above its sheet: it is scrolled there, and where the page ends, has room to be.
   * @param {Element} where
   */
  function reveal(where) {
    const covered = () => where.getBoundingClientRect().bottom + UNDER - card.getBoundingClientRect().top;
    const raise = () => {
      for (const each of scrolling(stage)) if (covered() > 0) each.scrollBy({ top: covered(), behavior: "instant" });
    };
    if (!where.isConnected) return;
    raise();
    if (covered() <= 1) return;
    const room = innerHeight - card.getBoundingClientRect().top + UNDER;
    stage.style.minHeight = `${Number.parseFloat(getComputedStyle(stage).height) + room}px`;
    raise();
    sit();
  }

  /** In its place, within the screen. */
  function place() {
    if (!open) return;
    filled();
    card.style.inset = "";
    if (card.popover) {
      sit();
      reveal(open.where);
      return;
    }
    const around = stage.getBoundingClientRect();
    const { bottom } = (open.where.closest(whole) ?? open.where).getBoundingClientRect();
    const left = open.where.getBoundingClientRect().left - around.left;
    card.style.left = "0";
    card.style.left = `${Math.max(0, Math.min(left, stage.clientWidth - card.offsetWidth))}px`;
    card.style.top = `${bottom - around.top + stage.scrollTop + UNDER}px`;
    stage.style.minHeight = `${card.offsetTop + card.offsetHeight + 8}px`; // a notebook cuts off what hangs out
  }

  /** @param {boolean} returns whether the focus goes back to the amount */
  function close(returns) {
    if (!open) return;
    const { back, text } = open;
    open = null;
    if (card.popover) card.hidePopover();
    card.popover = null;
    card.hidden = true;
    stage.style.minHeight = "";
    if (!returns) return;
    const same = [...stage.querySelectorAll(".mw-why")].find((each) => each.textContent === text);
    const there = back?.isConnected ? back : same;
    if (there instanceof HTMLElement) there.focus({ preventScroll: true });
  }

  /**
   * One line, and what it is made of.
   * @param {Line[]} lines
   * @param {number} at
   * @param {boolean} unfolded
   */
  function told(lines, at, unfolded) {
    const { line, row, source, parts } = lines[at];
    const beside = [row, source].filter(Boolean).map((text) => make("small", {}, text));
    if (!parts.length) return make("li", {}, make("span", {}, line), ...beside);
    const list = make("ul");
    const fill = () => list.firstChild || list.append(...parts.map((part) => told(lines, part, false)));
    if (unfolded) {
      fill();
      return make("li", { class: "mw-because-top" }, make("p", {}, line), ...beside, list);
    }
    const inner = make("div", { hidden: true }, ...beside, list);
    const onclick = () => {
      fill();
      inner.hidden = !inner.hidden;
      fold.setAttribute("aria-expanded", String(!inner.hidden));
      place();
    };
    // The rules stand beside what is pressed: each is a link of its own, and a summary's would be heard by few.
    const [cited = ""] = line.match(CITED) ?? [];
    const words = line.slice(0, line.length - cited.length);
    const how = { role: "button", class: "mw-because-fold", "aria-expanded": "false", tabindex: "0" };
    const fold = make("span", { ...how, onclick, onkeydown }, words);
    return make("li", {}, fold, cited, inner);
  }

  /** @param {Because} because */
  function answer(because) {
    if (!open || because.text !== open.text || because.key !== key) return;
    const { found, lines, failed } = because;
    if (found.length) {
      const several = found.length > 1 ? [make("p", {}, "Several things come to this amount:")] : [];
      body.replaceChildren(...several, make("ul", {}, ...found.map((at) => told(lines, at, true))));
    } else body.replaceChildren(make("p", {}, failed ?? NO_SUM));
    place();
    if (!card.popover) card.scrollIntoView({ block: "nearest" });
  }

  /**
   * A label of a figure in which something known stands at a place.
   * @param {MouseEvent} event
   */
  function labelAt({ clientX: x, clientY: y, target }) {
    if (!(target instanceof Element) || !target.closest(".mw-figure")) return null;
    const label = labels().find((each) => {
      const box = each.getBoundingClientRect();
      return x >= box.left && x <= box.right && y >= box.top && y <= box.bottom;
    });
    const text = label && (nearest(label, x, y) ?? written(label).find((amount) => known.has(amount)));
    return label && text ? { label, text } : null;
  }

  /**
   * Of the known amounts of a label, the one that is nearest to a point: an amount and its fee may stand in one line.
   * @param {Element} label
   * @param {number} x
   * @param {number} y
   */
  function nearest(label, x, y) {
    /** @type {string | undefined} */
    let found;
    let least = Number.POSITIVE_INFINITY;
    const walker = document.createTreeWalker(label, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
      const node = /** @type {Text} */ (walker.currentNode);
      for (const kind of [SUM_IN_WORDS, SUM_IN_FIGURES])
        for (const { 0: amount, index } of node.data.matchAll(kind)) {
          if (!known.has(amount)) continue;
          const range = document.createRange();
          range.setStart(node, index);
          range.setEnd(node, index + amount.length);
          const { left, right, top, bottom } = range.getBoundingClientRect();
          const away = Math.hypot(Math.max(left - x, 0, x - right), Math.max(top - y, 0, y - bottom));
          if (away < least) [found, least] = [amount, away];
        }
    }
    return found;
  }

  /** @param {{ x: number, y: number }} point */
  function openAt(point) {
    const target = document.elementFromPoint(point.x, point.y);
    const found = target?.closest(".mw-why");
    if (found instanceof HTMLElement && stage.contains(found)) {
      want(found.textContent ?? "", found, found);
      return;
    }
    const label = target && labelAt(/** @type {any} */ ({ clientX: point.x, clientY: point.y, target }));
    if (label) want(label.text, label.label, null);
  }

  stage.addEventListener("pointerover", () => {
    clearTimeout(timer);
    if (how === "still") timer = setTimeout(() => ask(false), LINGER);
  });
  stage.addEventListener("pointerleave", () => clearTimeout(timer));
  stage.addEventListener("pointerdown", ({ clientX, clientY }) => {
    down = { x: clientX, y: clientY };
  });
  stage.addEventListener("pointermove", (event) => {
    if (event.buttons || how !== "known" || !(event.target instanceof Element)) return;
    event.target.closest(".mw-figure")?.toggleAttribute("data-why", Boolean(labelAt(event)));
  });
  stage.addEventListener("click", (event) => {
    const { target, clientX: x, clientY: y } = event;
    if (!(target instanceof Element) || target.closest(".mw-because, .mw-whys, summary, a")) return;
    const found = target.closest(".mw-why");
    if (found instanceof HTMLElement) want(found.textContent ?? "", found, found);
    else if (Math.hypot(x - down.x, y - down.y) > STRAYED || how === "moving") return;
    else if (how === "known") openAt({ x, y });
    else {
      waiting = { x, y };
      ask(true);
    }
  });
  /** @param {KeyboardEvent} event */
  const onEscape = (event) => {
    if (!open || event.key !== "Escape") return;
    if (event.target instanceof Element && event.target.closest(".mw-rule-card")) return;
    event.preventDefault(); // it is this that is left, not a panel that fills the window: which hears it later
    close(true);
  };
  stage.addEventListener("keydown", onEscape, { capture: true });
  /** What was open when something was pressed. @type {Asked | null} */
  let before = null;
  const pressed = () => {
    before = open;
  };
  /**
   * Closed by the click and not by its press, for without the card the page may be shorter, and all would move away
   * from under the pointer.
   * @param {MouseEvent} event
   */
  const outside = ({ target }) => {
    if (!open || open !== before || !(target instanceof Element) || card.contains(target)) return;
    if (target.closest(".mw-rule-card")) return; // of a rule that it names
    const here = document.activeElement;
    close(!here || here === document.body || card.contains(here)); // else what was pressed has the focus
  };
  narrow.addEventListener("change", turned);
  document.addEventListener("scroll", sit, { capture: true, passive: true });
  document.addEventListener("pointerdown", pressed, { capture: true });
  document.addEventListener("click", outside);

  return {
    /**
     * Another state is on the screen, or will be.
     * @param {string} now
     */
    moved(now) {
      if (now === key) return;
      key = now;
      clearTimeout(timer);
      clearTimeout(late);
      write(status, "");
      waiting = null;
      close(false);
      if (how === "known") unwrap();
      how = "moving";
      known = new Set();
    },
    /**
     * Nothing moves any more.
     * @param {object} at what Python makes the state of
     */
    rested(at) {
      values = { ...at };
      if (how !== "moving") return;
      how = "still";
      if (all.getAttribute("aria-pressed") === "true") ask(true);
      else if (stage.matches(":hover")) timer = setTimeout(() => ask(false), LINGER);
    },
    /** @param {Message} message */
    received(message) {
      if (message.kind === "because") answer(message);
      if (message.kind !== "known" || message.key !== key || how !== "asked") return;
      clearTimeout(late);
      write(status, message.failed ?? "");
      how = message.failed ? "asked" : "known";
      known = new Set(message.texts);
      wrap();
      reach();
      if (waiting) openAt(waiting);
      waiting = null;
    },
    close() {
      clearTimeout(timer);
      clearTimeout(late);
      document.removeEventListener("pointerdown", pressed, { capture: true });
      document.removeEventListener("click", outside);
      document.removeEventListener("scroll", sit, { capture: true });
      narrow.removeEventListener("change", turned);
    },
  };
}
