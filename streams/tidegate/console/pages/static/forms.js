// Forms: ask before what cannot be taken back quickly, and send nothing twice.
export function bindForms() {
  document.addEventListener("submit", (event) => {
    const button = event.submitter;
    const question = button?.dataset.ask ?? event.target.dataset.ask;
    if (question && !window.confirm(question)) {
      event.preventDefault();
      return;
    }
    if (event.target.method === "post") {
      // After the browser has read the form, or the button's own value would be missing.
      setTimeout(() => {
        for (const one of event.target.querySelectorAll("button")) one.disabled = true;
      });
    }
  });
  // A page that comes out of the browser's history must be usable again.
  window.addEventListener("pageshow", (event) => {
    if (!event.persisted) return;
    for (const one of document.querySelectorAll("form button:disabled")) one.disabled = false;
  });
  // Fields that only some choices need: <div data-when="kind=release">.
  const show = () => {
    for (const part of document.querySelectorAll("[data-when]")) {
      const [name, values] = part.dataset.when.split("=");
      const form = part.closest("form");
      const value = new FormData(form).get(name);
      part.hidden = !values.split(",").includes(value);
      for (const field of part.querySelectorAll("input, select, textarea")) {
        field.disabled = part.hidden;
        field.required = "needed" in field.dataset && !part.hidden;
      }
    }
  };
  document.addEventListener("change", show);
  show();
}
