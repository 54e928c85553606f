/**
 * One in-app message, drawn: a dialog, a full screen, a slide-up, or HTML in a frame.
 *
 * One rule: the page stays the page's. A message lives in a shadow root of its own, its HTML in a sandbox that reaches
 * nothing; a dialog gives the focus back, a slide-up never takes it.
 */

import { make, picture, rooted, safe, whenSeen } from "./drawing.js";

const MOMENT = 100; // ms in view that make a view

/** @typedef {import("./messages.js").Message} Message */

export class Panel {
  #stops = /** @type {(() => void)[]} */ ([]);

  /**
   * @param {Message} message
   * @param {{labels: Record<string, string>, url: string, on: {view: () => void, dismiss: () => void,
   *   click: (button: {id?: string, log_event?: string, stays?: boolean}) => void}}} options
   */
  constructor(message, { labels, url, on }) {
    Object.assign(this, { message, labels, url, on });
    this.host = make("ensue-message", { layout: message.layout });
    this.box = message.layout === "slideup" ? this.#slideup() : this.#dialog();
    rooted(this.host, STYLES).append(this.box);
    document.body.append(this.host);
    this.box.append(this.#inside()); // after the box: a status is read out when it changes
    if (this.box instanceof HTMLDialogElement) this.box.showModal();
    this.#stops.push(whenSeen(this.box, MOMENT, on.view));
  }

  close() {
    this.#stops.forEach((stop) => stop());
    if (this.box instanceof HTMLDialogElement) this.box.close(); // the focus goes back to where it was
    this.host.remove();
  }

  #dialog() {
    const named = this.message.heading ? { "aria-labelledby": "heading" } : { "aria-label": this.labels.message };
    const described = this.message.body && { "aria-describedby": "body" };
    const cancel = (event) => (event.preventDefault(), this.on.dismiss());
    const click = (event) => event.target === this.box && this.on.dismiss(); // beside it
    const focus = { tabindex: "-1", autofocus: "" };
    return make("dialog", { "aria-modal": "true", ...named, ...described, ...focus, cancel, click });
  }

  #slideup() {
    const keydown = (event) => event.key === "Escape" && this.on.dismiss();
    return make("div", { role: "status", class: "box", keydown });
  }

  #inside() {
    const { layout, html } = this.message;
    const close = make("button", { type: "button", class: "close", "aria-label": this.labels.close }, "×");
    close.addEventListener("click", this.on.dismiss);
    const parts = layout === "html" && html ? [this.#frame(html)] : [this.#content(), this.#buttons()];
    return make("div", { class: "inside" }, ...parts, close);
  }

  #content() {
    const { heading, body, image, link } = this.message;
    const parts = [
      picture(image),
      heading && make("h2", { id: "heading" }, heading),
      body && make("p", { id: "body" }, body),
    ].filter(Boolean);
    const href = safe(link);
    const click = () => this.on.click({});
    return href ? make("a", { class: "content", href, click }, ...parts) : make("div", { class: "content" }, ...parts);
  }

  #buttons() {
    const { buttons } = this.message;
    return buttons && make("div", { class: "buttons" }, ...buttons.map((button, n) => this.#button(button, n)));
  }

  #button(button, n) {
    const href = safe(button.link);
    const look = { class: n ? "button" : "button first", click: () => this.on.click(button) };
    return href ? make("a", { ...look, href }, button.text) : make("button", { ...look, type: "button" }, button.text);
  }

  /** The frame has an origin of its own: it reaches neither the page nor its storage, and talks by messages. */
  #frame(html) {
    const bridge = `<!doctype html><meta charset="utf-8"><script src="${this.url}sdk/bridge.js"></script>`;
    const title = this.message.heading ?? this.labels.message;
    const sandbox = "allow-scripts allow-popups";
    const frame = make("iframe", { sandbox, title, referrerpolicy: "no-referrer", srcdoc: bridge + html });
    const heard = ({ source, data }) => source === frame.contentWindow && data?.ensue && this.#told(frame, data);
    addEventListener("message", heard);
    this.#stops.push(() => removeEventListener("message", heard));
    return frame;
  }

  /** @param {{ensue: string, button?: unknown, link?: unknown, height?: unknown}} data from the frame: not trusted */
  #told(frame, { ensue, button, link, height }) {
    if (ensue === "close") this.on.dismiss();
    else if (ensue === "size") frame.style.height = `${Math.max(Number(height) || 0, 40)}px`;
    else if (ensue === "click") {
      const href = safe(link === undefined ? undefined : String(link));
      this.on.click({ id: button === undefined ? undefined : String(button), stays: !href });
      if (href && navigator.userActivation?.isActive !== false) location.assign(href); // only where a person clicked
    }
  }
}

const STYLES = `
  dialog, .box { padding: 0; border: 0; border-radius: var(--ensue-radius, .6em); overflow: auto;
    background: var(--ensue-background, Canvas); color: inherit; box-shadow: 0 .5em 2em #0006 }
  dialog { width: min(var(--ensue-width, 28em), 92vw); max-height: 90vh }
  dialog:focus { outline: none }
  dialog::backdrop { background: var(--ensue-backdrop, #0009) }
  .box { position: fixed; inset: auto 1em 1em auto; z-index: 2147483647; width: min(24em, calc(100vw - 2em)) }
  .inside { position: relative; display: flex; flex-direction: column; gap: 1em; padding: 1.25em; min-height: 3em }
  .content { display: grid; gap: .6em; padding-inline-end: 2em; text-decoration: none }
  .buttons { display: flex; flex-wrap: wrap; gap: .6em }
  :host([layout=html]) .inside { padding: 0 }
  iframe { display: block; width: 100%; height: 60vh; border: 0 }
  .close { background: var(--ensue-background, Canvas) }
  :host([layout=fullscreen]) dialog { width: 100vw; height: 100vh; max-width: none; max-height: none; border-radius: 0 }
  :host([layout=fullscreen]) .inside { min-height: 100%; justify-content: center; align-items: center }
  @media (prefers-reduced-motion: no-preference) {
    dialog, .box { animation: come .2s ease-out }
    @keyframes come { from { opacity: 0; transform: translateY(1em) } }
  }
`;
