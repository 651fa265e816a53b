/** Small helpers around the document: find, create, listen, and write only what changed. */

/**
 * The one element that matches, checked to be of the wanted class.
 * @template {Element} E
 * @param {ParentNode} root
 * @param {string} selector
 * @param {{ new (): E }} type
 * @returns {E}
 */
export function find(root, selector, type) {
  const element = root.querySelector(selector);
  if (!(element instanceof type)) throw new Error(`Missing ${type.name} ${selector}`);
  return element;
}

/**
 * The one HTML element with an id.
 * @param {string} id
 * @returns {HTMLElement}
 */
export const byId = (id) => find(document, `#${id}`, HTMLElement);

/**
 * Every element that matches, checked to be of the wanted class.
 * @template {Element} E
 * @param {ParentNode} root
 * @param {string} selector
 * @param {{ new (): E }} type
 * @returns {E[]}
 */
export function findAll(root, selector, type) {
  return [...root.querySelectorAll(selector)].map((element) => {
    if (!(element instanceof type)) throw new Error(`${selector} is not a ${type.name}`);
    return element;
  });
}

/**
 * A new HTML element with attributes and children; strings become text, never markup.
 * @template {keyof HTMLElementTagNameMap} Name
 * @param {Name} name
 * @param {Record<string, string | number | boolean>} [attributes] true writes an empty attribute, false none
 * @param {...(Node | string)} children
 * @returns {HTMLElementTagNameMap[Name]}
 */
export function create(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== false) element.setAttribute(key, value === true ? "" : String(value));
  }
  element.append(...children);
  return element;
}

/**
 * An icon from the page's own set of symbols.
 * @param {string} name
 * @returns {SVGSVGElement}
 */
export function icon(name) {
  const namespace = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(namespace, "svg");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(namespace, "use");
  use.setAttribute("href", `#icon-${name}`);
  svg.append(use);
  return svg;
}

/**
 * Writes text only when it differs, so that unchanged read-outs cost no layout.
 * @param {Node} node
 * @param {string} text
 */
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/**
 * Writes an attribute only when it differs.
 * @param {Element} element
 * @param {string} name
 * @param {string} value
 */
export function setAttribute(element, name, value) {
  if (element.getAttribute(name) !== value) element.setAttribute(name, value);
}
