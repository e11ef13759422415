// What changes around a map: its size and the page's colours.

/**
 * plotly by itself watches the window only: a scroll bar that appears makes the maps narrower, too.
 * @param {import("./types").PlotlyElement} plot
 * @param {import("./types").PlotlyApi} Plotly
 */
export function watchSize(plot, Plotly) {
  new ResizeObserver(() => {
    const layout = plot._fullLayout;
    if (!layout || !plot.clientWidth) return; // not shown
    if (layout.width !== plot.clientWidth || layout.height !== plot.clientHeight) Plotly.Plots.resize(plot);
  }).observe(plot);
}

/**
 * linked_maps.css lets an invisible colour of the root follow the theme's text by a transition, whose end is an event.
 * @param {HTMLElement} root
 * @param {() => void} changed
 */
export function watchTheme(root, changed) {
  if (root.dataset.watched) return;
  root.dataset.watched = "true";
  root.addEventListener("transitionend", (event) => {
    if (event.target === root && event.propertyName === "outline-color") changed();
  });
}
