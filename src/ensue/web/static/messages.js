/**
 * In-app messages: which one is shown when, how it is drawn, and what a person does with it.
 *
 * One rule: the page stays the page's. One message at a time, in a shadow root; its HTML in a sandbox that reaches
 * nothing; a dialog gives the focus back, a slide-up never takes it.
 */

import { closer, make, picture, rooted, safe, whenSeen } from "./drawing.js";

const MOMENT = 100; // ms in view that make a view
const ANSWERS = 10_000; // ms after a click or dismissal in which a new message counts as an answer to it
const REMEMBERED = 100; // ids of shown messages

/**
 * @typedef {{id: string, text: string, link?: string, close?: boolean, log_event?: string}} Button
 * @typedef {{message: string, campaign: string, layout: "modal" | "slideup" | "fullscreen" | "html", priority: number,
 *   heading?: string, body?: string, image?: string, html?: string, link?: string, buttons?: Button[],
 *   dismiss_after?: number}} Message
 */

/**
 * The higher priority first, then the older; `minInterval` lies between two. It does not hold back a message that comes
 * as an answer to what the person just did with the one before.
 */
export class Messages {
  #waiting = /** @type {(Message & {answer?: boolean})[]} */ ([]);
  #panel = /** @type {Panel | undefined} */ (undefined);
  #timer;

  /**
   * @param {{minInterval: number, labels: Record<string, string>, url: string, memory: import("./ensue.js").Memory,
   *   log: (type: string, fields: object) => void}} options
   */
  constructor(options) {
    Object.assign(this, options);
  }

  /** @param {Message[]} messages all that lie ready now: others that wait are gone */
  replace(messages) {
    const ready = new Set(messages.map((one) => one.message));
    this.#waiting = this.#waiting.filter((one) => ready.has(one.message));
    messages.forEach((one) => this.put(one));
  }

  /** @param {Message} message */
  put(message) {
    const known = [this.#panel?.message, ...this.#waiting].some((one) => one?.message === message.message);
    if (known || this.#past.shown.includes(message.message)) return;
    this.#waiting.push({ ...message, answer: Date.now() - this.#past.answeredAt < ANSWERS });
    this.#waiting.sort((a, b) => Number(b.answer) - Number(a.answer) || b.priority - a.priority);
    this.#next();
  }

  /** @param {string} campaign it was stopped: take its messages away */
  withdraw(campaign) {
    this.#waiting = this.#waiting.filter((one) => one.campaign !== campaign);
    if (this.#panel?.message.campaign === campaign) this.#close();
  }

  /** Another person: what lay ready was not theirs. */
  clear() {
    this.#waiting = [];
    if (this.#panel) this.#close();
  }

  get #past() {
    return { shown: [], closedAt: 0, answeredAt: 0, ...this.memory.recall("messages") };
  }

  #remember(changes) {
    this.memory.keep("messages", { ...this.#past, ...changes });
  }

  #next() {
    clearTimeout(this.#timer);
    const [first] = this.#waiting;
    if (this.#panel || !first) return;
    const wait = first.answer ? 0 : this.#past.closedAt + this.minInterval * 1000 - Date.now();
    if (wait > 0) this.#timer = setTimeout(() => this.#next(), wait);
    else this.#show(/** @type {Message} */ (this.#waiting.shift()));
  }

  #show(message) {
    const on = {
      view: () => this.#viewed(message),
      click: (button) => this.#clicked(message, button),
      dismiss: () => this.#dismissed(message),
    };
    this.#panel = new Panel(message, { labels: this.labels, url: this.url, on });
  }

  #viewed({ message, dismiss_after: seconds }) {
    this.log("view_in_app_message", { message });
    this.#remember({ shown: [...this.#past.shown, message].slice(-REMEMBERED) });
    const close = () => this.#panel?.message.message === message && this.#close();
    if (seconds) setTimeout(close, seconds * 1000); // nobody dismissed it, so no dismissal is logged
  }

  /** @param {Message} message @param {{id?: string, log_event?: string, stays?: boolean}} button */
  #clicked({ message }, { id, log_event: name, stays }) {
    this.#remember({ answeredAt: Date.now() });
    this.log("click_in_app_message", { message, button: id });
    if (name) this.log("custom_event", { name });
    if (!stays) this.#close();
  }

  #dismissed({ message }) {
    this.#remember({ answeredAt: Date.now() });
    this.log("dismiss_in_app_message", { message });
    this.#close();
  }

  #close() {
    this.#panel?.close();
    this.#panel = undefined;
    this.#remember({ closedAt: Date.now() });
    this.#next();
  }
}

/** One message, drawn. */
class Panel {
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
    this.box.showModal?.();
    if (this.box.showModal) this.box.focus(); // so that heading and body are read first
    this.#stops.push(whenSeen(this.box, MOMENT, on.view));
  }

  close() {
    this.#stops.forEach((stop) => stop());
    this.box.close?.(); // the focus goes back to where it was
    this.host.remove();
  }

  #dialog() {
    const named = this.message.heading ? { "aria-labelledby": "heading" } : { "aria-label": this.labels.message };
    const described = this.message.body && { "aria-describedby": "body" };
    const cancel = (event) => (event.preventDefault(), this.on.dismiss());
    const click = (event) => event.target === this.box && this.on.dismiss(); // beside it
    return make("dialog", { "aria-modal": "true", tabindex: "-1", ...named, ...described, cancel, click });
  }

  #slideup() {
    const keydown = (event) => event.key === "Escape" && this.on.dismiss();
    return make("div", { role: "status", class: "box", keydown });
  }

  #inside() {
    const { layout, html } = this.message;
    const parts = layout === "html" && html ? [this.#framed(html)] : [this.#content(), this.#buttons()];
    return make("div", { class: "inside" }, ...parts, closer(this.labels.close, this.on.dismiss));
  }

  #content() {
    const { heading, body, image, link } = this.message;
    const parts = [
      picture(image),
      heading && make("h2", { id: "heading" }, heading),
      body && make("p", { id: "body" }, body),
    ];
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
    return href ? make("a", { ...look, href }, button.text) : make("button", look, button.text);
  }

  /** @param {string} html */
  #framed(html) {
    const box = make("div");
    const title = this.message.heading ?? this.labels.message;
    import("./frame.js").then(({ frame }) => box.isConnected && this.#stops.push(frame(box, html, title, this)));
    return box;
  }
}

const STYLES = `
  dialog, .box { padding: 0; border: 0; border-radius: var(--ensue-radius, .6em); overflow: auto;
    background: var(--ensue-background, Canvas); color: inherit; box-shadow: 0 .5em 2em #0006 }
  dialog { width: min(var(--ensue-width, 28em), 92vw); max-height: 90vh }
  dialog::backdrop { background: var(--ensue-backdrop, #0009) }
  .box { position: fixed; inset: auto 1em 1em auto; z-index: 2147483647; width: min(24em, calc(100vw - 2em)) }
  .inside { position: relative; display: flex; flex-direction: column; gap: 1em; padding: 1.25em; min-height: 3em }
  .content { display: grid; gap: .6em; padding-inline-end: 2em; text-decoration: none }
  .buttons { display: flex; flex-wrap: wrap; gap: .6em }
  :host([layout=html]) .inside { padding: 0 }
  iframe { display: block; width: 100%; height: 60vh; border: 0 }
  :host([layout=fullscreen]) dialog { width: 100vw; height: 100vh; max-width: none; max-height: none; border-radius: 0 }
  :host([layout=fullscreen]) .inside { min-height: 100%; justify-content: center; align-items: center }
  @media (prefers-reduced-motion: no-preference) {
    dialog, .box { animation: come .2s ease-out }
    @keyframes come { from { opacity: 0; transform: translateY(1em) } }
  }
`;
