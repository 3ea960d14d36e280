// Puts the words that a reviewer has selected in the text into the field for the passage. Without this they are copied.

const passage = document.querySelector("[name=passage]");
if (passage) {
  document.addEventListener("selectionchange", () => {
    const selection = document.getSelection();
    const words = selection.toString().trim();
    const text = document.querySelector(".article");
    if (words && text.contains(selection.anchorNode) && text.contains(selection.focusNode)) passage.value = words.slice(0, 2000);
  });
}
