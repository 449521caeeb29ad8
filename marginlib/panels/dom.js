// What every widget here builds its page with. Joined in front of the other files: they share one scope.

/** A new id, for a label and what it names. Counted on the page: every widget has a copy of this file. */
const newId = () => `mw-${(globalThis.__marginlibIds = (globalThis.__marginlibIds ?? 0) + 1)}`;

/** Make an element; every text goes in as text, never as HTML. */
function make(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (value !== undefined && value !== false) node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.filter(Boolean));
  return node;
}

/** Write text only where it changed: a moving slider touches little. */
function write(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/** Have so many children of a kind, and return them. */
function sized(parent, count, tag, attributes = {}) {
  while (parent.children.length > count) parent.lastElementChild.remove();
  while (parent.children.length < count) parent.append(make(tag, attributes));
  return [...parent.children];
}

/** Keep the keys of a part from the notebook, which would take arrows and letters; shortcuts with Ctrl, Cmd or Alt stay its own. */
function keepKeys(node) {
  node.addEventListener("keydown", (event) => {
    if (!event.ctrlKey && !event.metaKey && !event.altKey && !(event.shiftKey && event.key === "Enter")) event.stopPropagation();
  });
}
