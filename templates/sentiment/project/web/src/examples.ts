// Owns the example reviews.
export const EXAMPLES = [
  {
    name: "Happy",
    text: "I laughed, I cried, and I stayed for the credits. The acting is wonderful and the story never drags. A great evening.",
  },
  {
    name: "Unhappy",
    text: "Two hours of my life I will not get back. The plot is boring, the jokes are terrible, and the ending is a waste of a good cast.",
  },
  {
    name: "Mixed",
    text: "The photography is great and the music is lovely, but the story is dull and the ending is a bad joke. Not sure what to think.",
  },
] as const;

export const BATCH_EXAMPLE = [
  "Great film, I loved every minute of it.",
  "Boring from start to end, and far too long.",
  "It was a film. I watched it on Tuesday.",
].join("\n");
