// Lead to the fields of a form: from links to them, to the first error, and on the form for a new row to the first.

const form = document.querySelector("#content-main > form");

// What takes the focus for a control: of a rich text, its editor.
const focusable = (control) => control.closest(".prose-editor")?.querySelector(".ProseMirror") ?? control;

// The storage of the tab, which a browser may refuse

export const remembered = (key) => {
  try {
    return sessionStorage.getItem(key);
  } catch {
    return null;
  }
};

export const remember = (key, value) => {
  try {
    sessionStorage.setItem(key, value);
  } catch {
    // It is asked anew on the next page.
  }
};

export const focusField = (control) => {
  const target = focusable(control);
  target.focus({ preventScroll: true });
  (control.closest(".fieldBox") ?? target).scrollIntoView({ block: "nearest" });
};

// After a form was not saved: to the choice between two texts, to the first field with an error, or to the list of errors
export const focusFirstError = () => {
  const conflicts = document.getElementById("conflicts-heading");
  const control = form.querySelector(".fieldBox [aria-invalid]");
  const errors = document.getElementById("form-errors");
  if (control && !conflicts) focusField(control);
  else (conflicts ?? errors)?.focus();
};

if (form && document.getElementById("form-errors")) {
  // The editors of rich texts are made a moment later.
  addEventListener("load", () => setTimeout(focusFirstError));
} else if (form && "add" in form.dataset && document.activeElement === document.body) {
  form.querySelector("fieldset :is(input, select, textarea)")?.focus();
}

// Links to fields: a list of errors, or of what is missing, or a conflict. With an editor, the text area itself is hidden.
document.addEventListener("click", (event) => {
  const id = event.target.closest('a[href^="#id_"]')?.hash.slice(1).replace(/_helptext$/, "");
  const control = id && document.getElementById(id);
  if (!control || !form?.contains(control)) return;
  event.preventDefault();
  focusField(control);
});

// A menu in the head closes when one goes elsewhere.
const closeMenus = (except) => {
  for (const menu of document.querySelectorAll(".form-head details[open]")) {
    if (!menu.contains(except)) menu.open = false;
  }
};
for (const type of ["click", "focusin"]) document.addEventListener(type, ({ target }) => closeMenus(target));
document.addEventListener("keydown", ({ key }) => {
  const menu = key === "Escape" && document.querySelector(".form-head details[open]");
  if (!menu) return;
  menu.open = false;
  menu.querySelector("summary").focus();
});
