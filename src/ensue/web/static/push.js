/**
 * This browser as a device that push messages reach.
 *
 * One rule: the device belongs to the person who uses the browser now; it moves with `changeUser`, so that nobody gets
 * what is meant for the one before.
 */

export class Device {
  /**
   * @param {{memory: import("./ensue.js").Memory, key: () => string | null | undefined,
   *   put: (user: string, type: string, fields: object) => void, user: () => string}} options
   */
  constructor(options) {
    Object.assign(this, options);
  }

  /** @param {ServiceWorkerRegistration} [given] @returns {Promise<boolean>} */
  async subscribe(given) {
    if (!this.key()) throw new Error("push is not set up on the server");
    if ((await Notification.requestPermission()) !== "granted") return false;
    const registration = given ?? (await navigator.serviceWorker.register("/sw.js"));
    await this.#active(registration);
    const options = { userVisibleOnly: true, applicationServerKey: this.key() };
    const { endpoint, keys } = (await registration.pushManager.subscribe(options)).toJSON();
    this.#register(this.user(), { endpoint, keys });
    return true;
  }

  /** @returns {Promise<boolean>} */
  async unsubscribe() {
    const known = this.memory.recall("device");
    if (!known) return false;
    this.#unregister(this.user(), known);
    this.memory.keep("device", null);
    for (const registration of await navigator.serviceWorker.getRegistrations()) {
      const subscription = await registration.pushManager.getSubscription();
      if (subscription?.endpoint === known.endpoint) await subscription.unsubscribe();
    }
    return true;
  }

  /** @param {string} from @param {string} to */
  move(from, to) {
    const known = this.memory.recall("device");
    if (!known) return;
    this.#unregister(from, known);
    this.#register(to, known);
  }

  #register(user, subscription) {
    this.memory.keep("device", subscription);
    this.put(user, "push_register", { subscription });
  }

  #unregister(user, { endpoint }) {
    this.put(user, "push_unregister", { endpoint });
  }

  /** @param {ServiceWorkerRegistration} registration settles once it works */
  #active(registration) {
    const worker = registration.installing ?? registration.waiting ?? registration.active;
    return new Promise((resolve) => {
      const look = () => registration.active && resolve(undefined);
      worker?.addEventListener("statechange", look);
      look();
    });
  }
}
