// Copies the article's address, and prints it. Without this a reader has the address bar and the browser's menu.

const show = (part, press) => {
  const line = document.querySelector(`[data-${part}]`);
  if (!line) return;
  line.hidden = false;
  line.querySelector("button").addEventListener("click", press);
};

if (navigator.clipboard) {
  show("copy", async ({ currentTarget: button }) => {
    const said = button.nextElementSibling;
    try {
      await navigator.clipboard.writeText(button.value);
      said.textContent = "Copied.";
    } catch {
      said.textContent = button.value;
    }
  });
}
show("print", () => print());
