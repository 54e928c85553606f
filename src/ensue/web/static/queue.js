/**
 * The events that the server has not acknowledged yet, and how they get there.
 *
 * One rule: an event is kept before it is sent, and let go only by the server's answer about it. Each event has an id
 * that the server counts once, so whatever is sent twice (by two tabs, by a beacon, after a lost answer) is harmless.
 */

const MOST = 100; // events in one request
const BEACON = 60_000; // characters in one beacon; browsers take 64 kB
const PATIENCE = 15_000; // ms until a request without an answer counts as failed
const PAUSES = [1, 2, 5, 15, 60]; // seconds between attempts to reach the server
const KEPT = 30 * 24 * 3600_000; // ms after which an event that nobody takes is forgotten
const UNREADABLE = [400, 413, 422]; // the request itself is at fault: trying again does not help

/** @typedef {{id: string, at: string, type: string}} Event */
/** @typedef {{key: string, user: string, token?: string, event: Event, stored?: boolean}} Kept */

/** @param {number} tries so far @returns {number} ms until the next */
export const pause = (tries) => 1000 * PAUSES[Math.min(tries, PAUSES.length - 1)];

/** What the server refused, or why it could not be reached (status 0). */
export class EnsueError extends Error {
  /** @param {number} status @param {string} message @param {object[]} problems each with code, path, message, hint */
  constructor(status, message, problems = []) {
    super(message);
    Object.assign(this, { name: "EnsueError", status, problems });
  }
}

/**
 * Ask the server; text/plain spares the question beforehand that other types need.
 * @param {string} address @param {object} body @returns {Promise<any>}
 */
export async function ask(address, body) {
  const request = { method: "POST", credentials: "omit", body: JSON.stringify(body) };
  const response = await fetch(address, { ...request, signal: AbortSignal.timeout(PATIENCE) }).catch((fault) => {
    throw new EnsueError(0, fault.message);
  });
  const answer = await response.json().catch(() => ({}));
  if (response.ok) return answer;
  throw new EnsueError(response.status, answer.detail ?? answer.title ?? response.statusText, answer.problems);
}

/** @param {string} name @returns {Promise<IDBDatabase>} */
function open(name) {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(name, 1);
    request.onupgradeneeded = () => request.result.createObjectStore("events", { keyPath: "key" });
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

export class Queue {
  #mine = /** @type {Map<string, Kept>} */ (new Map()); // what this page logged; all there is, without IndexedDB
  #tokens = new Map();
  #refused = new Set(); // users whose token the server does not accept
  #shut = false; // the app or this site was refused
  #most = MOST;
  #tries = 0;
  #count = 0;

  /** @param {{app: string, address: string, onError: (error: Error) => void}} options */
  constructor({ app, address, onError }) {
    Object.assign(this, { app, address, onError });
    this.database = open(`ensue-${app}`).catch(() => null);
    const since = new Date(Date.now() - KEPT).toISOString();
    this.#run("readwrite", (events) => events.delete(IDBKeyRange.upperBound(since)));
    addEventListener("online", () => this.flush());
  }

  /** From now on this token speaks for this user, also for events that wait; the last one trusted is here now. */
  trust(user, token) {
    this.user = user;
    this.#tokens.set(user, token);
    this.#refused.delete(user);
  }

  /** @param {string} user @param {Event} event @param {number} delay ms until it is sent */
  async add(user, event, delay) {
    const key = event.at + String(this.#count++).padStart(6, "0") + event.id;
    const kept = { key, user, token: this.#tokens.get(user), event };
    this.#mine.set(key, kept);
    kept.stored = await this.#run("readwrite", (events) => events.put(kept)).then((done) => done !== undefined);
    this.#later(delay);
  }

  /** Send all there is; settles once it is acknowledged, or an attempt failed. */
  flush() {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.next ??= Promise.resolve(this.current).then(() => {
      this.next = undefined;
      this.current = this.#locked(() => this.#drain()).catch(this.onError);
      return this.current;
    });
    return this.next;
  }

  /** The page may be going: send what it logged without waiting for an answer. It stays here until there is one. */
  leave() {
    const mine = [...this.#mine.values()].filter((kept) => !this.#refused.has(kept.user) && !this.#shut);
    for (const user of new Set(mine.map((kept) => kept.user))) {
      const body = JSON.stringify(this.#request(mine.filter((kept) => kept.user === user).slice(0, MOST)));
      if (body.length < BEACON) navigator.sendBeacon(this.address, body);
    }
  }

  #later(delay) {
    if (delay === 0) this.flush();
    else this.timer ??= setTimeout(() => this.flush(), delay);
  }

  /** One tab sends at a time, where browsers know locks. @param {() => Promise<void>} work @returns {Promise<void>} */
  #locked(work) {
    return navigator.locks ? navigator.locks.request(`ensue-${this.app}`, work) : work();
  }

  async #drain() {
    for (;;) {
      const batch = await this.#batch();
      if (!batch.length || this.#shut || !(await this.#send(batch))) return;
    }
  }

  /** @returns {Promise<Kept[]>} the oldest events of one user */
  async #batch() {
    const stored = await this.#run("readonly", (events) => events.getAll());
    const known = new Set(stored?.map((kept) => kept.key));
    for (const { key, stored: was } of this.#mine.values()) {
      if (was && !known.has(key)) this.#mine.delete(key); // another tab has sent it
    }
    const unstored = [...this.#mine.values()].filter((kept) => !known.has(kept.key));
    const all = [...(stored ?? []), ...unstored].filter((kept) => !this.#refused.has(kept.user));
    all.sort((a, b) => (a.key < b.key ? -1 : 1));
    return all.filter((kept) => kept.user === all[0].user).slice(0, this.#most);
  }

  /** @param {Kept[]} batch */
  #request(batch) {
    const [{ user, token }] = batch;
    const events = batch.map((kept) => kept.event);
    return { app: this.app, user, token: this.#tokens.get(user) ?? token, sent_at: new Date().toISOString(), events };
  }

  /** @param {Kept[]} batch @returns {Promise<boolean>} whether to go on */
  async #send(batch) {
    try {
      const answer = await ask(this.address, this.#request(batch));
      this.#most = MOST;
      this.#tries = 0;
      await this.#drop(batch);
      for (const { id, problems } of answer.refused) {
        this.onError(new EnsueError(200, `event ${id} was refused: ${problems[0]?.message}`, problems));
      }
      return true;
    } catch (fault) {
      return this.#failed(fault, batch);
    }
  }

  /** @param {EnsueError} fault @param {Kept[]} batch @returns {Promise<boolean>} whether to go on */
  async #failed(fault, batch) {
    const [{ user }] = batch;
    if (UNREADABLE.includes(fault.status)) {
      this.#most = Math.ceil(batch.length / 2); // halved until the culprit is alone
      if (batch.length > 1) return true;
      await this.#drop(batch);
    } else if (fault.status === 401) this.#refused.add(user);
    else if (fault.status === 403) this.#shut = true;
    else {
      this.#later(pause(this.#tries++));
      return false;
    }
    if (fault.status !== 401 || user === this.user) this.onError(fault); // for others nobody has a new token
    return true;
  }

  /** @param {Kept[]} batch */
  async #drop(batch) {
    for (const { key } of batch) this.#mine.delete(key);
    await this.#run("readwrite", (events) => batch.map(({ key }) => events.delete(key)).at(-1));
  }

  /** @returns {Promise<any>} the result; undefined where there is no database, or no more room in it */
  async #run(mode, work) {
    const database = await this.database;
    if (!database) return undefined;
    return new Promise((resolve) => {
      const transaction = database.transaction("events", mode);
      const request = work(transaction.objectStore("events"));
      transaction.oncomplete = () => resolve(request.result ?? null);
      transaction.onabort = () => resolve(undefined);
    }).catch(() => undefined);
  }
}
