// Asks the service: /info once, then GraphQL. What goes wrong becomes one sentence.

const PATIENCE_MS = 15_000;

// One document for all questions: a request names the one it means, and the service needs to check it only once.
const DOCUMENT = /* GraphQL */ `
  query Start {
    genres
    users(first: 4) { id ratingCount }
  }

  query List($user: ID!, $first: Int!, $after: String, $genre: String) {
    recommendations(userId: $user, first: $first, after: $after, genre: $genre) {
      __typename
      ... on RecommendationConnection {
        strategy
        reason
        edges { rank node { ...Card } }
        pageInfo { hasNextPage endCursor }
      }
      ... on UnknownGenre { genre }
    }
    user(id: $user) {
      __typename
      ... on User { ratingCount ratings(first: 5) { rating item { ...Card } } }
    }
  }

  query Why($user: ID!, $item: ID!) {
    explain(userId: $user, itemId: $item, first: 6) {
      __typename
      ... on Explanation { strategy score start rest reasons { amount rating item { ...Card } } }
      ... on UnknownItem { message }
    }
  }

  query Similar($item: ID!) {
    similarItems(itemId: $item, first: 6) {
      __typename
      ... on SimilarItems { items { score item { ...Card } } }
      ... on UnknownItem { message }
    }
  }

  mutation Rate($user: ID!, $item: ID!, $rating: Float!) {
    rate(userId: $user, itemId: $item, rating: $rating) {
      __typename
      ... on UnknownItem { message }
      ... on InvalidRating { message }
    }
  }

  mutation Undo($user: ID!, $item: ID!) {
    undo(userId: $user, itemId: $item) {
      __typename
      ... on Undone { rating }
      ... on UnknownItem { message }
      ... on NothingToUndo { message }
    }
  }

  fragment Card on Item { id title year genres }
`;

const SENTENCES = {
  NOT_READY: (text) => `The service is not ready: ${text}.`,
  BAD_INPUT: (text) => `The service does not take this: ${text}.`,
  TOO_COSTLY: (text) => `This is more than the service gives at once: ${text}.`,
};

// What the page shows instead of an answer.
export class Failure extends Error {
  constructor(sentence, { code = "", argument = "" } = {}) {
    super(sentence);
    Object.assign(this, { code, argument });
  }
}

async function fetched(address, options) {
  let response;
  try {
    response = await fetch(address, { signal: AbortSignal.timeout(PATIENCE_MS), ...options });
  } catch (error) {
    const late = error.name === "TimeoutError";
    throw new Failure(late ? "The service did not answer in time." : "The service cannot be reached. Is it still running?");
  }
  try {
    return [response, await response.json()];
  } catch {
    throw new Failure(`Something other than the service answered, with status ${response.status}.`);
  }
}

function refused(response, answer) {
  const [error] = answer.errors ?? [{ message: answer.error ?? `status ${response.status}` }];
  const { code, argument } = error.extensions ?? {};
  if (error.message === "internal error") {
    const id = response.headers.get("X-Request-ID");
    return new Failure(`Something went wrong inside the service; its log says more under request ${id}.`);
  }
  const sentence = SENTENCES[code] ?? ((text) => `The service refused: ${text}.`);
  return new Failure(sentence(error.message), { code, argument });
}

// Answers the data of one operation of the document; throws a Failure.
export async function ask(operationName, variables = {}) {
  const [response, answer] = await fetched("graphql", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ query: DOCUMENT, operationName, variables }),
  });
  if (!answer?.data || answer.errors) throw refused(response, answer ?? {});
  return answer.data;
}

// Answers the one part of a mutation or of a union; throws a Failure where it is not of the type wanted.
export async function askFor(wanted, operationName, variables) {
  const [found] = Object.values(await ask(operationName, variables));
  if (found.__typename !== wanted) throw new Failure(`The service refused: ${found.message}.`, { code: found.__typename });
  return found;
}

// Answers what the page must know before it asks anything.
export async function facts() {
  const [response, answer] = await fetched("info");
  if (!response.ok) throw refused(response, answer);
  return answer;
}
