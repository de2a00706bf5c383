// Move networks or pages in their order without loading the page anew: by the buttons and numbers of their forms, and by
// dragging. Each move names the neighbour that the user has seen, so two people who move at once do not mix things up.

const said = document.getElementById("moved");

const order = () => document.getElementById("order");

const rowOf = (pk) => order().querySelector(`[data-row="${pk}"]`);

// The moves one after the other. What a button means is asked of the row when its turn has come: the neighbour may be
// another one then.
let moves = Promise.resolve();
let waiting = 0;

// Make a move by the form of a row, show the answer, and say what was done. `to` is a move, or the selector of the button
// that makes it; `place` is the number that was entered. `focus` selects what then has the focus in the row, so that one
// can go on; where it is disabled now, that is the link.
const send = (pk, to, { place, focus } = {}) => {
  waiting += 1;
  moves = moves.then(() => move(pk, to, place, focus)).finally(() => { waiting -= 1; });
  return moves;
};

const move = async (pk, to, place, focus) => {
  const row = rowOf(pk);
  const button = to.startsWith("[") && row?.querySelector(to);
  if (!row || button?.disabled) return; // it is where it was to go
  const body = new URLSearchParams(new FormData(row.querySelector("form")));
  body.set("to", button ? button.value : to);
  if (place !== undefined) body.set("place", place);
  try {
    const response = await fetch(location.href, { method: "POST", body });
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    const answer = page.getElementById("order");
    if (!answer) {
      location.assign(response.url); // such as the log-in
      return;
    }
    const refused = page.querySelector(".messagelist")?.textContent.trim();
    said.textContent = refused ?? page.getElementById("undo-text")?.textContent ?? "";
    said.classList.toggle("visually-hidden", !refused);
    const isElsewhere = !row.contains(document.activeElement) && order().contains(document.activeElement);
    replaceBy(document.adoptNode(answer), pk);
    const isButton = (each) => !each.disabled && !each.hidden;
    const moved = !isElsewhere && rowOf(pk);
    if (focus && moved) ([...moved.querySelectorAll(focus)].find(isButton) ?? moved.querySelector("a")).focus();
  } catch {
    said.textContent = said.dataset.notMoved;
    said.classList.remove("visually-hidden");
  }
};

let isReplacing = false;

// Show the answer to a move of a row. The numbers that were typed in other rows meanwhile stay, and the focus with them.
const replaceBy = (answer, pk) => {
  const focused = document.activeElement;
  const there = focused?.closest("[data-row]")?.dataset.row;
  const { selectionStart, selectionEnd } = focused ?? {};
  const typed = [...order().querySelectorAll("[name=place]")].filter(isTyped);
  isReplacing = true; // a field that is removed loses the focus
  order().replaceWith(answer);
  isReplacing = false;
  for (const input of typed) {
    const row = input.closest("[data-row]").dataset.row;
    const fresh = row !== pk && rowOf(row)?.querySelector("[name=place]");
    if (fresh) fresh.value = input.value;
  }
  enhance();
  if (!there || there === pk) return;
  const label = focused.getAttribute("aria-label"); // a link has none
  const fresh = [...(rowOf(there)?.querySelectorAll("a, button, input:not([type=hidden])") ?? [])];
  const same = fresh.find((each) => each.getAttribute("aria-label") === label && !each.disabled) ?? fresh.at(-1);
  same?.focus();
  if (same?.name === "place") same.setSelectionRange(selectionStart, selectionEnd);
};

document.addEventListener("submit", (event) => {
  const button = event.submitter;
  if (!button || !event.target.closest(".order")) return;
  event.preventDefault();
  const { dataset: { row } } = event.target.closest("[data-row]");
  const kind = button.value.split(":")[0];
  if (kind === "place" && button.value === kind) enter(event.target.elements.place);
  else send(row, kind === "place" ? `[value="${button.value}"]` : `[value^="${kind}:"]`, { focus: `[value^="${kind}:"]` });
});

// With this script, a number takes effect when it is entered, without its button, and rows can be dragged.

const enhance = () => {
  for (const grip of order().querySelectorAll(".grip")) grip.hidden = false;
  for (const button of order().querySelectorAll("[value=place]")) button.hidden = true;
};

const isTyped = (input) => input.value !== input.defaultValue && input.value !== input.dataset.sent;

const enter = (input) => {
  input.dataset.sent = input.value;
  send(input.closest("[data-row]").dataset.row, "place", { place: input.value, focus: "[name=place]" });
};

// Not at its change event: a number that was put back after the move of another row has none.
document.addEventListener("focusout", ({ target }) => {
  if (target.matches?.(".order [name=place]") && !isReplacing && isTyped(target)) enter(target);
});

// Dragging

document.addEventListener("pointerdown", (event) => {
  const row = event.target.closest?.(".grip")?.closest("li");
  if (!row || event.button || document.querySelector(".order .dragged")) return;
  event.preventDefault();
  if (waiting) {
    // The answer would take the row out of the hand.
    said.textContent = said.dataset.busy;
    said.classList.remove("visually-hidden");
    return;
  }
  const { parentElement: list, nextElementSibling: follower } = row;
  row.classList.add("dragged");
  event.target.setPointerCapture(event.pointerId);

  const middle = (each) => {
    const { top, height } = each.getBoundingClientRect();
    return top + height / 2;
  };

  const drag = ({ clientY }) => {
    if (clientY < 60) scrollBy(0, -12);
    if (clientY > innerHeight - 60) scrollBy(0, 12);
    // The others are moved past the row: an element that is moved itself loses the pointer.
    const [above, below] = [() => row.previousElementSibling, () => row.nextElementSibling];
    while (above() && clientY < middle(above())) row.after(above());
    while (below() && clientY > middle(below())) row.before(below());
  };

  const stop = () => {
    row.classList.remove("dragged");
    document.removeEventListener("pointermove", drag);
    document.removeEventListener("pointerup", drop);
    document.removeEventListener("pointercancel", cancel);
    document.removeEventListener("keydown", escape);
  };

  const cancel = () => {
    stop();
    list.insertBefore(row, follower);
  };

  const drop = async () => {
    stop();
    if (row.nextElementSibling === follower) return;
    const { previousElementSibling: before, nextElementSibling: after } = row;
    const to = before ? `after:${before.dataset.row}` : `before:${after.dataset.row}`;
    await send(row.dataset.row, to);
    if (row.isConnected) list.insertBefore(row, follower); // not moved
  };

  const escape = ({ key }) => { if (key === "Escape") cancel(); };

  document.addEventListener("pointermove", drag);
  document.addEventListener("pointerup", drop);
  document.addEventListener("pointercancel", cancel);
  document.addEventListener("keydown", escape);
});

enhance();
