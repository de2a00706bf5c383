// Move networks or pages in their order without loading the page anew: by the buttons and numbers of their forms, and by
// dragging. Each move names the neighbour that the user has seen, so two people who move at once do not mix things up.

const said = document.getElementById("moved");

const order = () => document.getElementById("order");

// Send a form as its button would, show the answer, and say what was done.
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
    const places = [...(row?.querySelectorAll(focus) ?? []), row?.querySelector("[name=place]")];
    places.find((each) => each && !each.disabled)?.focus();
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
  const [kind, number] = button.value.split(":");
  send(event.target, button.value, kind === "place" && !number ? "[name=place]" : `[value^="${kind}:"]`);
});

// Dragging

// Rows can be dragged, and a number takes effect when it is entered, without its button.
const enhance = () => {
  for (const grip of order().querySelectorAll(".grip")) grip.hidden = false;
  for (const button of order().querySelectorAll("[value=place]")) button.hidden = true;
};

document.addEventListener("change", ({ target }) => {
  if (target.matches(".order [name=place]")) target.form.requestSubmit(target.form.querySelector("[value=place]"));
});

document.addEventListener("pointerdown", (event) => {
  const row = event.target.closest?.(".grip")?.closest("li");
  if (!row || event.button || isMoving) return;
  event.preventDefault();
  const { parentElement: list, nextElementSibling: follower } = row;
  row.classList.add("dragged");

  const drag = ({ clientY }) => {
    if (clientY < 60) scrollBy(0, -12);
    if (clientY > innerHeight - 60) scrollBy(0, 12);
    const below = [...list.children].find((each) => {
      const { top, height } = each.getBoundingClientRect();
      return each !== row && clientY < top + height / 2;
    });
    if ((below ?? null) !== row.nextElementSibling) list.insertBefore(row, below ?? null);
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
    await send(row.querySelector("form"), to, "[name=place]");
    if (row.isConnected) list.insertBefore(row, follower); // not moved
  };

  const escape = ({ key }) => { if (key === "Escape") cancel(); };

  document.addEventListener("pointermove", drag);
  document.addEventListener("pointerup", drop);
  document.addEventListener("pointercancel", cancel);
  document.addEventListener("keydown", escape);
});

enhance();
