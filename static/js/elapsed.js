// Tells the comment form how many seconds its page was open. Without this the field stays empty, which counts for nothing.

const loaded = Date.now();
for (const field of document.querySelectorAll("[data-seconds-since-load]")) {
  field.form.addEventListener("submit", () => {
    field.value = Math.round((Date.now() - loaded) / 1000);
  });
}
