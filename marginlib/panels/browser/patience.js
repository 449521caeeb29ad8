// Waiting for the kernel. What was asked or told may go unheard: it is busy, or it has stopped. That is said after a
// while, and taken back once an answer comes. No page is known here: messages and time are given.

export const PATIENCE = 5000; // ms until a silent kernel is mentioned
export const SILENT =
  "The kernel does not answer. It may be busy with another cell; if it has stopped, run the cell again.";
const SHARED = 2000; // ms for which one who has asked asks for all
const AGAIN = 30_000; // ms after which what may be lost is asked for again; then twice as many, for each may be answered

/** @typedef {{ setTimeout(work: () => void, ms: number): any, clearTimeout(timer: any): void }} Clock */

/**
 * What is told to the kernel, each message with a ticket that comes back once it was heard.
 * @param {object} given
 * @param {string} given.name tells this view's tickets from those of others
 * @param {(message: object) => void} given.send
 * @param {(text: string) => void} given.note says that there is no answer, or with an empty text that there is one
 * @param {Clock} given.clock
 * @param {string} [given.silent] what is said when there is no answer
 */
export function correspondence({ name, send, note, clock, silent = SILENT }) {
  /** Those that have not come back, oldest first. @type {string[]} */
  let out = [];
  let count = 0;
  /** @type {any} */
  let timer = null;

  function wait() {
    clock.clearTimeout(timer);
    timer = out.length ? clock.setTimeout(() => note(silent), PATIENCE) : null;
  }

  return {
    /** @param {object} message */
    send(message) {
      count += 1;
      const ticket = `${name}:${count}`;
      out.push(ticket);
      if (timer === null) wait();
      send({ ...message, ticket });
    },

    /** @param {{ kind: string, ticket?: string }} message */
    received({ kind, ticket }) {
      if (kind !== "heard" || !ticket || !out.includes(ticket)) return;
      out = out.slice(out.indexOf(ticket) + 1); // they are heard in order: an older one is lost
      note("");
      wait();
    },

    close() {
      clock.clearTimeout(timer);
    },
  };
}

/**
 * Ask for what the whole page needs once, until it has come.
 * @param {object} given
 * @param {() => void} given.ask
 * @param {boolean} given.lately whether another has just asked; it may have asked a kernel that is busy or gone
 * @param {(late: boolean) => void} given.late hears when it takes long, and when that is over
 * @param {Clock} given.clock
 * @returns {() => void} it has come, or nobody wants it any more
 */
export function asking({ ask, lately, late, clock }) {
  /** @type {any} */
  let next = null;
  let pause = AGAIN;
  const again = () => {
    next = clock.setTimeout(again, pause);
    pause *= 2;
    ask();
  };
  if (lately) next = clock.setTimeout(again, SHARED);
  else again();
  const said = clock.setTimeout(() => late(true), PATIENCE);
  return () => {
    clock.clearTimeout(next);
    clock.clearTimeout(said);
    late(false);
  };
}
