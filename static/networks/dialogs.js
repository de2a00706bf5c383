// The texts and dialogs of the script for unsaved text.

import { LONGEST_WAIT } from "./drafts.js";

export const copyOf = (id) => document.getElementById(id).content.firstElementChild.cloneNode(true);

export const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_whole, name) => values[name]);

// A date in British English, as the admin writes it, or in Serbian in the script of the page.
const locale = document.documentElement.lang === "en" ? "en-GB" : document.documentElement.lang;

export const timeOf = (moment) => {
  const isToday = new Date(moment).toDateString() === new Date().toDateString();
  const day = isToday ? {} : { day: "numeric", month: "long" };
  return new Date(moment).toLocaleString(locale, { ...day, hour: "2-digit", minute: "2-digit" });
};

export const showDialog = (dialog) => new Promise((resolve) => {
  document.body.append(dialog);
  dialog.addEventListener("close", () => {
    dialog.remove();
    resolve(dialog.returnValue);
  });
  dialog.showModal();
});

// Ask the user who logs out whether to discard unsaved text.
export const agreesToLose = async (drafts) => {
  const dialog = copyOf("unsaved-log-out");
  for (const { path, title, typedAt } of drafts) {
    const link = document.createElement("a");
    link.href = path;
    link.textContent = `${title}, ${timeOf(typedAt)}`;
    const item = document.createElement("li");
    item.append(link);
    dialog.querySelector("[data-drafts]").append(item);
  }
  return (await showDialog(dialog)) === "leave";
};

// Ask the user to log in without leaving the page. Resolves to the response of the session view afterwards; to
// nothing if the user did not log in.
//
// `askAnew` requests the session view, and `owner` is {id, name, logInUrl, serverGone}.
export const signIn = async (reason, askAnew, owner) => {
  const dialog = copyOf("unsaved-log-in");
  const fields = dialog.querySelector("form");
  const error = dialog.querySelector("[data-error]");
  let session;
  let isBusy = false;

  const complain = (text) => {
    error.textContent = text;
    error.hidden = false;
  };

  // An account with a second factor is asked for a code after its password.
  const showStep = (name, token = "") => {
    for (const step of fields.querySelectorAll("[data-step]")) step.hidden = step.disabled = step.dataset.step !== name;
    fields.elements.sign_in_token.value = token;
    const input = fields.elements[name];
    input.value = "";
    input.focus();
  };

  const logIn = async () => {
    const { csrf_token: secret } = await askAnew();
    const body = new URLSearchParams(new FormData(fields));
    body.set("csrfmiddlewaretoken", secret);
    body.set("form_user", owner.id); // the server then lets nobody else log in
    body.set("form_user_name", owner.name);
    const signal = AbortSignal.timeout(LONGEST_WAIT);
    const response = await fetch(owner.logInUrl, { method: "POST", body, redirect: "manual", signal });
    if (response.type !== "opaqueredirect") {
      const page = new DOMParser().parseFromString(await response.text(), "text/html");
      const refusal = page.querySelector(".errornote");
      const token = page.querySelector("[name=sign_in_token]")?.value;
      if (!refusal && !token) throw new Error("No log-in and no reason");
      error.hidden = true;
      if (refusal) complain(refusal.textContent.trim());
      const isSameStep = !token === fields.querySelector("[data-step=code]").disabled;
      if (!isSameStep) showStep(token ? "code" : "password", token);
      else (token ? fields.elements.code : fields.elements.password).select();
      return;
    }
    session = await askAnew();
    dialog.close();
  };

  dialog.querySelector("[data-reason]").textContent = reason;
  dialog.querySelector("[data-cancel]").addEventListener("click", () => dialog.close());
  fields.addEventListener("submit", (event) => {
    event.preventDefault();
    if (isBusy) return;
    isBusy = true;
    logIn().catch(() => complain(owner.serverGone)).finally(() => { isBusy = false; });
  });
  const closed = showDialog(dialog);
  fields.elements.password.focus(); // the name is filled in already
  await closed;
  return session;
};
