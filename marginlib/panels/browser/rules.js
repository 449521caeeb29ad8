// Rule ids in words become links, and each opens a short card: the rule's title, what it says, the way to the list.

import { make } from "./dom.js";

/** @import { Message, Model, Rules } from "./types.d.ts" */

const ID = /\b[A-Z][1-9][0-9]?\b/g;
const UNTOLD =
  "a, button, .mw-why, .mw-because-fold, label, legend, summary, select, textarea, script, style, .mw-title, .mw-rule-card";
const GAP = 6; // px between an id and its card

/** What the page has of the rules: lying in it, or told by whichever kernel answers first. */
function openRules() {
  const lying = document.getElementById("mw-rules");
  /** @type {Rules | undefined} */
  const known = lying?.textContent ? JSON.parse(lying.textContent) : undefined;
  return { known, list: lying?.dataset.list, waiting: new Set() };
}

/**
 * Where the list of rules is, from here: on a page of the site beside it; in a notebook too, as a notebook.
 * @param {string} id
 */
function address(id) {
  const list = globalThis.__marginlibRules?.list;
  if (list !== undefined) return list && `${list}#${id}`;
  return `rules.ipynb#cell-id=${id}`;
}

/**
 * Have JupyterLab open a link in its own window: its pages listen for these.
 * @param {string} id
 * @returns {Record<string, string>}
 */
function forJupyter(id) {
  const folder = /\/lab\/?(?:workspaces\/[^/]+)?\/?tree\/(?:(.*)\/)?[^/]+\.ipynb$/.exec(decodeURI(location.pathname));
  if (!folder || !document.body.dataset.jpThemeName) return {};
  const above = (folder[1] ?? "").replace(/(^|\/)teaching$/, ""); // the list lies beside the lessons
  const path = `${above ? `${above}/` : ""}rules.ipynb`;
  return {
    "data-commandlinker-command": "rendermime:handle-local-link",
    "data-commandlinker-args": JSON.stringify({ path, id: `#cell-id=${id}` }),
  };
}

/** @param {HTMLElement} card @param {Element} from */
function place(card, from) {
  const { left, top, bottom } = from.getBoundingClientRect();
  const { offsetWidth: wide, offsetHeight: high } = card;
  const below = bottom + GAP + high <= innerHeight || top < high + GAP;
  card.style.left = `${Math.max(GAP, Math.min(left, innerWidth - wide - GAP))}px`;
  card.style.top = `${Math.max(GAP, below ? bottom + GAP : top - high - GAP)}px`;
}

/**
 * The rule ids in a part of the page as links.
 * @param {HTMLElement} root
 * @param {Model} model who can be asked for the rules
 * @param {() => void} [opens] hears that a card opens
 */
export function rulesIn(root, model, opens) {
  globalThis.__marginlibRules ??= openRules();
  const page = globalThis.__marginlibRules;
  const title = make("p", { class: "mw-rule-title" });
  const says = make("p");
  const more = make("p");
  const close = make("button", { type: "button", class: "mw-rule-close", "aria-label": "Close" }, "×");
  const card = make(
    "div",
    { class: "mw-rule-card", popover: "auto", role: "dialog", tabindex: "-1" },
    close,
    title,
    says,
    more,
  );
  /** What opened the card. @type {HTMLElement | null} */
  let opener = null;
  let returns = false;
  close.addEventListener("click", () => card.hidePopover());
  card.addEventListener("beforetoggle", () => {
    returns = card.contains(document.activeElement); // else somebody has gone elsewhere
  });
  card.addEventListener("toggle", (event) => {
    if (event.newState === "closed" && returns && opener && !opener.isConnected) back(opener.textContent);
  });

  /**
   * The link that opened the card was written anew meanwhile: another to the same rule has the focus, or the words.
   * @param {string} id
   */
  function back(id) {
    link();
    const links = [.../** @type {NodeListOf<HTMLElement>} */ (root.querySelectorAll(".mw-rule"))];
    const same = links.find((each) => each.textContent === id && each.checkVisibility?.() !== false);
    const words = /** @type {HTMLElement | null} */ (root.querySelector(".mw-words"));
    if (!same && words) words.tabIndex = -1;
    (same ?? words)?.focus({ preventScroll: true });
  }

  /** @param {HTMLElement} from */
  function open(from) {
    opens?.();
    opener = from;
    const id = from.textContent ?? "";
    const [called, text] = page.known?.[id] ?? ["", ""];
    card.setAttribute("aria-label", `Rule ${id}`);
    title.textContent = `${id} · ${called}`;
    says.textContent = text;
    const href = address(id);
    const leave = () => card.hidePopover();
    const link = make("a", { href, target: "_blank", ...forJupyter(id), onclick: leave }, "More: the list of rules");
    more.replaceChildren(...(href ? [link] : []));
    root.append(card); // with it, should it be moved
    card.showPopover();
    place(card, from);
    card.focus();
  }

  /** @param {MouseEvent} event */
  function clicked(event) {
    const from = event.target instanceof Element && event.target.closest(".mw-rule");
    if (!(from instanceof HTMLElement) || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    open(from);
  }
  root.addEventListener("click", clicked);

  /** @param {Text} node */
  function cut(node) {
    const text = node.data;
    const parts = [];
    let at = 0;
    for (const found of text.matchAll(ID)) {
      const id = found[0];
      const rule = page.known && Object.hasOwn(page.known, id) && page.known[id];
      if (!rule) continue;
      parts.push(
        text.slice(at, found.index),
        make("a", { class: "mw-rule", href: address(id) || "#", title: rule[0], "aria-haspopup": "dialog" }, id),
      );
      at = found.index + id.length;
    }
    if (parts.length) node.replaceWith(...parts, text.slice(at));
  }

  /** Make links of the ids that are there now. Words that are written anew lose theirs, until this is called again. */
  function link() {
    if (!page.known) {
      page.waiting.add(link);
      if (page.waiting.size === 1) model.send({ kind: "rules" });
      return;
    }
    const walk = document.createTreeWalker(root, NodeFilter.SHOW_TEXT, (node) =>
      node.parentElement?.closest(UNTOLD) || node.nodeValue?.search(ID) === -1
        ? NodeFilter.FILTER_REJECT
        : NodeFilter.FILTER_ACCEPT,
    );
    /** @type {Text[]} */
    const found = [];
    while (walk.nextNode()) found.push(/** @type {Text} */ (walk.currentNode));
    for (const node of found) cut(node);
  }

  /** @param {Message} message */
  const received = (message) => {
    if (message.kind !== "rules") return;
    page.known ??= message.rules;
    for (const waits of [...page.waiting]) waits();
    page.waiting.clear();
  };
  model.on("msg:custom", received);
  return {
    link,
    close() {
      model.off("msg:custom", received);
      page.waiting.delete(link);
      root.removeEventListener("click", clicked);
      card.remove();
    },
  };
}
