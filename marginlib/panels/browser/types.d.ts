// What travels between Python and the browser, and what the page itself has.

/** The texts of all controls' values, by name, in the controls' order. */
export type Values = Record<string, string>;

/** A control as controls.py describes it. */
export type Control = SliderControl | ChoiceControl | SwitchControl | WalkControl;

interface Described {
  name: string;
  label: string;
  legend: string;
  group?: string;
  removable?: boolean;
}

export interface SliderControl extends Described {
  kind: "slider";
  unit: string;
  least: string;
  most: string;
  step: string;
  places: number;
  played: boolean;
}

export interface ChoiceControl extends Described {
  kind: "choice";
  options: string[];
}

export interface SwitchControl extends Described {
  kind: "switch";
}

export interface WalkControl extends Described {
  kind: "walk";
  steps: string[];
}

/** What a panel is, once and for all. */
export interface About {
  /** Its class. */
  name: string;
  heading: string;
  controls: Control[];
  start: Values;
  colours: Roles;
  strip: string;
  limit: number;
}

export type Ground = "light" | "dark";

/** The colours of colours.py. */
export type Roles = Record<string, Record<Ground, string>>;

/** What the screen shows for some values. */
export interface View {
  title: string;
  alert?: string;
  figures: Figure[];
  words: string[];
  strip: [text: string, mark: string][];
  /** What has happened in this state, by name: where one comes or goes along a control, its track is marked. */
  happens: string[];
  tables: Table[];
}

/** A mark of a figure that is dragged in place of a control, as touch.py says it. */
export interface Grip {
  control: string;
  axis: "x" | "y";
  places: number[];
  across: [] | [number, number];
}

/** A plotly spec with roles for colours. */
export interface Figure {
  data: unknown[];
  layout: {
    height: number;
    meta?: { share?: number; name?: string; grips?: Grip[]; tells?: [text: string, value: number][] };
  };
}

export interface Table {
  caption: string;
  open: boolean;
  columns: { label: string; number: boolean }[];
  rows: { cells: string[]; mark: string }[];
}

/** States that the kernel computed: the first view, and by key what is different in each. */
export interface States {
  kind: "states";
  first: View;
  states: Record<string, unknown>;
}

export type Message =
  | States
  | { kind: "failed"; message: string }
  | { kind: "plotly" }
  | { kind: "heard"; ticket: string }
  | { kind: "known"; key: string; texts: string[]; failed?: string }
  | Because;

/** How an amount came about: the lines that tell what it stands for, and those of all their parts. */
export interface Because {
  kind: "because";
  key: string;
  text: string;
  found: number[];
  lines: Line[];
  /** Why there is no answer. */
  failed?: string;
}

/** One amount with its sum; the ledger row that it stands in, where an input comes from, the lines of its parts. */
export interface Line {
  line: string;
  rules: string[];
  row: string;
  source: string;
  parts: number[];
}

// biome-ignore lint/suspicious/noExplicitAny: what a name holds is known where it is asked for
type Anything = any;

/**
 * What brings messages to Python and back: a widget's model, or a page's stand-in for one. A page also says its
 * `_address`, which a copied link begins with.
 */
export interface Model {
  get(name: string): Anything;
  set(name: string, value: unknown): void;
  save_changes(): void;
  send(message: object): void;
  on(event: string, hear: (message: Anything, buffers: ArrayBuffer[]) => void): void;
  off(event: string, hear: (message: Anything, buffers: ArrayBuffer[]) => void): void;
}

/** What is used of plotly. */
export interface Drawing {
  react(canvas: Element, data: unknown, layout: object, config: object): unknown;
  purge(canvas: Element): void;
}

/** What a page has of plotly, and who waits for it. */
export interface Supply {
  drawing(): Drawing | undefined;
  give(drawing: Drawing): void;
  load(packed: BlobPart): Promise<void>;
  fetch(address: string): Promise<void>;
  waiting: Set<(drawing: Drawing) => void>;
  asked: number;
}

declare global {
  var Plotly: Drawing;
  var define: unknown;
  var __marginlibIds: number | undefined;
  var __marginlibSlots: { open(name: string, show: (el: HTMLElement) => () => void): () => void } | undefined;
  var __marginlibPlotly: Supply | undefined;
}
