// Brings the form to the comment that is answered, and back. Without this the link loads the page with ?reply=ID.

const section = document.getElementById("leave-a-comment");
if (section) {
  const heading = section.querySelector("h3");
  const cancel = section.querySelector("[data-cancel]");
  const parent = section.querySelector("[name=parent]");
  const text = section.querySelector("textarea");
  const home = document.createElement("template");
  let link;
  section.before(home);

  document.addEventListener("click", (event) => {
    const pressed = event.target.closest("[data-reply]");
    if (!pressed || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    link = pressed;
    const name = document.createElement("bdi");
    name.textContent = link.dataset.name;
    heading.replaceChildren("Answer ", name);
    parent.value = link.dataset.reply;
    cancel.hidden = false;
    link.closest("article").after(section);
    text.focus();
  });

  cancel.addEventListener("click", (event) => {
    event.preventDefault();
    heading.textContent = "Leave a comment";
    parent.value = "";
    cancel.hidden = true;
    home.after(section);
    (link ?? text).focus();
  });
}
