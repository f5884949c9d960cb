// Draws the charts of a page, filters them, fills the tables behind them, and keeps the reader's choice of colours.
(() => {
  "use strict";
  const DAY = 864e5, HOUR = 36e5, ERRORS = 1;
  const root = document.documentElement;
  const holder = document.getElementById("charts");
  let charts = {};
  const form = document.querySelector("form.controls");
  const drawn = new Map();

  // The figures are in the page, compressed.
  async function load() {
    if (!holder) return;
    const bytes = Uint8Array.from(atob(holder.textContent), (letter) => letter.charCodeAt(0));
    charts = await new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"))).json();
  }

  // Rows arrive by columns, periods as days or hours since 1970.
  function unpack(chart) {
    const columns = Object.entries(chart.rows);
    const length = columns.length ? Math.max(...columns.map(([, c]) => (c.places || c.values || c.days || c.hours).length)) : 0;
    return Array.from({ length }, (_, i) => {
      const row = {};
      for (const [name, column] of columns) {
        if (column.places) row[name] = column.names[column.places[i]];
        else if (column.values) row[name] = column.values[i];
        else row._time = row[name] = column.days ? column.days[i] * DAY : column.hours[i] * HOUR;
      }
      if (chart.time) row._label = nameOf(row._time, chart.grain) + (row._state === 2 ? ", still running" : "");
      return row;
    });
  }

  const FORMATS = {
    month: { month: "long", year: "numeric" },
    week: { day: "numeric", month: "short", year: "numeric" },
    day: { weekday: "short", day: "numeric", month: "short", year: "numeric" },
    hour: { weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" },
  };
  function nameOf(time, grain) {
    const name = new Intl.DateTimeFormat("en-GB", { ...FORMATS[grain], timeZone: "UTC" }).format(time);
    return grain === "hour" ? name + " UTC" : name;
  }

  // What the filters leave: newer rows, rows of the choice, and of series the chosen one.
  function visible(chart) {
    const chosen = form ? new FormData(form) : new FormData();
    const days = Number(chosen.get("period"));
    const since = chart.time && days ? Date.parse(document.body.dataset.asOf) + DAY - days * DAY : -Infinity;
    const picks = chart.filters.map((column) => [column, chosen.get(column)]).filter(([, choice]) => choice !== null);
    let rows = chart.all.filter((row) => !(row._time < since));
    for (const [column, choice] of picks) {
      if (column !== chart.by) rows = rows.filter((row) => row[column] === choice);
      else if (choice !== "all")
        rows = rows.map((row) => {
          const kept = { ...row };
          for (const [name, label] of chart.series) if (label !== choice) kept[name] = null;
          return kept;
        });
    }
    return rows;
  }

  // A role such as "@c1" becomes the colour that the style sheet gives it in the present theme.
  const probe = document.createElement("span");
  probe.hidden = true;
  document.body.append(probe);
  function colour(role) {
    probe.style.color = `var(--${role})`;
    return getComputedStyle(probe).color;
  }
  const coloured = (spec) => JSON.parse(JSON.stringify(spec).replace(/"@(\w+)"/g, (_, role) => JSON.stringify(colour(role))));

  function config() {
    const [text, muted, line] = ["text", "muted", "line"].map(colour);
    const font = getComputedStyle(document.body).fontFamily;
    return {
      aria: false, background: "transparent", font, view: { stroke: null },
      axis: { labelColor: muted, labelFontSize: 11, titleColor: muted, titleFontSize: 11, titleFontWeight: 400, gridColor: line, domainColor: line, tickColor: line, tickSize: 4, labelPadding: 6, titlePadding: 8 },
      axisQuantitative: { domain: false, ticks: false },
      line: { strokeWidth: 2, strokeJoin: "round", strokeCap: "round" },
      bar: { stroke: null }, text: { fill: text, font },
    };
  }

  async function draw(place) {
    const id = place.dataset.chart, chart = charts[id];
    chart.all ??= unpack(chart);
    const rows = visible(chart);
    drawn.get(id)?.finalize();
    drawn.delete(id);
    fill(document.querySelector(`[data-table="${id}"][open]`));
    const figures = chart.series.map(([name]) => name);
    if (!rows.some((row) => !figures.length || figures.some((name) => isKnown(row[name])))) return say(place, "No rows for this choice");
    const spec = { ...coloured(chart.spec), datasets: { rows } };
    const options = { actions: false, renderer: "svg", ast: true, logLevel: ERRORS, config: config(), mode: "vega-lite" };
    drawn.set(id, await vegaEmbed(place, spec, options));
  }

  const isKnown = (value) => value !== null && value !== undefined;
  function say(place, words) {
    place.innerHTML = '<div class="empty"><p></p></div>';
    place.querySelector("p").textContent = words;
  }

  // A choice made while charts are drawn begins anew.
  let round = 0;
  async function drawAll() {
    const mine = ++round;
    root.dataset.ready = "false";
    for (const place of document.querySelectorAll("[data-chart]")) {
      if (mine !== round) return;
      try {
        await draw(place);
      } catch (error) {
        console.error(place.dataset.chart, error);
        say(place, "This chart could not be drawn");
      }
    }
    root.dataset.ready = "true";
  }

  // The table behind a chart, made when it is opened: the rows that are drawn, newest first where they have a period.
  function fill(details) {
    if (!details) return;
    const chart = charts[details.dataset.table];
    chart.all ??= unpack(chart);
    const rows = visible(chart);
    if (chart.time) rows.sort((a, b) => b._time - a._time);
    const columns = tableColumns(chart).map(([name, label]) => [name, label, rows.some((row) => typeof row[name] === "number") ? "number" : ""]);
    const table = document.createElement("table");
    line(table.createTHead(), "th", columns.map(([, label, kind]) => [label, kind]));
    const body = table.createTBody();
    for (const row of rows.slice(0, 500)) line(body, "td", columns.map(([name, , kind]) => [written(row[name], chart.percent.includes(name)), kind]));
    const scroll = document.createElement("div");
    Object.assign(scroll, { className: "scroll", tabIndex: 0 });
    scroll.append(table);
    details.querySelector(".scroll")?.remove();
    details.append(scroll);
  }

  function tableColumns(chart) {
    const keys = chart.filters.filter((name) => name in chart.rows);
    const others = Object.entries(chart.headings).filter(([name]) => name !== chart.time && !keys.includes(name));
    return [...(chart.time ? [["_label", "Period"]] : []), ...keys.map((name) => [name, name]), ...others];
  }

  function line(parent, tag, cells) {
    const made = parent.insertRow();
    for (const [text, kind] of cells) {
      const cell = document.createElement(tag);
      Object.assign(cell, { textContent: text, className: kind });
      if (tag === "th") cell.scope = "col";
      made.append(cell);
    }
  }

  function written(value, isFraction) {
    if (!isKnown(value)) return "–";
    if (typeof value !== "number") return String(value);
    return isFraction ? (value * 100).toFixed(2) + "%" : value.toLocaleString("en-US", { maximumFractionDigits: 3 });
  }

  for (const details of document.querySelectorAll("[data-table]")) details.addEventListener("toggle", () => details.open && fill(details));
  form?.addEventListener("change", drawAll);
  form?.addEventListener("submit", (event) => event.preventDefault());

  // Colours: as the system has it, or light, or dark; kept where the browser lets pages keep something.
  const THEMES = { "": "as the system has it", light: "light", dark: "dark" };
  const button = document.getElementById("theme");
  const kept = () => { try { return localStorage.getItem("theme") || ""; } catch { return ""; } };
  function setTheme(theme) {
    if (theme) root.dataset.theme = theme;
    else delete root.dataset.theme;
    try { localStorage.setItem("theme", theme); } catch { /* it is then chosen anew on each page */ }
    button.title = `Colours: ${THEMES[theme]}`;
    button.setAttribute("aria-label", button.title);
    button.firstElementChild.textContent = { "": "◐", light: "○", dark: "●" }[theme];
  }
  button.addEventListener("click", () => {
    const names = Object.keys(THEMES);
    setTheme(names[(names.indexOf(root.dataset.theme || "") + 1) % names.length]);
    drawAll();
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawAll);
  setTheme(kept());
  document.querySelector("nav [aria-current]")?.scrollIntoView({ inline: "center", block: "nearest" });
  load().then(drawAll);
})();
