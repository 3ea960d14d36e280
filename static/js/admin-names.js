// Names for a screen reader what Django's admin leaves without one: cells of inline tables, search boxes, the two
// halves of a time, empty headers. Done once all is built, and again for each row that is added.

function hidden(words) {
  const span = document.createElement("span");
  span.className = "visually-hidden";
  span.textContent = words;
  return span;
}

function nameAll() {
  for (const header of document.querySelectorAll(".inline-group th")) {
    if (!header.textContent.trim()) header.append(hidden("Row"));
  }
  for (const control of document.querySelectorAll(".tabular td :is(input, select, textarea), .datetime input")) {
    if (control.labels?.length || control.ariaLabel) continue;
    const cell = control.closest("td"), row = control.closest(".form-row");
    const name = cell ? control.closest("table").rows[0].cells[cell.cellIndex] : row?.querySelector("label, legend");
    const half = control.closest(".datetime") ? control.previousSibling?.textContent ?? "" : "";
    control.ariaLabel = `${name?.textContent ?? ""} ${half}`.replace(/\s+/g, " ").trim();
  }
  for (const box of document.querySelectorAll(".select2-selection")) {
    const select = box.closest(".select2").previousElementSibling;
    const shown = box.querySelector(".select2-selection__rendered");
    const name = (select.labels[0]?.textContent ?? select.ariaLabel ?? "").trim();
    box.removeAttribute("aria-labelledby");
    box.ariaLabel = `${name} ${shown?.textContent ?? ""}`.trim();
    if (shown) shown.ariaLabel = name;
  }
}

// After Django's own scripts, which wait for jQuery's signal too.
if (window.django?.jQuery) django.jQuery(nameAll);
else addEventListener("load", nameAll);
document.addEventListener("formset:added", () => setTimeout(nameAll));
document.addEventListener("change", nameAll);
