// The page works without this file. It spares a reload: live words, drafts, one press only, the clipboard, keys.
"use strict";
const all = (selector, root = document) => [...root.querySelectorAll(selector)];
const one = (selector, root = document) => root.querySelector(selector);
let talk = null;
let source = null;
const atEnd = () => innerHeight + scrollY > document.documentElement.scrollHeight - 160;
const calm = () => matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth";

// Drafts: what is typed stays in this tab until a room shows that it was taken.
const draftKey = (box) => `draft ${box.dataset.draft} ${box.name}`;
document.addEventListener("input", (event) => {
  const box = event.target;
  if (box.dataset?.draft) sessionStorage.setItem(draftKey(box), box.value);
  const count = box.id && one(`[data-count="${CSS.escape(box.id)}"]`);
  if (count) {
    const over = [...box.value].length - Number(count.dataset.limit);
    count.textContent = over > 0 ? `${over.toLocaleString()}字多いです` : `あと${(-over).toLocaleString()}字`;
    count.classList.toggle("ng", over > 0);
  }
});

// Sending: once, and the button says so.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.dataset.busy) return event.preventDefault();
  if (form.matches(".say") && !form.elements.text.value.trim()) {
    event.preventDefault();
    return form.elements.text.focus();
  }
  form.dataset.busy = "1";
  source?.close(); // the next page is on its way and holds everything
  sessionStorage.setItem("sent", JSON.stringify(all("[data-draft]", form).map(draftKey)));
  const button = event.submitter ?? one("button", form);
  if (!button || button.closest(".picks, .menu, .choose")) return;
  button.style.minWidth = `${button.offsetWidth}px`;
  button.setAttribute("aria-busy", "true");
  (one("span", button) ?? button).textContent = "送っています";
});
addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });

// Keys and the person menu.
document.addEventListener("keydown", (event) => {
  const who = one(".who");
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && !event.isComposing) event.target.form?.requestSubmit();
  if (event.key === "Escape" && who?.open) { who.open = false; who.firstElementChild.focus(); }
});
document.addEventListener("click", async (event) => {
  const who = one(".who");
  if (who?.open && !who.contains(event.target)) who.open = false;
  const copy = event.target.closest("[data-copies]") ?? event.target.closest("[data-copy] button");
  if (!copy) return;
  const box = one("textarea.plain-text", copy.closest(".card") ?? document);
  if (!navigator.clipboard && !box) return;
  event.preventDefault();
  if (navigator.clipboard) await navigator.clipboard.writeText(copy.dataset.copies ?? one(".plain-text", copy.closest(".card")).textContent);
  else { box.select(); document.execCommand("copy"); } // over plain http a browser has no other way
  (one("span", copy) ?? copy).textContent = "コピーしました";
  copy.setAttribute("aria-pressed", "true");
});
// Live: new and changed posts of this place, and the list at the left.
let seen = 0;
let waiting = 0;

async function freshRail() {
  const query = new URLSearchParams(talk ? { at: talk.dataset.room } : {});
  if (talk && !document.hidden) query.set("seen", seen);
  const answer = await fetch(`/rail?${query}`);
  if (!answer.ok) return;
  const rail = one("#rail");
  const held = rail.contains(document.activeElement) && document.activeElement.getAttribute("href");
  const open = all("details[open]", rail).length;
  if (open) return;
  rail.innerHTML = await answer.text();
  if (held) one(`a[href="${CSS.escape(held)}"]`, rail)?.focus();
  const total = Number(rail.firstElementChild.dataset.total);
  document.title = document.title.replace(/^\(\d+\) /, "").replace(/^/, total ? `(${total}) ` : "");
}

// What stands around the talk: the list of threads, the first card. Not while somebody works in it.
async function freshAround() {
  const answer = await fetch(talk.dataset.here);
  if (!answer.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const there of all("[data-around]")) {
    const fresh = one(`[data-around="${there.dataset.around}"]`, page);
    if (fresh && !there.contains(document.activeElement) && !one("details[open]", there)) there.replaceWith(fresh);
  }
}

function tellBelow() {
  let jump = one(".jump");
  if (!jump) {
    jump = document.createElement("a");
    jump.className = "b call jump";
    jump.addEventListener("click", () => { waiting = 0; jump.remove(); });
    talk.after(jump);
  }
  waiting += 1;
  jump.href = `#${talk.lastElementChild.id}`;
  jump.textContent = `新しい返信が${waiting}件あります`;
}

function take(told) {
  const frame = document.createElement("template");
  frame.innerHTML = told.html.trim();
  const fresh = frame.content.firstElementChild;
  const there = document.getElementById(told.post);
  if (there) {
    if (one("details[open]", there)) return;
    const held = there.contains(document.activeElement) ? document.activeElement : null;
    fresh.classList.remove("fresh");
    there.replaceWith(fresh);
    if (held) (all("button", fresh).find((button) => button.value === held.value) ?? fresh).focus({ preventScroll: true });
    return;
  }
  const follows = atEnd();
  talk.append(fresh);
  one(".blank")?.remove();
  seen = Math.max(seen, Number(told.post.slice(2)));
  if (follows) scrollTo({ top: document.documentElement.scrollHeight, behavior: calm() }); else tellBelow();
}

function listen() {
  source = new EventSource(`/live?${new URLSearchParams({ room: talk.dataset.room, since: talk.dataset.since })}`);
  source.addEventListener("post", (event) => { talk.dataset.since = event.lastEventId; take(JSON.parse(event.data)); freshRail(); });
  source.addEventListener("around", freshAround);
  source.addEventListener("rail", (event) => { talk.dataset.since = event.lastEventId; freshRail(); });
  source.addEventListener("open", () => one("#lost")?.remove());
  source.addEventListener("error", () => {
    if (one("#lost")) return;
    const strip = document.createElement("p");
    strip.id = "lost";
    strip.className = "strip";
    strip.setAttribute("role", "status");
    strip.textContent = "つながりが切れています。書いたものは消えません。自動でつなぎ直します。";
    one(".say")?.before(strip);
  });
}

// Keys and presses are heard from the first moment; the rest begins when the whole page is there.
document.addEventListener("DOMContentLoaded", () => {
  talk = one("#talk");
  if (talk) {
    for (const key of JSON.parse(sessionStorage.getItem("sent") ?? "[]")) sessionStorage.removeItem(key);
    sessionStorage.removeItem("sent");
  }
  for (const box of all("[data-draft]")) {
    const kept = sessionStorage.getItem(draftKey(box));
    if (kept && !box.value) box.value = kept;
  }
  for (const row of all("[data-copy]")) row.hidden = !navigator.clipboard && !one("textarea.plain-text", row.parentElement);

  // After a post: the focus goes to what is new, or to what went wrong.
  const goal = one("#sum") ?? one("#alone") ?? (location.hash.startsWith("#p-") ? document.getElementById(location.hash.slice(1)) : null);
  if (goal) { goal.focus({ preventScroll: true }); goal.scrollIntoView({ block: "center" }); }

  // A talk is opened where it is new; what was left or reloaded stays where it was.
  const arrived = performance.getEntriesByType("navigation")[0]?.type === "navigate";
  const fresh = one("li#new") ?? (one("[data-around=head]") ? null : one("#new"));
  if (talk && !goal && !location.hash && arrived) fresh?.scrollIntoView({ block: fresh.matches("li") ? "center" : "end" });

  seen = Math.max(0, ...all("[id^=p-]").map((post) => Number(post.id.slice(2))));
  if (talk && !location.search.includes("before=")) {
    // A browser grants few connections to one site, so a tab that nobody looks at gives its own back.
    let rest = 0;
    listen();
    document.addEventListener("visibilitychange", () => {
      clearTimeout(rest);
      if (document.hidden) rest = setTimeout(() => source.close(), 60000);
      else if (source.readyState === EventSource.CLOSED && !one("[data-busy]")) listen();
      if (!document.hidden) freshRail();
    });
    addEventListener("pagehide", () => source.close());
  }

  // A board looks again while it is seen and nobody is working in it.
  const part = one("[data-part]");
  if (part) setInterval(async () => {
    if (document.hidden || part.contains(document.activeElement) || one("details[open]", part)) return;
    const answer = await fetch(location.href);
    if (!answer.ok) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = one("[data-part]", page);
    if (fresh) part.replaceChildren(...fresh.childNodes);
  }, 10000);
});
