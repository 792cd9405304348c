// Numbers of a few seconds, from differences of snapshots. Nothing here touches the page.

export const WINDOW = 10; // seconds
const NEARLY_FULL = 0.9;
const LATE = 0.1; // seconds that the loop may be late

const bounds = JSON.parse(document.documentElement.dataset.bounds);

export const keyOf = (pool) => JSON.stringify([pool.database, pool.user]);

export class History {
  #taken = [];

  // Take a snapshot; give false if it is the one that was taken last.
  add(snapshot) {
    const last = this.#taken.at(-1)?.snapshot;
    if (last && last.taken === snapshot.taken) return false;
    const another = last && (last.process.pid !== snapshot.process.pid
      || last.process.started !== snapshot.process.started
      || last.taken > snapshot.taken);
    if (another) this.#taken = [];
    const pools = new Map(snapshot.pools.map((pool) => [keyOf(pool), pool]));
    this.#taken.push({ snapshot, pools });
    // One that is older than the window remains, so that the window is covered.
    while (this.#taken.length > 2 && this.#taken[1].snapshot.taken <= snapshot.taken - WINDOW) {
      this.#taken.shift();
    }
    return true;
  }

  get seconds() {
    return this.#taken.at(-1).snapshot.taken - this.#taken[0].snapshot.taken;
  }

  get process() {
    return this.#taken[0].snapshot.process;
  }

  before(key) {
    return this.#taken[0].pools.get(key);
  }

  waitedLately(key) {
    return this.#taken.some(({ pools }) => pools.get(key)?.now.clients_waiting > 0);
  }
}

// Give [p50, p99] of what came between two distributions, as upper bounds in seconds, or
// null where nothing came. Infinity is above the last bound.
export function quantiles(now, before) {
  const counts = now.counts.map((n, i) => Math.max(0, n - before.counts[i]));
  const all = counts.reduce((sum, n) => sum + n, 0);
  if (all === 0) return null;
  return [0.5, 0.99].map((part) => {
    let seen = 0;
    const bucket = counts.findIndex((n) => (seen += n) >= part * all);
    return bounds[bucket] ?? Infinity;
  });
}

// Who was lent a server and did not wait is in no bucket; who then shared one, or got none,
// has others.
function waits({ counted, tallied, exchanged }) {
  const lent = tallied.waits.counts;
  const instantly = counted.server_assignment_count - lent.reduce((sum, n) => sum + n, 0);
  const counts = lent.map((n, i) => n + exchanged.shared_waits.counts[i]
    + tallied.unserved.counts[i]);
  counts[0] += Math.max(0, instantly);
  return { counts };
}

export function look(pool, history) {
  const key = keyOf(pool);
  const before = history.before(key) ?? pool;
  const per = (name) => history.seconds > 0
    ? (pool.counted[name] - before.counted[name]) / history.seconds : null;
  const now = pool.now;
  const used = now.servers_active + now.servers_busy;
  const full = now.limit > 0 && used >= now.limit;
  const waited = history.waitedLately(key);
  return {
    key,
    pool,
    now,
    full,
    utilisation: now.limit > 0 ? used / now.limit : 0,
    wait: quantiles(waits(pool), waits(before)),
    transaction: quantiles(pool.exchanged.transactions, before.exchanged.transactions),
    queries: per("query_count"),
    transactions: per("xact_count"),
    trouble: waited ? 3 : now.paused ? 2
      : now.limit > 0 && used >= NEARLY_FULL * now.limit ? 1 : 0,
  };
}

export function isThere(pool) {
  return Object.entries(pool.now).some(([name, value]) => name !== "limit" && value > 0)
    || pool.now.limit > 0;
}

export function byTrouble(one, two) {
  return two.trouble - one.trouble
    || (two.trouble === 3 ? two.now.oldest_wait > 1 || one.now.oldest_wait > 1
      ? Math.floor(two.now.oldest_wait) - Math.floor(one.now.oldest_wait) : 0 : 0)
    || (one.key < two.key ? -1 : 1);
}

// Give what does not serve because somebody said so, and what ends that, as texts.
function halts({ condition, databases }) {
  const paused = condition.state === "paused";
  const found = [];
  if (paused) found.push("all databases are paused: clients wait until RESUME");
  if (condition.state === "suspended") {
    found.push("all is suspended: nobody is heard until RESUME");
  }
  for (const one of databases) {
    if (one.paused && !paused) {
      found.push(`${one.name} is paused: its clients wait until RESUME ${one.name}`);
    }
    if (one.disabled) {
      found.push(`${one.name} is disabled: nobody is let in until ENABLE ${one.name}`);
    }
  }
  return found;
}

// Give what somebody should look at, the gravest first, as texts.
export function alerts(snapshot, looks) {
  const { condition, process } = snapshot;
  const found = [];
  if (condition.why_not) found.push(`not ready: ${condition.why_not}`);
  if (process.clients >= process.max_clients) {
    found.push(`max_client_conn is reached: ${counted(process.clients, "client")}`);
  }
  if (!process.reloaded.ok) {
    found.push("the last reload failed: the configuration in force is an older one");
  }
  if (process.latest_lag > LATE) found.push(`the loop is late by ${duration(process.latest_lag)}`);
  found.push(...halts(snapshot));
  // What the pooler itself says of a pool is not said twice.
  const told = new Set();
  for (const one of snapshot.alerts ?? []) {
    found.push(`${one.database} / ${one.user}, for ${duration(one.since)}: ${one.text}`);
    told.add(keyOf(one));
  }
  for (const one of looks) {
    if (told.has(one.key) || one.now.paused) continue;
    const name = `${one.pool.database} / ${one.pool.user}`;
    if (one.full && one.now.clients_waiting > 0) {
      found.push(`${name} is exhausted: ${one.now.clients_waiting} waiting, `
        + `the longest for ${duration(one.now.oldest_wait)}`);
    } else if (one.now.clients_waiting > 0 && one.now.oldest_wait >= 1) {
      found.push(`${name}: a client has waited for ${duration(one.now.oldest_wait)}`);
    }
  }
  return found;
}

// Words for numbers

export const counted = (number, one) => `${number} ${one}${number === 1 ? "" : "s"}`;

export function duration(seconds) {
  if (seconds === Infinity) return `> ${bounds.at(-1)} s`;
  if (seconds < 0.001) return `${+(seconds * 1000).toFixed(2)} ms`;
  if (seconds < 1) return `${+(seconds * 1000).toPrecision(3)} ms`;
  if (seconds < 120) return `${seconds < 10 ? seconds.toFixed(1) : Math.round(seconds)} s`;
  const minutes = Math.floor(seconds / 60);
  return minutes < 120 ? `${minutes} min` : `${Math.floor(minutes / 60)} h`;
}

export function rate(number) {
  if (number === null) return "–";
  if (number >= 10000) return `${(number / 1000).toFixed(1)}k`;
  return number >= 10 ? String(Math.round(number)) : String(+number.toFixed(1));
}

export const clock = (date) => date.toTimeString().slice(0, 8);
