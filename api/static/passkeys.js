// Passkeys: the browser asks the device, the device asks its owner. Nothing else on the site needs this script.

const options = { make: "/inscripcion/opciones", use: "/entrar/opciones", again: "/cuenta/opciones" };
const answers = { make: "/inscripcion/llave", use: "/entrar/llave", again: "/cuenta/llave" };

async function send(address, message) {
  const answer = await fetch(address, {
    method: "POST",
    headers: { "Content-Type": "application/json", Accept: "application/json" },
    body: JSON.stringify(message),
  });
  const told = await answer.json();
  if (!answer.ok) throw new Error(told.detail);
  return told;
}

async function prove(form) {
  const way = form.dataset.passkey;
  const code = form.dataset.code ?? "";
  const asked = await send(options[way], code ? { code } : {});
  const credential =
    way === "make"
      ? await navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(asked) })
      : await navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(asked) });
  await send(answers[way], { answer: credential.toJSON(), ...(code && { code }) });
  location.assign(form.dataset.target);
}

for (const form of document.querySelectorAll("form[data-passkey]")) {
  const button = form.querySelector("button");
  const status = form.querySelector("[role=status]");
  button.disabled = false;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    button.disabled = true;
    status.textContent = "";
    try {
      await prove(form);
    } catch (error) {
      // What the server says is for the person; what the device says is not.
      status.textContent = error instanceof DOMException ? status.dataset.failed : error.message;
      button.disabled = false;
    }
  });
}
