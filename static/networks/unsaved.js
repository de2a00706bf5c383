// Nothing typed on the desk is lost: the browser's half. networks/admin/unsaved_text.py is the server's.
//
// What somebody types into a form is kept in this browser with every keystroke, as a draft under the form's token,
// until the server says that it has saved that token. A draft that is left is offered when the form is next opened,
// to the same person, in any language of the desk. Before a form is sent, the server is asked whether it is there and
// who is signed in; whoever is not, signs in without leaving the page.

import { askServer, draftsOf, drop, isSaved, store } from "./drafts.js";
import { agreesToLose, fill, signIn, timeOf } from "./dialogs.js";
import { changedNames, isHidden, valuesAtFirst, valuesNow } from "./form_values.js";
import { offerDrafts } from "./offers.js";

const { user, sessionUrl } = document.getElementById("unsaved-script").dataset;

const ask = (tokens) => askServer(sessionUrl, tokens);

const dropSaved = async () => {
  const sent = (await draftsOf(user)).filter((draft) => draft.sentAt);
  if (!sent.length) return;
  const { saved } = await ask(sent.map((draft) => draft.token));
  await Promise.all(sent.filter((draft) => isSaved(draft, saved)).map((draft) => drop(draft.token)));
};

// A form

const watch = (panel) => {
  const form = panel.closest("form");
  const texts = panel.dataset;
  const token = form.elements.form_token.value;
  const owner = { id: user, name: texts.userName, logInUrl: texts.logInUrl, serverGone: texts.serverGone };
  const places = document.querySelectorAll("[data-unsaved-status]");
  // Sent back with an error, it shows what is saved nowhere.
  let wasUnsaved = "isUnsaved" in texts;
  let atFirst = wasUnsaved ? {} : valuesAtFirst(form);

  // The browser must not fill in a form that it goes back to: it would put old text beside a new `base`.
  form.autocomplete = "off";

  const say = (text, isError = false) => {
    for (const place of places) {
      if (place.textContent !== text) place.textContent = text;
      place.classList.toggle("unsaved-error", isError);
    }
  };

  const hasFile = () => [...form.elements].some(({ files }) => files?.length);

  const hasUnsavedText = () =>
    wasUnsaved || changedNames(valuesNow(form), atFirst).some((name) => !isHidden(form, name));

  // Keeping

  let kept = ""; // the values that are kept, as JSON
  let sentAt; // by the server's clock, until something else is typed
  let keeping;
  let isBehind = false;

  const draftNow = () => ({
    token,
    user,
    form: texts.form,
    path: location.pathname,
    title: document.querySelector("#content > h2, #content > h1:not(:has(~ h2))")?.textContent ?? document.title,
    values: valuesNow(form),
    atFirst,
    typedAt: Date.now(),
  });

  const keepAll = async () => {
    while (isBehind) {
      isBehind = false;
      const draft = draftNow();
      const values = hasUnsavedText() ? JSON.stringify(draft.values) : "";
      if (values === kept) continue;
      sentAt = undefined;
      try {
        await (values ? store(draft) : drop(token));
        kept = values;
        say(values && fill(texts.kept, { time: timeOf(draft.typedAt) }));
      } catch {
        say(texts.notKept, true);
      }
    }
  };

  // One write after the other; of what was typed while one went on, only the last is written.
  const keep = () => {
    isBehind = true;
    keeping ??= keepAll().finally(() => { keeping = undefined; });
    return keeping;
  };

  // A date from the calendar or a theme from its window comes without an event, but the focus then moves.
  for (const type of ["input", "change", "focusin"]) form.addEventListener(type, keep);

  // A page that goes does not wait for the write that is under way.
  addEventListener("pagehide", () => {
    if (keeping) store(draftNow()).catch(() => {});
  });

  // Sending

  let isChecking = false; // the server is being asked
  let isChecked = false; // it has said yes
  let isLeaving = false; // the browser is sending the form

  const send = async (button) => {
    await keep();
    say(texts.saving);
    let session;
    try {
      session = await ask([token]);
    } catch {
      say(texts.serverGone, true);
      return;
    }
    if (String(session.user) !== user) {
      const names = { owner: texts.userName, name: session.name };
      const reason = session.user ? fill(texts.somebodyElse, names) : texts.sessionEnded;
      session = await signIn(reason, () => ask([token]), owner);
    }
    if (String(session?.user) !== user) {
      say(texts.notSignedIn, true);
      return;
    }
    if (sentAt && !hasFile() && isSaved({ token, sentAt }, session.saved)) {
      // The answer to the first time was lost, and nothing was typed since.
      await drop(token);
      [wasUnsaved, atFirst, kept] = [false, valuesNow(form), ""];
      say(texts.alreadySaved);
      return;
    }
    // A log-in in another tab has changed the secret that the form came with.
    form.elements.csrfmiddlewaretoken.value = session.csrf_token;
    if (hasUnsavedText()) {
      const draft = draftNow();
      // Where nothing can be kept, the form is sent all the same.
      await store({ ...draft, sentAt: session.now }).catch(() => {});
      kept = JSON.stringify(draft.values);
    }
    sentAt = session.now;
    isChecked = isLeaving = true;
    form.requestSubmit(button);
    // The browser does not say when somebody stops it, so the button works again after a while.
    setTimeout(() => { isLeaving = false; }, 5000);
  };

  form.addEventListener("submit", (event) => {
    if (isChecked) {
      isChecked = false;
      return;
    }
    event.preventDefault();
    if (isChecking || isLeaving) return; // the button was pressed twice
    isChecking = true;
    send(event.submitter).finally(() => { isChecking = false; });
  });

  form.addEventListener("input", () => { isLeaving = false; });

  addEventListener("beforeunload", (event) => {
    if (!isLeaving && (hasUnsavedText() || hasFile())) event.preventDefault();
  });

  // Gone back to, the browser may show the page as it was left: with a form that was saved meanwhile.
  addEventListener("pageshow", async ({ persisted }) => {
    isLeaving = false;
    if (!persisted || !sentAt) return;
    const session = await ask([token]).catch(() => null);
    if (!session || !isSaved({ token, sentAt }, session.saved)) return;
    await drop(token);
    isLeaving = true;
    location.reload();
  });

  return { form, token, keep, draftNow, hasUnsavedText, leave: () => { isLeaving = true; } };
};

const panel = document.getElementById("unsaved");
const watched = panel && watch(panel);

// Logging out

const logOut = document.getElementById("logout-form");

const deleteDrafts = async () => {
  const drafts = await draftsOf(user);
  if (drafts.length && !(await agreesToLose(drafts))) return false;
  await Promise.all(drafts.map((draft) => drop(draft.token)));
  return true;
};

logOut?.addEventListener("submit", async (event) => {
  event.preventDefault();
  try {
    if (!(await deleteDrafts())) return;
    // The server then need not have the browser throw away everything, with what colleagues have left here.
    const note = { type: "hidden", name: "drafts_deleted", value: "1" };
    logOut.append(Object.assign(document.createElement("input"), note));
  } catch {
    // No drafts can be read here; what there may be is for the server to have thrown away.
  }
  watched?.leave();
  logOut.submit(); // unlike requestSubmit, without coming here again
});

const begin = async () => {
  await watched?.keep();
  await dropSaved().catch(() => {}); // the next page asks again
  if (watched) await offerDrafts(panel, watched);
};

begin().catch(() => {}); // nothing is kept in this browser, so there is nothing to offer
