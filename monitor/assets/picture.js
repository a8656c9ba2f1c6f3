// One machine's drawing: the boxes of its states hold the dots, its arrows glow when they are used.
// It knows where things stand in the SVG and nothing of where they come from.

const SVG = "http://www.w3.org/2000/svg";
const PITCHES = [14, 10, 7.5, 5.5, 4, 3, 2.2, 1.6];
const LABELLED_PITCH = 18;
const HOT_MS = 700;
const GONE_MS = 450;
const SIDE = 8, TOP = 24, BOTTOM = 6;

const element = (name, attributes = {}) => {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
};

// The dots of one state, each in a slot; the more there are, the smaller they become.
class Box {
  constructor(group, labelled) {
    const shape = group.querySelector("path, polygon").getBBox();
    this.group = group;
    this.shape = shape;
    this.slots = [];
    this.used = 0;
    this.level = 0;
    this.labelled = labelled;
    this.dirty = false;
    this.count = element("text", { class: "count", x: shape.x + shape.width - 5, y: shape.y - 4 });
    group.append(this.count);
  }

  // Labelled dots stand below each other, each with its name beside it.
  columns(level) { return this.labelled ? 1 : Math.floor((this.shape.width - 2 * SIDE) / PITCHES[level]); }

  capacity(level) {
    return this.columns(level) * Math.floor((this.shape.height - TOP - BOTTOM) / PITCHES[level]);
  }

  add(dot) {
    let slot = this.slots.indexOf(null);
    if (slot < 0) slot = this.slots.length;
    this.slots[slot] = dot;
    dot.box = this;
    dot.slot = slot;
    this.used += 1;
    while (slot >= this.capacity(this.level) && this.level < PITCHES.length - 1) {
      this.level += 1;
      this.dirty = true;
    }
    this.place(dot);
  }

  remove(dot) {
    this.slots[dot.slot] = null;
    this.used -= 1;
    while (this.slots.length && this.slots.at(-1) === null) this.slots.pop();
    if (this.level && this.used < 0.5 * this.capacity(this.level - 1)) this.dirty = true;
  }

  // After all dots of a sample have moved: once, however many they were.
  settle() {
    if (!this.dirty) return;
    this.dirty = false;
    this.slots = this.slots.filter((dot) => dot !== null);
    this.level = 0;
    while (this.slots.length > this.capacity(this.level) && this.level < PITCHES.length - 1) this.level += 1;
    this.slots.forEach((dot, slot) => { dot.slot = slot; this.place(dot); });
  }

  place(dot) {
    const pitch = this.labelled ? LABELLED_PITCH : PITCHES[this.level];
    const columns = this.columns(this.level);
    const x = this.shape.x + SIDE + pitch * (dot.slot % columns + 0.5);
    const y = this.shape.y + TOP + pitch * (Math.floor(dot.slot / columns) + 0.5);
    dot.move(x, y, 0.4 * pitch);
  }

  middle() { return [this.shape.x + this.shape.width / 2, this.shape.y + this.shape.height / 2]; }
}

class Dot {
  constructor(name, layer, labelled) {
    this.name = name;
    this.circle = element("circle", { class: "dot", role: "button", tabindex: "-1", r: 1 });
    this.circle.dataset.name = name;
    this.circle.append(element("title"));
    layer.append(this.circle);
    this.label = labelled ? element("text", { class: "dot-name" }) : null;
    if (this.label) {
      this.label.textContent = name.replace("_", " ");
      layer.append(this.label);
    }
  }

  name_state(state) {
    this.circle.dataset.state = state;
    const words = `${this.name}, ${state}`;
    this.circle.setAttribute("aria-label", words);
    this.circle.firstChild.textContent = words;
  }

  move(x, y, radius) {
    this.circle.setAttribute("r", radius);
    this.circle.style.transform = `translate(${x}px, ${y}px)`;
    if (this.label) {
      this.label.setAttribute("x", x + radius + 4);
      this.label.setAttribute("y", y + 3);
    }
  }

  leave(x, y) {
    this.circle.removeAttribute("tabindex");
    this.circle.setAttribute("aria-hidden", "true");
    this.circle.style.transform = `translate(${x}px, ${y}px)`;
    this.circle.classList.add("gone");
    this.label?.remove();
    setTimeout(() => this.circle.remove(), GONE_MS);
  }
}

export class Picture {
  // machine: as /machines.json has it. figure: its drawing. labelled: each dot shows its name.
  constructor(machine, figure, labelled) {
    this.machine = machine;
    this.labelled = labelled;
    this.dots = new Map();
    const svg = figure.querySelector("svg");
    const graph = svg.querySelector("g.graph");
    this.view = svg.parentElement;
    svg.setAttribute("role", "group");
    svg.setAttribute("aria-label", `The states of ${machine.name}`);
    graph.querySelector("title").remove();
    const groups = new Map();
    for (const group of graph.querySelectorAll("g.node, g.edge")) {
      const title = group.querySelector("title");
      groups.set(title.textContent, group);
      title.textContent = this.explain(title.textContent);
      group.setAttribute("aria-hidden", "true");
    }
    this.boxes = machine.states.map((state) => new Box(groups.get(state.name), labelled));
    this.edges = machine.rows.map((row) => groups.get(row.before === row.after ? row.before : `${row.before}->${row.after}`));
    this.uses = new Map();
    this.layer = element("g", { class: "dots" });
    graph.append(this.layer);
    const left = new Set(machine.rows.filter((row) => row.before !== row.after).map((row) => row.before));
    this.end = this.boxes[machine.states.findIndex((state) => !left.has(state.name))];
    this.timers = new Map();
  }

  explain(title) {
    const state = this.machine.states.find((each) => each.name === title);
    if (state) return `${state.name}: ${state.true}`;
    const rows = this.machine.rows.filter((row) => `${row.before}->${row.after}` === title);
    return [title.replace("->", " → "), ...new Set(rows.map((row) => row.event + (row.when ? ` [${row.when}]` : "")))].join("\n");
  }

  put(name, state) {
    let dot = this.dots.get(name);
    if (!dot) {
      dot = new Dot(name, this.layer, this.labelled);
      this.dots.set(name, dot);
    } else if (dot.state === state) {
      return;
    } else {
      dot.box.remove(dot);
    }
    dot.state = state;
    dot.name_state(this.machine.states[state].name);
    this.boxes[state].add(dot);
    if (this.labelled) this.reveal(this.boxes[state]);
  }

  // On a narrow screen the drawing scrolls: the present state is to be seen.
  reveal(box) {
    const [inner, outer] = [box.group, this.view].map((each) => each.getBoundingClientRect());
    if (inner.left < outer.left || inner.right > outer.right) {
      this.view.scrollLeft += (inner.left + inner.right - outer.left - outer.right) / 2;
    }
  }

  drop(name) {
    const dot = this.dots.get(name);
    if (!dot) return;
    this.dots.delete(name);
    dot.box.remove(dot);
    dot.leave(...(this.end ?? dot.box).middle());
  }

  clear() {
    for (const dot of this.dots.values()) {
      dot.circle.remove();
      dot.label?.remove();
      dot.box.remove(dot);
    }
    this.dots.clear();
  }

  // counts: by state. After every sample.
  settle(counts) {
    this.boxes.forEach((box, state) => {
      box.settle();
      const text = counts[state] ? String(counts[state]) : "";
      if (box.count.textContent !== text && !this.labelled) box.count.textContent = text;
      box.group.classList.toggle("present", counts[state] > 0);
    });
  }

  // row: its number in this machine. total: how often it has fired. fresh: just now.
  fire(row, total, fresh) {
    const group = this.edges[row];
    const used = (this.uses.get(group) ?? new Map()).set(row, total);
    this.uses.set(group, used);
    group.classList.add("used");
    if (fresh) this.heat(group);
  }

  // How much each arrow is used, beside the one that is used most: by its logarithm.
  weigh() {
    const sums = new Map([...this.uses].map(([group, rows]) => [group, [...rows.values()].reduce((a, b) => a + b)]));
    const most = Math.log1p(Math.max(1, ...sums.values()));
    for (const [group, sum] of sums) group.style.setProperty("--use", (Math.log1p(sum) / most).toFixed(2));
  }

  heat(group) {
    group.classList.add("hot");
    clearTimeout(this.timers.get(group));
    this.timers.set(group, setTimeout(() => group.classList.remove("hot"), HOT_MS));
  }

  in_order() {
    return [...this.dots.values()].sort((a, b) => a.state - b.state || a.slot - b.slot);
  }
}
