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
  /** What a screen reader says before the label, if not the group's heading. */
  spoken: string;
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
  /** Of sliders, by name: up to which value they change anything in this state, where that is less than their most. */
  ends: Record<string, string>;
  tables: Table[];
}

/** A mark of a figure that is dragged in place of a control, as touch.py says it. */
export interface Grip {
  control: string;
  axis: "x" | "y";
  places: number[];
  across: [] | [number, number];
}

/** How a picture goes where it stands now: in so many ms; at an even speed where it goes on from there. */
export interface Pace {
  ms: number;
  even?: boolean;
}

/** What is used of an axis. */
export interface Axis {
  range?: [number, number];
  domain?: [number, number];
  type?: string;
}

/** A plotly spec with roles for colours. */
export interface Figure {
  data: unknown[];
  layout: {
    height: number;
    margin?: { l?: number; r?: number; t?: number; b?: number };
    xaxis?: Axis;
    yaxis?: Axis;
    meta?: {
      share?: number;
      least?: number;
      bare?: boolean;
      name?: string;
      grips?: Grip[];
      tells?: [text: string, value: number][];
    };
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

/** The rules, by id: title and words. */
export type Rules = Record<string, [title: string, text: string]>;

/** What has happened in some states, by their keys. */
export interface Happenings {
  kind: "happens";
  found: Record<string, string[]>;
}

export type Message =
  | States
  | Happenings
  | { kind: "failed"; message: string }
  | { kind: "plotly" }
  | { kind: "rules"; rules: Rules }
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
  var __marginlibSound: AudioContext | undefined;
  var __marginlibPlotly: Supply | undefined;
  /** What a page has of the rules, where its list of them is (empty: nowhere), and who waits for them. */
  var __marginlibRules: { known?: Rules; list?: string; waiting: Set<() => void> } | undefined;
}
