// Elements, found and made. Text goes in as text, never as markup: much of it comes from tokens.

/**
 * The element with an id, of the kind that it is known to be.
 *
 * @template {HTMLElement} E
 * @param {string} id
 * @param {new () => E} Type
 * @returns {E}
 */
export function find(id, Type) {
  const found = document.getElementById(id);
  if (found instanceof Type) return found;
  throw new Error(`The page has no ${id}.`);
}

/**
 * An element with a text, or with elements in it.
 *
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag
 * @param {string} className
 * @param {readonly (string | Node)[]} content
 * @returns {HTMLElementTagNameMap[T]}
 */
export function make(tag, className, ...content) {
  const element = document.createElement(tag);
  if (className !== "") element.className = className;
  element.append(...content);
  return element;
}

/**
 * A term and what is said of it, for a `<dl>`.
 *
 * @param {string} term
 * @param {readonly (string | Node)[]} content
 * @returns {HTMLElement}
 */
export function fact(term, ...content) {
  return make("div", "", make("dt", "", term), make("dd", "", ...content));
}

/**
 * Sentences of ours, what stands between backticks as code.
 *
 * @param {string} text
 * @returns {(string | Node)[]}
 */
export function prose(text) {
  return text.split("`").map((part, index) => (index % 2 === 1 ? make("code", "", part) : part));
}

/**
 * A radio group: its value, and what happens when it changes.
 *
 * @param {string} name
 * @returns {{ value: string, onChange(listener: (value: string) => void): void }}
 */
export function choice(name) {
  const inputs = [...document.querySelectorAll(`input[name="${name}"]`)].filter(
    (each) => each instanceof HTMLInputElement,
  );
  return {
    get value() {
      return inputs.find(({ checked }) => checked)?.value ?? "";
    },
    set value(wanted) {
      for (const input of inputs) if (input.value === wanted && !input.checked) input.checked = true;
    },
    onChange(listener) {
      for (const input of inputs) input.addEventListener("change", () => listener(input.value));
    },
  };
}
