// Drafts: the unsaved text of the admin's forms, stored in this browser, and requests to the server about them.
//
// They are in IndexedDB, because its transactions can be set to end when they are on the disk ("strict").
// localStorage is written seconds later, and is lost if the browser is killed meanwhile.

let opening;

const database = () => {
  opening ??= new Promise((resolve, reject) => {
    const request = indexedDB.open("unsaved", 1);
    request.onupgradeneeded = () => {
      request.result.createObjectStore("drafts", { keyPath: "token" }).createIndex("user", "user");
    };
    request.onsuccess = () => {
      // The browser closes the database when another tab logs out. The next keystroke opens it again.
      request.result.onclose = () => { opening = undefined; };
      resolve(request.result);
    };
    request.onerror = () => {
      opening = undefined;
      reject(request.error);
    };
  });
  return opening;
};

const LONGEST_WRITE = 5_000; // milliseconds: a browser that cannot write must not block saving

const transact = async (mode, act) => {
  const transaction = (await database()).transaction("drafts", mode, { durability: "strict" });
  const request = act(transaction.objectStore("drafts"));
  // Commit now, because a page that is closing gets no more events.
  transaction.commit();
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve(request.result);
    transaction.onabort = () => reject(transaction.error);
  });
};

const inDrafts = (mode, act) => Promise.race([
  transact(mode, act),
  new Promise((_resolve, reject) => { setTimeout(reject, LONGEST_WRITE, new Error("The browser does not write")); }),
]);

export const draftsOf = (owner) => inDrafts("readonly", (drafts) => drafts.index("user").getAll(owner));
export const store = (draft) => inDrafts("readwrite", (drafts) => drafts.put(draft));
export const drop = (token) => inDrafts("readwrite", (drafts) => drafts.delete(token));

// Whether it is a draft of the form, in any language of the admin. Drafts of the first release have only the path.
export const isOfForm = (draft, form, path) => (draft.form ? draft.form === form : draft.path === path);

// Who is logged in, and when which forms were saved, from the session view. Throws without a response.

export const LONGEST_WAIT = 20_000; // milliseconds

export const askServer = async (sessionUrl, tokens = []) => {
  const query = new URLSearchParams(tokens.map((token) => ["token", token]));
  const signal = AbortSignal.timeout(LONGEST_WAIT);
  const response = await fetch(`${sessionUrl}?${query}`, { cache: "no-store", signal });
  if (!response.ok) throw new Error(`The server answered ${response.status}`);
  return response.json();
};

// Whether a draft was saved after it was sent. What was typed after that was not saved.
export const isSaved = (draft, saved) => saved[draft.token] >= draft.sentAt;
