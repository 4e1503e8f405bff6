// A document is sent in pieces before its form: on a bad line each piece is asked about and goes on where it broke off.
// Without this script the form carries the document itself.

const PIECE_BYTES = 1024 * 1024;
const LONGEST_WAIT_MS = 30_000;

const wait = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

class Refused extends Error {}

async function ask(address, options) {
  const answer = await fetch(address, options);
  if (answer.status === 503 || answer.status === 409) throw new Error(answer.status);
  if (!answer.ok) throw new Refused((await answer.json()).detail);
  return answer;
}

async function send(file, form, tell) {
  const key = { "Bitacora-Form-Key": form.dataset.formKey };
  const begun = await ask(`/api/v1/documents/uploads?${new URLSearchParams({ name: file.name })}`, {
    method: "POST",
    headers: { ...key, "Upload-Length": file.size },
  });
  const address = begun.headers.get("Location");
  let offset = 0;
  let pause = 500;
  for (;;) {
    const end = Math.min(offset + PIECE_BYTES, file.size);
    const isLast = end === file.size;
    try {
      const answer = await ask(address, {
        method: "PATCH",
        headers: {
          ...key,
          "Content-Type": "application/partial-upload",
          "Upload-Offset": offset,
          "Upload-Complete": isLast ? "?1" : "?0",
        },
        body: file.slice(offset, end),
      });
      if (isLast) return (await answer.json()).sha256;
      [offset, pause] = [end, 500];
      tell(form.dataset.sending, offset / file.size);
    } catch (error) {
      if (error instanceof Refused) throw error;
      tell(form.dataset.waiting, offset / file.size);
      await wait(pause);
      pause = Math.min(2 * pause, LONGEST_WAIT_MS);
      const told = await fetch(address, { method: "HEAD", headers: key }).catch(() => null);
      if (told?.status === 404 || told?.status === 401) throw new Refused(form.dataset.waiting);
      if (told?.ok) offset = Number(told.headers.get("Upload-Offset"));
    }
  }
}

for (const form of document.querySelectorAll("form.attach")) {
  const chosen = form.elements.namedItem("document");
  const bar = form.querySelector("progress");
  const status = form.querySelector("[role=status]");
  const button = form.querySelector("button");
  const tell = (words, share) => {
    bar.hidden = false;
    bar.value = share;
    status.textContent = words;
  };
  form.addEventListener("submit", async (event) => {
    const file = chosen.files[0];
    if (!file) return;
    event.preventDefault();
    if (file.size > Number(form.dataset.mostBytes)) {
      status.textContent = form.dataset.tooLarge;
      return;
    }
    button.disabled = true;
    try {
      tell(form.dataset.sending, 0);
      form.elements.namedItem("sha256").value = await send(file, form, tell);
      chosen.disabled = true;
      form.submit();
    } catch (error) {
      bar.hidden = true;
      status.textContent = error.message;
      button.disabled = false;
    }
  });
}
