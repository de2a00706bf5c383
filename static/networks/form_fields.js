// Show the fields of a form in one language or in all, and lead to fields: from links to them, to the first error, and on
// the form for a new row to the first.

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

// The language whose fields are shown, or "" for all, which this tab remembers

const KEY = "shown-language"; // in the storage of the tab
const languages = document.getElementById("language-switch");

// A field with an error, or whose source was changed, or in which one writes, is shown in any case.
const isNeeded = (box) =>
  box.contains(document.activeElement) || box.querySelector("[aria-invalid], .translation:not(.confirmed)");

export const showLanguage = () => {
  const chosen = languages?.querySelector(":checked").value;
  for (const box of form.querySelectorAll("[data-language]")) {
    const isOther = Boolean(chosen) && box.dataset.language !== chosen;
    box.hidden = isOther && !isNeeded(box);
    box.classList.toggle("shown-again", isOther);
  }
  for (const row of form.querySelectorAll(".form-multiline")) {
    row.classList.toggle("in-one-language", [...row.children].some(({ hidden }) => hidden));
  }
};

const chooseLanguage = (code) => {
  const radio = [...languages.querySelectorAll("input")].find(({ value }) => value === code);
  if (radio) radio.checked = true;
  showLanguage();
};

if (form && languages) {
  languages.hidden = false;
  chooseLanguage(remembered(KEY) ?? "");
  languages.addEventListener("change", ({ target }) => {
    remember(KEY, target.value);
    showLanguage();
  });
}

export const focusField = (control) => {
  if (control.closest("[data-language][hidden]")) chooseLanguage("");
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

// The field that the URL names, from a list of what is missing. The browser gives it the focus, if it can have it.
const named = location.hash.startsWith("#id_") && form?.querySelector(`[id="${CSS.escape(location.hash.slice(1))}"]`);

// The editors of rich texts are made a moment after the page has loaded. Whoever writes in another field by then goes on.
const leadWhenLoaded = (lead) => addEventListener("load", () => setTimeout(() => {
  if ([document.body, named].includes(document.activeElement)) lead();
}));

if (form && document.getElementById("form-errors")) leadWhenLoaded(focusFirstError);
else if (named) leadWhenLoaded(() => focusField(named));
else if (form && "add" in form.dataset && document.activeElement === document.body) {
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
