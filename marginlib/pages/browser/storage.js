// The browser's own storage. Where it is forbidden or full, what is to be kept is kept for this visit, in the page.

/** What the browser doesn't keep. @type {Map<string, string | null>} */
const here = new Map();

/** @param {string} key @returns {string | null} */
export function recall(key) {
  const known = here.get(key);
  if (known !== undefined) return known;
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

/**
 * @param {string} key
 * @param {string | null} text nothing: it is forgotten
 * @returns {boolean} whether the browser keeps it, for the next visit and for other tabs
 */
export function remember(key, text) {
  try {
    if (text === null) localStorage.removeItem(key);
    else localStorage.setItem(key, text);
    here.delete(key);
    return true;
  } catch {
    here.set(key, text);
    return false;
  }
}

/**
 * Hear of it when another tab keeps something.
 * @param {(key: string) => boolean} mine whether it is of interest
 * @param {() => void} changed
 */
export function follow(mine, changed) {
  addEventListener("storage", ({ key }) => {
    if (key === null || mine(key)) changed(); // without a key, all is forgotten
  });
}
