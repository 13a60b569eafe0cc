// A passkey answers the question that stands in the form; the form then goes to the server like any other.
const fromBase64 = (text) =>
  Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (sign) => sign.charCodeAt(0)).buffer;

const toBase64 = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");

const withIds = (list) => (list ?? []).map((one) => ({ ...one, id: fromBase64(one.id) }));

async function created(options) {
  const made = await navigator.credentials.create({
    publicKey: {
      ...options,
      challenge: fromBase64(options.challenge),
      user: { ...options.user, id: fromBase64(options.user.id) },
      excludeCredentials: withIds(options.excludeCredentials),
    },
  });
  return {
    id: made.id,
    rawId: toBase64(made.rawId),
    type: made.type,
    response: {
      clientDataJSON: toBase64(made.response.clientDataJSON),
      attestationObject: toBase64(made.response.attestationObject),
      transports: made.response.getTransports?.() ?? [],
    },
    clientExtensionResults: {},
  };
}

async function answered(options) {
  const made = await navigator.credentials.get({
    publicKey: {
      ...options,
      challenge: fromBase64(options.challenge),
      allowCredentials: withIds(options.allowCredentials),
    },
  });
  const handle = made.response.userHandle;
  return {
    id: made.id,
    rawId: toBase64(made.rawId),
    type: made.type,
    response: {
      clientDataJSON: toBase64(made.response.clientDataJSON),
      authenticatorData: toBase64(made.response.authenticatorData),
      signature: toBase64(made.response.signature),
      userHandle: handle ? toBase64(handle) : null,
    },
    clientExtensionResults: {},
  };
}

for (const form of document.querySelectorAll("form[data-passkey]")) {
  if (!window.PublicKeyCredential) continue;
  form.hidden = false;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const wrong = form.querySelector(".wrong");
    wrong.hidden = true;
    try {
      const options = JSON.parse(form.dataset.options);
      const answer = await (form.dataset.passkey === "create" ? created(options) : answered(options));
      form.elements.namedItem("answer").value = JSON.stringify(answer);
      form.submit();
    } catch {
      wrong.querySelector("span").textContent = "No passkey answered. Try again, or choose another way.";
      wrong.hidden = false;
    }
  });
}
