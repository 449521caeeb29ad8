// Where a panel's parts stand: the picture stays in sight while its controls are used, nothing jumps in a drag, and on
// demand the panel fills the window. It only measures and places; what it shows comes from elsewhere.

import { make } from "./dom.js";

const WIDE = 950; // px of a panel from which controls stand beside the picture, as in host.css
const SIDE = 1000; // px from which figures with a share of the width stand side by side, as the easel has it
const FITTED = 0.75; // the most that a picture is made smaller for a low window
const MARGIN = 20; // px of a panel above its picture
const LEAST = 0.5; // the most that a picture beside its controls shrinks to stay in sight
const CONTROL = 80; // px that a control takes, with its label
const LARGE = 16 / 14; // the least by which figures grow: their smallest text is 14 px
const SCROLLS = /auto|scroll/;

/** @typedef {{ height: number, share: number | undefined }} Size */

/**
 * @typedef {object} Parts what there is to place
 * @property {HTMLElement} root
 * @property {HTMLElement} layout
 * @property {HTMLElement} rail along which the picture stays in sight
 * @property {HTMLElement} picture
 * @property {HTMLElement} desk
 * @property {HTMLElement} lens has the room that the figures take
 * @property {HTMLElement} figures
 * @property {{ title: HTMLElement, saying: HTMLElement, told: HTMLElement, said: HTMLElement }} rooms
 * @property {() => Size[]} sizes of the figures
 */

/**
 * What the panel is scrolled in; nothing if that is the page. What merely cuts off what stands out stays no longer in
 * the way: to it a picture would stick, and never move.
 * @param {HTMLElement} node
 * @returns {HTMLElement | null}
 */
function portOf(node) {
  for (let up = node.parentElement; up && up !== document.body; up = up.parentElement) {
    const { overflowX, overflowY } = getComputedStyle(up);
    if (SCROLLS.test(overflowY) && up.scrollHeight > up.clientHeight + 1) return up;
    if (overflowX !== "visible" || overflowY !== "visible") up.classList.add("mw-around");
  }
  return null;
}

/**
 * @param {number} least
 * @param {number} value
 * @param {number} most
 */
const within = (least, value, most) => Math.max(least, Math.min(value, Math.max(least, most)));

/**
 * @param {Parts} parts
 */
export function stage({ root, layout, rail, picture, desk, lens, figures, rooms, sizes }) {
  /** @type {HTMLElement | null} */
  let port = null;
  let frame = 0;
  let zoom = 1; // of the figures, by the large mode: they are drawn for less width
  let fitted = 1; // of the figures, for a window in which they would be cut off beside their controls
  let stick = 0; // px for which the picture stays while the page moves on
  let longer = 0; // px for which it does while the control that has the focus is to be seen
  let least = 0; // px of height that the figures shrink to meanwhile
  let above = 0; // px that lie over the page's own upper edge
  let top = 0; // where the picture stays
  let used = false;
  /** What was at the top of the page that a large panel hides. @type {(() => void) | null} */
  let leave = null;

  /** The upper edge of what is seen, and its height. */
  function seen() {
    if (!port) return { edge: 0, height: globalThis.innerHeight };
    return { edge: port.getBoundingClientRect().top + port.clientTop, height: port.clientHeight };
  }

  /** Take in what has another size, and say how far the picture goes along. */
  function measure() {
    if (!root.isConnected) return;
    const full = layout.clientWidth;
    if (!full) return;
    port = leave ? root : portOf(root);
    const head = lens.offsetTop;
    above = Number.parseFloat(getComputedStyle(root).getPropertyValue("--mw-above")) || 0;
    const { height } = seen();
    const room = height - above;
    const beside = full >= WIDE && zoom === 1;
    fitted = beside ? within(FITTED, (room - head - MARGIN) / (figures.offsetHeight || 1), 1) : 1;
    const figure = figures.offsetHeight * zoom * fitted;
    lens.style.height = zoom * fitted === 1 || !figure ? "" : `${figure}px`;
    const whole = head + figure;
    if (full >= WIDE) {
      const foot = /** @type {HTMLElement} */ (desk.querySelector(".mw-foot"));
      const controls = foot.offsetTop + foot.offsetHeight - desk.offsetTop; // without what is said about them
      const needed = Math.max(controls, whole) - room;
      longer = Math.max(0, controls - CONTROL / 2);
      stick = within(0, Math.max(needed, used ? longer : 0), figure * (1 - LEAST));
      least = figure - stick;
      top = above;
    } else {
      const most = Math.max(room / 2, room - 4 * CONTROL);
      const titled = most - head >= 1.5 * CONTROL; // else the figure alone
      top = above - (titled ? 0 : head);
      least = Math.min(figure, titled ? most - head : most);
      stick = Math.max(0, desk.offsetTop + desk.offsetHeight - rail.offsetTop - (head + least) - top - CONTROL);
      longer = stick;
    }
    if (!figures.childElementCount) {
      stick = longer = 0;
      least = figure;
    }
    picture.style.top = `${top}px`;
    desk.style.setProperty("--mw-covered", full >= WIDE ? "0px" : `${top + head + least + 8}px`);
    place();
  }

  /**
   * The figures shrink as far as the page has moved on: what stands below them is not covered by that. It is only while
   * a control beside them has the focus and is to be seen.
   */
  function place() {
    frame = 0;
    const { edge, height } = seen();
    const focused = used && desk.contains(document.activeElement) && document.activeElement?.getBoundingClientRect();
    const held = focused && focused.bottom > edge && focused.top < edge + height;
    const along = held ? Math.max(stick, longer) : stick;
    const moved = within(0, edge + top - rail.getBoundingClientRect().top, along);
    const natural = figures.offsetHeight * zoom * fitted;
    const scale = natural ? Math.max(least, natural - moved) / natural : 1;
    const all = scale * zoom * fitted;
    rail.style.setProperty("--mw-stick", `${along}px`);
    picture.toggleAttribute("data-stuck", moved > 0);
    picture.style.setProperty("--mw-seen", `${lens.offsetTop + natural * scale}px`);
    figures.style.width = zoom === 1 ? "" : `${100 / zoom}%`;
    figures.style.transform = all === 1 ? "" : `translateX(${(1 - scale * fitted) * zoom * 50}%) scale(${all})`;
  }

  const soon = () => {
    frame ||= requestAnimationFrame(place);
  };
  /** Rooms for words only grow while something moves. */
  const grow = () => {
    for (const [room, inner] of [
      [rooms.title, rooms.saying],
      [rooms.told, rooms.said],
    ]) {
      if (inner.parentElement !== room) continue;
      const now = Math.ceil(inner.getBoundingClientRect().height);
      if (now > (Number.parseFloat(room.style.getPropertyValue("--mw-room")) || 0))
        room.style.setProperty("--mw-room", `${now}px`);
    }
  };
  /**
   * At rest they shrink again: that of the title, which all else stands below, once the panel has been left.
   * @param {boolean} [anew] as when there is another width: what was is no measure
   */
  function settle(anew = false) {
    if (!anew && root.matches(":active")) return;
    rooms.told.style.removeProperty("--mw-room");
    if (anew || !root.matches(":hover, :focus-within")) rooms.title.style.removeProperty("--mw-room");
    grow();
  }

  let wide = 0;
  const watch = new ResizeObserver((changed) => {
    if (wide !== layout.clientWidth) settle(true);
    wide = layout.clientWidth;
    grow();
    if (changed.some(({ target }) => target !== rooms.said)) measure(); // words that move on in a drag move nothing
  });
  for (const each of [layout, desk, picture, figures, rooms.saying, rooms.said]) watch.observe(each);

  const use = () => {
    const now = desk.contains(document.activeElement) || picture.contains(document.activeElement);
    if (now === used) return;
    used = now;
    measure();
  };
  const blurred = () => setTimeout(use);
  const resized = () => {
    if (leave) fit();
    measure();
  };
  layout.addEventListener("focusin", use);
  layout.addEventListener("focusout", blurred);
  document.addEventListener("scroll", soon, { capture: true, passive: true });
  globalThis.addEventListener("resize", resized);

  /** How much larger the figures can be: as far as the window has room for them, the title and the words. */
  function fit() {
    const column = lens.clientWidth;
    const free = globalThis.innerHeight - lens.offsetTop - Math.min(rooms.told.offsetHeight, innerHeight / 3) - 48;
    const each = sizes();
    const heights = each.map(({ height }) => height);
    const highest = Math.max(...heights, 1);
    const beside = Math.min(free / highest, column / SIDE);
    const total = heights.reduce((one, other) => one + other, 0) || 1;
    const below = Math.min(free / total, column / 700);
    const shared = each.some(({ share }) => share) && beside >= LARGE;
    zoom = each.length ? within(LARGE, shared ? beside : below, 3) : 1;
    if (each.some(({ share }) => share) && !shared) zoom = Math.max(zoom, Math.min(LARGE, column / SIDE));
  }

  const hint = make("span", { class: "mw-esc", "aria-hidden": true }, " \u00b7 Esc leaves");
  const button = make(
    "button",
    {
      type: "button",
      class: "mw-large",
      "aria-pressed": "false",
      title: "Fill the window; Escape leaves",
      onclick: () => (leave ? leave() : enter()),
    },
    "Large",
    hint,
  );

  /** Fill the window, above all else on the page. Nothing of it is kept. */
  function enter() {
    const place = root.parentElement;
    const { scrollTop = 0 } = portOf(root) ?? {};
    const before = port;
    if (place) place.style.minHeight = `${place.offsetHeight}px`;
    root.toggleAttribute("data-large", true);
    if ("popover" in root) {
      root.popover = "manual";
      root.showPopover();
    }
    /** @param {KeyboardEvent} event */
    const keys = (event) => {
      const over = [...document.querySelectorAll(":popover-open")].some((each) => each !== root); // it goes first
      if (event.key === "Escape" && !event.defaultPrevented && !over) leave?.();
      if (event.key === "Tab") stay(event);
    };
    document.addEventListener("keydown", keys);
    root.addEventListener("keydown", keys);
    leave = () => {
      leave = null;
      document.removeEventListener("keydown", keys);
      root.removeEventListener("keydown", keys);
      zoom = 1;
      root.removeAttribute("data-large");
      root.removeAttribute("popover");
      if (place) place.style.minHeight = "";
      changed();
      if (before) before.scrollTop = scrollTop;
      button.focus({ preventScroll: true });
    };
    changed();
  }

  /** It is another form now. */
  function changed() {
    button.setAttribute("aria-pressed", String(Boolean(leave)));
    settle(true);
    if (leave) fit();
    place();
    measure();
  }

  /**
   * The focus goes round in a panel that hides all else.
   * @param {KeyboardEvent} event
   */
  function stay(event) {
    /** @type {NodeListOf<HTMLElement>} */
    const found = root.querySelectorAll("button, input, select, summary, a[href], [tabindex]");
    const those = [...found].filter((each) => each.tabIndex >= 0 && each.checkVisibility?.() !== false);
    const at = those.indexOf(/** @type {HTMLElement} */ (document.activeElement));
    const out = event.shiftKey ? at <= 0 : at < 0 || at === those.length - 1;
    if (!out) return;
    event.preventDefault();
    those.at(event.shiftKey ? -1 : 0)?.focus();
  }

  function close() {
    leave?.();
    watch.disconnect();
    cancelAnimationFrame(frame);
    document.removeEventListener("scroll", soon, { capture: true });
    globalThis.removeEventListener("resize", resized);
  }

  return { button, settle, close };
}
