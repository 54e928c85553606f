/**
 * The frame of an HTML message; loaded where there is one.
 *
 * One rule: the frame has an origin of its own and reaches neither the page nor its storage. It talks by messages
 * (`bridge.js` speaks for it), which are not trusted: what they say is text, and a link leads on only where a person
 * clicked.
 */

import { make, safe } from "./drawing.js";

/**
 * @param {HTMLElement} box @param {string} html @param {string} title
 * @param {{url: string, on: {dismiss: () => void, click: (button: {id?: string, stays?: boolean}) => void}}} options
 * @returns {() => void} stops listening
 */
export function frame(box, html, title, { url, on }) {
  const sandbox = "allow-scripts allow-popups";
  const bridge = `<!doctype html><meta charset="utf-8"><script src="${url}sdk/bridge.js"></script>`;
  const inner = make("iframe", { sandbox, title, referrerpolicy: "no-referrer", srcdoc: bridge + html });
  const heard = ({ source, data }) => source === inner.contentWindow && data?.ensue && told(inner, data, on);
  addEventListener("message", heard);
  box.append(inner);
  return () => removeEventListener("message", heard);
}

/** @param {{ensue: string, button?: unknown, link?: unknown, height?: unknown}} data */
function told(inner, { ensue, button, link, height }, on) {
  if (ensue === "close") on.dismiss();
  else if (ensue === "size") inner.style.height = `${Math.max(Number(height) || 0, 40)}px`;
  else if (ensue === "click") {
    const href = safe(link === undefined ? undefined : String(link));
    on.click({ id: button === undefined ? undefined : String(button), stays: !href });
    if (href && navigator.userActivation?.isActive !== false) location.assign(href);
  }
}
