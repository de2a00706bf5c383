// Preserve unsaved text: the browser's part. networks/admin/unsaved_text.py is the server's.
//
// The values of a form are stored in this browser with every keystroke, as a draft under the form's token, until the
// server has saved that token. A remaining draft is offered when the form is next opened, to the same user, in any
// language of the admin. Before a form is sent, the script checks that the server is there and that the user is
// logged in; a user who is not can log in without leaving the page. A button after which one goes on with the same form
// saves it in the background (saving.js).

import { askServer, draftsOf, drop, isSaved, store } from "./drafts.js";
import { agreesToLose, fill, signIn, timeOf } from "./dialogs.js";
import { changedNames, isHidden, valuesAtFirst, valuesNow } from "./form_values.js";
import { offerDrafts } from "./offers.js";
import { bringUpToDate, canBeSent, loadAnew, request } from "./saving.js";

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
  let token = form.elements.form_token.value;
  const owner = { id: user, name: texts.userName, logInUrl: texts.logInUrl, serverGone: texts.serverGone };
  const places = document.querySelectorAll("[data-unsaved-status]");
  // A form that is shown again with an error has unsaved text.
  let wasUnsaved = "isUnsaved" in texts;
  let atFirst = wasUnsaved ? {} : valuesAtFirst(form);

  // After going back, the browser must not fill in the form: it would put old text beside a new `base`.
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

  // Storing

  let kept = ""; // the stored values, as JSON
  let sentAt; // by the server's clock; undefined after a change
  let sentBy; // the name and the value of the button
  let keeping;
  let isBehind = false;
  let isTakenIn = false; // while an answer is written into the form

  const draftNow = () => ({
    token,
    user,
    form: texts.form,
    path: location.pathname,
    title: document.querySelector(".form-head h1, #content > h2")?.textContent ?? document.title,
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

  // One write at a time. Of the values typed meanwhile, only the last are written. Rich text may still change between
  // the end of `keepAll` and what follows it.
  const keep = async () => {
    if (isTakenIn) return;
    isBehind = true;
    keeping ??= keepAll().finally(() => {
      keeping = undefined;
      return isBehind ? keep() : undefined;
    });
    await keeping;
  };

  // A date from the calendar or a theme from the popup fires no input event, but the focus moves.
  for (const type of ["input", "change", "focusin"]) form.addEventListener(type, keep);

  // A page that is unloaded must not wait for the write in progress.
  addEventListener("pagehide", () => {
    if (keeping) store(draftNow()).catch(() => {});
  });

  // Sending

  let isChecking = false; // waiting for the session view
  let isChecked = false; // the session view has confirmed the user
  let isLeaving = false; // the browser is submitting the form

  // Resolves to the response of the session view once the user is logged in. Says so, and resolves to nothing, otherwise.
  const confirmUser = async () => {
    let session;
    try {
      session = await ask([token]);
    } catch {
      say(texts.serverGone, true);
      return null;
    }
    if (String(session.user) !== user) {
      const names = { owner: texts.userName, name: session.name };
      const reason = session.user ? fill(texts.somebodyElse, names) : texts.sessionEnded;
      session = await signIn(reason, () => ask([token]), owner);
    }
    if (String(session?.user) === user) {
      // A log-in, also one in another tab, has changed the CSRF token.
      form.elements.csrfmiddlewaretoken.value = session.csrf_token;
      return session;
    }
    say(texts.notSignedIn, true);
    return null;
  };

  const asText = (button) => `${button?.name}=${button?.value}`;

  // Whether the server has saved what is sent now, by the same button: only the response was lost.
  const isSavedAlready = (session, button) =>
    sentAt && sentBy === asText(button) && isSaved({ token, sentAt }, session.saved);

  const storeAsSent = async (session, button) => {
    if (hasUnsavedText()) {
      const draft = draftNow();
      // If nothing can be stored, submit the form all the same.
      await store({ ...draft, sentAt: session.now }).catch(() => {});
      kept = JSON.stringify(draft.values);
    }
    sentAt = session.now;
    sentBy = asText(button);
  };

  // Saving in the background

  const takeIn = async (answer, sent, button) => {
    await keeping; // under the token until now
    const before = token;
    isTakenIn = true;
    const values = bringUpToDate(form, answer, sent, atFirst, button);
    isTakenIn = false;
    if (!values) {
      // What was typed is offered when the page is there again, with the version that it began with.
      await keep();
      isLeaving = true;
      loadAnew();
      return;
    }
    token = form.elements.form_token.value;
    atFirst = values;
    wasUnsaved = !answer.isSaved;
    if (!answer.isSaved) {
      await keep();
      say(texts.notSaved, true);
      return;
    }
    [kept, sentAt] = ["", undefined];
    say(fill(texts.saved, { time: timeOf(Date.now()) }));
    await drop(before).catch(() => {});
    await keep(); // what was typed meanwhile
  };

  const saveInPlace = async (button, session, isTriedAgain = false) => {
    const isThere = isSavedAlready(session, button);
    await storeAsSent(session, button);
    const sent = valuesNow(form); // at the same moment in which the form is read
    let answer;
    try {
      answer = await request(form, isThere ? null : button);
    } catch {
      answer = { status: 503 };
    }
    if (answer.status === 403 && !isTriedAgain) {
      const again = await confirmUser();
      if (again) await saveInPlace(button, again, true);
    } else if (answer.elsewhere) {
      isLeaving = true;
      location.assign(answer.elsewhere);
    } else if (answer.form) {
      await takeIn(answer, sent, button);
    } else {
      say(answer.status >= 500 ? texts.serverGone : texts.refused, true);
    }
  };

  const send = async (button) => {
    await keep();
    say(texts.saving);
    const session = await confirmUser();
    if (!session) return;
    if ("stays" in (button?.dataset ?? {}) && "isChange" in texts && canBeSent(form)) {
      await saveInPlace(button, session);
      return;
    }
    if (!hasFile() && isSavedAlready(session, button)) {
      // The form was saved but the response was lost, and nothing was typed since.
      await drop(token);
      [wasUnsaved, atFirst, kept] = [false, valuesNow(form), ""];
      say(texts.alreadySaved);
      return;
    }
    await storeAsSent(session, button);
    isChecked = isLeaving = true;
    form.requestSubmit(button);
    // There is no event for stopping the submission, so enable the button again after a while.
    setTimeout(() => { isLeaving = false; }, 5000);
  };

  let pressedMeanwhile; // the button that was pressed while the form was being saved

  form.addEventListener("submit", (event) => {
    if (isChecked) {
      isChecked = false;
      return;
    }
    if (event.submitter?.formTarget) return; // opens another tab, and saves nothing
    event.preventDefault();
    if (isChecking) pressedMeanwhile = event.submitter;
    if (isChecking || isLeaving) return; // the button was pressed twice
    isChecking = true;
    pressedMeanwhile = undefined;
    send(event.submitter).finally(() => {
      isChecking = false;
      const isOther = pressedMeanwhile && pressedMeanwhile !== event.submitter;
      const isTypedSince = pressedMeanwhile && hasUnsavedText();
      if (!(isOther || isTypedSince) || isLeaving || wasUnsaved) return;
      // The answer may have replaced it.
      const again = [...form.elements].find((each) => asText(each) === asText(pressedMeanwhile));
      if (again) form.requestSubmit(again);
    });
  });

  const save = () => {
    const button = [...form.elements].find((control) => control.hasAttribute("aria-keyshortcuts"));
    if (button) form.requestSubmit(button);
  };

  document.addEventListener("keydown", (event) => {
    const { code, key } = event;
    const isSave = /^[a-z]$/i.test(key) ? key.toLowerCase() === "s" : code === "KeyS"; // the key has с in Cyrillic
    if (!isSave || !(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey) return;
    event.preventDefault();
    // A key that is held would save once more what its first press has asked about.
    if (!event.repeat && !document.querySelector("dialog[open]")) save();
  });

  form.addEventListener("input", () => { isLeaving = false; });

  addEventListener("beforeunload", (event) => {
    if (!isLeaving && (hasUnsavedText() || hasFile())) event.preventDefault();
  });

  // After going back, the browser may show the page as it was, with a form that was saved meanwhile.
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
    // The server then does not clear the storage, which also has the drafts of colleagues.
    const note = { type: "hidden", name: "drafts_deleted", value: "1" };
    logOut.append(Object.assign(document.createElement("input"), note));
  } catch {
    // The drafts cannot be read, so let the server clear the storage.
  }
  watched?.leave();
  logOut.submit(); // unlike requestSubmit, fires no submit event
});

const begin = async () => {
  await watched?.keep();
  await dropSaved().catch(() => {}); // the next page tries again
  if (watched) await offerDrafts(panel, watched);
};

begin().catch(() => {}); // without storage there is nothing to offer
