// What pages do better with scripts. Without them links, forms and a reload do the same.

const units = [["day", 86400], ["hour", 3600], ["minute", 60]];
const relative = new Intl.RelativeTimeFormat("en", { numeric: "always" });
const absolute = new Intl.DateTimeFormat(navigator.languages, { dateStyle: "medium", timeStyle: "short" });
const day = new Intl.DateTimeFormat(navigator.languages, { dateStyle: "medium" });
const POLL_MILLISECONDS = 500;
const MOST_FAILURES = 8;
const BUTTON = "form[data-refresh] button";
const NO_ANSWER = "The server does not answer; the last snapshot stays.";
const status = document.querySelector("#refresh-status");
const alert = document.querySelector("#refresh-alert");

/** What is chosen must be seen, also where a narrow screen shows only some of it. */
function showChosen() {
  for (const chosen of document.querySelectorAll(".tabs a[aria-current]")) {
    chosen.scrollIntoView({ block: "nearest", inline: "center" });
  }
}

/** Times in the viewer's own zone and language; how long ago they were, kept up to date. */
function tellTimes() {
  for (const time of document.querySelectorAll("time[data-at], time[data-on]")) {
    const format = "at" in time.dataset ? absolute : day;
    time.textContent = format.format(new Date(time.dateTime));
    time.removeAttribute("lang");
  }
  for (const zone of document.querySelectorAll("[data-zone]")) {
    zone.textContent = `Times are in your zone, ${absolute.resolvedOptions().timeZone}.`;
  }
  for (const time of document.querySelectorAll("time[data-ago]")) {
    const then = new Date(time.dateTime);
    const seconds = (Date.now() - then) / 1000;
    const [unit, size] = units.find(([, size]) => seconds >= size) ?? [];
    time.textContent = unit ? relative.format(-Math.floor(seconds / size), unit) : "just now";
    time.title = absolute.format(then);
  }
}

let latest = 0;
let shown = location.pathname + location.search;
let swapping = Promise.resolve();

/** Put another page's content in place of this one's; the old one stays until the new is there. */
function swap(address, options) {
  swapping = replaceContent(address, options);
  return swapping;
}

async function replaceContent(address, { push = true, focus = null, top = null } = {}) {
  const mine = ++latest;
  const main = document.querySelector("main");
  main.setAttribute("aria-busy", "true");
  try {
    const answer = await fetch(address, { headers: { accept: "text/html" } });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (mine !== latest) return;
    const told = page.querySelector("#refresh-status");
    const scroll = window.scrollY;
    const find = top ? () => document.querySelector(`main ${top}`) : (focus ?? finderOf(document.activeElement));
    document.title = page.title;
    for (const part of ["main", "body > header nav", "body > footer"]) {
      document.querySelector(part).replaceChildren(...page.querySelector(part).childNodes);
    }
    if (push) history.pushState(null, "", address);
    shown = location.pathname + location.search;
    showChosen();
    window.scrollTo(0, scroll);
    const target = find?.();
    if (find) (target ?? main).focus({ preventScroll: true });
    if (top && target) target.scrollIntoView();
    tellTimes();
    comeAgain();
    status.dataset.job = told.dataset.job ?? "";
    status.dataset.state = told.dataset.state ?? "";
    say(told.textContent, page.querySelector("#refresh-alert").textContent);
    followIfRunning();
  } catch {
    if (mine === latest) location.assign(address);
  } finally {
    if (mine === latest) main.removeAttribute("aria-busy");
  }
}

/**
 * A function that finds the focused element again once the content is replaced; null if it is
 * elsewhere. A link's address may be another by then, or that of several: the id comes first.
 */
function finderOf(element) {
  if (!element?.closest("main")) return null;
  if (element.id) return () => document.getElementById(element.id);
  if (element.matches(BUTTON)) return findButton;
  if (!element.matches("a[href]")) return () => null;
  const same = `main a[href=${JSON.stringify(element.getAttribute("href"))}]`;
  const place = [...document.querySelectorAll(same)].indexOf(element);
  return () => document.querySelectorAll(same)[place];
}

function findButton() {
  return document.querySelector(BUTTON);
}

/** Ask again for a page that says that it will be another one soon. */
function comeAgain() {
  const loading = document.querySelector("[data-comes-again]");
  if (!loading) return;
  setTimeout(() => {
    if (loading.isConnected) swap(location.href, { push: false });
  }, 1000 * loading.dataset.comesAgain);
}

/** What goes on, or what went wrong. A text that is there already is not said twice. */
function say(text, failure = "") {
  for (const [region, words] of [[status, text.trim()], [alert, failure.trim()]]) {
    if (region.textContent !== words) region.textContent = words;
  }
}

function showRunning(isRunning) {
  const button = findButton();
  if (button) {
    button.disabled = isRunning;
    button.textContent = isRunning ? "Refreshing…" : "Refresh";
  }
  document.querySelector(".status .dot")?.classList.toggle("busy", isRunning);
}

/** Ask until a refresh has ended. Questions that are not answered are asked again, ever later. */
async function endOf(job) {
  for (let failures = 0; ; ) {
    await new Promise((resolve) => setTimeout(resolve, POLL_MILLISECONDS * 2 ** Math.min(failures, 5)));
    try {
      const answer = await fetch(`/api/v2/refreshes/${job}`);
      // A server that has been started again does not know it any more.
      if (answer.status === 404) return;
      if (!answer.ok) throw new Error(answer.statusText);
      if ((await answer.json()).state !== "running") return;
      failures = 0;
    } catch (error) {
      if (++failures > MOST_FAILURES) throw error;
    }
  }
}

let following = false;

/** Follow the refresh that the page tells of to its end, then show the new snapshot. */
async function followIfRunning(focus = null) {
  if (following || status.dataset.state !== "running") return;
  following = true;
  const job = status.dataset.job;
  showRunning(true);
  try {
    await endOf(job);
    // Whoever is on the way to another page gets there first.
    await swapping;
    const here = new URL(location);
    here.searchParams.set("job", job);
    await swap(here.pathname + here.search, { push: false, focus });
  } catch {
    status.dataset.state = "";
    say("", NO_ANSWER);
  } finally {
    following = false;
    showRunning(status.dataset.state === "running");
  }
  followIfRunning();
}

async function refresh() {
  say("Asking for a refresh…");
  showRunning(true);
  try {
    const answer = await fetch("/api/v2/refreshes", { method: "POST" });
    const asked = await answer.json();
    if (answer.ok) {
      status.dataset.job = asked.job_id;
      status.dataset.state = "running";
      say("A refresh is running. What is shown stays until it is done.");
    } else {
      // To ask too soon is no failure.
      if (answer.status === 429) say(asked.detail);
      else say("", asked.detail);
    }
  } catch {
    say("", NO_ANSWER);
  } finally {
    showRunning(status.dataset.state === "running");
  }
  followIfRunning(findButton);
}

async function openDialog(address) {
  const dialog = document.querySelector("#dialog");
  const answer = await fetch(address, { headers: { accept: "text/html" } });
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const article = page.querySelector("main article");
  if (!article) throw new Error("This page has nothing for a dialog.");
  const close = document.createElement("button");
  close.className = "button quiet close";
  close.textContent = "Close";
  close.addEventListener("click", () => dialog.close());
  dialog.replaceChildren(close, article);
  dialog.showModal();
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-swap], a[data-dialog]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
  event.preventDefault();
  const address = link.getAttribute("href");
  if ("dialog" in link.dataset) openDialog(link.href).catch(() => location.assign(link.href));
  else swap(new URL(address, location).href, { focus: finderOf(link), top: link.dataset.swap });
});

document.addEventListener("submit", (event) => {
  if (!event.target.matches("form[data-refresh]")) return;
  event.preventDefault();
  refresh();
});

document.querySelector("#dialog").addEventListener("click", (event) => {
  if (event.target === event.currentTarget) event.currentTarget.close();
});
window.addEventListener("popstate", () => {
  // A link within the page, such as the one that skips to its content, changes nothing of it.
  if (shown !== location.pathname + location.search) swap(location.href, { push: false, focus: () => null });
});
setInterval(tellTimes, 15000);
tellTimes();
showChosen();
comeAgain();
followIfRunning();
