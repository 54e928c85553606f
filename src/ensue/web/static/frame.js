/**
 * The frame of an HTML message; loaded where there is one.
 *
 * One rule: the frame has an origin of its own and reaches neither the page nor its storage. All it can do is lead the
 * page on where a person clicks in it (browsers see to that), and talk by messages, which are not trusted.
 */

import { make } from "./drawing.js";

const SANDBOX = "allow-scripts allow-popups allow-top-navigation-by-user-activation";

/**
 * @param {HTMLElement} box @param {string} html @param {string} title
 * @param {{url: string, on: {dismiss: () => void, click: (button: {id?: string, stays: boolean}) => void}}} options
 * @returns {() => void} stops listening
 */
export function frame(box, html, title, { url, on }) {
  const bridge = `<!doctype html><meta charset="utf-8"><script src="${url}sdk/bridge.js"></script>`;
  const inner = make("iframe", { sandbox: SANDBOX, title, referrerpolicy: "no-referrer", srcdoc: bridge + html });
  const heard = ({ source, data }) => source === inner.contentWindow && told(inner, data ?? {}, on);
  addEventListener("message", heard);
  box.append(inner);
  return () => removeEventListener("message", heard);
}

/** @param {{ensue?: string, button?: unknown, height?: unknown}} data */
function told(inner, { ensue, button, height }, on) {
  if (ensue === "close") on.dismiss();
  if (ensue === "click") {
    on.click({ id: button === undefined ? undefined : String(button), stays: true });
    inner.contentWindow?.postMessage({ ensue: "heard" }, "*");
  }
  if (ensue === "size") inner.style.height = `${Math.max(Number(height) || 0, 40)}px`;
}
