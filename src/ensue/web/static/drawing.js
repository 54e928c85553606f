/**
 * What messages and cards are drawn with.
 *
 * One rule: text goes in as text, a link leads only where a person may be led, and nothing needs `unsafe-inline`.
 */

const LEADING = ["http:", "https:", "mailto:", "tel:"];

/**
 * Make an element; `text` becomes its text, functions become listeners, absent values are left out.
 * @param {string} tag @param {Record<string, any>} attributes @param {(Node | string | 0 | undefined)[]} children
 */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === false) continue;
    if (typeof value === "function") element.addEventListener(name, value);
    else element.setAttribute(name, value);
  }
  element.append(...children.filter(Boolean));
  return element;
}

/** @param {string | undefined} link @returns {string | undefined} it as an address; undefined for what may do harm */
export function safe(link) {
  if (!link) return undefined;
  try {
    const { href, protocol } = new URL(link, document.baseURI);
    return LEADING.includes(protocol) ? href : undefined;
  } catch {
    return undefined;
  }
}

/** A decoration: it vanishes where it cannot be loaded. @param {string | undefined} address @param {string} alt */
export function picture(address, alt = "") {
  const src = safe(address);
  return src && make("img", { src, alt, error: (event) => event.target.remove() });
}

/** The button that takes something away. @param {string} label @param {() => void} click */
export function closer(label, click) {
  return make("button", { class: "close", "aria-label": label, click }, "×");
}

/** A shadow root with these styles, which a strict Content-Security-Policy allows. @param {Element} host */
export function rooted(host, styles) {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(SHARED + styles);
  const root = host.attachShadow({ mode: "open" });
  root.adoptedStyleSheets = [sheet];
  return root;
}

/**
 * Call `then` once a person can have seen the element: half of it (or of the window) in view for a moment, on a
 * visible page.
 * @param {Element} element @param {number} moment ms @param {() => void} then @returns {() => void} stops looking
 */
export function whenSeen(element, moment, then) {
  let timer;
  const observer = new IntersectionObserver(look, { threshold: [0, 0.25, 0.5, 0.75, 1] });
  const again = () => (observer.unobserve(element), observer.observe(element));
  const stop = () => {
    clearTimeout(timer);
    observer.disconnect();
    document.removeEventListener("visibilitychange", again);
  };
  function look(entries) {
    const { intersectionRatio, intersectionRect, rootBounds } = entries.at(-1);
    const much = intersectionRatio >= 0.5 || (rootBounds && intersectionRect.height >= rootBounds.height / 2);
    clearTimeout(timer);
    if (much && document.visibilityState === "visible") timer = setTimeout(() => (stop(), then()), moment);
  }
  document.addEventListener("visibilitychange", again);
  observer.observe(element);
  return stop;
}

const SHARED = `
  * { box-sizing: border-box }
  :host { font-family: var(--ensue-font, inherit); line-height: 1.5; color: var(--ensue-text, CanvasText) }
  h2, h3, p { margin: 0; overflow-wrap: anywhere; white-space: pre-line }
  h2, h3 { font-size: 1.2em }
  img { display: block; max-width: 100%; border-radius: inherit }
  a { color: inherit }
  [tabindex]:focus { outline: none }
  button, .button { font: inherit; padding: .5em 1.1em; border: 1px solid; border-radius: var(--ensue-radius, .6em);
    background: none; color: inherit; text-decoration: none; cursor: pointer }
  .first { background: var(--ensue-accent, #1d4ed8); color: var(--ensue-accent-text, #fff); border-color: transparent }
  .close { position: absolute; inset-block-start: .25em; inset-inline-end: .25em; width: 2.5em; height: 2.5em;
    padding: 0; border: 0; background: var(--ensue-background, Canvas); font-size: 1.1em; line-height: 1 }
  :focus-visible { outline: 3px solid var(--ensue-text, CanvasText); outline-offset: 2px }
`;
