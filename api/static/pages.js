// Sugar: every page is whole without it.

const body = document.body;

// A chosen filter is applied at once; without script the button does it.
for (const form of document.querySelectorAll("form.filters")) {
  form.addEventListener("change", () => form.requestSubmit());
}

// An open menu or date form closes with Escape, and gives the focus back.
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const open = event.target.closest?.("details.menu[open], details.other-date[open]");
  if (!open) return;
  open.open = false;
  open.querySelector("summary").focus();
});

// A page about now says when there is something newer. It never changes under the reader's eyes.
const PAUSE_SECONDS = 20;
const pause = () => (PAUSE_SECONDS + Math.random() * PAUSE_SECONDS) * 1000;
const positionOf = (tag) => /"(\d+)-/.exec(tag ?? "")?.[1];
const shown = positionOf(body.dataset.etag);

async function look() {
  if (document.visibilityState === "visible") {
    try {
      const answer = await fetch(location.href, { method: "HEAD", cache: "no-store" });
      const newest = positionOf(answer.headers.get("ETag"));
      if (newest && newest !== shown) {
        document.getElementById("newer").hidden = false;
        return;
      }
    } catch {
      // Offline: the page stays true for the moment it names.
    }
  }
  setTimeout(look, pause());
}

if (shown && body.dataset.live === "yes") setTimeout(look, pause());
