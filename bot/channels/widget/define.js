/**
 * Loads the parts of the widget, each with its hash, and defines <support-chat>; before this runs, nothing happens.
 */

// Filled in by the server: the order of the modules, the hash of every part, where quick exit leads, the crisis lines.
const SERVER = {};

const HERE = new URL(".", import.meta.url);

/** A part that was changed on the way does not run; import() below finds the ones that did, and asks for none again. */
function load(name) {
  const script = document.createElement("script");
  Object.assign(script, {
    type: "module",
    crossOrigin: "anonymous",
    integrity: SERVER.integrity[name],
    src: new URL(name, HERE).href,
  });
  return new Promise((resolve, reject) => {
    script.onload = resolve;
    script.onerror = reject;
    document.head.append(script);
  }).finally(() => script.remove());
}

/** The code that a link from Telegram has behind the #: good once, and taken out of the address before anything else. */
function takeCode() {
  const [, code] = /^#([\w-]{16})$/.exec(location.hash) ?? [];
  if (!code || !document.querySelector("support-chat[page]")) return null;
  history.replaceState(null, "", location.pathname);
  return code;
}

/** Where the host page wrote nothing between the tags, there are at least the numbers. */
function showLines(element) {
  for (const { href, label, number } of SERVER.lines) {
    const link = document.createElement("a");
    Object.assign(link, { href, textContent: `${label} ${number}`, target: "_top" });
    const line = document.createElement("p");
    line.append(link);
    element.append(line);
  }
}

const topic = takeCode();
addEventListener("hashchange", takeCode); // a second link, followed in the same tab
for (const element of document.querySelectorAll("support-chat:not(:has(*))")) showLines(element);

try {
  await Promise.all(SERVER.modules.map(load));
  const { SupportChat } = await import(new URL("support-chat.js", HERE));
  SupportChat.server = { ...SERVER, topic, widget: HERE, base: new URL("..", HERE) };
  customElements.define("support-chat", SupportChat);
} catch {
  // Lost or changed on the way: the page keeps what it shows, which is the numbers.
}
