// Nothing typed on the desk is lost: the browser's half. networks/desk/unsaved.py is the server's.
//
// What somebody types into a form is kept in this browser with every keystroke, as a draft under the form's token,
// until the server says that it has saved that token. A draft that is left is offered when the form is next opened,
// to the same person, at the same address. Before a form is sent, the server is asked whether it is there and who is
// signed in; whoever is not, signs in without leaving the page.

const { user, sessionUrl } = document.getElementById("unsaved-script").dataset;

// Drafts. In IndexedDB, because it can be told to be on the disk before it says so ("strict"); localStorage is
// written seconds later, and a browser that is killed meanwhile has lost them.

let opening;

const database = () => {
  opening ??= new Promise((resolve, reject) => {
    const request = indexedDB.open("unsaved", 1);
    request.onupgradeneeded = () => {
      request.result.createObjectStore("drafts", { keyPath: "token" }).createIndex("user", "user");
    };
    request.onsuccess = () => {
      // The browser closes it when another tab logs out. The next keystroke opens it anew.
      request.result.onclose = () => { opening = undefined; };
      resolve(request.result);
    };
    request.onerror = () => {
      opening = undefined;
      reject(request.error);
    };
  });
  return opening;
};

const LONGEST_WRITE = 5_000; // milliseconds: a browser that cannot write must not keep anybody from saving

const transact = async (mode, act) => {
  const transaction = (await database()).transaction("drafts", mode, { durability: "strict" });
  const request = act(transaction.objectStore("drafts"));
  // Without waiting for the page to hear of it, which may be closing.
  transaction.commit();
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve(request.result);
    transaction.onabort = () => reject(transaction.error);
  });
};

const inDrafts = (mode, act) => Promise.race([
  transact(mode, act),
  new Promise((_resolve, reject) => { setTimeout(reject, LONGEST_WRITE, new Error("The browser does not write")); }),
]);

const draftsOf = (owner) => inDrafts("readonly", (drafts) => drafts.index("user").getAll(owner));
const store = (draft) => inDrafts("readwrite", (drafts) => drafts.put(draft));
const drop = (token) => inDrafts("readwrite", (drafts) => drafts.delete(token));

// The server's word on who is signed in, and on when which forms were saved. Fails when it gives none.

const LONGEST_WAIT = 20_000; // milliseconds

const askServer = async (tokens = []) => {
  const query = new URLSearchParams(tokens.map((token) => ["token", token]));
  const signal = AbortSignal.timeout(LONGEST_WAIT);
  const response = await fetch(`${sessionUrl}?${query}`, { cache: "no-store", signal });
  if (!response.ok) throw new Error(`The server answered ${response.status}`);
  return response.json();
};

// Saved since it was sent: what was typed into it after that was not.
const isSaved = (draft, saved) => saved[draft.token] >= draft.sentAt;

const dropSaved = async () => {
  const sent = (await draftsOf(user)).filter((draft) => draft.sentAt);
  if (!sent.length) return;
  const { saved } = await askServer(sent.map((draft) => draft.token));
  await Promise.all(sent.filter((draft) => isSaved(draft, saved)).map((draft) => drop(draft.token)));
};

// Pieces of the page

const copyOf = (id) => document.getElementById(id).content.firstElementChild.cloneNode(true);

const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_whole, name) => values[name]);

// A day in British English, as the desk writes it; Serbian in the script of the page.
const locale = document.documentElement.lang === "en" ? "en-GB" : document.documentElement.lang;

const timeOf = (moment) => {
  const isToday = new Date(moment).toDateString() === new Date().toDateString();
  const day = isToday ? {} : { day: "numeric", month: "long" };
  return new Date(moment).toLocaleString(locale, { ...day, hour: "2-digit", minute: "2-digit" });
};

const showDialog = (dialog) => new Promise((resolve) => {
  document.body.append(dialog);
  dialog.addEventListener("close", () => {
    dialog.remove();
    resolve(dialog.returnValue);
  });
  dialog.showModal();
});

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

const isSame = (one = [], other = []) => one.length === other.length && one.every((value, index) => value === other[index]);

// The rich-text editors, by the textareas that they stand in for

const editors = new WeakMap();

document.addEventListener("prose-editor:ready", ({ detail }) => editors.set(detail.textarea, detail.editor));

const writeValues = (form, values, names) => {
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

// A form

const watch = (panel) => {
  const form = panel.closest("form");
  const texts = panel.dataset;
  const token = form.elements.form_token.value;
  const places = document.querySelectorAll("[data-unsaved-status]");
  // Sent back with an error, it shows what is saved nowhere.
  let wasUnsaved = "isUnsaved" in texts;
  let atFirst = wasUnsaved ? {} : valuesOf(form, chosenAtFirst);

  // The browser must not fill in a form that it goes back to: it would put old text beside a new `base`.
  form.autocomplete = "off";

  const say = (text, isError = false) => {
    for (const place of places) {
      if (place.textContent !== text) place.textContent = text;
      place.classList.toggle("unsaved-error", isError);
    }
  };

  // What the names stand for: a field without a label is no text of the person.

  const isHidden = (name) => controlsOf(form).every((control) => control.name !== name || control.type === "hidden");

  const labelOf = (name) => {
    const box = controlsOf(form).find((control) => control.name === name)?.closest(".fieldBox, .form-row, fieldset");
    return box?.querySelector("legend, label")?.textContent.replace(/:\s*$/, "").trim() ?? name;
  };

  const typedIn = (values, before) => Object.keys(values).filter((name) => !isSame(values[name], before[name]));

  const hasFile = () => [...form.elements].some(({ files }) => files?.length);

  const hasUnsavedText = () =>
    wasUnsaved || typedIn(valuesOf(form, chosenNow), atFirst).some((name) => !isHidden(name));

  // Keeping

  let kept = ""; // the values that are kept, as JSON
  let sentAt; // by the server's clock, until something else is typed
  let keeping;
  let isBehind = false;

  const draftNow = () => ({
    token,
    user,
    path: location.pathname,
    title: document.querySelector("#content > h2, #content > h1:not(:has(~ h2))")?.textContent ?? document.title,
    values: valuesOf(form, chosenNow),
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

  const signIn = async (reason) => {
    const dialog = copyOf("unsaved-log-in");
    const fields = dialog.querySelector("form");
    const error = dialog.querySelector("[data-error]");
    let session;
    let isBusy = false;

    const complain = (text) => {
      error.textContent = text;
      error.hidden = false;
    };

    const logIn = async () => {
      const { csrf_token: secret } = await askServer();
      const body = new URLSearchParams(new FormData(fields));
      body.set("csrfmiddlewaretoken", secret);
      body.set("form_user", user); // the server then takes nobody else
      body.set("form_user_name", texts.userName);
      const signal = AbortSignal.timeout(LONGEST_WAIT);
      const response = await fetch(texts.logInUrl, { method: "POST", body, redirect: "manual", signal });
      if (response.type !== "opaqueredirect") {
        const page = new DOMParser().parseFromString(await response.text(), "text/html");
        const refusal = page.querySelector(".errornote");
        if (!refusal) throw new Error("No log-in and no reason");
        complain(refusal.textContent.trim());
        fields.elements.password.select();
        return;
      }
      session = await askServer([token]);
      dialog.close();
    };

    dialog.querySelector("[data-reason]").textContent = reason;
    dialog.querySelector("[data-cancel]").addEventListener("click", () => dialog.close());
    fields.addEventListener("submit", (event) => {
      event.preventDefault();
      if (isBusy) return;
      isBusy = true;
      logIn().catch(() => complain(texts.serverGone)).finally(() => { isBusy = false; });
    });
    const closed = showDialog(dialog);
    fields.elements.password.focus(); // the name is filled in already
    await closed;
    return session;
  };

  const send = async (button) => {
    await keep();
    say(texts.saving);
    let session;
    try {
      session = await askServer([token]);
    } catch {
      say(texts.serverGone, true);
      return;
    }
    if (String(session.user) !== user) {
      const names = { owner: texts.userName, name: session.name };
      session = await signIn(session.user ? fill(texts.somebodyElse, names) : texts.sessionEnded);
    }
    if (String(session?.user) !== user) {
      say(texts.notSignedIn, true);
      return;
    }
    if (sentAt && !hasFile() && isSaved({ token, sentAt }, session.saved)) {
      // The answer to the first time was lost, and nothing was typed since.
      await drop(token);
      [wasUnsaved, atFirst, kept] = [false, valuesOf(form, chosenNow), ""];
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
    const session = await askServer([token]).catch(() => null);
    if (!session || !isSaved({ token, sentAt }, session.saved)) return;
    await drop(token);
    isLeaving = true;
    location.reload();
  });

  // Offering

  const replace = (box, other) => {
    box.replaceWith(other);
    other.querySelector("button")?.focus();
  };

  const offerOf = (draft) => {
    const now = valuesOf(form, chosenNow);
    const fields = typedIn(draft.values, draft.atFirst).filter((name) => !isHidden(name) && !isSame(draft.values[name], now[name]));
    if (!fields.length) return null;
    const box = copyOf("unsaved-offer");
    const text = box.querySelector("[data-text]");
    text.textContent = fill(text.dataset.text, { time: timeOf(draft.typedAt), fields: fields.map(labelOf).join(", ") });
    box.querySelector("[data-put]").addEventListener("click", () => putIn(draft, box));
    box.querySelector("[data-discard]").addEventListener("click", () => discard(draft, box));
    return box;
  };

  const putIn = async (draft, box) => {
    const before = hasUnsavedText() ? draftNow() : null;
    // A form that knows the version it began with gets back all, with that version: the server then brings it
    // together with what others have written since. Any other form gets back what was typed, and nothing older.
    const names = form.elements.base ? Object.keys(draft.values) : typedIn(draft.values, draft.atFirst);
    writeValues(form, draft.values, names);
    await keep();
    // What stood in the form takes the place of what was put into it, so that either can be had.
    if (before) await store({ ...before, token: draft.token });
    else await drop(draft.token);
    const other = before && offerOf({ ...before, token: draft.token });
    const note = copyOf("unsaved-put");
    replace(box, note);
    if (other) note.after(other);
    note.focus();
  };

  const discard = async (draft, box) => {
    await drop(draft.token);
    const note = copyOf("unsaved-discarded");
    note.querySelector("[data-undo]").addEventListener("click", async () => {
      await store(draft);
      const again = offerOf(draft);
      if (again) replace(note, again);
      else note.remove();
    });
    replace(box, note);
  };

  const offerFound = async () => {
    const found = (await draftsOf(user)).filter((draft) => draft.path === location.pathname && draft.token !== token);
    found.sort((one, other) => other.typedAt - one.typedAt);
    for (const draft of found) {
      const box = offerOf(draft);
      if (box) panel.append(box);
      else await drop(draft.token); // it is what the form shows
    }
  };

  return { keep, offerFound, leave: () => { isLeaving = true; } };
};

const panel = document.getElementById("unsaved");
const form = panel && watch(panel);

// Logging out

const logOut = document.getElementById("logout-form");

const agreesToLose = async (drafts) => {
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
    logOut.append(Object.assign(document.createElement("input"), { type: "hidden", name: "drafts_deleted", value: "1" }));
  } catch {
    // No drafts can be read here; what there may be is for the server to have thrown away.
  }
  form?.leave();
  logOut.submit(); // unlike requestSubmit, without coming here again
});

const begin = async () => {
  await form?.keep();
  await dropSaved().catch(() => {}); // the next page asks again
  await form?.offerFound();
};

begin().catch(() => {}); // nothing is kept in this browser, so there is nothing to offer
