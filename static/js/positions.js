// Gives every article of an issue two buttons that move it up and down. Without this its number says where it stands.

const group = document.getElementById("entries-group");
const rows = () => [...group.querySelectorAll("tr.form-row:not(.empty-form)")].filter((row) => row.querySelector("select")?.value);

function number() {
  rows().forEach((row, at) => { row.querySelector("[name$=-position]").value = at + 1; });
}

function button(words, sign, move) {
  const made = document.createElement("button");
  Object.assign(made, { type: "button", textContent: sign, className: "position-button" });
  made.setAttribute("aria-label", words);
  made.addEventListener("click", () => { move(made.closest("tr")); number(); made.focus(); });
  return made;
}

const up = (row) => { const all = rows(); all[all.indexOf(row) - 1]?.before(row); };
const down = (row) => { const all = rows(); all[all.indexOf(row) + 1]?.after(row); };

for (const row of group ? rows() : []) {
  const place = row.querySelector(".field-position");
  const name = row.querySelector("select").selectedOptions[0].textContent;
  place?.append(button(`Move “${name}” up`, "↑", up), button(`Move “${name}” down`, "↓", down));
}
