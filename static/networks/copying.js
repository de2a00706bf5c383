// Buttons that copy the text of another element, or print the page. Without JavaScript they stay hidden, and the text can be
// selected.

const copied = document.querySelector("[data-copied]")?.dataset.copied;

for (const button of document.querySelectorAll("[data-copy]")) {
  if (!navigator.clipboard) break; // such as over HTTP
  button.hidden = false;
  button.setAttribute("aria-live", "polite");
  button.addEventListener("click", async () => {
    const text = document.getElementById(button.dataset.copy);
    try {
      await navigator.clipboard.writeText(text.innerText);
      button.textContent = copied;
    } catch {
      // Not allowed: select the text, so that it can be copied by hand.
      getSelection().selectAllChildren(text);
    }
  });
}

for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => print());
}
