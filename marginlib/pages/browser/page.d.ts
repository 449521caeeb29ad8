// What a page of the site is told when it is built, and what lies beside it.

import type { States } from "../../panels/browser/types.d.ts";

/** The states along each control, from the start, as the panel's Python sends them. */
export type Starts = Record<string, States[]>;

/** A live thing of the page: how it is drawn, its state at the start, and where the states along its controls lie. */
export interface Slot {
  draw: string;
  // biome-ignore lint/suspicious/noExplicitAny: each live thing has a state of its own
  state: Record<string, any>;
  starts?: string;
}

export interface Lesson {
  number: string;
  /** It is a lesson in one file: it has no engine. */
  alone?: boolean;
  /** Where what its cells show is put, by its id: the page was built without it, as the link says what is shown. */
  place?: string;
  /** Cells to run, in this order, as ids and sources. */
  cells: [id: string, source: string][];
  slots: Record<string, Slot>;
  pyodide: string;
  wheel: string;
  worker: string;
  service: string;
  /** Of the page, for links to its panels; none in a lesson of one file. */
  address?: string;
  silent: string;
  missing: string;
}

/** What shows a live thing, by the name of its module. */
export type Drawers = Record<string, { initialize(made: { model: object }): () => void }>;

declare global {
  interface Window {
    /** What the service worker keeps; written into it when the site is built. */
    __WB_MANIFEST: { url: string; revision: string }[];
  }
}
