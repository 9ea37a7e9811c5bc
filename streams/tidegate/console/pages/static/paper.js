// The one button of the printable file.
const button = document.getElementById("print");
button.hidden = false;
button.addEventListener("click", () => window.print());
