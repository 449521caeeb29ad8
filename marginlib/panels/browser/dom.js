// What every widget here builds its page with.

/**
 * A new id, for a label and what it names. Counted on the page: every widget has a copy of this file.
 * @returns {string}
 */
export function newId() {
  globalThis.__marginlibIds = (globalThis.__marginlibIds ?? 0) + 1;
  return `mw-${globalThis.__marginlibIds}`;
}

/**
 * A name that no other view has, on this page or another.
 * @returns {string}
 */
export const newName = () => `${newId()}-${Math.random().toString(36).slice(2)}`;

/**
 * Make an element; every text goes in as text, never as HTML.
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Record<string, any>} attributes true for one without a value; `on…` is listened to; false or undefined: none
 * @param {(Node | string | false | null | undefined)[]} children those that are nothing are left out
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function make(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (value !== undefined && value !== false) node.setAttribute(name, value === true ? "" : value);
  }
  for (const child of children) if (child) node.append(child);
  return node;
}

/**
 * Write text only where it changed: a moving slider touches little.
 * @param {Node} node
 * @param {string} text
 */
export function write(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/**
 * A line that says what went wrong, when something did.
 * @returns {{ node: HTMLElement, note: (text: string) => void }}
 */
export function notice() {
  const node = make("p", { class: "mw-note", role: "status", hidden: true });
  return {
    node,
    note(text) {
      write(node, text);
      node.hidden = !text;
    },
  };
}

/**
 * Have a box follow what is shown elsewhere, unless something else is being typed in it.
 * @param {HTMLInputElement} box
 * @param {string} known what was shown before
 * @param {string} now
 */
export function follow(box, known, now) {
  if (now !== known && box.value.trim() === known) box.value = now;
}

/**
 * Have so many children of a kind, and return them.
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {HTMLElement} parent
 * @param {number} count
 * @param {Tag} tag
 * @param {Record<string, any>} attributes
 * @returns {HTMLElementTagNameMap[Tag][]}
 */
export function sized(parent, count, tag, attributes = {}) {
  while (parent.children.length > count) parent.lastElementChild?.remove();
  while (parent.children.length < count) parent.append(make(tag, attributes));
  return /** @type {any[]} */ ([...parent.children]);
}

/**
 * Keep the keys of a part from the notebook, which would take arrows and letters; shortcuts with Ctrl, Cmd or Alt stay
 * its own.
 * @param {HTMLElement} node
 */
export function keepKeys(node) {
  node.addEventListener("keydown", (event) => {
    if (!event.ctrlKey && !event.metaKey && !event.altKey && !(event.shiftKey && event.key === "Enter"))
      event.stopPropagation();
  });
}
