// Clean text that is pasted into a rich text from a word processor. Word writes list items as paragraphs that begin
// with a bullet or a number; they become lists again. What the rich text does not support is returned, for a message.

const WORD_LIST = /mso-list:\s*(?!skip)\S+\s+level([0-9])/i;
const NUMBER = /^\(?(?:[0-9]+|[a-zа-шђјљњћџ]|[ivxlc]+)[.)]/i;
// The bullets of Word and others, each with the level at which Word uses it. A letter or a dash, which may begin a
// sentence, is a bullet only before a wide space.
const SIGN = /^\s*(?:([·•●∙\uf0b7])|(o(?=\s*\t|[\s\u00a0]{2}|\u00a0))|([§▪■◦‣\uf0a7]))[\s\u00a0]+/;

const LOST = {
  table: "table",
  headings: "h1, h2, h3, h4, h5, h6",
  footnotes: "a[href*='#_ftn'], a[href*='#_edn'], a.sdfootnoteanc, [data-style*='mso-footnote-id'], .MsoFootnoteText",
  pictures: "img",
};

// Remove the bullet of an item. Returns its level and kind of list; nothing for what is no item.
const takeSign = (paragraph) => {
  const [, level] = WORD_LIST.exec(paragraph.dataset.style) ?? [];
  const ignored = [...paragraph.querySelectorAll("[data-style]")]
    .find((each) => /mso-list:\s*ignore/i.test(each.dataset.style));
  if (ignored) {
    const sign = ignored.textContent.trim();
    ignored.remove();
    return { level: Number(level ?? 1), list: NUMBER.test(sign) ? "ol" : "ul" };
  }
  const sign = SIGN.exec(paragraph.textContent);
  if (!sign) return null;
  // The bullet and the space after it may be in elements of their own.
  let left = sign[0].length;
  const texts = document.createTreeWalker(paragraph, NodeFilter.SHOW_TEXT);
  while (left && texts.nextNode()) {
    const taken = Math.min(left, texts.currentNode.data.length);
    texts.currentNode.data = texts.currentNode.data.slice(taken);
    left -= taken;
  }
  return { level: Number(level ?? sign.slice(1).findIndex(Boolean) + 1), list: "ul" };
};

// Move adjacent paragraphs into lists, nested by their levels.
const makeLists = (items) => {
  const open = []; // the lists that are open, from the outermost
  let last = null; // the outermost list that was made last
  for (const { paragraph, level, list } of items) {
    while (open.length && open.at(-1).level > level) open.pop();
    if (open.at(-1)?.level === level && open.at(-1).element.localName !== list) open.pop();
    if (open.at(-1)?.level !== level) {
      const element = paragraph.ownerDocument.createElement(list);
      if (open.length) open.at(-1).element.lastElementChild.append(element);
      else if (last) last.after(element);
      else paragraph.before(element);
      if (!open.length) last = element;
      open.push({ level, element });
    }
    const item = paragraph.ownerDocument.createElement("li");
    item.append(paragraph);
    open.at(-1).element.append(item);
  }
};

// Rename style attributes: the Content-Security-Policy would report each one, and we read some of them.
const withoutStyles = (html) => html
  .replace(/<style[\s>][\s\S]*?<\/style>/gi, "")
  .replace(/<[a-z][^>]*>/gi, (tag) => tag.replace(/\sstyle\s*=/gi, " data-style="));

// Returns the HTML to paste, and the names of what is lost: table, headings, footnotes, pictures.
export const fromWordProcessor = (html) => {
  const plain = withoutStyles(html);
  const page = new DOMParser().parseFromString(plain, "text/html");
  let isChanged = false;
  let run = [];
  let next = null;
  const endRun = () => {
    if (run.length) makeLists(run);
    run = [];
  };
  for (const paragraph of page.querySelectorAll("p:not(li p)")) {
    if (paragraph !== next) endRun();
    next = paragraph.nextElementSibling;
    const sign = takeSign(paragraph);
    if (sign) run.push({ paragraph, ...sign });
    else endRun();
    isChanged ||= Boolean(sign);
  }
  endRun();
  const lost = Object.keys(LOST).filter((name) => page.querySelector(LOST[name]));
  for (const cell of page.querySelectorAll("td, th")) {
    if (cell.querySelector("p, div, ul, ol, h1, h2, h3, h4, h5, h6")) continue;
    const paragraph = page.createElement("p");
    paragraph.append(...cell.childNodes);
    cell.append(paragraph);
    isChanged = true;
  }
  // A link to a place in the document leads nowhere outside of it.
  for (const link of page.querySelectorAll("a[href^='#']")) {
    link.replaceWith(...link.childNodes);
    isChanged = true;
  }
  return { html: isChanged ? page.body.innerHTML : plain, lost };
};
