// The rich-text editor titles its buttons in English, gives its text box neither a name nor a language, and silently
// drops what it does not support of pasted text. This script adds all that to each editor when it is inserted.

import { fromWordProcessor } from "./pasting.js";

const gettext = window.gettext ?? ((text) => text);

// Messages about pasted text, by what is lost; see templates/admin/change_form.html.
const said = document.getElementById("pasted");

const watchPasting = (editor, { view }) => {
  if (!said) return;
  const note = said.content.firstElementChild.cloneNode(true);
  editor.after(note);
  const before = view.props.transformPastedHTML;
  view.setProps({
    transformPastedHTML(html, ...rest) {
      const pasted = fromWordProcessor(html);
      note.textContent = pasted.lost.map((name) => said.dataset[name]).join(" ");
      return before ? before.call(this, pasted.html, ...rest) : pasted.html;
    },
  });
};

const mend = (editor) => {
  const field = editor.querySelector("textarea");
  const box = editor.querySelector(".ProseMirror");
  const buttons = editor.querySelectorAll("button[title]");
  if (!field || !box?.editor || !buttons.length) return;
  editor.dataset.mended = "";
  box.lang = field.lang;
  const label = document.querySelector(`label[for="${field.id}"]`)?.textContent;
  box.setAttribute("aria-label", label?.replace(/:\s*$/, "").trim() ?? "");
  box.setAttribute("aria-describedby", field.getAttribute("aria-describedby") ?? "");
  for (const button of buttons) {
    button.title = gettext(button.title);
    button.setAttribute("aria-label", button.title);
  }
  watchPasting(editor, box.editor);
};

const mendAll = () => document.querySelectorAll(".prose-editor:not([data-mended])").forEach(mend);

new MutationObserver(mendAll).observe(document.body, { childList: true, subtree: true });
mendAll();
