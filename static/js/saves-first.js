// What is pressed beside the form of an issue acts on what is stored: who has typed since is asked to save first.

const form = document.getElementById("issue_form");
const chosen = () => [...form.querySelectorAll("select[multiple] option")].map((option) => option.parentElement.id + option.value).sort();
const typed = () => JSON.stringify([[...new FormData(form)].filter(([name]) => !/_(from|to|input|old)$/.test(name)), chosen()]);

function watch() {
  const stored = typed();
  for (const press of document.querySelectorAll(".presses form")) {
    press.addEventListener("submit", (event) => {
      if (typed() === stored) return;
      event.preventDefault();
      const note = document.getElementById("save-first") ?? Object.assign(document.createElement("p"), { id: "save-first", className: "errornote" });
      note.setAttribute("role", "alert");
      note.textContent = "Save first: your changes are not in the mail yet.";
      press.before(note);
    });
  }
}

// Django's own scripts rebuild some fields when everything is loaded.
if (form) addEventListener("load", () => setTimeout(watch));
