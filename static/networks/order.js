// Move networks or pages in their order without loading the page anew: by the buttons and numbers of their forms, and by
// dragging. Each move names the neighbour that the user has seen, so two people who move at once do not mix things up.

const said = document.getElementById("moved");

const order = () => document.getElementById("order");

// Send the form of a row as one of its buttons would, show the answer, and say what was done. `focus` selects what then
// has the focus in the row, so that one can go on; where it is disabled now, that is the link.
let isMoving = false;

const send = async (form, to, focus) => {
  if (isMoving) return;
  isMoving = true;
  const body = new URLSearchParams(new FormData(form));
  body.set("to", to);
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
    order().replaceWith(document.adoptNode(answer));
    enhance();
    const row = order().querySelector(`[data-row="${body.get("row")}"]`);
    const isButton = (each) => !each.disabled && !each.hidden;
    if (focus && row) ([...row.querySelectorAll(focus)].find(isButton) ?? row.querySelector("a")).focus();
  } catch {
    said.textContent = said.dataset.notMoved;
    said.classList.remove("visually-hidden");
  } finally {
    isMoving = false;
  }
};

document.addEventListener("submit", (event) => {
  const button = event.submitter;
  if (!button || !event.target.closest(".order")) return;
  event.preventDefault();
  send(event.target, button.value, button.value === "place" ? "[name=place]" : `[value^="${button.value.split(":")[0]}:"]`);
});

// With this script, a number takes effect when it is entered, without its button, and rows can be dragged.

const enhance = () => {
  for (const grip of order().querySelectorAll(".grip")) grip.hidden = false;
  for (const button of order().querySelectorAll("[value=place]")) button.hidden = true;
};

document.addEventListener("change", ({ target }) => {
  if (target.matches(".order [name=place]")) target.form.requestSubmit(target.form.querySelector("[value=place]"));
});

// Dragging

document.addEventListener("pointerdown", (event) => {
  const row = event.target.closest?.(".grip")?.closest("li");
  if (!row || event.button || isMoving || document.querySelector(".order .dragged")) return;
  event.preventDefault();
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
    await send(row.querySelector("form"), to);
    if (row.isConnected) list.insertBefore(row, follower); // not moved
  };

  const escape = ({ key }) => { if (key === "Escape") cancel(); };

  document.addEventListener("pointermove", drag);
  document.addEventListener("pointerup", drop);
  document.addEventListener("pointercancel", cancel);
  document.addEventListener("keydown", escape);
});

enhance();
