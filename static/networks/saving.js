// Save a form in the background, and bring the page up to date with the answer: the page that the browser would have
// loaded. Nothing scrolls, and the focus, the caret and what was typed meanwhile stay.

import { LONGEST_WAIT } from "./drafts.js";
import { focusField, focusFirstError, remember, remembered, showLanguage } from "./form_fields.js";
import { fieldOfName, takeLines } from "./lines.js";
import { isHidden, isRich, isSame, saysTheSame, valuesAtFirst, valuesNow, writeValues } from "./form_values.js";

// Files are sent by the browser itself, and so is the wish to remove one.
export const canBeSent = (form) =>
  [...form.elements].every(({ files, name, checked }) => !files?.length && !(checked && name.endsWith("-clear")));

// The answer to a form that was sent, or without a button to its page: {status, url, page, form}. Throws without an answer.
export const request = async (form, button) => {
  const body = button && new FormData(form, button);
  const signal = AbortSignal.timeout(LONGEST_WAIT);
  const options = { method: body ? "POST" : "GET", body, cache: "no-store", signal };
  const response = await fetch(location.pathname + location.search, options);
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  const url = new URL(response.url);
  return {
    status: response.status,
    // Redirected to another page than that of the form, such as the change of a password
    elsewhere: response.redirected && url.pathname !== location.pathname ? response.url : "",
    isSaved: response.redirected || !body,
    page,
    form: response.ok ? page.getElementById(form.id) : null,
  };
};

// The page as the server has it now. Where we were is restored when it has loaded.
const PLACE = "form-place"; // in the storage of the tab: {path, top}

export const loadAnew = () => {
  remember(PLACE, JSON.stringify({ path: location.pathname, top: scrollY }));
  location.replace(location.pathname + location.search);
};

const place = JSON.parse(remembered(PLACE) || "{}");
remember(PLACE, "");
if (place.path === location.pathname) addEventListener("load", () => scrollTo({ top: place.top, behavior: "instant" }));

// The parts of the page that the server writes, such as the messages and the errors of each field

const htmlOf = (part) => {
  const copy = part.cloneNode(true);
  for (const token of copy.querySelectorAll("[name=csrfmiddlewaretoken]")) token.remove();
  return copy.innerHTML;
};

const replacePart = (part, other) => {
  if (htmlOf(part) === htmlOf(other)) return;
  const typed = [...part.querySelectorAll("input[type=text]")].filter(({ value, defaultValue }) => value !== defaultValue);
  const focused = part.contains(document.activeElement) ? document.activeElement.id : "";
  part.replaceChildren(...document.adoptNode(other).childNodes);
  for (const { id, value } of typed) {
    const input = document.getElementById(id);
    if (input) input.value = value;
  }
  if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
};

const replaceParts = (page) => {
  for (const part of document.querySelectorAll("[data-part]")) {
    const other = page.querySelector(`[data-part="${CSS.escape(part.dataset.part)}"]`);
    if (other) replacePart(part, other);
  }
  document.title = page.title;
};

// Whether a control is invalid, and what describes it. What scripts have added to its description stays.
const SERVERS = /_(helptext|error)$/;

const describe = (form, answered) => {
  for (const control of form.elements) {
    const other = control.id && answered.ownerDocument.getElementById(control.id);
    if (!other || control.type === "hidden") continue;
    const words = (element) => (element.getAttribute("aria-describedby") ?? "").split(" ").filter(Boolean);
    const described = [...words(other), ...words(control).filter((id) => !SERVERS.test(id))].join(" ");
    const box = control.closest(".prose-editor")?.querySelector(".ProseMirror");
    for (const element of box ? [control, box] : [control]) {
      for (const [name, value] of [["aria-invalid", other.getAttribute("aria-invalid")], ["aria-describedby", described]]) {
        if (value) element.setAttribute(name, value);
        else element.removeAttribute(name);
      }
    }
  }
};

// Bring the page up to date with an answer that has the form. `sent` are the values that were sent with the button, and
// `atFirst` those with which the form began. Returns those with which it begins now; nothing if the page has to be loaded
// anew, because a field in which somebody has typed meanwhile, or for which the page has no choice, has been changed by
// somebody else.
export const bringUpToDate = (form, { page, form: answered, isSaved }, sent, atFirst, button) => {
  // The server may have changed these: a choice was made for them, or the button mends them.
  const conflicting = new Set(form.elements.conflicting?.value.split(" ")).add(button.value.split(":")[0]);
  const answer = valuesAtFirst(answered);
  takeLines(form, answered, sent);
  const now = valuesNow(form);
  sent = { ...now, ...sent }; // what was taken in stands as it was sent
  const names = Object.keys(answer).filter((name) => name in now);
  // What its author has changed, and what was saved as it was sent, is only written in another way, if at all.
  const isOwn = (name) => name in atFirst && !isSame(sent[name], atFirst[name])
    && !conflicting.has(name) && !conflicting.has(fieldOfName(name));
  const written = [];
  for (const name of names) {
    const isTyped = !isHidden(form, name) && !isSame(now[name], sent[name]);
    if (isHidden(form, name)) written.push(name);
    else if (saysTheSame(form, name, sent[name], answer[name])) continue;
    else if (isOwn(name) && (isTyped || isRich(form, name))) continue;
    else if (isTyped) return null;
    else written.push(name);
  }

  const box = document.activeElement?.closest(".fieldBox");
  const anchor = box ?? form;
  const { top } = anchor.getBoundingClientRect();
  replaceParts(page);
  form.elements.form_token.value = answered.elements.form_token.value;
  writeValues(form, answer, written);
  describe(form, answered);
  // The button that was pressed may be gone. The field that has the focus is shown in each language.
  if (box && !box.contains(document.activeElement)) focusField(box.querySelector("input, select, textarea"));
  showLanguage();
  scrollBy({ top: anchor.getBoundingClientRect().top - top, behavior: "instant" });

  const after = valuesNow(form);
  if (written.some((name) => !saysTheSame(form, name, after[name], answer[name]))) return null;
  // Whoever goes on writing keeps the focus.
  const isWriting = names.some((name) => !isHidden(form, name) && !isSame(now[name], sent[name]));
  if (!isSaved && !isWriting) focusFirstError();
  const begun = isSaved ? Object.fromEntries(names.map((name) => [name, sent[name]])) : atFirst;
  return { ...begun, ...Object.fromEntries(written.map((name) => [name, after[name]])) };
};
