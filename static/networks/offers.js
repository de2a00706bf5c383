// Text that was typed into a form and not saved is offered when the form is open again.

import { draftsOf, drop, isOfForm, store } from "./drafts.js";
import { copyOf, fill, timeOf } from "./dialogs.js";
import { changedNames, isHidden, isSame, labelOf, valuesNow, writeValues } from "./form_values.js";

// Offer what is found in a panel above the form; `watched` is what unsaved.js knows of the form.
export const offerDrafts = async (panel, { form, token, keep, draftNow, hasUnsavedText }) => {
  const replace = (box, other) => {
    box.replaceWith(other);
    other.querySelector("button")?.focus();
  };

  const offerOf = (draft) => {
    const now = valuesNow(form);
    const names = changedNames(draft.values, draft.atFirst)
      .filter((name) => !isHidden(form, name) && !isSame(draft.values[name], now[name]));
    if (!names.length) return null;
    const box = copyOf("unsaved-offer");
    const text = box.querySelector("[data-text]");
    const fields = names.map((name) => labelOf(form, name)).join(", ");
    text.textContent = fill(text.dataset.text, { time: timeOf(draft.typedAt), fields });
    box.querySelector("[data-put]").addEventListener("click", () => putIn(draft, box));
    box.querySelector("[data-discard]").addEventListener("click", () => discard(draft, box));
    return box;
  };

  const putIn = async (draft, box) => {
    const before = hasUnsavedText() ? draftNow() : null;
    // A form that knows the version it began with gets back all, with that version: the server then brings it
    // together with what others have written since. Any other form gets back what was typed, and nothing older.
    const names = form.elements.base ? Object.keys(draft.values) : changedNames(draft.values, draft.atFirst);
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

  const { user, form: key, path } = draftNow();
  const drafts = await draftsOf(user);
  const found = drafts.filter((draft) => isOfForm(draft, key, path) && draft.token !== token);
  found.sort((one, other) => other.typedAt - one.typedAt);
  for (const draft of found) {
    const box = offerOf(draft);
    if (box) panel.append(box);
    else await drop(draft.token); // it is what the form shows
  }
};
