import type { EgressRuleBody } from '../../../../contracts/egress-requests.ts';

/** As it stands in the form: lists with commas or spaces between. */
export interface RuleForm {
  readonly host: string;
  readonly ports: string;
  readonly methods: string;
  readonly paths: string;
}
export type RuleFaults = Partial<Record<keyof RuleForm, string>>;

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const;
type Method = (typeof METHODS)[number];

/** The rule, or what is wrong with the form; the server judges hosts and paths in full. */
export function readRule(
  form: RuleForm,
):
  | { readonly ok: true; readonly rule: EgressRuleBody['rule'] }
  | { readonly ok: false; readonly faults: RuleFaults } {
  const host = form.host.trim().toLowerCase();
  const ports = words(form.ports).map(Number);
  const methods = words(form.methods.toUpperCase());
  const paths = words(form.paths);
  const known = methods.filter((one): one is Method => METHODS.some((name) => name === one));
  const faults: RuleFaults = {
    ...(host === '' && { host: 'Which host?' }),
    ...(/[/:@\s]/.test(host) && { host: 'A name alone: no scheme, port or path.' }),
    ...(ports.some((port) => !Number.isInteger(port) || port < 1 || port > 65_535) && {
      ports: 'Ports are numbers from 1 to 65535.',
    }),
    ...(known.length < methods.length && { methods: `One of ${METHODS.join(', ')}.` }),
    ...(paths.some((path) => !path.startsWith('/')) && { paths: 'A path begins with “/”.' }),
  };
  if (Object.keys(faults).length > 0) return { ok: false, faults };
  return {
    ok: true,
    rule: {
      host,
      ...(ports.length > 0 && { ports }),
      ...(known.length > 0 && { methods: known }),
      ...(paths.length > 0 && { paths }),
    },
  };
}

function words(text: string): string[] {
  return text.split(/[\s,]+/).filter((word) => word !== '');
}
