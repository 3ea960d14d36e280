// A form that came back: begin at what has to be mended.

document.querySelector(".error-summary")?.focus();
