// The page of kiosks and phones. It keeps nothing: what somebody types stands in the fields until it is sent, cleared, or nobody has
// touched the screen for a while; no storage, no addresses that say anything, no entry in the history.
//
//   #place=B-0417    the building whose code was scanned, or in which the kiosk stands
//   #terminal=TOKEN  the screen of a building: shows its on-site code
//   #kiosk           a kiosk: goes back to the start sooner, and shows nothing that belongs to a telephone
"use strict";

const API = "v1/";
const PATIENCE_MS = 20000;         // for one answer
const RETRY_MS = [1000, 2000, 4000, 8000, 15000];
const WARNING_S = 10;              // "are you still there?"
const CODE_MS = 15000;             // how often the building's code is asked for
const PHONE_IDLE = 5;              // a phone is its owner's: it waits longer than a kiosk
const $ = id => document.getElementById(id);
const options = new URLSearchParams(location.hash.slice(1));
const isKiosk = options.has("kiosk");

let texts = {zh: {}, en: {}};
// Screens of a building begin in Chinese, a telephone as its owner reads.
const first = isKiosk || options.has("terminal") || !/^en\b/.test((navigator.languages || []).find(l => /^(zh|en)\b/.test(l)) || "") ? "zh" : "en";
let language = first;
let categories = [];
let idleMs = 60000;
let most = 0, edge = 2048;         // pictures of a report; the longer edge of each
let key = "";                      // of the report that is being written: sending it again is harmless
let chosen = null;                 // its category
let shown = null;                  // what an answer has told, for another language

// ---- words

const word = (name, values = {}) => (texts[language][name] || "").replace(/\{(\w+)\}/g, (all, k) => values[k] ?? all);
const own = row => row[language] || row.en || row.id;

function speak() {
  document.documentElement.lang = language === "zh" ? "zh-CN" : "en";
  document.title = word("title") + " 54321";
  for (const e of document.querySelectorAll("[data-text]")) e.textContent = word(e.dataset.text);
  for (const e of document.querySelectorAll("[data-hint]")) e.placeholder = word(e.dataset.hint);
  for (const e of document.querySelectorAll(".error")) e.textContent = e.dataset.name ? word(e.dataset.name) : "";
  drawCategories();
  if (chosen) $("describe-what").textContent = $("call-what").textContent = own(chosen);
  if (place) showPlace();
  $("pictures-note").textContent = word("pictures_note", {most});
  if (shown) shown();
}

function make(tag, text = "", kind = "") {
  const e = document.createElement(tag);
  e.textContent = text;
  if (kind) e.className = kind;
  return e;
}

// "2026-10-12T19:05:00.000+08:00" as people say it; the clock on the wall is the city's, whatever this machine's says.
function when(instant) {
  const time = instant.slice(11, 16), day = instant.slice(0, 10);
  const offset = (instant.slice(-6, -5) === "-" ? -1 : 1) * (60 * +instant.slice(-5, -3) + +instant.slice(-2));
  const of = ms => new Date(ms + 60000 * offset).toISOString().slice(0, 10);
  if (day === of(Date.now())) return word("today", {time});
  if (day === of(Date.now() + 86400000)) return word("tomorrow", {time});
  const name = new Date(day).toLocaleDateString(language === "zh" ? "zh-CN" : "en-GB", {timeZone: "UTC", month: "short", day: "numeric"});
  return name + " " + time;
}

// ---- screens

const screens = [...document.querySelector("main").children];

function show(id) {
  for (const s of screens) s.hidden = s.id !== id;
  say("");
  scrollTo(0, 0);
  $(id).querySelector("h1").focus({preventScroll: true});
}

// One line on the screen that is there; `name` is that of a text.
function say(name, good = false) {
  for (const e of document.querySelectorAll(".error")) {
    const here = name && !e.closest("main > *").hidden;
    e.textContent = here ? word(name) : "";
    e.dataset.name = here ? name : "";
    e.classList.toggle("good", good);
    if (here) e.scrollIntoView({block: "center"}); // a small screen has the buttons in sight, but not the end of the form
  }
}

// Nothing of the person before is left: neither in fields nor in what was shown.
function clear() {
  key = "";
  chosen = shown = null;
  for (const f of document.forms) f.reset();
  for (const id of ["done-number", "done-secret", "case-number", "case-state", "case-holder", "case-reported", "case-into", "case-parts", "case-left", "describe-what", "call-what"])
    $(id).textContent = "";
  for (const id of ["done-promises", "case-clocks"]) $(id).replaceChildren();
  for (const d of document.querySelectorAll("dialog[open]")) d.close();
  place = home;
  $("place").value = options.get("place") || "";
  showPlace();
  $("found").replaceChildren();
  performance.clearResourceTimings();
  if (!home && options.has("place")) findHome();
  position = null;
  theCase = null;
  shots = [];
  drawShots();
  $("position").disabled = false;
  $("position").textContent = word("position");
  if (isKiosk && language !== first) {
    language = first;
    speak();
  }
  show("start");
}

// ---- asking the door

// AbortSignal.timeout is younger than many telephones.
function patience() {
  const c = new AbortController();
  setTimeout(() => c.abort(), PATIENCE_MS);
  return c.signal;
}

// The answer as {status, body}; status 0: none came.
async function once(method, path, body, headers = {}) {
  try {
    const form = body instanceof FormData;
    const r = await fetch(API + path, {method, headers: form ? headers : {"Content-Type": "application/json", ...headers},
                                       body: body && (form ? body : JSON.stringify(body)), cache: "no-store", credentials: "omit", signal: patience()});
    return {status: r.status, body: await r.json()};
  } catch {
    return {status: 0, body: {}};
  }
}

// Again while nobody answers, for somebody who waits. The same key makes it the same report.
async function patient(method, path, body, headers) {
  for (let i = 0; ; i++) {
    const a = await once(method, path, body, headers);
    if ((a.status && a.status !== 503) || i === RETRY_MS.length) return a;
    say("error_network");
    await new Promise(done => setTimeout(done, RETRY_MS[i]));
  }
}

const newKey = () => Array.from(crypto.getRandomValues(new Uint8Array(16)), b => b.toString(16).padStart(2, "0")).join("");

function fail(a, gaveUp) {
  const named = "error_" + a.body.code;
  say(!a.status || a.status >= 500 ? gaveUp : named in texts[language] ? named : "error_refused");
}

// While something is on its way its button says so, and cannot be pressed again.
async function busy(button, name, work) {
  button.disabled = true;
  button.textContent = word(name);
  try {
    await work();
  } finally {
    button.disabled = false;
    button.textContent = word(button.dataset.text);
  }
}

// ---- reporting

let place = null, home = null;     // the building that was found; the one whose code was scanned, or in which the kiosk stands
let position = null;

function drawing(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg"), path = document.createElementNS(svg.namespaceURI, "path");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  path.setAttribute("d", ICONS[name] || ICONS.other);
  svg.append(path);
  return svg;
}

function drawCategories() {
  const ours = [], calls = [];
  for (const c of categories) {
    const b = make("button", c.call ? own(c) : "");
    b.type = "button";
    b.dataset.category = c.id;
    if (c.call) b.append(make("b", c.call));
    else b.append(drawing(c.id), make("span", own(c)));
    b.addEventListener("click", () => choose(c));
    (c.call ? calls : ours).push(b);
  }
  $("categories").replaceChildren(...ours);
  $("calls").replaceChildren(...calls);
}

function choose(category) {
  chosen = category;
  key = newKey();
  $("describe-what").textContent = $("call-what").textContent = own(category);
  if (category.call) {
    $("call-number").textContent = category.call;
    if (!isKiosk) $("call-number").href = "tel:" + category.call;
  }
  show(category.call ? "call" : "describe");
}

async function startReport() {
  const a = await once("GET", "categories");
  if (a.status === 200) categories = a.body.categories;
  drawCategories();
  show("choose");
  if (!categories.length) say("error_ask_gave_up");
}

// ---- where: people know their building by its name

async function findPlaces(words) {
  const a = await once("GET", "places?q=" + encodeURIComponent(words));
  return a.status === 200 ? a.body.places : [];
}

function showPlace() {
  if (place) $("place").value = own(place);
  $("place-id").textContent = place ? place.id : "";
}

function pick(found) {
  place = found;
  showPlace();
  $("found").replaceChildren();
}

async function suggest() {
  const words = $("place").value.trim();
  const found = words.length > 1 ? await findPlaces(words) : [];
  if (words !== $("place").value.trim() || place) return; // he has gone on writing
  $("found").replaceChildren(...found.map(p => {
    const b = make("button");
    b.type = "button";
    b.append(make("span", own(p)), make("b", p.id));
    b.addEventListener("click", () => pick(p));
    return b;
  }));
}

let typing = 0;
function placeTyped() {
  place = null;
  showPlace();
  clearTimeout(typing);
  typing = setTimeout(suggest, 250);
}

async function findHome() {
  const id = options.get("place");
  const found = id ? await findPlaces(id) : [];
  home = found.find(p => p.id.toLowerCase() === id.toLowerCase()) || null;
  if (home && !place && $("place").value === id) pick(home);
}

function findPosition() {
  navigator.geolocation.getCurrentPosition(found => {
    position = [found.coords.longitude, found.coords.latitude];
    $("position").disabled = true;
    $("position").textContent = word("position_found");
  }, () => say("position_failed"), {enableHighAccuracy: true, timeout: 10000});
}

// ---- pictures: made smaller here, so that they travel fast; what else is hidden in them stays behind

let shots = []; // {blob, canvas}

async function shrink(file) {
  const whole = await createImageBitmap(file, {imageOrientation: "from-image"});
  const scale = Math.min(1, edge / Math.max(whole.width, whole.height));
  const canvas = make("canvas");
  canvas.width = Math.max(1, Math.round(whole.width * scale));
  canvas.height = Math.max(1, Math.round(whole.height * scale));
  const pen = canvas.getContext("2d");
  pen.fillStyle = "#fff";
  pen.fillRect(0, 0, canvas.width, canvas.height);
  pen.drawImage(whole, 0, 0, canvas.width, canvas.height);
  whole.close();
  return {canvas, blob: await new Promise(done => canvas.toBlob(done, "image/jpeg", .85))};
}

async function addPictures(files) {
  const mine = key;
  say("");
  for (const file of files) {
    if (shots.length === most) return say("error_TOO_MANY_PICTURES");
    try {
      const shot = await shrink(file);
      if (mine !== key) return; // nobody is there any more
      shots.push(shot);
    } catch {
      say("error_picture");
    }
  }
  drawShots();
}

function drawShots() {
  $("picture").value = "";
  $("add-picture").hidden = shots.length >= most;
  $("thumbs").replaceChildren(...shots.map(shot => {
    const figure = make("figure"), b = make("button", "×");
    b.type = "button";
    b.setAttribute("aria-label", word("remove"));
    b.addEventListener("click", () => {
      shots = shots.filter(s => s !== shot);
      drawShots();
    });
    figure.append(shot.canvas, b);
    return figure;
  }));
}

function asForm(body) {
  const form = new FormData();
  for (const [name, value] of Object.entries(body)) form.append(name, typeof value === "string" ? value : JSON.stringify(value));
  for (const shot of shots) form.append("picture", shot.blob, "picture.jpg");
  return form;
}

async function send() {
  const body = {category: chosen.id, text: $("text").value.trim(), confidential: $("confidential").checked};
  const where = place ? place.id : $("place").value.trim().toUpperCase(), phone = $("phone").value.trim();
  if (!where && !position) return say("error_place");
  if (!body.text && chosen.id === "other") return say("error_text");
  if (where) body.place = where;
  else body.position = position;
  if (phone) body.phone = phone;
  const mine = key;
  const a = await patient("POST", "reports", shots.length ? asForm(body) : body, {"Idempotency-Key": mine});
  if (mine !== key) return; // nobody is there any more
  if (a.status === 200 || a.status === 201) showTicket(a.body);
  else fail(a, "error_gave_up");
}

function row(name, value, kind) {
  const li = make("li");
  li.append(make("span", name), make("b", value, kind));
  return li;
}

function showTicket(body) {
  shown = () => {
    $("done-number").textContent = body.number;
    $("done-secret").textContent = body.secret;
    $("done-promises").replaceChildren(...body.promises.map(p => row(own(p), word("by_time", {time: when(p.deadline)}))));
  };
  shown();
  $("describe").reset();
  show("done");
}

// ---- asking, taking back

let theCase = null; // number and secret of what is shown

function clockWord(c) {
  if (c.met === true) return [word("in_time"), "met"];
  if (c.met === false || c.state === "EXPIRED") return [word("too_late"), "missed"];
  if (c.state === "PAUSED") return [word("paused"), "paused"];
  return [word("by_time", {time: when(c.deadline)}), ""];
}

function showCase(body) {
  shown = () => {
    $("case-number").textContent = body.number;
    $("case-state").textContent = own(body.state);
    $("case-holder").textContent = own(body.holder) || "—";
    $("case-reported").textContent = when(body.reported);
    $("case-into").textContent = body.into ? word("into", {into: body.into}) : "";
    $("case-parts").textContent = body.parts ? word("parts", {parts: body.parts.join(language === "zh" ? "、" : ", ")}) : "";
    $("case-left").textContent = body.left ? word("left") : "";
    $("case-clocks").replaceChildren(...body.clocks.filter(c => c.state !== "VOID")
      .sort((a, b) => a.deadline.localeCompare(b.deadline)).map(c => row(own(c), ...clockWord(c))));
    $("withdraw").hidden = Boolean(body.closed || body.left);
  };
  shown();
  show("case");
}

async function look() {
  const pair = {number: $("ask-number").value.trim(), secret: $("ask-secret").value.trim()};
  if (/^\d+$/.test(pair.number)) pair.number = "CL-" + pair.number;
  theCase = pair;
  const a = await patient("POST", "status", pair);
  if (theCase !== pair) return;
  if (a.status !== 200) return fail(a, "error_ask_gave_up");
  $("ask").reset();
  showCase(a.body);
}

async function withdraw() {
  const pair = theCase, mine = key = newKey();
  const a = await patient("POST", "withdraw", pair, {"Idempotency-Key": mine});
  if (mine !== key) return;
  if (a.status !== 200) return fail(a, "error_ask_gave_up");
  const now = await patient("POST", "status", pair);
  if (mine !== key) return;
  if (now.status === 200) showCase(now.body);
  say(a.body.code && word(`withdrawn_${a.body.code}`) ? `withdrawn_${a.body.code}` : "withdrawn", true);
}

// ---- the code of the building, for whoever comes to work there

async function showCode() {
  const a = await once("GET", "onsite-code", null, {"Authorization": "Bearer " + options.get("terminal")});
  $("onsite").hidden = a.status !== 200;
  if (a.status !== 200) return;
  $("onsite-code").textContent = a.body.code;
  $("onsite-qr").setAttribute("viewBox", `0 0 ${a.body.qr.size} ${a.body.qr.size}`);
  $("onsite-qr").firstElementChild.setAttribute("d", a.body.qr.path);
}

// ---- nobody is there

let idleAt = 0;

function touched() {
  idleAt = performance.now() + idleMs;
}

function watch() {
  const left = idleAt - performance.now(), empty = !$("start").hidden && language === first;
  if (empty && !$("still").open) return;
  if (left <= 0) {
    touched();
    clear();
  } else if (left <= Math.min(1000 * WARNING_S, idleMs / 2)) {
    $("still-note").textContent = word("still_note", {seconds: Math.ceil(left / 1000)});
    if (!$("still").open) $("still").showModal();
  } else if ($("still").open) {
    $("still").close();
  }
}

// ---- the beginning

function listen() {
  $("language").addEventListener("click", () => {
    language = language === "zh" ? "en" : "zh";
    speak();
  });
  for (const b of document.querySelectorAll(".to-start")) b.addEventListener("click", clear);
  document.querySelector(".to-choose").addEventListener("click", () => show("choose"));
  $("to-report").addEventListener("click", startReport);
  $("to-ask").addEventListener("click", () => show("ask"));
  $("place").addEventListener("input", placeTyped);
  $("position").addEventListener("click", findPosition);
  $("add-picture").addEventListener("click", () => $("picture").click());
  $("picture").addEventListener("change", e => addPictures([...e.target.files]));
  $("describe").addEventListener("submit", e => (e.preventDefault(), busy(e.target.querySelector(".main"), "sending", send)));
  $("ask").addEventListener("submit", e => (e.preventDefault(), busy(e.target.querySelector(".main"), "looking", look)));
  $("withdraw").addEventListener("click", () => $("sure").showModal());
  $("sure-no").addEventListener("click", () => $("sure").close());
  $("sure-yes").addEventListener("click", () => ($("sure").close(), busy($("withdraw"), "sending", withdraw)));
  $("still-yes").addEventListener("click", touched);
  for (const kind of ["pointerdown", "keydown", "input", "wheel", "touchmove"]) addEventListener(kind, touched, {passive: true});
  addEventListener("pagehide", clear);
  addEventListener("pageshow", e => e.persisted && clear());
  if (isKiosk) addEventListener("contextmenu", e => e.preventDefault());
}

async function begin() {
  listen();
  const a = await patient("GET", "texts");
  if (a.status !== 200) return setTimeout(() => location.reload(), 5000);
  texts = a.body.texts;
  idleMs = a.body.idle_ms * (isKiosk ? 1 : PHONE_IDLE);
  most = isKiosk ? 0 : a.body.pictures; // a kiosk has no pictures of its own to show
  edge = a.body.edge;
  $("picture-box").hidden = most === 0;
  $("position").hidden = isKiosk || !("geolocation" in navigator) || !isSecureContext;
  speak();
  clear();
  touched();
  setInterval(watch, 250);
  if (options.has("terminal")) {
    showCode();
    setInterval(showCode, CODE_MS);
  }
  const list = await once("GET", "categories");
  if (list.status === 200) categories = list.body.categories;
  drawCategories();
}

begin();
