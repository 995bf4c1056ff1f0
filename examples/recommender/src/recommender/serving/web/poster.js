// Draws posters: the colours come from the genres, the picture from the title; the same item always looks the same.

const SVG = "http://www.w3.org/2000/svg";
const WIDTH = 200;
const HEIGHT = 190;
const GOLDEN_ANGLE = 137.5; // degrees: however many genres there are, no two that follow each other look alike

let known = [];

export function knowGenres(genres) {
  known = genres;
}

function shape(name, attributes, ...children) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

// FNV-1a; any other spread of the letters would do.
function hash(text) {
  let value = 0x811c9dc5;
  for (const letter of text) value = Math.imul(value ^ letter.codePointAt(0), 0x01000193) >>> 0;
  return value;
}

// Answers a function that gives numbers from 0 to 1, the same ones for the same title (mulberry32).
function dice(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function hue(genre) {
  const place = known.indexOf(genre);
  return ((place < 0 ? hash(genre) : place) * GOLDEN_ANGLE) % 360;
}

// Perceptual colours: every hue is equally light, so that the words below have the same contrast on all of them.
function palette(genres) {
  const strength = genres.length ? 1 : 0; // grey, where there is no genre
  const first = genres.length ? hue(genres[0]) : 0;
  const second = genres.length > 1 ? hue(genres[1]) : first + 50;
  const colour = (light, chroma, angle) => `oklch(${light} ${chroma * strength} ${angle.toFixed(1)})`;
  return {
    sky: colour(0.5, 0.125, first),
    far: colour(0.61, 0.15, first),
    near: colour(0.71, 0.15, second),
    light: colour(0.91, 0.1, second),
    deep: colour(0.34, 0.09, first),
    band: colour(0.27, 0.075, first),
    soft: colour(0.88, 0.05, first),
  };
}

// ---- motifs: each answers shapes, given a source of numbers and the colours

const between = (roll, low, high) => low + roll() * (high - low);
const times = (count, make) => Array.from({ length: count }, (_, n) => make(n));

function ridge(roll, top, rough, fill) {
  const points = times(9, (n) => `${n * 25},${(top + (roll() - 0.5) * rough).toFixed(1)}`);
  return shape("polygon", { points: `0,${HEIGHT} ${points.join(" ")} ${WIDTH},${HEIGHT}`, fill });
}

function sunAndRidges(roll, { far, near, light, deep }) {
  const sun = { cx: between(roll, 45, 155), cy: between(roll, 45, 85), r: between(roll, 22, 38), fill: light };
  return [shape("circle", sun), ridge(roll, 95, 50, far), ridge(roll, 128, 44, near), ridge(roll, 160, 30, deep)];
}

function rings(roll, { far, near, light, deep }) {
  const cx = between(roll, 50, 150);
  const cy = between(roll, 60, 130);
  const step = between(roll, 15, 26);
  const fills = [far, deep, near, deep, light];
  return fills.map((fill, n) => shape("circle", { cx, cy, r: (5 - n) * step - 6, fill }));
}

function beams(roll, { far, near, light, deep }) {
  const x = between(roll, 30, 170);
  const fills = [far, deep, near, deep, far, near];
  const rays = fills.map((fill, n) => shape("polygon", { points: `${x},150 ${n * 70 - 110},-20 ${n * 70 - 65},-20`, fill }));
  return [...rays, shape("circle", { cx: x, cy: 150, r: between(roll, 26, 44), fill: light })];
}

function skyline(roll, { far, near, light, deep }) {
  const moon = { cx: between(roll, 40, 160), cy: between(roll, 32, 56), r: between(roll, 14, 24), fill: light };
  const row = (width, low, high, fill) => times(Math.ceil(WIDTH / width), (n) => {
    const height = between(roll, low, high);
    return shape("rect", { x: n * width, y: HEIGHT - height, width: width - 2, height, fill });
  });
  return [shape("circle", moon), ...row(23, 70, 130, far), ...row(31, 45, 95, near), ...row(27, 15, 50, deep)];
}

function waves(roll, { far, near, light, deep }) {
  const disc = shape("circle", { cx: between(roll, 50, 150), cy: 66, r: between(roll, 26, 42), fill: light });
  const wave = (y, fill) => {
    const lift = between(roll, 12, 26);
    const start = -between(roll, 0, 80);
    return shape("path", { d: `M${start} ${y} q 20 ${-lift} 40 0 ${"t 40 0 ".repeat(7)} V ${HEIGHT} H ${start} z`, fill });
  };
  return [disc, wave(92, far), wave(120, near), wave(150, deep)];
}

function dots(roll, { far, near, light }) {
  const bright = Math.floor(roll() * 36);
  return times(36, (n) => shape("circle", {
    cx: 20 + (n % 6) * 32, cy: 18 + Math.floor(n / 6) * 31, r: between(roll, 5, 14),
    fill: n === bright ? light : roll() < 0.45 ? near : far,
  }));
}

function arches(roll, { far, near, light, deep }) {
  const cx = between(roll, 60, 140);
  const arch = (width, fill) =>
    shape("path", { d: `M${cx - width} ${HEIGHT} V ${width + 28} a ${width} ${width} 0 0 1 ${2 * width} 0 V ${HEIGHT} z`, fill });
  return [arch(92, far), arch(68, deep), arch(48, near), arch(26, light)];
}

function shards(roll, { far, near, light, deep }) {
  const fills = [far, near, deep, far, near, light];
  return fills.map((fill, n) => {
    const x = n === 5 ? between(roll, 40, 150) : n * 44 - 30;
    const width = n === 5 ? 18 : between(roll, 55, 105);
    return shape("polygon", { points: `${x},${HEIGHT} ${x + width / 2},${between(roll, 6, 110).toFixed(1)} ${x + width},${HEIGHT}`, fill });
  });
}

const MOTIFS = [sunAndRidges, rings, beams, skyline, waves, dots, arches, shards];

// Answers the picture of an item, without words, and sets the colours of `frame`, in which the words stand.
export function paint(frame, { title, genres }) {
  const colours = palette(genres);
  const seed = hash(title);
  const roll = dice(seed);
  if (roll() < 0.5) [colours.far, colours.near] = [colours.near, colours.far];
  const picture = shape("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "xMidYMid slice", "aria-hidden": "true", class: "art" });
  picture.append(shape("rect", { width: WIDTH, height: HEIGHT, fill: colours.sky }), ...MOTIFS[seed % MOTIFS.length](roll, colours));
  frame.style.setProperty("--band", colours.band);
  frame.style.setProperty("--soft-on-band", colours.soft);
  return picture;
}
