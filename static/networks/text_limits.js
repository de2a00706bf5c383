// A text that is longer than its field may be is kept and counted, where a browser would have cut it without a word.
// The server, which refuses it, counts alike.

const SHORT = 100; // characters: of what is so short anyway, only what is too long is counted

// A line break is sent as two characters, and the space around a text is not kept.
export const lengthOf = (text) => [...text.trim().replace(/\r\n?|\n/g, "\r\n")].length;

// What is said of a field: its count from three quarters of the limit on, and that it is too long.
export const tell = (length, limit) => ({
  isCounted: length > limit || (limit >= SHORT && length >= 0.75 * limit),
  isTooLong: length > limit,
});

const watch = (field, template) => {
  const limit = Number(field.dataset.limit);
  const note = template.content.firstElementChild.cloneNode(true);
  const [count, warning] = note.children;
  note.id = `${field.id}_limit`;
  (field.closest(".prose-editor") ?? field).after(note);
  field.setAttribute("aria-describedby", `${field.getAttribute("aria-describedby") ?? ""} ${note.id}`.trim());
  return () => {
    const length = lengthOf(field.value);
    const { isCounted, isTooLong } = tell(length, limit);
    const text = isCounted ? template.dataset.count.replace("{count}", length).replace("{limit}", limit) : "";
    if (count.textContent !== text) count.textContent = text;
    const said = isTooLong ? template.dataset.tooLong : "";
    if (warning.textContent !== said) warning.textContent = said;
    note.classList.toggle("text-too-long", isTooLong);
  };
};

const template = document.getElementById("text-limit");
if (template) {
  const updates = [...document.querySelectorAll("[data-limit]")].map((field) => watch(field, template));
  const updateAll = () => updates.forEach((update) => update());
  // The rich-text editor writes into its field after it was typed into.
  for (const type of ["input", "change"]) document.addEventListener(type, () => setTimeout(updateAll));
  updateAll();
}
