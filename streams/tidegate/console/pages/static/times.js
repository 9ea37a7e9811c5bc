// Instants in the viewer's zone, ages that go on, names of countries. The server writes UTC and
// codes, so that a page without this script is whole.
const DAY = new Intl.DateTimeFormat("sv-SE", { dateStyle: "short", timeStyle: "short" });
const ZONE = new Intl.DateTimeFormat("en", { timeZoneName: "short" });
const EXACT = new Intl.DateTimeFormat("en", { dateStyle: "full", timeStyle: "long" });
const COUNTRIES = new Intl.DisplayNames(["en"], { type: "region" });

function zone(instant) {
  const part = ZONE.formatToParts(instant).find((one) => one.type === "timeZoneName");
  return part ? part.value : "";
}

export function localize(root) {
  for (const time of root.querySelectorAll("time[data-instant]")) {
    const instant = new Date(time.dateTime);
    time.textContent = `${DAY.format(instant)} ${zone(instant)}`;
    time.title = `${EXACT.format(instant)} (${instant.toISOString()})`;
  }
  for (const place of root.querySelectorAll("[data-country]")) {
    const code = place.dataset.country;
    try {
      const name = COUNTRIES.of(code);
      if (name !== code) place.textContent = `${code} ${name}`;
    } catch {
      // Not a code that this browser knows: the code stands there.
    }
  }
  ages(root);
}

// The same words as `age` of words.py.
export function age(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min`;
  if (whole < 86400) return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
  const days = Math.floor(whole / 86400);
  if (days < 100) return `${days} d ${Math.floor((whole % 86400) / 3600)} h`;
  return `${days} d`;
}

function ages(root) {
  for (const time of root.querySelectorAll("time[data-since]")) {
    const text = age((Date.now() - Date.parse(time.dateTime)) / 1000);
    if (time.textContent !== text) time.textContent = text;
    if (!time.title) time.title = EXACT.format(new Date(time.dateTime));
  }
}

export function keepTimes() {
  setInterval(() => {
    if (!document.hidden) ages(document);
  }, 1000);
}
