// How things are said: titles in sentences, ratings on whatever scale the data have, amounts, counts.

// A title may run from right to left: isolated, it leaves the rest of the sentence alone.
export const quoted = (title) => `“\u2068${title}\u2069”`;

export const counted = (count, one, many = `${one}s`) => `${count.toLocaleString("en")} ${count === 1 ? one : many}`;

// The dot stays with the word before it when the line breaks.
export const described = ({ year, genres }) => [year, ...genres].filter((part) => part !== null).join("\u00a0· ");

export const short = (number) => String(Number(number.toPrecision(3)));

// Answers how to write the amounts of one list: all with the decimals that give the largest of them three digits.
export function written(largest) {
  const decimals = largest > 0 ? Math.min(9, Math.max(0, 2 - Math.floor(Math.log10(largest)))) : 0;
  return (amount) => Math.abs(amount).toFixed(decimals);
}

// Answers the ratings that are offered: the whole numbers of the scale, or five steps where there are none or many.
export function steps({ feedback, low, high }) {
  if (feedback === "implicit") return [1];
  const first = Math.ceil(low);
  const count = Math.floor(high) - first + 1;
  if (count > 1 && count <= 10) return Array.from({ length: count }, (_, n) => first + n);
  const between = [1, 2, 3].map((n) => Number((low + (n * (high - low)) / 4).toPrecision(3)));
  return [low, ...between, high];
}

export const rating = (value, { high }) => `${short(value)} of ${short(high)}`;

// What a user has given or had, under the title of an item.
export function had(value, facts) {
  if (facts.feedback !== "implicit") return `rated ${rating(value, facts)}`;
  return value === 1 ? "had once" : `had ${short(value)} times`;
}
