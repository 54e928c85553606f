/**
 * In-app messages: which one is shown when, and what a person does with it.
 *
 * One rule: one at a time, the higher priority first, then the older; `minInterval` lies between two. It does not hold
 * back a message that comes as an answer to what the person just did with the one before.
 */

import { Panel } from "./panel.js";

const ANSWERS = 10_000; // ms after a click or dismissal in which a new message counts as an answer to it
const REMEMBERED = 100; // ids of shown messages

/**
 * @typedef {{id: string, text: string, link?: string, close?: boolean, log_event?: string}} Button
 * @typedef {{message: string, campaign: string, layout: "modal" | "slideup" | "fullscreen" | "html", priority: number,
 *   heading?: string, body?: string, image?: string, html?: string, link?: string, buttons?: Button[],
 *   dismiss_after?: number}} Message
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
    this.memory.keep("messages", { shown: [], closedAt: 0, answeredAt: 0, ...this.#past });
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
    return this.memory.recall("messages");
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
