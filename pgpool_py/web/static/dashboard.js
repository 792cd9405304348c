// Asks for a snapshot each second, and says plainly while there is no answer.

import { History, clock } from "./model.js";
import { show } from "./view.js";

const INTERVAL = 1000; // milliseconds
const MOST_PAUSE = 10000;
const PATIENCE = 8000;
const TOKEN = "pgpool_py.token";

const get = (id) => document.getElementById(id);
const link = get("link");

const history = new History();
let latest = null; // the snapshot shown
let answered = null; // when
let failures = 0;
let timer = 0;

function again(pause) {
  clearTimeout(timer);
  timer = setTimeout(ask, pause);
}

async function ask() {
  const token = sessionStorage.getItem(TOKEN);
  if (token === null && document.documentElement.dataset.asksToken) return askToken(false);
  let reply;
  try {
    reply = await fetch("api/snapshot", {
      headers: token === null ? {} : { Authorization: `Bearer ${token}` },
      cache: "no-store",
      credentials: "omit",
      signal: AbortSignal.timeout(PATIENCE),
    });
    if (reply.status === 401) return askToken(token !== null);
    if (!reply.ok) return away((await reply.text()).trim());
    took(await reply.json());
  } catch {
    return away("");
  }
  again(document.hidden ? MOST_PAUSE : INTERVAL);
}

function took(snapshot) {
  failures = 0;
  answered = new Date();
  get("asking").hidden = true;
  get("main").hidden = false;
  get("main").classList.remove("stale");
  link.className = "";
  link.textContent = "live";
  latest = snapshot;
  if (history.add(snapshot)) show(snapshot, history);
}

function away(why) {
  failures += 1;
  get("main").classList.add("stale");
  link.className = "away";
  // What it was when it answered is not what it is.
  get("state").hidden = true;
  const since = answered ? `no answer since ${clock(answered)}` : "no answer";
  link.textContent = why ? `${since}: ${why}` : since;
  again(Math.min(MOST_PAUSE, INTERVAL * 2 ** Math.min(failures - 1, 10)));
}

function askToken(refused) {
  clearTimeout(timer);
  sessionStorage.removeItem(TOKEN);
  get("main").hidden = true;
  get("asking").hidden = false;
  get("refused").hidden = !refused;
  link.className = "";
  link.textContent = "asks for the token";
  get("token").value = "";
  get("token").focus();
}

get("asking").addEventListener("submit", (event) => {
  event.preventDefault();
  // A header takes bytes: those of UTF-8, as Python reads them.
  const bytes = new TextEncoder().encode(get("token").value);
  sessionStorage.setItem(TOKEN, String.fromCharCode(...bytes));
  ask();
});
get("filter").addEventListener("input", () => {
  if (latest) show(latest, history);
});
for (const event of ["visibilitychange", "online", "focus"]) {
  (event === "visibilitychange" ? document : window).addEventListener(event, () => {
    if (!document.hidden && get("asking").hidden) again(0);
  });
}
ask();
