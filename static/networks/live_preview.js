// Show the public page of what stands in the form beside it, as one types. networks/live_preview.py renders the page,
// and saves nothing.
//
// The frame is sandboxed, so that no script runs in it. It is of this origin, so that this script can replace its content
// in place, without a flash, and scroll it to the field that is being written. A document of the frame's own attribute
// has the policy of this page, which needs to allow no frames.

import { fieldOfName } from "./lines.js";

const PAUSE = 250; // milliseconds between an answer and the next request
const TIMEOUT = 10_000;
const RETRY = 5_000; // after a request that has failed
const KEY = "live-preview"; // in the local storage: {isOpen, language}

const panel = document.getElementById("live-preview");
const form = document.querySelector("#content-main > form");

const remembered = () => {
  try {
    return JSON.parse(localStorage.getItem(KEY)) ?? {};
  } catch {
    return {}; // no storage, or not ours
  }
};

const remember = (what) => {
  try {
    localStorage.setItem(KEY, JSON.stringify({ ...remembered(), ...what }));
  } catch {
    // It is asked anew on the next page.
  }
};

// The text area of a rich text stands beside the editor that has the focus.
const fieldOf = (element) => element.closest(".prose-editor")?.querySelector("textarea") ?? element;

// The paragraph of a rich text in which the caret is, by its number.
const paragraphOf = (element) => {
  const box = element.closest(".ProseMirror");
  const node = getSelection().anchorNode;
  if (!box || !box.contains(node)) return -1;
  return [...box.children].findIndex((each) => each.contains(node));
};

const watch = () => {
  const frame = panel.querySelector("iframe");
  const status = panel.querySelector("[role=status]");
  const radios = [...panel.querySelectorAll("[name=live_language]")];
  const buttons = [...form.elements].filter(({ name }) => name === "_preview");
  let opener = buttons[0];
  let written; // the element that is being written in
  let serbian = radios[0].value; // the script that was chosen last
  // The column of a field ends in its language, which the tag of each form of it begins with.
  const codes = new Set(radios.map(({ value }) => value.split("-")[0]));
  const ending = new RegExp(`_(${[...codes].join("|")})$`);
  let shown = ""; // the request of which the answer is shown

  const language = () => radios.find((radio) => radio.checked).value;

  const say = (text) => {
    if (status.textContent !== text) status.textContent = text;
  };

  // The frame

  const empty = () => new Promise((resolve) => {
    frame.addEventListener("load", resolve, { once: true });
    frame.srcdoc = "<!DOCTYPE html>";
  });
  let loaded;

  const put = async (html) => {
    await (loaded ??= empty());
    const page = new DOMParser().parseFromString(html, "text/html");
    const note = page.querySelector(".preview");
    say(note?.textContent.trim() ?? "");
    note?.remove();
    for (const link of page.querySelectorAll("a:not([href^='#'])")) link.target = "_blank";
    const { contentDocument: there, contentWindow: view } = frame;
    const { scrollX, scrollY } = view;
    if (there.querySelector("link[rel=stylesheet]")) {
      there.documentElement.lang = page.documentElement.lang;
      there.body.replaceWith(there.adoptNode(page.body));
    } else {
      there.documentElement.replaceWith(there.adoptNode(page.documentElement));
    }
    view.scrollTo(scrollX, scrollY);
    follow();
  };

  // Scroll to what is being written. Not by scrollIntoView, which would scroll the form too.
  const follow = () => {
    const view = frame.contentWindow;
    const name = written && fieldOfName(fieldOf(written).name ?? "").replace(ending, "");
    let target = name && frame.contentDocument.querySelector(`[data-fields~="${CSS.escape(name)}"]`);
    if (!target) return;
    const paragraph = paragraphOf(written);
    const prose = target.matches(".prose") ? target : target.querySelector(".prose");
    if (prose && paragraph >= 0) target = prose.children[Math.min(paragraph, prose.children.length - 1)] ?? target;
    const { top, bottom } = target.getBoundingClientRect();
    if (top >= 0 && bottom <= view.innerHeight) return;
    view.scrollTo({ top: view.scrollY + top - view.innerHeight / 4 });
  };

  // Asking for the page

  const values = () => {
    const data = new URLSearchParams();
    // Of a picture that was chosen, its name: it is not shown before it is saved.
    for (const [name, value] of new FormData(form)) data.append(name, value instanceof File ? value.name : value);
    data.set("live_language", language());
    return data;
  };

  const show = async () => {
    const body = values();
    if (`${body}` === shown) {
      follow();
      return;
    }
    const signal = AbortSignal.timeout(TIMEOUT);
    const response = await fetch(panel.dataset.url, { method: "POST", body, redirect: "error", signal });
    if (!response.ok) throw new Error(response.statusText);
    await put(await response.text());
    shown = `${body}`;
  };

  let isBehind = false;
  let isAsking = false;
  let retry;

  // One request at a time. Of what is typed meanwhile, only the last is asked for.
  const update = async (pause = PAUSE) => {
    isBehind = true;
    if (isAsking || panel.hidden) return;
    isAsking = true;
    while (isBehind && !panel.hidden) {
      await new Promise((resolve) => { setTimeout(resolve, pause); });
      isBehind = false;
      await show().catch(() => {
        say(panel.dataset.behind);
        clearTimeout(retry);
        retry = setTimeout(update, RETRY, 0);
      });
    }
    isAsking = false;
  };

  addEventListener("online", () => update(0));

  // Opening and closing

  const open = (isOpen) => {
    panel.hidden = !isOpen;
    for (const button of buttons) button.setAttribute("aria-expanded", isOpen);
    if (isOpen) update(0);
  };

  const toggle = (isOpen) => {
    open(isOpen);
    remember({ isOpen });
    if (isOpen) panel.scrollIntoView({ block: "nearest" }); // on a phone it is below the form
    else opener.focus();
  };

  for (const button of buttons) {
    button.setAttribute("aria-controls", panel.id);
    button.addEventListener("click", (event) => {
      event.preventDefault();
      opener = button;
      toggle(panel.hidden);
    });
  }
  panel.querySelector("button").addEventListener("click", () => toggle(false));
  panel.addEventListener("keydown", ({ key }) => { if (key === "Escape") toggle(false); });

  const choose = (tag) => {
    const radio = radios.find((each) => each.value === tag);
    if (radio) radio.checked = true;
    if (language().startsWith("sr")) serbian = language();
  };

  panel.addEventListener("change", () => {
    choose(language());
    remember({ language: language() });
    update(0);
  });

  // A text in another language is shown in that language.
  const note = ({ target, isTrusted }) => {
    update();
    if (!isTrusted) return; // a script has written, such as one that takes in what a colleague has saved
    written = target;
    const [, stored] = fieldOf(target).name?.match(ending) ?? [];
    if (stored && !language().startsWith(stored)) choose(stored === "sr" ? serbian : stored);
  };

  // A date from the calendar or a theme from the popup fires no input event, but the focus moves.
  for (const type of ["input", "change", "focusin"]) form.addEventListener(type, note);

  const { isOpen = false, language: last } = remembered();
  choose(last);
  open(isOpen);
};

if (panel && form) watch();
