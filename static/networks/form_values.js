// Read and write the values of a form, by the names of its controls, each a list: {name: [value]}. Without the tokens
// that the server sets, passwords, and files, which scripts cannot set.

import { addMissingLines, arrangeLines, fieldOfName, isOfLine } from "./lines.js";

const LEFT_OUT = new Set(["csrfmiddlewaretoken", "form_token", "form_user", "form_user_name"]);
const NO_TEXT = new Set(["button", "fieldset", "file", "image", "output", "password", "reset", "submit"]);

const controlsOf = (form) =>
  [...form.elements].filter(({ name, type }) => name && !LEFT_OUT.has(name) && !NO_TEXT.has(type));

const isTicked = ({ type }) => type === "checkbox" || type === "radio";

const chosenNow = (control) => {
  if (isTicked(control)) return control.checked ? [control.value] : [];
  if (control.options) return [...control.selectedOptions].map((option) => option.value);
  return [control.value];
};

// The values as the server has sent them, without what was typed before this script ran or filled in by the browser.
const chosenAtFirst = (control) => {
  if (isTicked(control)) return control.defaultChecked ? [control.value] : [];
  if (!control.options) return [control.defaultValue];
  const options = [...control.options].filter((option) => option.defaultSelected);
  return (options.length || control.multiple ? options : [...control.options].slice(0, 1)).map((option) => option.value);
};

const valuesOf = (form, chosen) => {
  const values = {};
  for (const control of controlsOf(form)) (values[control.name] ??= []).push(...chosen(control));
  return values;
};

export const valuesNow = (form) => valuesOf(form, chosenNow);

export const valuesAtFirst = (form) => valuesOf(form, chosenAtFirst);

export const isSame = (one = [], other = []) =>
  one.length === other.length && one.every((value, index) => value === other[index]);

// A line that was added and is empty is no change.
export const changedNames = (values, before) =>
  Object.keys(values).filter((name) =>
    isOfLine(name) && !(name in before) ? values[name].some(Boolean) : !isSame(values[name], before[name]));

// The labels of the names. A field without a label was not typed by the user.

export const isHidden = (form, name) =>
  controlsOf(form).every((control) => control.name !== name || control.type === "hidden");

export const labelOf = (form, name) => {
  const lines = isOfLine(name) && form.querySelector(`[data-lines="${CSS.escape(fieldOfName(name))}"]`);
  if (lines) return lines.ariaLabel;
  const box = controlsOf(form).find((control) => control.name === name)?.closest(".fieldBox, .form-row, fieldset");
  return box?.querySelector("legend, label")?.textContent.replace(/:\s*$/, "").trim() ?? name;
};

// The rich-text editors, by the textareas that they replace

const editors = new WeakMap();

document.addEventListener("prose-editor:ready", ({ detail }) => editors.set(detail.textarea, detail.editor));

export const isRich = (form, name) => controlsOf(form).some((control) => control.name === name && editors.has(control));

// HTML without what the editor and the server write in their own ways: attributes, white space and empty paragraphs
const bareHtml = (html) => {
  const { body } = new DOMParser().parseFromString(html, "text/html");
  for (const paragraph of body.querySelectorAll("li > p")) paragraph.replaceWith(...paragraph.childNodes);
  for (const element of body.querySelectorAll("*")) {
    for (const { name } of [...element.attributes]) if (name !== "href") element.removeAttribute(name);
    if (element.matches("p") && !element.textContent.trim()) element.remove();
  }
  return body.innerHTML.replace(/\s|&nbsp;/g, "");
};

const bareText = (text) => text.trim().replace(/\r\n?/g, "\n");

// Whether two values of a name differ in nothing that is worth writing
export const saysTheSame = (form, name, one, other) => {
  const bare = isRich(form, name) ? bareHtml : bareText;
  return isSame(one, other) || isSame(one.map(bare), other.map(bare));
};

export const writeValues = (form, values, names) => {
  const taken = {};
  addMissingLines(form, values);
  for (const control of controlsOf(form)) {
    const { name } = control;
    if (!names.includes(name)) continue;
    if (isTicked(control)) {
      control.checked = values[name].includes(control.value);
    } else if (control.options) {
      for (const option of control.options) option.selected = values[name].includes(option.value);
    } else {
      taken[name] = (taken[name] ?? -1) + 1;
      const value = values[name][taken[name]] ?? "";
      if (value === control.value) continue;
      // Preserve spaces, which the editor trims by default.
      editors.get(control)?.commands.setContent(value, { parseOptions: { preserveWhitespace: true } });
      // Until somebody types, the text stays as it was written, as when the page is loaded.
      control.value = value;
    }
    control.dispatchEvent(new Event("input", { bubbles: true }));
    control.dispatchEvent(new Event("change", { bubbles: true }));
  }
  arrangeLines(form);
};
