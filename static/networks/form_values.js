// The values of a form, by the names of its controls, each a list: {name: [value]}. Without what the server makes
// anew for each form, passwords, and files, which no script can put back.

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

// As the server has sent it, whatever was typed before this script ran or put in by the browser.
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

export const changedNames = (values, before) =>
  Object.keys(values).filter((name) => !isSame(values[name], before[name]));

// What the names stand for: a field without a label is no text of the person.

export const isHidden = (form, name) =>
  controlsOf(form).every((control) => control.name !== name || control.type === "hidden");

export const labelOf = (form, name) => {
  const box = controlsOf(form).find((control) => control.name === name)?.closest(".fieldBox, .form-row, fieldset");
  return box?.querySelector("legend, label")?.textContent.replace(/:\s*$/, "").trim() ?? name;
};

// The rich-text editors, by the textareas that they stand in for

const editors = new WeakMap();

document.addEventListener("prose-editor:ready", ({ detail }) => editors.set(detail.textarea, detail.editor));

export const writeValues = (form, values, names) => {
  const taken = {};
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
      control.value = value;
      // Spaces stay as they were typed; the editor would otherwise trim them.
      editors.get(control)?.commands.setContent(value, { parseOptions: { preserveWhitespace: true } });
    }
    control.dispatchEvent(new Event("input", { bubbles: true }));
    control.dispatchEvent(new Event("change", { bubbles: true }));
  }
};
