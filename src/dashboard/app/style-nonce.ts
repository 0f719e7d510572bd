/**
 * Lets libraries style what they draw under the page’s policy, which takes style elements with its
 * nonce only and no style attributes: the elements they make get the nonce, and what they set as an
 * attribute goes through the element’s own style object, as React’s does. Neither makes HTML of text.
 */
const nonce = document.querySelector<HTMLMetaElement>('meta[property=csp-nonce]')?.nonce ?? '';

const createElement = Document.prototype.createElement;
Document.prototype.createElement = function create(
  this: Document,
  name: string,
  options?: ElementCreationOptions,
) {
  const element = createElement.call(this, name, options);
  if (element instanceof HTMLStyleElement) element.nonce = nonce;
  return element;
} as typeof createElement;

const setAttribute = Element.prototype.setAttribute;
Element.prototype.setAttribute = function set(name: string, value: string) {
  if (name === 'style' && this instanceof HTMLElement) this.style.cssText = value;
  else setAttribute.call(this, name, value);
};
