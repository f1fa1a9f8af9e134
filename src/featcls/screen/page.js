"use strict";

const at = (id) => document.getElementById(id);
const percent = (share) => share === null ? "no frames" : `${(100 * share).toFixed(1)} %`;

function made(name, text) {
  const element = document.createElement(name);
  element.textContent = text;
  return element;
}

function curve(points) {
  const top = Math.max(0.01, ...points.map((point) => point.hit_rate));
  at("top").textContent = percent(top);
  const x = (i) => 360 - points.length + i;
  const y = (rate) => 98 - 96 * rate / top;
  const path = points.map((point, i) => `${i ? "L" : "M"}${x(i)} ${y(point.hit_rate).toFixed(1)}`);
  at("curve").firstElementChild.setAttribute("d", path.join(" "));
}

function shares(labels) {
  const total = Object.values(labels).reduce((sum, n) => sum + n, 0) || 1;
  at("shares").replaceChildren(...Object.entries(labels).map(([name, n]) => {
    const row = document.createElement("div");
    row.className = "share";
    const bar = made("div", "");
    bar.style.background = "none";
    const fill = made("div", "");
    fill.style.width = `${100 * n / total}%`;
    bar.append(fill);
    row.append(made("span", name), bar, made("span", `${n} (${percent(n / total)})`));
    return row;
  }));
}

function tiles(name, rows) {
  const known = at(name).dataset.ids;
  const ids = rows.map((row) => row.frame_id).join("\n");
  if (ids === known) return;
  at(name).dataset.ids = ids;
  at(name).replaceChildren(...rows.map((row, i) => {
    const figure = document.createElement("figure");
    const image = document.createElement("img");
    image.src = `${name}/${i}.png?${encodeURIComponent(row.frame_id)}`;
    image.alt = `${row.label}: ${row.frame_id}`;
    figure.append(image, made("figcaption", `${row.label} ${row.frame_id}`));
    return figure;
  }).reverse());
}

function show(status) {
  const rates = status.window;
  at("rate").textContent = rates.hit_rate === null
    ? "waiting for frames" : `${percent(rates.hit_rate)} hits`;
  const lost = Object.entries(status.status)
    .filter(([name, n]) => n && name !== "ok").map(([name, n]) => `${n} ${name}`);
  at("words").textContent = `${status.frames} frames, ${status.hits} hits, `
    + `${rates.frames_per_s.toFixed(1)} frames a second, ${status.waiting} waiting`
    + (lost.length ? `; ${lost.join(", ")}` : "");
  at("window").textContent = rates.seconds;
  at("alarm-box").hidden = !status.alarms.length;
  at("alarms").replaceChildren(...status.alarms.map((alarm) => made("li", alarm.message)));
  curve(status.curve);
  shares(status.labels);
  tiles("hits", status.last.hits);
  tiles("misses", status.last.misses);
}

async function look() {
  try {
    show(await (await fetch("status.json")).json());
  } catch (error) {
    at("words").textContent = "The screening has ended or cannot be reached.";
  }
  setTimeout(look, 1000);
}

look();
