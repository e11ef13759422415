// Fetching and decoding; elements made without HTML, since names come from packets.

const fetched = new Map();

// Bytes by address, fetched once: an address names its content.
export function bytes(url, Type) {
  if (!fetched.has(url)) {
    if (fetched.size > 24) fetched.delete(fetched.keys().next().value);
    const answer = ask(url).then((response) => response.arrayBuffer());
    answer.catch(() => fetched.delete(url));
    fetched.set(url, answer);
  }
  return fetched.get(url).then((buffer) => new Type(buffer));
}

export async function ask(url, options) {
  const response = await fetch(absolute(url), options).catch(() => {
    throw new Error("the server does not answer");
  });
  if (!response.ok) throw new Error((await response.text()).slice(0, 300) || response.statusText);
  return response;
}

export const absolute = (url) => new URL(url, document.baseURI).href;

export function loadPlotly(url) {
  if (window.Plotly) return Promise.resolve(window.Plotly);
  return (window.__ztfexplorePlotly ??= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = absolute(url);
    script.onload = () => resolve(window.Plotly);
    script.onerror = () => {
      window.__ztfexplorePlotly = null; // another try may do
      script.remove();
      reject(new Error("plotly.js cannot be fetched from the server"));
    };
    document.head.appendChild(script);
  }));
}

export function element(tag, className, parent, text) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text; // never HTML
  parent?.appendChild(made);
  return made;
}

// A line that says what is wrong, and a button to try once more.
export function problem(parent, text, again) {
  const line = element("p", "zx-problem", parent, text);
  line.setAttribute("role", "alert");
  const button = element("button", "zx-again", line, "Try again");
  button.type = "button";
  button.onclick = again;
  return line;
}

export function base64(array) {
  const raw = new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
  const parts = [];
  for (let i = 0; i < raw.length; i += 0x8000) parts.push(String.fromCharCode(...raw.subarray(i, i + 0x8000)));
  return btoa(parts.join(""));
}
