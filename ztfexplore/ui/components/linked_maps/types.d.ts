// What component.py sends, what the server answers, and the little of plotly.js that is used here.

/** Rows of a view: what neighbours must be near to, the picked object first, and what they must be far from. */
export interface Query {
  like: number[];
  unlike: number[];
}

export interface LegendEntry {
  name: string;
  colour: string;
  symbol: string;
  count: number;
}

interface ColourBase {
  /** Changes with everything below. */
  id: string;
  /** What the classes of the legend are, if they are not labels. */
  legend: string;
}
interface CategoriesBase extends ColourBase {
  kind: "categories";
  entries: LegendEntry[];
}
interface NumbersBase extends ColourBase {
  kind: "numbers";
  low: number;
  high: number;
  title: string;
}
/** `codes`, `values` and `shown` are addresses of a byte, float32 and byte a row. */
export type ColourMessage = (CategoriesBase & { codes: string } | NumbersBase & { values: string }) & { shown: string | null };

interface Decoded {
  /** Which trace a row belongs to. */
  codes: Uint8Array;
  /** 0 for a row that a filter leaves out; null if there is no filter. */
  mask: Uint8Array | null;
}
export type CategoryColouring = CategoriesBase & Decoded;
export type NumberColouring = NumbersBase & Decoded & { values: Float32Array };
export type Colouring = CategoryColouring | NumberColouring;

interface Message {
  page: string;
  /** The address of main.js. */
  script: string;
  /** How addresses of questions about the rows begin. */
  view: string;
}
export interface MapsMessage extends Message {
  role: "maps";
  plotly: string;
  version: string;
  note: string | null;
  panels: { encoder: string; title: string; points: string }[];
  ids: string | null;
  table: string;
  colour: ColourMessage;
  /** Where an object that is not in the catalogue lies on each map. */
  uploaded: ([number, number] | null)[] | null;
}
export interface StampsMessage extends Message {
  role: "stamps";
  row: number;
  name: string;
}
export interface PanelMessage extends Message, Query {
  role: "panel";
  encoders: string[];
  headings: string[];
  same_object: boolean;
  selected: { rows: string | null; name: string };
  state: string;
}

/** What Streamlit hands to a component of version 2. */
export interface Component {
  data: MapsMessage | StampsMessage | PanelMessage | null;
  parentElement: HTMLElement;
  setTriggerValue(name: string, value: unknown): void;
}

/** One object in the answer about neighbours; the candid is text, since it exceeds 2^53. */
export interface Card {
  row: number;
  candid: string;
  object_id: string;
  caption: string;
  colour: string;
  image: string;
  simulated: boolean;
  distance: number;
  shared: boolean;
}
export interface Near {
  like: Card[];
  unlike: Card[];
  panels: { note: string; items: Card[] }[];
  overlap?: string;
  problem?: string;
}

// --- plotly.js -------------------------------------------------------------------------------------------------

interface PlotlyAxis {
  range: [number, number];
  d2p(value: number): number;
}
export interface PlotlyElement extends HTMLElement {
  on(event: string, listener: () => void): void;
  /** Not public, but the only place where plotly says where it draws. */
  _fullLayout?: {
    width: number;
    height: number;
    _size: { l: number; t: number; w: number; h: number };
    xaxis: PlotlyAxis;
    yaxis: PlotlyAxis;
  };
}
export interface PlotlyApi {
  react(plot: HTMLElement, traces: object[], layout: object, config: object): Promise<unknown>;
  relayout(plot: HTMLElement, changes: Record<string, unknown>): Promise<unknown>;
  restyle(plot: HTMLElement, changes: Record<string, unknown>, traces: number[]): Promise<unknown>;
  purge(plot: HTMLElement): void;
  Plots: { resize(plot: HTMLElement): void };
  Icons: Record<string, object>;
}

declare global {
  interface Window {
    Plotly?: PlotlyApi;
    /** Fetched once, by whichever page needs it first. */
    __ztfexplorePlotly?: Promise<PlotlyApi> | null;
    /** The store of each page; tests look into it. */
    __ztfexplore?: Record<string, import("./store.js").Store>;
  }
}
