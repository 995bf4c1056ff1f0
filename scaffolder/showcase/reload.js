// Loads the page again once the preview server has a newer site than the one that this page came from.
const here = new URL(document.currentScript.src);
const shown = here.searchParams.get("shown");
let wait = 1000;

async function look() {
  if (!document.hidden) {
    try {
      const now = await (await fetch(new URL("version", here), { cache: "no-store" })).text();
      if (now !== shown) {
        location.reload();
        return;
      }
      wait = 1000;
    } catch {
      wait = Math.min(wait * 2, 30000); // the server has ended; it may come back
    }
  }
  setTimeout(look, wait);
}

setTimeout(look, wait);
