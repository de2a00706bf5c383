// The lines of a record in a form, networks/admin/line_forms.py: add one, move it, and bring in those of others.
//
// What becomes of a line is in its inputs, as without this script: its place in a number, which is hidden here, and its
// removal in a checkbox. So unsaved text, saving in the background and the preview know of it as of any other input.

const NEW = "NEW-LINE"; // in the names of the line that is copied
const NAME = /^(\w+)-([0-9a-f]{8})-\w+$/; // of an input: its field and its line

const newIdentifier = () =>
  [...crypto.getRandomValues(new Uint8Array(4))].map((byte) => byte.toString(16).padStart(2, "0")).join("");

const sectionOf = (form, field) => form.querySelector(`[data-lines="${CSS.escape(field)}"]`);
const linesIn = (section) => [...section.querySelectorAll(":scope > .line")];
const inputsOf = (line) => [...line.querySelectorAll("input, select, textarea")];
const orderOf = (line) => line.querySelector(".line-order input");
const isRemoved = (line) => line.querySelector(".line-remove input").checked;
const isBlank = (line) => inputsOf(line).every(({ type, value, checked }) => (type === "checkbox" ? !checked : !value));

// The field of an input, which is its name if it is in no line
export const fieldOfName = (name) => name.match(NAME)?.[1] ?? name;

export const isOfLine = (name) => NAME.test(name);

// Say which line each is, and let the buttons of the first and the last not go further.
const number = (section) => {
  const lines = linesIn(section);
  lines.forEach((line, place) => {
    line.ariaLabel = section.dataset.lineLabel.replace("{number}", place + 1);
    for (const button of line.querySelectorAll("[data-move]")) {
      button.hidden = false;
      button.ariaDisabled = String(!lines[place + Number(button.dataset.move)]);
    }
  });
};

const append = (section, line) => {
  section.querySelector(":scope > template").before(line);
  number(section);
  return line;
};

const addLine = (section, identifier = newIdentifier()) => {
  const box = document.createElement("template");
  box.innerHTML = section.querySelector(":scope > template").innerHTML.replaceAll(NEW, identifier);
  return append(section, box.content.firstElementChild);
};

// Bring the lines into the order of their numbers. Those without one stay behind the others.
export const arrangeLines = (form) => {
  for (const section of form.querySelectorAll("[data-lines]")) {
    const lines = linesIn(section);
    const place = (line) => Number(orderOf(line).value) || Infinity;
    const sorted = lines.map((line, index) => [line, index])
      .sort(([one, first], [other, second]) => place(one) - place(other) || first - second).map(([line]) => line);
    if (sorted.some((line, index) => line !== lines[index])) for (const line of sorted) append(section, line);
    else number(section);
  }
};

// Add the lines of which there are values, such as in an unsaved text, but which are not in the form.
export const addMissingLines = (form, values) => {
  for (const [name, value] of Object.entries(values)) {
    const [, field, identifier] = name.match(NAME) ?? [];
    const section = field && value.some(Boolean) && sectionOf(form, field);
    if (section && !section.querySelector(`[data-line="${identifier}"]`)) addLine(section, identifier);
  }
};

// Bring in the lines that an answer has, and remove those that were sent and that it has no more, unless somebody has typed
// in them since.
export const takeLines = (form, answered, sent) => {
  const isAsSent = ({ name, type, value, checked }) => {
    const [before = ""] = sent[name] ?? [];
    return name in sent && (type === "checkbox" ? checked === Boolean(before) : value === before);
  };
  for (const section of form.querySelectorAll("[data-lines]")) {
    const other = sectionOf(answered, section.dataset.lines);
    const lines = other ? linesIn(other).filter((line) => !("extra" in line.dataset)) : [];
    const known = new Set(lines.map((line) => line.dataset.line));
    for (const line of linesIn(section)) {
      const isIdle = !line.contains(document.activeElement) || isRemoved(line);
      if (known.has(line.dataset.line) || !isIdle || !inputsOf(line).every(isAsSent)) continue;
      const hadFocus = line.contains(document.activeElement);
      line.remove();
      if (hadFocus) section.querySelector("[data-add-line]").focus({ preventScroll: true });
    }
    for (const line of lines) {
      if (!section.querySelector(`[data-line="${line.dataset.line}"]`)) append(section, document.adoptNode(line));
    }
  }
};

// Buttons

const changed = (input) => input.dispatchEvent(new Event("change", { bubbles: true }));

const move = (section, button) => {
  const lines = linesIn(section);
  const line = button.closest(".line");
  const other = lines[lines.indexOf(line) + Number(button.dataset.move)];
  if (!other) return;
  if (button.dataset.move === "1") other.after(line);
  else other.before(line);
  number(section);
  linesIn(section).forEach((each, place) => { orderOf(each).value = place + 1; });
  changed(orderOf(line));
  button.focus();
  line.scrollIntoView({ block: "nearest" });
  const now = linesIn(section);
  const text = section.dataset.moved.replace("{number}", now.indexOf(line) + 1).replace("{count}", now.length);
  section.querySelector(":scope > .add-line [role=status]").textContent = text;
};

for (const section of document.querySelectorAll("[data-lines]")) {
  section.classList.add("with-script");
  section.querySelector(":scope > .add-line").hidden = false;
  // Without the button, this is where a new line is written.
  for (const line of section.querySelectorAll(":scope > [data-extra]")) if (isBlank(line)) line.remove();
  number(section);
  section.addEventListener("click", ({ target }) => {
    const button = target.closest("button");
    if (button?.dataset.move) move(section, button);
    if (button && "addLine" in button.dataset) inputsOf(addLine(section))[0].focus();
  });
}
