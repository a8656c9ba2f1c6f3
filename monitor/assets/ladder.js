// The history of one dot, as a ladder between the two sides. All that it shows is text.

const made = (name, kind, text) => {
  const element = document.createElement(name);
  if (kind) element.className = kind;
  if (text !== undefined) element.textContent = text;
  return element;
};

export const clock = (seconds) => {
  const at = new Date(seconds * 1000);
  return at.toLocaleTimeString([], { hour12: false }) + "." + String(at.getMilliseconds()).padStart(3, "0");
};

const arrow = (way, words, sides) => {
  const line = made("div", `arrow ${way}`);
  const from = way === "right" ? sides[0] : sides[1];
  line.append(made("span", "foreign", words));
  line.setAttribute("aria-label", `from ${from}: ${words}`);
  line.setAttribute("role", "note");
  return line;
};

const step = (moment, sides) => {
  const item = made("li");
  const times = moment.times > 1 ? `, ${moment.times} times until ${clock(moment.last_at)}` : "";
  item.append(made("span", "at", clock(moment.at) + times));
  item.append(moment.arrives ? arrow("right", moment.event, sides) : made("div", "inside event foreign", moment.event));
  for (const [words, leaves] of moment.outcomes) {
    item.append(leaves ? arrow("left", words, sides) : made("div", "inside foreign", words));
  }
  const state = made("div", "state");
  const stays = moment.before === moment.after;
  state.append(made("span", "code", stays ? `stays ${moment.after}` : `${moment.before} → ${moment.after}`));
  item.append(state);
  return item;
};

// history: as /history has it. sides: the names of the two.
export const show = (history, sides) => {
  document.getElementById("history-name").textContent = history.name;
  document.getElementById("ladder-left").textContent = sides[0];
  document.getElementById("ladder-right").textContent = sides[1];
  document.getElementById("history-about").replaceChildren(...history.about.map((line) => made("div", "foreign", line)));
  const ladder = document.getElementById("ladder");
  const at_end = ladder.scrollTop + ladder.clientHeight >= ladder.scrollHeight - 4;
  const none = made("li", "inside", "It has taken no step yet.");
  ladder.replaceChildren(...(history.steps.length ? history.steps.map((moment) => step(moment, sides)) : [none]));
  if (at_end) ladder.scrollTop = ladder.scrollHeight;
};
