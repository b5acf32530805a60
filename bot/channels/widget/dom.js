/**
 * Makes elements. Text is only ever set as text: nothing in the widget parses HTML.
 */

/** h("p", {class: "who"}, "You"): null and false are left out, of properties and of children. */
export function h(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

/** Puts {names} of a sentence from strings.*.json; one that counts has a form for one and a form for the rest. */
export function fill(sentence, values) {
  const form = sentence.other === undefined ? sentence : Object.values(values)[0] === 1 ? sentence.one : sentence.other;
  return form.replace(/\{(\w+)\}/g, (_, name) => values[name]);
}
