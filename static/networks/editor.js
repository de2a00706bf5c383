// The rich-text editor titles its buttons in English and gives its text box neither a name nor a language.
// Each editor is mended as soon as it stands on the page.

const gettext = window.gettext ?? ((text) => text);

const mend = (editor) => {
  const field = editor.querySelector("textarea");
  const box = editor.querySelector(".ProseMirror");
  const buttons = editor.querySelectorAll("button[title]");
  if (!field || !box || !buttons.length) return;
  editor.dataset.mended = "";
  box.lang = field.lang;
  box.setAttribute("aria-label", document.querySelector(`label[for="${field.id}"]`)?.textContent.replace(/:\s*$/, "").trim() ?? "");
  box.setAttribute("aria-describedby", field.getAttribute("aria-describedby") ?? "");
  for (const button of buttons) {
    button.title = gettext(button.title);
    button.setAttribute("aria-label", button.title);
  }
};

const mendAll = () => document.querySelectorAll(".prose-editor:not([data-mended])").forEach(mend);

new MutationObserver(mendAll).observe(document.body, { childList: true, subtree: true });
mendAll();
