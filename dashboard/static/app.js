// What pages do better with scripts. Without them links, forms and a reload do the same.

const units = [["day", 86400], ["hour", 3600], ["minute", 60]];
const relative = new Intl.RelativeTimeFormat("en", { numeric: "always" });
const absolute = new Intl.DateTimeFormat(navigator.languages, { dateStyle: "medium", timeStyle: "short" });
const POLL_MILLISECONDS = 500;

/** What is chosen must be seen, also where a narrow screen shows only some of it. */
function showChosen() {
  for (const chosen of document.querySelectorAll(".tabs a[aria-current]")) {
    chosen.scrollIntoView({ block: "nearest", inline: "center" });
  }
}

/** Times in the viewer's own zone and language; how long ago they were, kept up to date. */
function tellTimes() {
  for (const time of document.querySelectorAll("time[data-at]")) {
    time.textContent = absolute.format(new Date(time.dateTime));
    time.removeAttribute("lang");
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

/** Put another page's content in place of this one's; the old one stays until the new is there. */
async function swap(address, { push = true, focus = null, top = null } = {}) {
  const mine = ++latest;
  const main = document.querySelector("main");
  main.setAttribute("aria-busy", "true");
  try {
    const answer = await fetch(address, { headers: { accept: "text/html" } });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (mine !== latest) return;
    const scroll = window.scrollY;
    document.title = page.title;
    for (const part of ["main", "body > header nav", "body > footer"]) {
      document.querySelector(part).replaceChildren(...page.querySelector(part).childNodes);
    }
    if (push) history.pushState(null, "", address);
    shown = location.pathname + location.search;
    showChosen();
    window.scrollTo(0, scroll);
    const target = top || focus;
    const wanted = target && document.querySelector(`main ${target}`);
    (wanted || main).focus({ preventScroll: true });
    if (top && wanted) wanted.scrollIntoView();
    tellTimes();
  } catch {
    if (mine === latest) location.assign(address);
  } finally {
    if (mine === latest) main.removeAttribute("aria-busy");
  }
}

function say(text) {
  document.querySelector("#refresh-status").textContent = text;
}

/** Follow a refresh to its end, then show the new snapshot. */
async function follow(job) {
  const button = document.querySelector("form[data-refresh] button");
  if (button) {
    button.disabled = true;
    button.textContent = "Refreshing…";
  }
  document.querySelector(".status .dot")?.classList.add("busy");
  while (job.state === "running") {
    await new Promise((resolve) => setTimeout(resolve, POLL_MILLISECONDS));
    const answer = await fetch(`/api/v1/refreshes/${job.job_id}`);
    if (!answer.ok) break;
    job = await answer.json();
  }
  const here = new URL(location);
  here.searchParams.set("job", job.job_id);
  await swap(here.pathname + here.search, { push: false, focus: "form[data-refresh] button" });
}

async function refresh() {
  say("Asking for a refresh…");
  try {
    const answer = await fetch("/api/v1/refreshes", { method: "POST" });
    const job = await answer.json();
    if (!answer.ok) {
      say(job.detail);
      return;
    }
    say("A refresh is running. This page shows the last snapshot until it is done.");
    await follow(job);
  } catch {
    say("The server does not answer; the last snapshot stays.");
  }
}

async function openDialog(address) {
  const dialog = document.querySelector("#dialog");
  const answer = await fetch(address, { headers: { accept: "text/html" } });
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const close = document.createElement("button");
  close.className = "button quiet close";
  close.textContent = "Close";
  close.addEventListener("click", () => dialog.close());
  dialog.replaceChildren(close, page.querySelector("main article"));
  dialog.showModal();
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-swap], a[data-dialog]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
  event.preventDefault();
  const address = link.getAttribute("href");
  if ("dialog" in link.dataset) openDialog(link.href).catch(() => location.assign(link.href));
  else swap(new URL(address, location).href, { focus: `a[href=${JSON.stringify(address)}]`, top: link.dataset.swap });
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
  if (shown !== location.pathname + location.search) swap(location.href, { push: false });
});
setInterval(tellTimes, 15000);
tellTimes();
showChosen();

const status = document.querySelector("#refresh-status");
if (status?.dataset.state === "running") {
  follow({ job_id: status.dataset.job, state: "running" });
}
