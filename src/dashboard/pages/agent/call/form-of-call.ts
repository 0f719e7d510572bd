import type { EventResource } from '../../../../contracts/event.ts';
import { type CallForm, METHODS } from './call-request.ts';

const MAX_BODY = 1_000_000;

/** The form with which an audited call would be made again, as far as the log kept it. */
export function formOfCall({ attributes = {}, content }: EventResource): CallForm | undefined {
  const method = METHODS.find((one) => one === attributes.method);
  const { path } = attributes;
  if (method === undefined || typeof path !== 'string') return undefined;
  const sent = content?.request;
  const body = sent?.encoding === 'utf8' ? sent.body.slice(0, MAX_BODY) : '';
  const type = sent?.contentType;
  const isJson = type === undefined || type.startsWith('application/json');
  return { method, path, headers: isJson ? '' : `Content-Type: ${type}`, body: laidOut(body) };
}

/** The field of a JSON body that a chat would fill: the only text in it. */
export function textField(body: string): string | undefined {
  const value = parse(body);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const texts = Object.entries(value).filter(([, one]) => typeof one === 'string');
  return texts.length === 1 ? texts[0]?.[0] : undefined;
}

function laidOut(body: string): string {
  const value = parse(body);
  return value === undefined ? body : JSON.stringify(value, null, 2);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
