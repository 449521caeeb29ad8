// The button that copies a link, or a code. Where the browser doesn't let it, it stands there, selected, to copy by hand.

import { make, write } from "./dom.js";

const SAID = 4000; // ms for which it says that it has copied

/**
 * @param {() => string} link what to copy, as it is now
 * @param {string} what its name
 * @returns {{ parts: HTMLElement[], forget: () => void }} what was said is no longer so
 */
export function sharing(link, what = "link") {
  let timer = 0;
  const said = make("span", { class: "mw-said", role: "status" });
  const field = make("input", {
    type: "text",
    class: "mw-by-hand",
    readonly: true,
    "aria-label": `${what[0].toUpperCase()}${what.slice(1)}`,
    hidden: true,
  });
  const button = make("button", { type: "button", class: "mw-copy", onclick: copy }, `Copy ${what}`);

  function forget() {
    clearTimeout(timer);
    write(said, "");
    field.hidden = true;
  }

  async function copy() {
    forget();
    const text = link();
    try {
      await navigator.clipboard.writeText(text);
      write(said, "Copied");
      timer = setTimeout(forget, SAID);
    } catch {
      field.value = text;
      field.hidden = false;
      field.focus();
      field.select();
      write(said, "Copy it by hand:");
    }
  }

  field.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    event.preventDefault(); // it is this that is left, not a panel that fills the window
    forget();
    button.focus();
  });
  return { parts: [button, said, field], forget };
}
