// Small comforts; every page works without them.

for (const form of document.querySelectorAll("[data-submits-itself]")) form.requestSubmit();

const loaded = Date.now();
for (const field of document.querySelectorAll("[data-seconds-since-load]")) {
  field.form.addEventListener("submit", () => { field.value = Math.round((Date.now() - loaded) / 1000); });
}

document.querySelector(".error-summary")?.focus();
