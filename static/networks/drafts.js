// Drafts: what is typed into the forms of the desk, kept in this browser, and what the server says of them.
//
// They are in IndexedDB, because it can be told to be on the disk before it says so ("strict"); localStorage is
// written seconds later, and a browser that is killed meanwhile has lost them.

let opening;

const database = () => {
  opening ??= new Promise((resolve, reject) => {
    const request = indexedDB.open("unsaved", 1);
    request.onupgradeneeded = () => {
      request.result.createObjectStore("drafts", { keyPath: "token" }).createIndex("user", "user");
    };
    request.onsuccess = () => {
      // The browser closes it when another tab logs out. The next keystroke opens it anew.
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

const LONGEST_WRITE = 5_000; // milliseconds: a browser that cannot write must not keep anybody from saving

const transact = async (mode, act) => {
  const transaction = (await database()).transaction("drafts", mode, { durability: "strict" });
  const request = act(transaction.objectStore("drafts"));
  // Without waiting for the page to hear of it, which may be closing.
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

// Whether it is a draft of the form, in whatever language the form was open. The first drafts knew their path alone.
export const isOfForm = (draft, form, path) => (draft.form ? draft.form === form : draft.path === path);

// The server's word on who is signed in, and on when which forms were saved. Fails when it gives none.

export const LONGEST_WAIT = 20_000; // milliseconds

export const askServer = async (sessionUrl, tokens = []) => {
  const query = new URLSearchParams(tokens.map((token) => ["token", token]));
  const signal = AbortSignal.timeout(LONGEST_WAIT);
  const response = await fetch(`${sessionUrl}?${query}`, { cache: "no-store", signal });
  if (!response.ok) throw new Error(`The server answered ${response.status}`);
  return response.json();
};

// Saved since it was sent: what was typed into it after that was not.
export const isSaved = (draft, saved) => saved[draft.token] >= draft.sentAt;
