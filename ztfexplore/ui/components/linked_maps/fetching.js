// Fetching and decoding. An address names its content, so that nothing is fetched twice.

const MOST_KEPT = 24;
/** @type {Map<string, Promise<ArrayBuffer>>} */
const fetched = new Map();

/**
 * The content of an address as an array.
 * @template Made
 * @param {string} url
 * @param {new (buffer: ArrayBuffer) => Made} Type
 * @returns {Promise<Made>}
 */
export function bytes(url, Type) {
  let answer = fetched.get(url);
  if (!answer) {
    const [oldest] = fetched.keys();
    if (fetched.size > MOST_KEPT) fetched.delete(oldest);
    answer = ask(url).then((response) => response.arrayBuffer());
    answer.catch(() => fetched.delete(url));
    fetched.set(url, answer);
  }
  return answer.then((buffer) => new Type(buffer));
}

/**
 * An answer of the server; an error says in words why there is none.
 * @param {string} url
 */
export async function ask(url) {
  const response = await fetch(absolute(url)).catch(() => {
    throw new Error("the server does not answer");
  });
  if (!response.ok) throw new Error((await response.text()).slice(0, 300) || response.statusText);
  return response;
}

/** @param {string} url relative to the app */
export const absolute = (url) => new URL(url, document.baseURI).href;

/**
 * plotly.js, loaded once.
 * @param {string} url
 * @returns {Promise<import("./types").PlotlyApi>}
 */
export function loadPlotly(url) {
  if (window.Plotly) return Promise.resolve(window.Plotly);
  return (window.__ztfexplorePlotly ??= new Promise((resolve, reject) => {
    const fail = () => {
      window.__ztfexplorePlotly = null; // another try may do
      script.remove();
      reject(new Error("plotly.js cannot be fetched from the server"));
    };
    const script = document.createElement("script");
    script.src = absolute(url);
    script.onload = () => (window.Plotly ? resolve(window.Plotly) : fail());
    script.onerror = fail;
    document.head.appendChild(script);
  }));
}

/** @param {Uint32Array} array */
export function base64(array) {
  const raw = new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
  const parts = [];
  for (let i = 0; i < raw.length; i += 0x8000) parts.push(String.fromCharCode(...raw.subarray(i, i + 0x8000)));
  return btoa(parts.join(""));
}
