/**
 * The push part of a site's service worker: shows push messages, and tells of taps on them.
 *
 *     importScripts("https://ensue.example/sdk/sw.js"); // the whole /sw.js of the site, or a line of it
 *
 * One rule: a tap is told before the page opens; one that could not be told is kept, and told at the next chance.
 */
"use strict";
{
  const PATIENCE = 3_000; // ms that a page waits for its tap to be told
  const PASSING = (status) => status >= 500 || status === 429;

  const settled = (request) =>
    new Promise((resolve, reject) => {
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });

  /** Work on the taps that nobody knows of yet. */
  const taps = async (mode, work) => {
    const request = indexedDB.open("ensue-taps", 1);
    request.onupgradeneeded = () => request.result.createObjectStore("taps", { keyPath: "id" });
    const database = await settled(request);
    try {
      return await settled(work(database.transaction("taps", mode).objectStore("taps")));
    } finally {
      database.close();
    }
  };

  const tell = async ({ to, ...tap }) => {
    const signal = AbortSignal.timeout(10 * PATIENCE);
    const request = { method: "POST", body: JSON.stringify(tap), keepalive: true, credentials: "omit", signal };
    const response = await fetch(to, request).catch(() => undefined);
    if (response && !PASSING(response.status)) await taps("readwrite", (store) => store.delete(tap.id));
  };

  const tellAll = async () => Promise.all((await taps("readonly", (store) => store.getAll())).map(tell));

  const soon = (work) => Promise.race([work, new Promise((resolve) => setTimeout(resolve, PATIENCE))]);

  const open = async (link) => {
    const { href, protocol } = new URL(link ?? "", registration.scope);
    if (!/^https?:$/.test(protocol)) return;
    const pages = await clients.matchAll({ type: "window", includeUncontrolled: true });
    const page = pages.find((one) => one.url === href) ?? (link ? undefined : pages[0]);
    await (page ? page.focus() : clients.openWindow(href));
  };

  const show = ({ title, body, icon, image, actions = [], ...rest }) => {
    const named = actions.map(({ id, text }) => ({ action: id, title: text }));
    const data = { ...rest, actions };
    return registration.showNotification(title ?? "", {
      body, icon, image, actions: named, data, tag: rest.campaign, renotify: true,
    });
  };

  const read = (data) => {
    try {
      return data.json();
    } catch {
      return undefined; // it is not from Ensue
    }
  };

  const answer = async (data, action) => {
    const tap = { id: crypto.randomUUID(), to: data.tap, at: new Date().toISOString(), button: action || undefined };
    await taps("readwrite", (store) => store.put(tap)).catch(() => {});
    await soon(tellAll().catch(() => tell(tap)));
    await open(data.actions.find((one) => one.id === action)?.link ?? data.link);
  };

  self.addEventListener("push", (event) => {
    const message = read(event.data);
    if (message?.campaign) event.waitUntil(Promise.allSettled([show(message), tellAll()]));
  });

  self.addEventListener("notificationclick", (event) => {
    const { data } = event.notification;
    if (!data?.tap) return;
    event.notification.close();
    event.waitUntil(answer(data, event.action));
  });

  self.addEventListener("activate", (event) => event.waitUntil(tellAll().catch(() => {})));
}
