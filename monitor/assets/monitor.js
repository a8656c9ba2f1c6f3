// The page: takes samples from /events, moves the dots, and keeps numbers, table and lists.
// What comes from the other side of the network is only ever put in as text.

import { Picture } from "./picture.js";
import { clock, show } from "./ladder.js";

const SUMMARY_MS = 5000;
const HISTORY_MS = 500;
const AGAIN_MS = 3000;
const KEPT_CHANGES = 30;
const MIN_RATE_S = 0.5;

const find = (id) => document.getElementById(id);
const role = document.body.dataset.role;
const is_server = role === "server";
const machines = await (await fetch("machines.json")).json();
const pictures = machines.map((machine) =>
  new Picture(machine, document.querySelector(`[data-machine="${CSS.escape(machine.name)}"]`), !is_server));
const totals = new Map(); // by the row's number: how often it has fired
const numbers = new Map();
let states = new Map(); // by dot: [machine, state]
let chosen = null;

// --- numbers, table, rows -----------------------------------------------------------------------

const cell = (name, text, kind) => {
  const made = document.createElement(name);
  if (kind) made.className = kind;
  made.textContent = text;
  return made;
};

const line = (...cells) => {
  const row = document.createElement("tr");
  row.append(...cells);
  return row;
};

const head = (...names) => {
  const row = line(...names.map((name) => cell("th", name, name === "now" || name === "fired" ? "number" : "")));
  for (const each of row.children) each.scope = "col";
  return row;
};

const number = (name, about) => {
  const pair = document.createElement("div");
  numbers.set(name, cell("dd", "0"));
  pair.append(cell("dt", about), numbers.get(name));
  find("numbers").append(pair);
};

const table = document.querySelector("#table tbody");
const table_rows = new Map();
const row_cells = [];

// A long name may be broken behind each "_".
const row_header = (text) => {
  const made = cell("th", "", "code");
  for (const part of text.split(/(?<=_)/)) made.append(part, document.createElement("wbr"));
  made.scope = "row";
  made.ariaLabel = text; // read as one word all the same
  return made;
};

const build = () => {
  if (is_server) {
    number("dots", "connections");
    number("rate", "sent each second");
    number("sent", "sent in all");
    find("picture-hint").textContent = "Each dot is a connection, in its present state. Click one, or press Tab, the arrow keys and Enter, for its history.";
    document.querySelector("#table thead").append(head("state", "what is true", "now"));
    machines[0].states.forEach((state, place) => {
      const count = cell("td", "0", "number");
      table_rows.set(place, line(row_header(state.name), cell("td", state.true), count));
      table.append(table_rows.get(place));
    });
  } else {
    find("picture-hint").textContent = "Each dot is a machine, in its present state. Click one, or press Tab, the arrow keys and Enter, for its history.";
    document.querySelector("#table thead").append(head("machine", "state", "what is true"));
  }
  number("steps", "steps each second");
  number("fired", "steps in all");
  document.querySelector("#rows thead").append(head("machine", "state", "event", "guard", "next state", "effects", "source", "fired"));
  for (const machine of machines) {
    for (const row of machine.rows) {
      row_cells.push(cell("td", "0", "number"));
      const texts = [machine.name, row.before, row.event, row.when, row.after, row.then, row.rfc];
      document.querySelector("#rows tbody").append(line(...texts.map((text) => cell("td", text, "code")), row_cells.at(-1)));
    }
  }
};

const fill_table = (sample) => {
  if (is_server) {
    for (const [place, row] of table_rows) {
      const count = sample.counts[0][place];
      row.lastChild.textContent = count.toLocaleString();
      row.classList.toggle("present", count > 0);
    }
    return;
  }
  for (const [name, machine, state] of sample.dots) {
    if (!table_rows.has(name)) {
      table_rows.set(name, line(row_header(name.replace("_", " ")), cell("td", "", "code"), cell("td", "")));
      table.append(table_rows.get(name));
    }
    const present = machines[machine].states[state];
    table_rows.get(name).children[1].textContent = present.name;
    table_rows.get(name).children[2].textContent = present.true;
  }
};

const UNITS = ["B", "kB", "MB", "GB", "TB"];
const bytes = (count) => {
  const power = count < 1000 ? 0 : Math.min(UNITS.length - 1, Math.floor(Math.log10(count) / 3));
  const scaled = count / 1000 ** power;
  return `${scaled.toFixed(power && scaled < 100 ? 1 : 0)} ${UNITS[power]}`;
};

// A rate over half a second and more: between two samples it would jump about.
const meter = (say) => {
  let last = null;
  return (value, at) => {
    if (last === null || value < last.value) last = { value, at };
    else if (at - last.at >= MIN_RATE_S) {
      say((value - last.value) / (at - last.at));
      last = { value, at };
    }
  };
};
const byte_rate = meter((rate) => { numbers.get("rate").textContent = bytes(rate); });
const step_rate = meter((rate) => { numbers.get("steps").textContent = rate < 10 ? rate.toFixed(1) : Math.round(rate).toLocaleString(); });

const fill_numbers = (sample) => {
  const fired = [...totals.values()].reduce((a, b) => a + b, 0);
  numbers.get("fired").textContent = fired.toLocaleString();
  step_rate(fired, performance.now() / 1000);
  if (!is_server) return;
  numbers.get("dots").textContent = sample.counts[0].reduce((a, b) => a + b).toLocaleString();
  numbers.get("sent").textContent = bytes(sample.sent_bytes);
  byte_rate(sample.sent_bytes, sample.measured_at);
};

// Said at most every five seconds, for it is read aloud.
let summed_at = -Infinity, summary_timer = 0, last_sample = null;
const summarise = () => {
  const wait = summed_at + SUMMARY_MS - performance.now();
  clearTimeout(summary_timer);
  if (wait > 0) {
    summary_timer = setTimeout(summarise, wait);
    return;
  }
  const text = is_server ? server_summary(last_sample) : client_summary();
  if (find("summary").textContent !== text) {
    find("summary").textContent = text;
    summed_at = performance.now();
  }
};

const server_summary = (sample) => {
  const counts = sample.counts[0];
  const all = counts.reduce((a, b) => a + b);
  const parts = machines[0].states.map((state, place) => [counts[place], state.name]).filter(([count]) => count);
  const hidden = sample.hidden ? ` ${sample.hidden.toLocaleString()} of them have no dot.` : "";
  const listed = parts.map(([count, name]) => `${count.toLocaleString()} ${name}`).join(", ");
  return `${all.toLocaleString()} ${all === 1 ? "connection" : "connections"}${all ? ": " + listed : ""}.${hidden}`;
};

const client_summary = () =>
  [...states].map(([name, [machine, state]]) => `${name.replace("_", " ")} ${machines[machine].states[state].name}`).join(", ") + ".";

// --- changes, history ---------------------------------------------------------------------------

const add_changes = (changes, afresh) => {
  const list = find("changes");
  if (afresh) list.replaceChildren();
  for (const change of changes) {
    const item = document.createElement("li");
    const name = cell("button", change.name, "foreign");
    name.type = "button";
    name.addEventListener("click", () => choose(change.name));
    item.append(cell("time", clock(change.at)), name,
      cell("span", `${change.before} → ${change.after}`, "code"), cell("span", change.event, "event foreign"));
    list.prepend(item);
  }
  while (list.children.length > KEPT_CHANGES) list.lastChild.remove();
};

const circle_of = (name) => pictures.map((picture) => picture.dots.get(name)?.circle).find(Boolean);

const mark_chosen = () => {
  for (const circle of document.querySelectorAll(".dot.chosen")) circle.classList.remove("chosen");
  circle_of(chosen)?.classList.add("chosen");
};

let fetching = false, fetch_again = false;
const refresh_history = async () => {
  if (chosen === null) return;
  if (fetching) {
    fetch_again = true;
    return;
  }
  fetching = true;
  try {
    const answer = await fetch(`history?name=${encodeURIComponent(chosen)}`);
    const found = answer.ok ? await answer.json() : null;
    if (found && found.name === chosen) show(found, is_server ? ["client", "server"] : ["others", chosen.replace("_", " ")]);
  } catch {
    // The page says already that the server is gone.
  }
  setTimeout(() => {
    fetching = false;
    if (fetch_again) {
      fetch_again = false;
      refresh_history();
    }
  }, HISTORY_MS);
};

const choose = async (name) => {
  chosen = name;
  fetching = false;
  find("history").hidden = false;
  find("history-name").textContent = name;
  find("ladder").replaceChildren();
  mark_chosen();
  await refresh_history();
  find("history").focus({ preventScroll: true });
  find("history").scrollIntoView({ block: "nearest" });
};

const close_history = () => {
  const circle = circle_of(chosen);
  chosen = null;
  find("history").hidden = true;
  mark_chosen();
  circle?.focus();
};

// --- keyboard and pointer -----------------------------------------------------------------------

// One dot of each drawing is reached by Tab; the arrow keys go on from there.
const keep_one_reachable = (picture) => {
  const circles = picture.layer.querySelectorAll('.dot[tabindex="0"]');
  if (circles.length === 0 && picture.dots.size) picture.dots.values().next().value.circle.setAttribute("tabindex", "0");
};

const STEPS = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };
const on_key = (picture) => (event) => {
  const name = event.target.dataset?.name;
  if (!name) return;
  if (event.key === "Enter" || event.key === " ") {
    event.preventDefault();
    choose(name);
    return;
  }
  const order = picture.in_order();
  const now = order.findIndex((dot) => dot.name === name);
  const next = event.key === "Home" ? 0 : event.key === "End" ? order.length - 1
    : event.key in STEPS ? (now + STEPS[event.key] + order.length) % order.length : -1;
  if (next < 0 || now < 0) return;
  event.preventDefault();
  order[now].circle.setAttribute("tabindex", "-1");
  order[next].circle.setAttribute("tabindex", "0");
  order[next].circle.focus();
};

for (const picture of pictures) {
  picture.layer.addEventListener("keydown", on_key(picture));
  picture.layer.addEventListener("click", (event) => {
    if (event.target.dataset?.name) choose(event.target.dataset.name);
  });
}
find("history-close").addEventListener("click", close_history);
find("history").addEventListener("keydown", (event) => {
  if (event.key === "Escape") close_history();
});

// --- samples ------------------------------------------------------------------------------------

const fire_rows = (rows, afresh) => {
  let machine = 0;
  for (const [row, total] of rows) {
    while (machine + 1 < machines.length && row >= machines[machine + 1].first_row) machine += 1;
    while (row < machines[machine].first_row) machine -= 1;
    const fresh = !afresh && total > (totals.get(row) ?? 0);
    totals.set(row, total);
    row_cells[row].textContent = total.toLocaleString();
    pictures[machine].fire(row - machines[machine].first_row, total, fresh);
  }
  if (rows.length) pictures.forEach((picture) => picture.weigh());
};

const take = (sample) => {
  if (sample.full) {
    states = new Map();
    totals.clear();
    pictures.forEach((picture) => picture.clear());
  }
  for (const name of sample.gone) {
    states.delete(name);
    pictures.forEach((picture) => picture.drop(name));
  }
  for (const [name, machine, state] of sample.dots) {
    states.set(name, [machine, state]);
    pictures[machine].put(name, state);
  }
  pictures.forEach((picture, machine) => {
    picture.settle(sample.counts[machine]);
    keep_one_reachable(picture);
  });
  fire_rows(sample.rows, sample.full);
  fill_table(sample);
  fill_numbers(sample);
  add_changes(sample.changes, sample.full);
  last_sample = sample;
  summarise();
  if (chosen !== null && (sample.full || sample.dots.some(([name]) => name === chosen) || sample.gone.includes(chosen))) {
    mark_chosen();
    refresh_history();
  }
};

const say = (kind, text) => {
  document.documentElement.className = kind;
  if (find("status").textContent !== text) find("status").textContent = text;
};

const listen = () => {
  const events = new EventSource("events");
  events.addEventListener("message", (event) => {
    take(JSON.parse(event.data));
    say("live", "live");
  });
  events.addEventListener("end", () => {
    events.close();
    say("over", `The ${role} has ended.`);
    setTimeout(listen, AGAIN_MS);
  });
  events.addEventListener("error", () => {
    if (document.documentElement.className !== "over") say("broken", `No connection: the ${role} may have ended. Trying again …`);
    if (events.readyState === EventSource.CLOSED) setTimeout(listen, AGAIN_MS);
  });
};

build();
listen();
