/**
 * The browser SDK: tells Ensue what a person does on a site, and shows what Ensue has for them.
 *
 *     import ensue from "https://ensue.example/sdk/ensue.js";
 *     ensue.init({ app: "app_…", user: "ana" });
 *
 * One rule: it never disturbs the page. After `init` nothing here throws or writes to the console; what went wrong goes
 * to `onError`, what cannot be sent yet waits.
 */

import { Feed, defineElement } from "./feed.js";
import { Messages } from "./messages.js";
import { EnsueError, Queue, ask, pause } from "./queue.js";

const INACTIVE = 30 * 60_000; // ms without activity that end a session
const SOON = 200; // ms in which events gather to one request
const AT_ONCE = /^(view|click|dismiss)_|^directly_/;
const LABELS = {
  close: "Close",
  dismiss: "Dismiss",
  feed: "News",
  message: "Message",
  pinned: "Pinned",
  unread: "New",
};

/**
 * @typedef {{app: string, user?: string, userToken?: string, url?: string, messages?: {minInterval?: number},
 *   labels?: Partial<typeof LABELS>, onError?: (error: Error) => void}} Options
 * @typedef {{user: string, token?: string, started: number, active: number, viewed: string[]}} Session
 */

/** A random UUID, also on pages without https, which have no `randomUUID`. */
function fresh() {
  const random = (digit) => digit ^ (crypto.getRandomValues(new Uint8Array(1))[0] & (15 >> (digit / 4)));
  return "10000000-1000-4000-8000-100000000000".replace(/[018]/g, (digit) => random(Number(digit)).toString(16));
}

/** What all pages of this site remember; only this page, where the browser keeps nothing. */
export class Memory {
  #here = {};

  /** @param {string} prefix */
  constructor(prefix) {
    this.prefix = prefix;
  }

  /** @param {string} name @returns {any} */
  recall(name) {
    try {
      return JSON.parse(localStorage.getItem(this.prefix + name) ?? "null");
    } catch {
      return this.#here[name];
    }
  }

  /** @param {string} name @param {any} value @returns {any} the value */
  keep(name, value) {
    this.#here[name] = value;
    try {
      localStorage.setItem(this.prefix + name, JSON.stringify(value));
    } catch {
      // it is remembered here
    }
    return value;
  }
}

export class Ensue {
  #app = "";
  #turn = 0;
  #tries = 0;
  #memory = /** @type {Memory} */ (/** @type {unknown} */ (undefined));
  #queue = /** @type {Queue} */ (/** @type {unknown} */ (undefined));
  #messages = /** @type {Messages} */ (/** @type {unknown} */ (undefined));
  #feed = /** @type {Feed} */ (/** @type {unknown} */ (undefined));

  /** Begin; again, it only changes the user. @param {Options} options @returns {Ensue} */
  init({ app, user, userToken, url, messages, labels, onError = () => {} }) {
    if (!this.#app) this.#start({ app, url, messages, labels: { ...LABELS, ...labels }, onError });
    if (!this.user || user) this.changeUser(user, userToken);
    return this;
  }

  /** From now on it is this person; without one, nobody known. @param {string} [id] @param {string} [userToken] */
  changeUser(id, userToken) {
    const user = id || this.#anonymous();
    const before = /** @type {Session | null} */ (this.#memory.recall("session"));
    if (before && before.user !== user) {
      this.#queue.trust(before.user, before.token);
      this.#end(before);
    }
    if (this.user && this.user !== user) {
      this.#messages.clear();
      this.#feed.clear();
    }
    Object.assign(this, { user, userToken });
    this.#queue.trust(user, userToken);
    this.#stir();
    if (before) this.#move(before.user, user);
    this.flush();
    this.refresh();
  }

  /** @param {Record<string, unknown>} attributes null removes one */
  setAttributes(attributes) {
    this.#log("attributes", { attributes });
  }

  /** @param {string} name @param {Record<string, unknown>} [properties] */
  logEvent(name, properties) {
    this.#log("custom_event", { name, properties });
  }

  /** @param {string} product @param {{price: number, currency?: string, quantity?: number, properties?: object}} sale */
  logPurchase(product, { price, currency, quantity, properties } = {}) {
    this.#log("purchase", { product, price, currency, quantity, properties });
  }

  /** @param {"email" | "push"} channel @param {"opted_in" | "subscribed" | "unsubscribed"} state */
  setSubscription(channel, state) {
    this.#log("subscription", { channel, to: state });
  }

  /**
   * Ask for permission and subscribe this browser; call it when a person asked for it.
   * @param {ServiceWorkerRegistration} [registration] default: that of /sw.js @returns {Promise<boolean>} subscribed
   */
  subscribePush(registration) {
    // At once: browsers ask only in answer to a click.
    const permission = this.pushKey && globalThis.Notification?.requestPermission();
    return this.#push(async ({ subscribe }) => {
      if (!permission) throw new EnsueError(0, "no push messages here, or not yet");
      if ((await permission) !== "granted") return false;
      const device = await subscribe(this.pushKey, registration);
      this.#register(this.user, device);
      return true;
    });
  }

  /** @returns {Promise<boolean>} whether it was subscribed */
  unsubscribePush() {
    const device = this.#memory.recall("device");
    if (device) this.#unregister(this.user, device);
    return this.#push(({ unsubscribe }) => device && unsubscribe(device.endpoint).then(() => true));
  }

  /** The cards as they are now; `onFeed` tells of them now and at each change, and returns how to end that. */
  feed() {
    return this.#feed.cards;
  }

  /** @param {(cards: import("./feed.js").Card[]) => void} callback */
  onFeed(callback) {
    return this.#feed.listen(callback);
  }

  /** For feeds that a site draws itself: @param {string} card */
  logCardView(card) {
    this.#feed.view(card);
  }

  /** @param {string} card */
  logCardClick(card) {
    this.#feed.click(card);
  }

  /** @param {string} card */
  dismissCard(card) {
    this.#feed.dismiss(card);
  }

  /** Send what waits; settles when the server has it, or cannot be reached. @returns {Promise<void>} */
  flush() {
    return this.#queue.flush();
  }

  /** Fetch messages and cards anew, and listen for more while the page is visible. */
  async refresh() {
    this.#rest();
    if (document.visibilityState === "hidden") return;
    const news = await this.#news();
    if (!news) return;
    this.#messages.replace(news.messages);
    this.#listen(this.url + news.stream.slice(1));
  }

  #start({ app, url = new URL("..", import.meta.url).href, messages, labels, onError }) {
    this.#app = app;
    this.url = new URL("./", url.endsWith("/") ? url : `${url}/`).href;
    this.onError = (error) => queueMicrotask(() => onError(error));
    this.#memory = new Memory(`ensue-${app}-`);
    this.#queue = new Queue({ app, address: `${this.url}sdk/v1/batch`, onError: this.onError });
    const shared = { labels, memory: this.#memory, log: (type, fields) => this.#log(type, fields) };
    this.#messages = new Messages({ ...shared, url: this.url, minInterval: messages?.minInterval ?? 30 });
    this.#feed = new Feed({ ...shared, first: (card) => this.#first(card) });
    defineElement(this.#feed);
    document.addEventListener("visibilitychange", () => this.#turned(document.visibilityState === "visible"));
    addEventListener("pagehide", () => this.#turned(false));
    addEventListener("pageshow", ({ persisted }) => persisted && this.refresh());
    for (const sign of ["pointerdown", "keydown"]) addEventListener(sign, () => this.#stir(), { passive: true });
  }

  /** A hidden page holds no connection: browsers have few of them for each server. */
  #turned(visible) {
    this.#stir(!visible);
    if (visible) {
      this.flush();
      this.refresh();
    } else {
      this.#rest();
      this.#queue.leave();
    }
  }

  #rest() {
    this.#turn++;
    clearTimeout(this.retry);
    this.stream?.close();
  }

  // ---------------------------------------------------------------- sessions and events

  #anonymous() {
    return this.#memory.recall("anonymous") ?? this.#memory.keep("anonymous", `anonymous-${fresh()}`);
  }

  /** The person is active: their session goes on, or a new one starts, unless they are `leaving`. */
  #stir(leaving = false) {
    const now = Date.now();
    const session = /** @type {Session | null} */ (this.#memory.recall("session"));
    const isMine = session?.user === this.user;
    const goesOn = isMine && now - session.active < INACTIVE;
    if (!goesOn && leaving) return;
    if (isMine && !goesOn) this.#end(session);
    const { started, viewed } = goesOn ? session : { started: now, viewed: [] };
    this.#memory.keep("session", { user: this.user, token: this.userToken, started, active: now, viewed });
    if (!goesOn) this.#put(this.user, "session_start", {}, now);
  }

  /** @param {Session} session */
  #end({ user, started, active }) {
    const end = Date.now() - active < INACTIVE ? Date.now() : active;
    this.#put(user, "session_end", { seconds: Math.round((end - started) / 1000) }, end);
  }

  /** @param {string} card @returns {boolean} whether this is its first view in the session */
  #first(card) {
    this.#stir();
    const session = this.#memory.recall("session");
    if (session.viewed.includes(card)) return false;
    this.#memory.keep("session", { ...session, viewed: [...session.viewed, card] });
    return true;
  }

  #log(type, fields) {
    this.#stir();
    this.#put(this.user, type, fields);
  }

  #put(user, type, fields, at = Date.now()) {
    try {
      const event = JSON.parse(JSON.stringify({ id: fresh(), at: new Date(at), type, ...fields }));
      this.#queue.add(user, event, AT_ONCE.test(type) ? 0 : SOON);
    } catch (fault) {
      this.onError(fault); // properties that are no JSON
    }
  }

  // ---------------------------------------------------------------- the device

  async #push(work) {
    try {
      return Boolean(await work(await import("./push.js")));
    } catch (fault) {
      this.onError(fault);
      return false;
    }
  }

  #register(user, subscription) {
    this.#memory.keep("device", subscription);
    this.#put(user, "push_register", { subscription });
  }

  #unregister(user, { endpoint }) {
    this.#memory.keep("device", null);
    this.#put(user, "push_unregister", { endpoint });
  }

  /** The device belongs to who uses the browser now: nobody gets what is meant for the one before. */
  #move(from, to) {
    const device = this.#memory.recall("device");
    if (!device || from === to) return;
    this.#unregister(from, device);
    this.#register(to, device);
  }

  // ---------------------------------------------------------------- what Ensue has for the person

  /** Fetch messages and cards; undefined where another turn has overtaken this one, or the server cannot be reached. */
  async #news() {
    const turn = ++this.#turn;
    try {
      const news = await ask(`${this.url}sdk/v1/sync`, { app: this.#app, user: this.user, token: this.userToken });
      if (turn !== this.#turn) return undefined;
      this.#tries = 0;
      this.pushKey = news.push_key;
      this.#feed.replace(news.cards);
      return news;
    } catch (fault) {
      if (turn === this.#turn) this.#again(fault);
      return undefined;
    }
  }

  #listen(address) {
    const stream = new EventSource(address);
    stream.addEventListener("message", ({ data }) => this.#messages.put(JSON.parse(data)));
    stream.addEventListener("withdraw", ({ data }) => this.#messages.withdraw(JSON.parse(data).campaign));
    stream.addEventListener("feed", () => this.#news());
    stream.addEventListener("error", () => stream.readyState === EventSource.CLOSED && this.#again(undefined));
    this.stream = stream;
  }

  #again(fault) {
    if (fault?.status >= 400 && fault.status < 500 && fault.status !== 429) return this.onError(fault);
    this.retry = setTimeout(() => this.refresh(), pause(this.#tries++));
  }
}

export const ensue = new Ensue();
export const init = (/** @type {Options} */ options) => ensue.init(options);
export default ensue;
