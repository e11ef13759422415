// Elements made without HTML, since names come from packets.

/**
 * A new element, appended to its parent.
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {string | null} [className]
 * @param {Node | null} [parent]
 * @param {string} [text] shown as it is, never as HTML
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function element(tag, className, parent, text) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  parent?.appendChild(made);
  return made;
}

/**
 * A button; its title is its name for screen readers, too.
 * @param {string} className
 * @param {Node | null} parent
 * @param {string | undefined} text
 * @param {string} title
 * @param {(event: MouseEvent) => void} onClick
 */
export function button(className, parent, text, title, onClick) {
  const made = element("button", className, parent, text);
  made.type = "button";
  made.title = title;
  made.onclick = onClick;
  return made;
}

/**
 * A line that says what is wrong, and a button to try once more.
 * @param {Node} parent
 * @param {string} text
 * @param {() => void} again
 */
export function problem(parent, text, again) {
  const line = element("p", "zx-problem", parent, text);
  line.setAttribute("role", "alert");
  button("zx-again", line, "Try again", "", again);
  return line;
}

/**
 * What an error says.
 * @param {unknown} error
 */
export const messageOf = (error) => (error instanceof Error ? error.message : String(error));

/**
 * The element below another that must be there.
 * @template {Element} [Kind=HTMLElement]
 * @param {ParentNode} root
 * @param {string} selector
 * @returns {Kind}
 */
export function part(root, selector) {
  const found = root.querySelector(selector);
  if (!found) throw new Error(`the page has no ${selector}`);
  return /** @type {any} */ (found);
}
