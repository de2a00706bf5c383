// Count the characters of text fields, instead of a maxlength with which browsers cut pasted text silently. The
// server refuses longer texts, and counts in the same way. Of rich texts it tells the number of words.

const SHORT = 100; // characters: with a smaller limit, the count is shown only when it is exceeded

// A line break is submitted as two characters, and the server strips the text.
export const lengthOf = (text) => [...text.trim().replace(/\r\n?|\n/g, "\r\n")].length;

// The message beside a field: its count from three quarters of the limit on, and that it is too long.
export const tell = (length, limit) => ({
  isCounted: length > limit || (limit >= SHORT && length >= 0.75 * limit),
  isTooLong: length > limit,
});

const WORD = /[\p{L}\p{N}]+(?:[’'.,-][\p{L}\p{N}]+)*/gu;

export const wordsOf = (html) => {
  const { body } = new DOMParser().parseFromString(html.replaceAll("<", " <"), "text/html");
  return body.textContent.match(WORD)?.length ?? 0;
};

const watch = (field, template) => {
  const isRich = field.closest(".prose-editor") || field.matches("[data-django-prose-editor-configurable]");
  let last;
  const limit = Number(field.dataset.limit);
  const note = template.content.firstElementChild.cloneNode(true);
  const [count, warning] = note.children;
  note.id = `${field.id}_limit`;
  (field.closest(".prose-editor") ?? field).after(note);
  field.setAttribute("aria-describedby", `${field.getAttribute("aria-describedby") ?? ""} ${note.id}`.trim());
  return () => {
    if (field.value === last) return;
    last = field.value;
    const length = lengthOf(field.value);
    const { isCounted, isTooLong } = tell(length, limit);
    const characters = isCounted ? template.dataset.count.replace("{count}", length).replace("{limit}", limit) : "";
    const number = isRich && wordsOf(field.value);
    const words = number ? template.dataset.words.replace("{count}", number) : "";
    const text = [words, characters].filter(Boolean).join(" ");
    if (count.textContent !== text) count.textContent = text;
    const said = isTooLong ? template.dataset.tooLong : "";
    if (warning.textContent !== said) warning.textContent = said;
    note.classList.toggle("text-too-long", isTooLong);
  };
};

const template = document.getElementById("text-limit");
if (template) {
  const updates = new Map();
  const updateAll = () => {
    // A line that was added has fields of its own.
    for (const field of document.querySelectorAll("[data-limit]")) {
      if (!updates.has(field)) updates.set(field, watch(field, template));
      updates.get(field)();
    }
  };
  // The rich-text editor updates its textarea after the input event.
  for (const type of ["input", "change"]) document.addEventListener(type, () => setTimeout(updateAll));
  updateAll();
}
