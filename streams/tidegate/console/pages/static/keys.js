// Keys that work everywhere. Never while somebody writes, never together with Ctrl, Alt or Meta.
const PLACES = { o: "/", q: "/holds" };
const GO_MS = 1500; // how long `g` waits for its second key

export function writing(target) {
  return target.closest("input:not([type=checkbox], [type=radio]), textarea, select, dialog[open]") !== null;
}

export function plainKey(event) {
  return !event.defaultPrevented && !event.ctrlKey && !event.altKey && !event.metaKey && !writing(event.target);
}

export function bindKeys() {
  let going = 0;
  document.addEventListener("keydown", (event) => {
    if (!plainKey(event)) return;
    if (event.key === "?") {
      document.getElementById("keys").showModal();
    } else if (event.key === "/") {
      document.getElementById("find").focus();
    } else if (event.key === "g") {
      going = Date.now();
      return;
    } else if (Date.now() - going < GO_MS && PLACES[event.key]) {
      window.location.assign(PLACES[event.key]);
    } else {
      return;
    }
    event.preventDefault();
  });
}
