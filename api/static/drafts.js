// Drafts: what is typed into a form stays on this device until it is recorded. The form works without this, too.

const PREFIX = "draft ";

function read(name) {
  try {
    return JSON.parse(localStorage.getItem(name));
  } catch {
    return null;
  }
}

function write(name, value) {
  try {
    if (value === null) localStorage.removeItem(name);
    else localStorage.setItem(name, JSON.stringify(value));
  } catch {
    // A device that keeps nothing: the form is as it is without script.
  }
}

// A receipt says that a form was recorded: its draft has done its work.
const recorded = document.querySelector("[data-recorded]")?.dataset.recorded;
if (recorded) {
  for (const name of Object.keys(localStorage)) {
    if (name.startsWith(PREFIX) && read(name)?.key === recorded) write(name, null);
  }
}

for (const form of document.querySelectorAll("form[data-draft]")) {
  const name = PREFIX + form.dataset.draft;
  const status = form.querySelector("[role=status]");
  const say = (words) => (status.textContent = words);

  function save() {
    const typed = Object.fromEntries(new FormData(form));
    delete typed.form_key;
    write(name, typed);
    say(form.dataset.kept);
  }

  // The key and the position come back with the words: the same report is sent again, on what was read then.
  function restore(typed) {
    for (const box of form.elements) {
      if (!box.name || box.name === "form_key") continue;
      if (box.type === "checkbox") box.checked = box.name in typed;
      else if (box.name in typed) box.value = typed[box.name];
    }
    say(form.dataset.kept);
  }

  const kept = read(name);
  if (form.dataset.sent === "yes") save();
  else if (kept) restore(kept);

  form.addEventListener("input", save);
  form.addEventListener("reset", () => {
    write(name, null);
    location.assign(form.action);
  });
  form.addEventListener("submit", (event) => {
    save();
    if (navigator.onLine) return;
    event.preventDefault();
    say(form.dataset.offline);
  });
  addEventListener("online", () => say(form.dataset.online));
  addEventListener("offline", () => say(form.dataset.offline));
}
