// The button that copies a link. Where the browser doesn't let it, the link stands there, selected, to copy by hand.

import { make, write } from "./dom.js";

const SAID = 4000; // ms for which it says that it has copied

/**
 * @param {() => string} link what to copy, as it is now
 * @returns {{ parts: HTMLElement[], forget: () => void }} what was said is no longer so
 */
export function sharing(link) {
  let timer = 0;
  const said = make("span", { class: "mw-said", role: "status" });
  const field = make("input", {
    type: "text",
    class: "mw-by-hand",
    readonly: true,
    "aria-label": "Link",
    hidden: true,
  });
  const button = make("button", { type: "button", class: "mw-copy", onclick: copy }, "Copy link");

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
