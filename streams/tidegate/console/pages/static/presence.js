// Tell that one looks at a shipment, every ten seconds, so that two people see each other.
const EVERY_MS = 10000;

export function bindPresence() {
  const place = document.querySelector("[data-presence]");
  const token = document.querySelector("input[name=csrf_token]")?.value;
  if (!place || !token) return;
  const address = `/api/v1/presence/${encodeURIComponent(place.dataset.presence)}`;
  const say = (method) =>
    fetch(address, { method, keepalive: true, headers: { "X-CSRF-Token": token } }).catch(() => {
      // The page says by itself when the console is gone.
    });
  const look = () => document.hidden || say("PUT");
  look();
  setInterval(look, EVERY_MS);
  window.addEventListener("pagehide", () => say("DELETE"));
}
