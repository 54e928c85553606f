/**
 * This browser as a device that push messages reach; loaded when a page asks for it.
 *
 * One rule: whom a device belongs to is not known here (`changeUser` moves it along).
 *
 * @typedef {{endpoint: string, keys: Record<string, string>}} Subscription
 */

/**
 * Subscribe, with the permission that was given.
 * @param {string} key the server's public key @param {ServiceWorkerRegistration} [given] default: that of /sw.js
 * @returns {Promise<Subscription>}
 */
export async function subscribe(key, given) {
  const registration = given ?? (await navigator.serviceWorker.register("/sw.js"));
  await active(registration);
  const subscription = await registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key });
  const { endpoint, keys } = subscription.toJSON();
  return { endpoint, keys };
}

/** @param {string} endpoint */
export async function unsubscribe(endpoint) {
  for (const registration of await navigator.serviceWorker.getRegistrations()) {
    const subscription = await registration.pushManager.getSubscription();
    if (subscription?.endpoint === endpoint) await subscription.unsubscribe();
  }
}

/** Settles once the worker works. @param {ServiceWorkerRegistration} registration */
function active(registration) {
  const worker = registration.installing ?? registration.waiting;
  return new Promise((resolve) => {
    const look = () => registration.active && resolve(undefined);
    worker?.addEventListener("statechange", look);
    look();
  });
}
