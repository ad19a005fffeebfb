// What a phone does for Paxora while no page of ours is open: it shows that somebody calls, and that the call is over.
//
// One rule stands behind most of this: every push shows exactly one card, whatever is in it. A browser that sees a push
// without one takes the subscription away (Safari after three). So a card is closed only to show another in its place,
// in this order and before the push counts as handled: iOS does not replace a card by itself, whatever its tag.
//
// The files of the app (/assets) are kept: their names change with what is in them, so what is kept is never stale. Pages and
// answers are never kept, and the app is never older than its server: without a network there is a page that says so.

// The pictures ICON and BADGE. Chromium shows no card before it has its pictures, and waits for them without an end: with an
// address on a bad network the phone would not ring. What is imported is kept with the worker.
importScripts("/sw-pictures.js");

const APP = "Paxora";
const START = "/";
const VIBRATION = [200, 100, 200, 100, 200];
const RETURN_TO_CALL = "return-to-call";
/** How long the server may take to say whether a ring that seems to be over is. Nothing is shown meanwhile. */
const LATE_ASK_MS = 3_000;
const ASK_MS = 10_000;
/** How long a page may take to open after *Answer*: nobody waits longer for an answer. */
const OPEN_MS = 60_000;
/** For a push that nobody can read. */
const SOMETHING_NEW = {
  en: "Open the app to see what is new.",
  es: "Abra la aplicación para ver las novedades.",
  pl: "Otwórz aplikację, aby zobaczyć, co nowego.",
};

const ASSETS = "paxora-assets";
/** Files of the app: those of this version, and of the one before while a tab still has it. */
const ASSETS_MOST = 40;
const NO_CONNECTION = {
  en: ["There is no connection", "Paxora cannot be reached. See whether this device is online, then try again.", "Try again"],
  es: ["No hay conexión", "No se puede acceder a Paxora. Compruebe que este dispositivo tiene conexión y vuelva a intentarlo.", "Volver a intentarlo"],
  pl: ["Brak połączenia", "Nie można połączyć się z Paxorą. Proszę sprawdzić połączenie z internetem i spróbować ponownie.", "Spróbuj ponownie"],
};

// A worker from yesterday must not wait for the last window to close.
self.addEventListener("install", (event) => event.waitUntil(Promise.all([self.skipWaiting(), keepStyle(), keepAway(event)])));
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

self.addEventListener("fetch", (event) => {
  const { method, mode, url } = event.request;
  const { origin, pathname } = new URL(url);
  if (method !== "GET" || origin !== self.location.origin) return;
  if (mode === "navigate") event.respondWith(page(event.request));
  else if (pathname.startsWith("/assets/")) event.respondWith(asset(event));
});
self.addEventListener("push", (event) => event.waitUntil(receive(read(event))));
self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(clicked(object(event.notification.data), event.action));
});
self.addEventListener("pushsubscriptionchange", (event) => event.waitUntil(subscribeAgain(event)));
// From a page: it begins; somebody calls, and nobody hears it there; a ring is over there; its call goes on while it is hidden, and no longer does.
self.addEventListener("message", (event) => {
  const said = object(event.data);
  if (said.type === "here") event.waitUntil(handOver(event.source));
  if (said.type === "ring") event.waitUntil(inTurn(ringTag(said.callId), () => showRing(said)));
  if (said.type === "ring-over") event.waitUntil(inTurn(ringTag(said.callId), () => closeRing(said.callId)));
  if (said.type === "in-call") event.waitUntil(inTurn(RETURN_TO_CALL, () => put(returnToCall(said, event.source))));
  if (said.type === "out-of-call") event.waitUntil(inTurn(RETURN_TO_CALL, () => close(RETURN_TO_CALL)));
});

// Pushes.

async function receive({ card, over, callId, expiresAt, badge }) {
  const rings = card.data.kind === "ring";
  const first = await inTurn(card.tag, async () => {
    // Phones' clocks are wrong at times, and pushes late: only the server knows.
    const asked = rings && expiresAt <= Date.now();
    if (asked && (await isRinging(callId, LATE_ASK_MS)) !== true) {
      await put(over);
      return false;
    }
    // Somebody who looks at the app sees and hears the ring there already.
    await put(card.loud && (await isLookedAt()) ? { ...card, loud: false } : card);
    return rings && !asked;
  });
  // A receipt: the caller reads how many devices ring. The answer may be that it is over.
  const receipt = first ? isRinging(callId, ASK_MS) : undefined;
  await Promise.all([setBadge(badge), tellWindows({ type: "push", kind: card.data.kind, callId })]);
  if ((await receipt) !== false) return;
  await inTurn(card.tag, async () => {
    // Unless it stopped meanwhile: what came then knows better why, and who declined wants to see nothing.
    if ((await cards(card.tag)).some(({ data }) => object(data).kind === "ring")) await put(over);
  });
}

/** What a push says, as far as it can be trusted to make sense; `card` can always be shown. */
function read(event) {
  let message = {};
  try {
    message = object(event.data.json());
  } catch {
    // Empty, or not JSON.
  }
  // Safari reads declarative pushes by itself, and may hand over its card instead of the text.
  const said = object(message.notification ?? event.notification);
  const data = object(said.data);
  const kind = text(data.kind, 20) ?? "unknown";
  const callId = text(data.callId, 100);
  const ring = kind === "ring" || kind === "test";
  const title = text(said.title, 200);
  const tag = text(said.tag, 200) ?? (callId ? ringTag(callId) : ring ? "test-ring" : "paxora");
  const url = ourAddress(data.url ?? said.navigate);
  const common = { tag, lang: text(said.lang, 35), dir: said.dir === "rtl" ? "rtl" : "ltr" };
  const card = {
    ...common,
    title: title ?? APP,
    body: text(said.body, 500) ?? (title ? "" : somethingNew()),
    loud: ring || (kind !== "over" && said.silent !== true),
    ring,
    actions: ring ? actions(said.actions) : [],
    data: { kind, callId, url, declineToken: text(data.declineToken, 500) },
  };
  const end = object(data.over);
  const over = {
    ...common,
    title: text(end.title, 200) ?? card.title,
    body: text(end.body, 500) ?? card.body,
    data: { kind: "over", callId, url },
  };
  return { card, over, callId, expiresAt: Number(data.expiresAt ?? NaN), badge: badge(said, message, event) };
}

/** Whether the server says that this call rings here; undefined if it cannot be asked. It takes this for a receipt. */
async function isRinging(callId, wait) {
  if (!callId) return undefined;
  try {
    return (await (await post("/api/push/receipt", { callId }, wait)).json()).ringing;
  } catch {
    return undefined;
  }
}

async function isLookedAt() {
  return (await windows()).some(({ focused, visibilityState }) => focused && visibilityState === "visible");
}

function badge(said, message, event) {
  const count = String(said.app_badge ?? message.app_badge ?? event.appBadge);
  return /^\d{1,9}$/.test(count) ? Number(count) : undefined;
}

async function setBadge(count) {
  try {
    if (count > 0) await navigator.setAppBadge?.(count);
    if (count === 0) await navigator.clearAppBadge?.();
  } catch {
    // Only some phones have one, and only for an installed app.
  }
}

// Cards.

let last = Promise.resolve();

/**
 * One question to the browser about cards at a time: Chromium forgets what it shows while it looks for others, of whatever
 * tag, and a card that is forgotten does nothing when it is tapped.
 */
function alone(ask) {
  return (last = last.then(ask, ask));
}

const turns = new Map();

/** One after the other for each tag: a ring must not come to lie on what ended it, nor two pushes both find nothing to close. */
function inTurn(tag, work) {
  const turn = (turns.get(tag) ?? Promise.resolve()).then(work, work);
  turns.set(tag, turn);
  return turn;
}

/** Puts a card in the place of those with its tag, when it is its turn. */
async function put(card) {
  await close(card.tag);
  const { title, tag, data } = card;
  // A card that looks poor is better than none.
  const attempts = [options(card), { tag, data }, {}];
  for (;;) {
    try {
      const attempt = attempts.shift();
      return await alone(() => self.registration.showNotification(title, attempt));
    } catch (error) {
      if (!attempts.length) throw error;
    }
  }
}

/** Some combinations make `showNotification` throw: a vibration of a silent card, `renotify` without a tag. */
function options({ body, lang, dir, tag, data, loud, ring, actions }) {
  const plain = { body, dir, tag, data, icon: self.ICON, badge: self.BADGE, silent: !loud, ...(lang && { lang }) };
  if (!ring) return plain;
  if (!loud) return { ...plain, actions };
  return { ...plain, actions, requireInteraction: true, renotify: true, vibrate: VIBRATION };
}

async function close(tag) {
  for (const card of await cards(tag)) card.close();
}

/** A page's own, where nothing came by push: that has buttons, or knows that it is over. */
async function showRing({ title, body, callId, url }) {
  const tag = ringTag(callId);
  if ((await cards(tag)).length) return;
  const data = { kind: "ring", callId: text(callId, 100), url: ourAddress(url) };
  await put({ title: text(title, 200) ?? APP, body: text(body, 500) ?? "", tag, data, loud: true, ring: true, actions: [] });
}

/** What came in the place of the ring stays. A page cannot do this: to a browser, cards with one tag are one card. */
async function closeRing(callId) {
  for (const card of await cards(ringTag(callId))) if (object(card.data).kind === "ring") card.close();
}

function ringTag(callId) {
  return `voice-call-${callId}`;
}

async function cards(tag) {
  try {
    return await alone(() => self.registration.getNotifications({ tag }));
  } catch {
    return [];
  }
}

function actions(said) {
  const valid = Array.isArray(said) ? said.map(object) : [];
  return valid.flatMap((one) => {
    const [action, title] = [text(one.action, 50), text(one.title, 50)];
    return action && title ? [{ action, title }] : [];
  });
}

function returnToCall(said, page) {
  return {
    title: text(said.title, 200) ?? APP,
    body: text(said.body, 500) ?? "",
    tag: RETURN_TO_CALL,
    data: { kind: "in-call", callId: text(said.callId, 100), url: ourAddress(said.url), page: page?.id },
  };
}

// Taps on cards.

/** Where *Answer* led while no page was open, for the page that opens. */
let pressed;

async function clicked({ url, callId, page, declineToken }, action) {
  if (action === "decline") return declineToken && decline(declineToken);
  const path = ourAddress(url);
  // The most recently used comes first; the page of a call before all.
  const open = await windows();
  const target = open.find(({ id }) => id === page) ?? open[0];
  const go = { type: "open", url: path, answer: (action === "answer" && callId) || null };
  try {
    await target.focus();
    return target.postMessage(go);
  } catch {
    // None is open, or it may not come to the front.
  }
  try {
    // iOS may open the start page instead: the app asks by itself, whenever it starts, what rings.
    if (go.answer) pressed = { go, until: Date.now() + OPEN_MS };
    await self.clients.openWindow(path);
  } catch {
    pressed = undefined;
    target?.postMessage(go);
  }
}

/** No address could tell a page to answer: anybody can write a link, and whoever follows it would be heard. */
async function handOver(page) {
  if (Date.now() < pressed?.until) page.postMessage(pressed.go);
  pressed = undefined;
}

/** Works without a window and without a session. Whoever is on a bad network declined all the same. */
async function decline(token) {
  for (const pause of [0, 1_000, 3_000]) {
    await new Promise((resume) => setTimeout(resume, pause));
    try {
      const answer = await post("/api/push/decline", { token }, ASK_MS);
      if (answer.status < 500) return;
    } catch {
      // No answer: once more.
    }
  }
}

async function windows() {
  try {
    return await self.clients.matchAll({ type: "window", includeUncontrolled: true });
  } catch {
    return [];
  }
}

/** Open pages learn that something came, even if their own streams are broken. */
async function tellWindows(what) {
  for (const window of await windows()) window.postMessage(what);
}

// The subscription.

/** The push service gave it up, or the permission came back. Safari does not tell: the app looks at every start as well. */
async function subscribeAgain({ oldSubscription, newSubscription }) {
  const manager = self.registration.pushManager;
  let subscription = newSubscription ?? (await manager.getSubscription());
  if (!subscription) {
    const applicationServerKey = oldSubscription?.options?.applicationServerKey ?? (await serverKey());
    subscription = await manager.subscribe({ userVisibleOnly: true, applicationServerKey });
  }
  const { endpoint, keys } = subscription.toJSON();
  const key = base64url(subscription.options.applicationServerKey);
  await post("/api/push/subscription", { endpoint, keys, key, old: oldSubscription?.endpoint }, ASK_MS);
}

async function serverKey() {
  const answer = await fetch("/api/push/key", { signal: AbortSignal.timeout(ASK_MS) });
  return (await answer.json()).key;
}

function base64url(bytes) {
  const binary = String.fromCharCode(...new Uint8Array(bytes));
  return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

// The network.

/** An answer to a call does not wait until a worker is awake that has nothing to say to it, where browsers can be told so. */
async function keepAway(event) {
  const ours = { or: [{ requestMethod: "POST" }, { urlPattern: { pathname: "/api/*" } }] };
  try {
    await event.addRoutes?.({ condition: ours, source: "network" });
  } catch {
    // It waits.
  }
}

async function page(request) {
  try {
    return await fetch(request);
  } catch {
    return noConnection(request.url);
  }
}

/** Handed on while it comes: a browser begins with a program before it has all of it. */
async function asset(event) {
  const { url } = event.request;
  const kept = await keptAssets();
  const found = await kept?.match(url);
  if (found) return found;
  const answer = await fetch(event.request);
  if (answer.ok) event.waitUntil(keep(kept, url, answer.clone()));
  return answer;
}

/** The oldest make room. A browser that is short of it keeps nothing, and works all the same. */
async function keep(kept, url, answer) {
  try {
    await kept.put(url, answer);
    const all = await kept.keys();
    for (const old of all.slice(0, -ASSETS_MOST)) await kept.delete(old);
  } catch {
    // It is fetched again.
  }
}

async function keptAssets() {
  try {
    return await caches.open(ASSETS);
  } catch {
    return undefined;
  }
}

/** What the page without a connection looks like, before there is none. */
async function keepStyle() {
  try {
    const inTime = { signal: AbortSignal.timeout(ASK_MS) };
    const { style } = await (await fetch("/manifest.json", inTime)).json();
    const answer = await fetch(style, inTime);
    if (answer.ok) await keep(await keptAssets(), answer.url, answer);
  } catch {
    // It says the same in plain letters.
  }
}

/** Its button is a link to where one was going: it needs no script. */
async function noConnection(url) {
  const said = new URL(url).pathname.split("/")[1];
  const lang = Object.hasOwn(NO_CONNECTION, said) ? said : ourLanguage(NO_CONNECTION);
  const [title, lead, again] = NO_CONNECTION[lang];
  const styles = ((await (await keptAssets())?.keys()) ?? []).filter((kept) => kept.url.endsWith(".css"));
  const style = styles.length ? `<link rel="stylesheet" href="${new URL(styles.at(-1).url).pathname}">` : "";
  const html = `<!DOCTYPE html><html lang="${lang}"><head><meta charset="utf-8"><title>${title} · ${APP}</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark">${style}</head>
<body><main class="entrance"><div class="entrance-card"><p class="entrance-mark"><span class="mark"></span>${APP}</p>
<h1>${title}</h1><p class="entrance-lead">${lead}</p><a class="button is-accent" href="">${again}</a></div></main></body></html>`;
  const headers = {
    "content-type": "text/html; charset=utf-8",
    "content-security-policy": "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'",
  };
  return new Response(html, { status: 503, headers });
}

// Small things.

function post(path, body, wait) {
  const headers = { "content-type": "application/json" };
  const signal = AbortSignal.timeout(wait);
  return fetch(path, { method: "POST", headers, body: JSON.stringify(body), redirect: "error", signal });
}

/** A path of ours, whatever was said. */
function ourAddress(said) {
  try {
    const url = new URL(text(said, 2_000) ?? START, self.location.origin);
    return url.origin === self.location.origin ? url.pathname + url.search + url.hash : START;
  } catch {
    return START;
  }
}

function somethingNew() {
  return SOMETHING_NEW[ourLanguage(SOMETHING_NEW)];
}

/** That of the browser, if we speak it. */
function ourLanguage(words) {
  const language = navigator.language.slice(0, 2);
  return Object.hasOwn(words, language) ? language : "en";
}

function object(said) {
  return typeof said === "object" && said !== null && !Array.isArray(said) ? said : {};
}

/** A text that says something, and not more than a card can hold. */
function text(said, most) {
  return typeof said === "string" && said.trim() ? said.slice(0, most) : undefined;
}
