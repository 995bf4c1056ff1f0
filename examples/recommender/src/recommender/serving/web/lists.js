// Gets a part of somebody's list, and says why it is this list.
import { ask, Failure } from "./service.js";
import { quoted } from "./words.js";

// For somebody of whom the service knows nothing, the page itself goes through the popular items.
function starters({ genre, facts }, first, after) {
  const found = facts.popular.filter(({ genres }) => !genre || genres.includes(genre));
  const from = Number(after ?? 0);
  return {
    personal: false,
    because: `Nobody of this name has rated anything yet. Begin with one of the ${facts.popular.length} most popular items.`,
    edges: found.slice(from, from + first).map((node, n) => ({ rank: from + n + 1, node })),
    next: from + first < found.length ? String(from + first) : null,
    nothing: `None of the ${facts.popular.length} most popular items has the genre ${quoted(genre)}.`,
    history: null,
  };
}

function because(personal, reason, { user, facts }) {
  if (personal) return `Chosen for ${user}, ${reason}.`;
  if (facts.model === "popularity") return "The same for everybody: this model knows only what is popular.";
  return `The same for everybody, because too little is known of ${user}: ${reason}.`;
}

// Answers `first` entries behind the cursor `after`, and what is to be said of them; throws a Failure.
export async function part(asked, first, after = null) {
  const { user, genre } = asked;
  const { recommendations: found, user: owner } = await ask("List", { user, first, after, genre: genre || null });
  if (found.__typename === "UnknownUser") return starters(asked, first, after);
  if (found.__typename === "UnknownGenre") throw new Failure(`No item has the genre ${quoted(found.genre)}.`);
  const personal = found.strategy === "PERSONAL";
  return {
    personal,
    because: because(personal, found.reason, asked),
    edges: found.edges,
    next: found.pageInfo.hasNextPage ? found.pageInfo.endCursor : null,
    nothing: genre ? `Nothing of the genre ${quoted(genre)} is left to recommend.` : `Nothing is left to recommend: ${user} has had every item.`,
    history: owner.__typename === "User" ? owner : null,
  };
}
