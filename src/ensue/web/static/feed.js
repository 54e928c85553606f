/**
 * The feed: the cards of a person, as data and as the element `<ensue-feed>`.
 *
 * One rule: the server says which cards there are and in which order; here they are only shown, and what a person does
 * with them is told.
 */

import { closer, make, picture, rooted, safe, whenSeen } from "./drawing.js";

const MOMENT = 500; // ms in view that make a view

/**
 * @typedef {{card: string, category: string, layout: "classic" | "captioned_image" | "banner", title: string,
 *   description: string, image?: string, link?: string, pinned: boolean, viewed: boolean, clicked: boolean,
 *   published_at: string, expires_at?: string}} Card
 */

export class Feed {
  #cards = /** @type {Card[]} */ ([]);
  #listeners = /** @type {Set<(cards: Card[]) => void>} */ (new Set());
  #dismissed = new Set();

  /** @param {{labels: Record<string, string>, log: (type: string, fields: object) => void,
   *   first: (card: string) => boolean}} options `first` says once per session that a card was not seen yet */
  constructor(options) {
    Object.assign(this, options);
  }

  get cards() {
    return this.#cards.filter((one) => !this.#dismissed.has(one.card));
  }

  /** @param {Card[]} cards */
  replace(cards) {
    this.#cards = cards;
    this.#listeners.forEach((listener) => listener(this.cards));
  }

  /** Another person: these cards were not theirs. */
  clear() {
    this.#dismissed.clear();
    this.replace([]);
  }

  /** @param {(cards: Card[]) => void} listener @returns {() => void} ends it */
  listen(listener) {
    this.#listeners.add(listener);
    listener(this.cards);
    return () => this.#listeners.delete(listener);
  }

  /** @param {string} card */
  view(card) {
    if (this.first(card)) this.log("view_card", { card });
  }

  /** @param {string} card */
  click(card) {
    this.log("click_card", { card });
  }

  /** @param {string} card */
  dismiss(card) {
    this.log("dismiss_card", { card });
    this.#dismissed.add(card);
    this.replace(this.#cards);
  }
}

/** Make the element known to the page. @param {Feed} feed */
export function defineElement(feed) {
  FeedElement.prototype.feed = feed;
  if (!customElements.get("ensue-feed")) customElements.define("ensue-feed", FeedElement);
}

/** What stands inside the element is shown while there are no cards. */
class FeedElement extends HTMLElement {
  #items = /** @type {Map<string, {drawn: string, item: HTMLElement, stop: () => void}>} */ (new Map());
  #list = make("ul", { role: "list", tabindex: "-1" });

  connectedCallback() {
    if (!this.shadowRoot) rooted(this, STYLES).append(this.#list, make("slot"));
    this.#list.setAttribute("aria-label", this.feed.labels.feed);
    this.unlisten = this.feed.listen((cards) => this.#draw(cards));
  }

  disconnectedCallback() {
    this.unlisten();
    this.#items.forEach(({ stop }) => stop());
    this.#items.clear();
  }

  /** What did not change is left alone: a view under way goes on, the focus stays. @param {Card[]} cards */
  #draw(cards) {
    const before = this.#items;
    this.#items = new Map(cards.map((card) => [card.card, this.#kept(card, before)]));
    before.forEach((one, id) => this.#items.get(id) !== one && one.stop());
    const items = [...this.#items.values()].map((one) => one.item);
    if (items.length !== this.#list.children.length || items.some((item, n) => item !== this.#list.children[n])) {
      this.#list.replaceChildren(...items);
    }
    this.toggleAttribute("filled", cards.length > 0);
  }

  #kept(card, before) {
    const drawn = JSON.stringify(card);
    const old = before.get(card.card);
    if (old?.drawn === drawn) return old;
    const item = this.#item(card);
    return { drawn, item, stop: whenSeen(item, MOMENT, () => this.feed.view(card.card)) };
  }

  /** @param {Card} card */
  #item(card) {
    const { labels } = this.feed;
    const href = safe(card.link);
    const click = () => this.feed.click(card.card);
    const content = href ? make("a", { href, click }, ...this.#content(card)) : make("div", {}, ...this.#content(card));
    const dismiss = closer(`${labels.dismiss}: ${card.title}`, () => this.#dismiss(card));
    const marks = [card.layout, card.pinned && "pinned", !card.viewed && "unread"].filter(Boolean);
    return make("li", { class: marks.join(" "), "data-category": card.category }, content, dismiss);
  }

  /** @param {Card} card */
  #content({ layout, title, description, image, pinned, viewed }) {
    const { labels } = this.feed;
    const marks = [pinned && labels.pinned, !viewed && labels.unread].filter(Boolean);
    const mark = marks.length && make("p", { class: "marks" }, marks.join(" · "));
    const banner = layout === "banner" && picture(image, title);
    if (banner) return [banner, mark];
    return [picture(image), make("div", { class: "text" }, mark, make("h3", {}, title), make("p", {}, description))];
  }

  /** @param {Card} card */
  #dismiss(card) {
    this.#list.focus(); // or the focus would vanish with the button
    this.feed.dismiss(card.card);
  }
}

const STYLES = `
  :host { display: block }
  :host([filled]) slot { display: none }
  ul { list-style: none; display: grid; gap: 1em; margin: 0; padding: 0 }
  li { position: relative; padding: 1em; border: 1px solid var(--ensue-line, color-mix(in srgb, currentColor 25%, transparent));
    border-radius: var(--ensue-radius, .6em); background: var(--ensue-background, Canvas) }
  li > :first-child { display: grid; gap: .8em; padding-inline-end: 2em; text-decoration: none }
  .classic > :first-child:has(img) { grid-template-columns: 4em 1fr }
  .text { display: grid; gap: .3em; align-content: start }
  .unread { border-color: var(--ensue-accent, #1d4ed8) }
  .marks { font-size: .85em; font-weight: 600 }
`;
