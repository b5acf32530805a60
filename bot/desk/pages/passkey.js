// Asks the browser for a passkey, and translates between its bytes and the server's text.

export function canUsePasskeys() {
  // an address in numbers has no passkeys: they are bound to a name
  return Boolean(window.PublicKeyCredential) && !/^[\d.]+$|:/.test(location.hostname);
}

export async function ask(options) {
  const found = await navigator.credentials.get({
    publicKey: { ...options, challenge: bytes(options.challenge), allowCredentials: [] },
  });
  const { clientDataJSON, authenticatorData, signature, userHandle } = found.response;
  return packed(found, { clientDataJSON, authenticatorData, signature, userHandle });
}

export async function make(options) {
  const found = await navigator.credentials.create({
    publicKey: {
      ...options,
      challenge: bytes(options.challenge),
      user: { ...options.user, id: bytes(options.user.id) },
      excludeCredentials: (options.excludeCredentials ?? []).map((one) => ({ ...one, id: bytes(one.id) })),
    },
  });
  const { clientDataJSON, attestationObject } = found.response;
  return packed(found, { clientDataJSON, attestationObject });
}

function packed(found, parts) {
  const response = Object.fromEntries(Object.entries(parts).map(([name, value]) => [name, value && text(value)]));
  return { id: found.id, rawId: text(found.rawId), type: found.type, response };
}

function bytes(encoded) {
  return Uint8Array.from(atob(encoded.replaceAll("-", "+").replaceAll("_", "/")), (sign) => sign.charCodeAt(0));
}

function text(buffer) {
  const raw = Array.from(new Uint8Array(buffer), (byte) => String.fromCharCode(byte)).join("");
  return btoa(raw).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}
