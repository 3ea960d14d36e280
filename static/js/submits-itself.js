// The browser that asked for the newsletter need not press again.

for (const form of document.querySelectorAll("[data-submits-itself]")) form.requestSubmit();
