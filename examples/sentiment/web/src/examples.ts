// Owns the example reviews.
export const EXAMPLES = [
  {
    name: "Happy",
    text: "A lovely kettle. The handle feels sturdy, the lid is well made, and after a month of use it is still perfect.",
  },
  {
    name: "Unhappy",
    text: "Save your money. The cable is flimsy, the sound is awful, and the charger was defective on the first day.",
  },
  {
    name: "Mixed",
    text: "The colour is great and the fabric pleasant, but the zip is faulty and the fit is a bit disappointing.",
  },
] as const;

export const BATCH_EXAMPLE = [
  "Excellent buy, I would take it again.",
  "Terrible, and broken after a day.",
  "It arrived on a Tuesday.",
].join("\n");
