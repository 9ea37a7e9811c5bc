// The navigation on a narrow screen: folded behind a button. Without this script it is open.
export function bindMenu() {
  const button = document.getElementById("menu-button");
  const side = document.getElementById("side");
  button.hidden = false;
  button.addEventListener("click", () => {
    const open = side.classList.toggle("open");
    button.setAttribute("aria-expanded", String(open));
  });
}
