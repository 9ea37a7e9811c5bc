// Keep the page as the records are. The server tells that something changed (Server-Sent Events);
// the page is then asked for again and its live regions are put in place. So there is one way of
// drawing anything, the server's. The browser resumes the stream by the last event's id.
import { localize } from "./times.js";
import { count } from "./queue.js";

const STREAM = "/api/v1/live";
const LEAST_MS = 1500; // between two looks at the server
const SHARE = 15; // a look takes at most this part of the time: a slow server is asked less often
const SILENT_MS = 20000; // the server gives a sign every few seconds; after this it is gone
const LOST_MS = 6000; // a stream that broke is opened anew within two seconds, where there is a server

let stream = null;
let wanted = false;
let looking = false;
let pause = LEAST_MS;
let lastSign = Date.now();
let lastLook = Date.now();
let serverSays = null; // what the server says of its own sources, null: all is well
let connected = false;
let lostAt = null; // since when there is no stream; null: there is one, or none was asked for yet

const SHAPES = {
  live: '<circle cx="8" cy="8" r="5" fill="currentColor"/>',
  stale: '<path fill="none" stroke="currentColor" stroke-width="2.4" stroke-linecap="round" d="m3 3 10 10M13 3 3 13"/>',
  connecting: '<circle cx="8" cy="8" r="5" fill="none" stroke="currentColor" stroke-width="2"/>',
};

function clock(milliseconds) {
  return new Date(milliseconds).toLocaleTimeString("sv-SE");
}

function show(state, word, text) {
  const mark = document.getElementById("live");
  if (mark.dataset.state !== state || mark.querySelector(".text").textContent !== word) {
    mark.dataset.state = state;
    mark.querySelector("svg").innerHTML = SHAPES[state];
    mark.querySelector(".text").textContent = word;
  }
  const banner = document.getElementById("stale-banner");
  if (state === "stale") {
    const line = document.getElementById("stale-text");
    if (line.textContent !== text) line.textContent = text;
  }
  banner.hidden = state !== "stale";
}

function gone() {
  return Date.now() - lastSign > SILENT_MS || (lostAt !== null && Date.now() - lostAt > LOST_MS);
}

function judge() {
  if (document.hidden) return;
  if (serverSays) {
    show("stale", "Not live", serverSays);
  } else if (gone()) {
    show("stale", "Not live", `The console does not answer. You see what was known at ${clock(lastLook)}. ` +
      "It is tried again by itself; nothing is lost. If it stays so, ask an operator whether the console process runs.");
  } else if (connected) {
    show("live", "Live", "");
  } else {
    show("connecting", "Connecting", "");
  }
}

function focused(region) {
  const here = document.activeElement;
  return here && region.contains(here) ? here : null;
}

function busy(region) {
  const here = focused(region);
  return here !== null && here.matches("textarea, select, input:not([type=checkbox])");
}

function put(region, fresh) {
  region.className = fresh.className; // a held shipment's frame, once it is released, is another
  if (region.innerHTML === fresh.innerHTML || busy(region)) return;
  const picked = new Set([...region.querySelectorAll("input:checked")].map((one) => one.value));
  const open = new Set([...region.querySelectorAll("details[open][id]")].map((one) => one.id));
  const here = focused(region);
  const key = here?.closest("tr[data-key]")?.dataset.key;
  const address = here?.getAttribute("href");
  const known = new Set([...region.querySelectorAll("[data-key]")].map((one) => one.dataset.key));
  region.replaceChildren(...fresh.childNodes);
  for (const one of region.querySelectorAll("input[type=checkbox]")) if (picked.has(one.value)) one.checked = true;
  for (const one of region.querySelectorAll("details[id]")) if (open.has(one.id)) one.open = true;
  if (known.size) {
    for (const one of region.querySelectorAll("[data-key]")) one.classList.toggle("fresh", !known.has(one.dataset.key));
  }
  localize(region);
  if (here) {
    const row = key && region.querySelector(`tr[data-key="${CSS.escape(key)}"]`);
    const again = row?.querySelector("a[data-open]") ?? (address && region.querySelector(`a[href="${CSS.escape(address)}"]`));
    again?.focus({ preventScroll: true });
  }
  count();
  seen();
}

// A form keeps the decision that was seen; where another one is in force by now, it says so.
function seen() {
  const now = document.getElementById("decision-now")?.dataset.decision;
  const held = document.querySelector("#decide input[name=decision_id]")?.value;
  const notice = document.getElementById("decide-stale");
  if (notice && now && held) notice.hidden = now === held;
}

function keep(state) {
  serverSays = state && state.dataset.stale ? state.dataset.stale : null;
}

async function look() {
  if (looking || document.hidden) return;
  looking = true;
  wanted = false;
  const began = performance.now();
  try {
    const answer = await fetch(window.location.href, { headers: { Accept: "text/html" }, cache: "no-store" });
    if (new URL(answer.url).pathname === "/sign-in") {
      serverSays = "You are signed out. Sign in again to go on; nothing that you sent is lost.";
      return;
    }
    if (!answer.ok) {
      serverSays = `The console cannot answer just now (${answer.status}). You see what was known at ${clock(lastLook)}.` +
        " It is tried again by itself. If it stays so, ask an operator to look at the console's database.";
      return;
    }
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    for (const region of document.querySelectorAll("[data-live]")) {
      const fresh = page.getElementById(region.id);
      if (fresh) put(region, fresh);
    }
    keep(page.getElementById("state"));
    lastSign = lastLook = Date.now();
  } catch {
    // The stream's silence tells it.
  } finally {
    pause = Math.max(LEAST_MS, SHARE * (performance.now() - began));
    looking = false;
    judge();
    setTimeout(() => wanted && look(), pause);
  }
}

function changed() {
  if (wanted) return;
  wanted = true;
  if (!looking && Date.now() - lastLook >= pause) look();
  else setTimeout(() => wanted && look(), pause);
}

function open() {
  stream = new EventSource(STREAM);
  stream.addEventListener("open", () => {
    connected = true;
    lostAt = null;
    lastSign = Date.now();
    judge();
    if (Date.now() - lastLook > 3000) changed(); // what came while there was no stream
  });
  stream.addEventListener("error", () => {
    connected = false;
    lostAt ??= Date.now();
    judge();
    // Where the server answered with an error the browser does not try again by itself.
    if (stream.readyState === EventSource.CLOSED) setTimeout(reopen, 3000);
  });
  const sign = () => {
    lastSign = Date.now();
    judge();
  };
  stream.addEventListener("beat", (event) => {
    sign();
    const state = JSON.parse(event.data || "{}");
    if (Boolean(state.stale) !== Boolean(serverSays)) changed();
  });
  stream.addEventListener("change", () => {
    sign();
    changed();
  });
}

function reopen() {
  stream?.close();
  connected = false;
  if (!document.hidden) open();
}

export function follow() {
  keep(document.getElementById("state"));
  document.addEventListener("visibilitychange", () => {
    // A page that nobody looks at keeps no connection: a browser has six for a server.
    if (document.hidden) stream?.close();
    else reopen();
  });
  window.addEventListener("pagehide", () => stream?.close());
  window.addEventListener("pageshow", (event) => event.persisted && reopen());
  open();
  judge();
  setInterval(() => {
    judge();
    if (gone()) changed();
  }, 2000);
}
