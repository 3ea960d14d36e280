// Copies one's own text from the page on which two texts meet. Without this it is marked and copied by hand.

for (const button of document.querySelectorAll("[data-copies]")) {
  const field = document.getElementById(button.dataset.copies);
  button.hidden = false;
  button.addEventListener("click", async () => {
    field.select();
    const isDone = await navigator.clipboard?.writeText(field.value).then(() => true, () => false);
    document.getElementById("copied").textContent = isDone ? "Copied." : "It is marked: press Ctrl+C.";
  });
}
