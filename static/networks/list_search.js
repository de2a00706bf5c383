// Filters the list while one types. Without JavaScript the search is a form with a button.

const form = document.getElementById("changelist-search");
const PAUSE = 300; // milliseconds after the last key

let timer;
let request;

async function search() {
  const query = new URLSearchParams(new FormData(form));
  query.delete("p"); // the pages of another result
  if (!query.get("q")) query.delete("q");
  const url = `${location.pathname}${query.size ? "?" : ""}${query}`;
  request?.abort();
  request = new AbortController();
  try {
    const response = await fetch(url, { signal: request.signal });
    // After the session has ended, the log-in is answered: the button of the form leads there.
    if (!response.ok || response.redirected) return;
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    for (const part of ["#changelist-form", "#search-count", "#languages", ".object-tools", "#views"]) {
      const [old, fresh] = [document, page].map((each) => each.querySelector(part));
      if (old && fresh) old.replaceChildren(...fresh.childNodes);
    }
    const saved = page.querySelector("#save-view [name=query]").value;
    document.querySelector("#save-view [name=query]").value = saved;
    document.getElementById("save-view").hidden = !saved;
    history.replaceState(null, "", url);
    const boxes = document.querySelectorAll("tr input.action-select");
    if (boxes.length) window.Actions?.(boxes); // of Django: ticking all rows, and their number
  } catch (error) {
    if (error.name !== "AbortError" && !(error instanceof TypeError)) throw error; // no connection
  }
}

form?.addEventListener("input", () => {
  clearTimeout(timer);
  timer = setTimeout(search, PAUSE);
});

// What was typed before this script was there
if (form && form.elements.q.value !== form.elements.q.defaultValue) search();
