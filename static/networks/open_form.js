// Report every minute that the form of a network or a page is open, and show who else has it open.

const MINUTE = 60_000; // milliseconds

const address = new URL("../open/", location.href);
const form = document.querySelector("#content-main > form");

const tell = async (what = {}) => {
  const body = new URLSearchParams({ csrfmiddlewaretoken: form.elements.csrfmiddlewaretoken.value, ...what });
  return fetch(address, { method: "POST", body, keepalive: true, redirect: "error" });
};

const stillOpen = async () => {
  if (document.visibilityState !== "visible") return;
  try {
    const response = await tell();
    if (!response.ok) return;
    const { colleagues } = await response.json();
    const notice = document.querySelector("#colleagues"); // another one after each save
    notice.hidden = !colleagues;
    if (notice.textContent !== colleagues) notice.textContent = colleagues;
  } catch {
    // Without a response, show nobody.
  }
};

if (form) {
  setInterval(stillOpen, MINUTE);
  document.addEventListener("visibilitychange", stillOpen);
  addEventListener("pagehide", () => tell({ left: "1" }).catch(() => {}));
  addEventListener("pageshow", (event) => event.persisted && stillOpen());
}
