// Puts the words that a reviewer has selected in the text into the field for the passage. Without this they are copied.
// Who has begun to write a remark keeps the passage that it is about.

const passage = document.querySelector("[name=passage]"), remark = document.querySelector("[name=words]");
if (passage) {
  document.addEventListener("selectionchange", () => {
    const selection = document.getSelection();
    const words = selection.toString().trim();
    const text = document.querySelector(".article");
    const isInText = text.contains(selection.anchorNode) && text.contains(selection.focusNode);
    if (words && isInText && !remark.value.trim()) passage.value = words.slice(0, 2000);
  });
}
