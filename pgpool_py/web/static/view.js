// Puts texts and lengths into the page. Whatever came over the network goes in by
// textContent alone: names are whatever strangers chose.

import { alerts, byTrouble, clock, duration, isThere, look, rate } from "./model.js";
import { conditionOf } from "./sqlstates.js";

const get = (id) => document.getElementById(id);

export function make(tag, { text, className, title } = {}, ...inside) {
  const element = document.createElement(tag);
  if (text !== undefined) element.textContent = text;
  if (className) element.className = className;
  if (title) element.title = title;
  element.append(...inside);
  return element;
}

function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

// Totals

const totals = new Map();

function total(name, text, more = "") {
  if (!totals.has(name)) {
    const [value, small] = [make("span"), make("small")];
    get("totals").append(
      make("div", {}, make("dt", { text: name }), make("dd", {}, value, " ", small)));
    totals.set(name, [value, small]);
  }
  const [value, small] = totals.get(name);
  say(value, text);
  say(small, more);
}

const sum = (list, value) => list.reduce((all, one) => all + value(one), 0);

function showTotals({ process }, looks, history) {
  const servers = (one) => one.now.servers_active + one.now.servers_busy
    + one.now.servers_idle + one.now.servers_opening;
  const known = history.seconds > 0;
  total("clients", String(process.clients), `of ${process.max_clients}`);
  total("waiting", String(sum(looks, (one) => one.now.clients_waiting)));
  total("servers", String(sum(looks, servers)),
    `${sum(looks, (one) => one.now.servers_active)} active`);
  total("queries/s", rate(known ? sum(looks, (one) => one.queries) : null));
  total("transactions/s", rate(known ? sum(looks, (one) => one.transactions) : null));
  const cpu = (process.cpu - history.process.cpu) / history.seconds;
  total("CPU of a core", known ? `${Math.round(100 * cpu)} %` : "–");
}

// Pools

const rows = new Map();
const PARTS = ["active", "busy", "idle", "opening"];
const CELLS = {
  waiting: "waiting",
  wait: "wait p50 / p99",
  transaction: "transaction p50 / p99",
  queries: "queries/s",
};

function newRow() {
  const [database, user, mark] = [make("b"), make("span"), make("em", { text: "paused" })];
  const parts = PARTS.map((name) => make("i", { className: name }));
  const used = make("span", { className: "text" });
  const cells = Object.entries(CELLS).map(([name, text]) => {
    const value = make("span");
    return [value, make("div", { className: name }, make("small", { text }), " ", value)];
  });
  const row = make("div", { className: "row" },
    make("div", { className: "name" }, database, " ", user, mark),
    make("div", { className: "use" },
      make("div", { className: "bar" }, ...parts), used),
    ...cells.map(([, cell]) => cell));
  const [waiting, wait, transaction, queries] = cells.map(([value]) => value);
  return { item: make("li", {}, row), row, database, user, mark, parts, used, waiting, wait,
    transaction, queries };
}

const pair = (found) => found ? found.map(duration).join(" / ") : "–";

function fill(row, one) {
  const { now, pool } = one;
  say(row.database, pool.database);
  say(row.user, pool.user);
  row.mark.hidden = !now.paused;
  const numbers = PARTS.map((name) => now[`servers_${name}`]);
  const whole = Math.max(now.limit, numbers.reduce((all, n) => all + n, 0), 1);
  row.parts.forEach((part, i) => {
    part.hidden = numbers[i] === 0;
    part.style.width = `${100 * numbers[i] / whole}%`;
  });
  const limit = now.limit > 0 ? now.limit : "no limit";
  say(row.used, `${numbers[0] + numbers[1]} / ${now.limit > 0 ? now.limit : "∞"}`);
  row.item.title = `servers: ${PARTS.map((name, i) => `${numbers[i]} ${name}`).join(", ")}; `
    + `pool_size: ${limit}; clients: ${now.clients_active} active, ${now.clients_idle} idle`;
  row.row.classList.toggle("full", one.full && now.clients_waiting > 0);
  say(row.waiting, now.clients_waiting > 0
    ? `${now.clients_waiting} · ${duration(now.oldest_wait)}` : "0");
  row.waiting.className = now.clients_waiting > 0 ? "hot" : "zero";
  say(row.wait, pair(one.wait));
  say(row.transaction, pair(one.transaction));
  say(row.queries, rate(one.queries));
}

function showPools(looks) {
  const words = get("filter").value.toLowerCase().split(/\s+/).filter(Boolean);
  const wanted = looks.filter(({ pool }) => {
    const name = `${pool.database} ${pool.user}`.toLowerCase();
    return words.every((word) => name.includes(word));
  }).sort(byTrouble);
  const keys = new Set(wanted.map((one) => one.key));
  for (const [key, row] of rows) {
    if (!keys.has(key)) {
      row.item.remove();
      rows.delete(key);
    }
  }
  let place = get("pools").firstElementChild;
  for (const one of wanted) {
    if (!rows.has(one.key)) rows.set(one.key, newRow());
    const row = rows.get(one.key);
    fill(row, one);
    if (row.item === place) place = place.nextElementSibling;
    else get("pools").insertBefore(row.item, place);
  }
  say(get("shown"), words.length ? `${wanted.length} of ${looks.length}` : String(looks.length));
  get("no-pools").hidden = wanted.length > 0;
  say(get("no-pools"), looks.length ? "No pool has such a name."
    : "There is no pool yet: the first client of a database and user makes one.");
}

// Lists

function showAttention(found) {
  get("attention").hidden = found.length === 0;
  get("attention").querySelector("ul").replaceChildren(
    ...found.slice(0, MOST).map((text) => make("li", { text })),
    ...(found.length > MOST ? [make("li", { text: `and ${found.length - MOST} more` })] : []));
}

const MOST = 10;
const lists = new Map();

// Show a list of {name, more, amount} in a column, or nothing where it is empty.
export function list(column, title, entries, { note, most = MOST, all = entries.length } = {}) {
  if (!lists.has(title)) {
    const [small, inside] = [make("small"), make("ul")];
    const panel = make("section", { className: "panel list" },
      make("h2", { text: `${title} ` }, small), inside);
    get(column).append(panel);
    lists.set(title, [panel, small, inside]);
  }
  const [panel, small, inside] = lists.get(title);
  const shown = Math.min(most, entries.length);
  panel.hidden = shown === 0;
  say(small, note ?? (shown < all ? `${shown} of ${all}` : ""));
  inside.replaceChildren(...entries.slice(0, shown).map(({ name, more, amount }) =>
    make("li", {},
      make("div", {}, make("b", { text: name }),
        make("span", { className: "amount", text: amount ?? "" })),
      make("p", { className: "note", text: more ?? "" }))));
}

const SINCE_START = { note: "since the start" };

const counted = (snapshot, field) => {
  const reasons = new Map();
  for (const { tallied } of [...snapshot.pools, { tallied: snapshot.process.nobodys }]) {
    for (const [name, number] of Object.entries(tallied[field])) {
      reasons.set(name, (reasons.get(name) ?? 0) + number);
    }
  }
  return [...reasons].sort((one, two) => two[1] - one[1])
    .map(([name, number]) => ({ name, amount: String(number) }));
};

const errors = (snapshot, field) => counted(snapshot, field)
  .map((one) => ({ ...one, more: conditionOf(one.name) }));

const nameOf = (client) => client.application_name || client.user;
const placeOf = ({ database, user, number, address, port }) =>
  `${database} / ${user}, client ${number} at ${address}:${port}`;

function showClients(pools) {
  const all = (field) => pools.flatMap((pool) => pool[field] ?? []);
  list("now", "Clients that wait longest", all("waiting")
    .sort((one, two) => two.waited - one.waited)
    .map((one) => ({
      name: nameOf(one),
      amount: duration(one.waited),
      more: `${placeOf(one)}, for ${one.wants}`,
    })), { all: sum(pools, (pool) => pool.now.clients_waiting) });
  list("now", "Clients longest idle in transaction", all("holders")
    .sort((one, two) => two.idle - one.idle)
    .map((one) => ({
      name: nameOf(one),
      amount: duration(one.idle),
      more: `${placeOf(one)}, backend ${one.remote_pid}`
        + (one.statement ? `: ${one.statement}` : ""),
    })));
}

// The latest first. An alert that comes and goes is one of them, or nothing else were seen.
function showEvents(events) {
  const found = new Map();
  for (const one of events.toReversed()) {
    const key = one.kind === "alert" ? one.text.replace(/\d+/g, "") : one;
    if (!found.has(key)) found.set(key, { one, times: 0 });
    found.get(key).times += 1;
  }
  list("lately", "Recent events", [...found.values()].map(({ one, times }) => ({
    name: times > 1 ? `${one.kind} × ${times}` : one.kind,
    amount: clock(new Date(1000 * one.at)),
    more: one.text,
  })));
}

function showState({ state, why_not: whyNot }) {
  const serves = state === "ready" || state === "paused";
  say(get("state"), serves && whyNot ? "not ready" : state);
  get("state").hidden = false;
  get("state").classList.toggle("ready", state === "ready" && !whyNot);
  get("state").classList.toggle("not", serves && Boolean(whyNot));
}

export function show(snapshot, history) {
  const { process, condition } = snapshot;
  const looks = snapshot.pools.filter(isThere).map((pool) => look(pool, history));
  say(get("version"), `${process.version} · up ${duration(snapshot.taken - process.started)}`);
  showState(condition);
  get("main").classList.toggle("no-transactions", !looks.some((one) => one.transaction));
  showTotals(snapshot, looks, history);
  showAttention(alerts(snapshot, looks));
  showPools(looks);
  showClients(snapshot.pools);
  list("now", "Advice", snapshot.pools.map((pool) => pool.advice)
    .filter((one) => one?.configured > 0 && one.recommended > one.configured)
    .map((one) => ({
      name: `${one.database} / ${one.user}`,
      amount: `pool_size ${one.configured} → ${one.recommended}`,
      more: one.why,
    })));
  showEvents(snapshot.events ?? []);
  list("lately", "Errors of the pooler", errors(snapshot, "client_errors"), SINCE_START);
  list("lately", "Errors of PostgreSQL", errors(snapshot, "server_errors"), SINCE_START);
  list("lately", "Clients closed, by reason", counted(snapshot, "clients_closed"), SINCE_START);
  list("lately", "Servers closed, by reason", counted(snapshot, "servers_closed"), SINCE_START);
}
