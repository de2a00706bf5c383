// Offer unsaved text when its form is opened again.

import { draftsOf, drop, isOfForm, store } from "./drafts.js";
import { copyOf, fill, timeOf } from "./dialogs.js";
import { isOfLine } from "./lines.js";
import { changedNames, isHidden, isSame, labelOf, valuesNow, writeValues } from "./form_values.js";

// Show the drafts of a form in a panel above it; `watched` is the state of the form in unsaved.js.
export const offerDrafts = async (panel, { form, token, keep, draftNow, hasUnsavedText }) => {
  const replace = (box, other) => {
    box.replaceWith(other);
    other.querySelector("button")?.focus();
  };

  const offerOf = (draft) => {
    const now = valuesNow(form);
    const names = changedNames(draft.values, draft.atFirst)
      .filter((name) => (isOfLine(name) || !isHidden(form, name)) && !isSame(draft.values[name], now[name]));
    if (!names.length) return null;
    const box = copyOf("unsaved-offer");
    const text = box.querySelector("[data-text]");
    const fields = [...new Set(names.map((name) => labelOf(form, name)))].join(", ");
    text.textContent = fill(text.dataset.text, { time: timeOf(draft.typedAt), fields });
    box.querySelector("[data-put]").addEventListener("click", () => putIn(draft, box));
    box.querySelector("[data-discard]").addEventListener("click", () => discard(draft, box));
    return box;
  };

  const putIn = async (draft, box) => {
    const before = hasUnsavedText() ? draftNow() : null;
    // A form with a base revision gets all values of the draft, and its base: the server then merges them with what
    // others have saved since. Any other form gets only the values that were typed.
    const names = form.elements.base ? Object.keys(draft.values) : changedNames(draft.values, draft.atFirst);
    writeValues(form, draft.values, names);
    await keep();
    // The draft now has the former values of the form, so that the user can swap them back.
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
