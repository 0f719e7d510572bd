/** Which agent a request is for, and what the agent's own server should see of its target. */

const PREFIX = '/agents/';
const HOST = /^([a-z0-9-]{1,63})\.agents\.localhost\.?(?::\d{1,5})?$/i;
/** Longer is no name of an agent, and would only be echoed in an error. */
const MAX_NAME_LENGTH = 63;

export interface AgentTarget {
  readonly agentName: string;
  /** Origin form, as the machine gets it: `/rest?query`. */
  readonly path: string;
  /** What was taken off the path: `/agents/NAME`, or nothing for a call by host name. */
  readonly prefix: string;
}

/**
 * By host name (`NAME.agents.localhost`, path unchanged) or by path (`/agents/NAME/…`, prefix
 * taken off). The path is not normalised or decoded: the agent gets the caller's bytes.
 * @param target the request target: origin form, or absolute form as proxies' clients send it.
 */
export function matchAgent(target: string, host: string | undefined): AgentTarget | undefined {
  const originForm = target.startsWith('/') ? target : originFormOf(target);
  if (originForm === undefined) return undefined;
  const named = host === undefined ? null : HOST.exec(host);
  if (named?.[1] !== undefined)
    return { agentName: named[1].toLowerCase(), path: originForm, prefix: '' };
  if (!originForm.startsWith(PREFIX)) return undefined;
  const end = endOfSegment(originForm, PREFIX.length);
  const agentName = originForm.slice(PREFIX.length, end);
  if (agentName === '' || agentName.length > MAX_NAME_LENGTH) return undefined;
  const rest = originForm.slice(end);
  return {
    agentName,
    path: rest.startsWith('/') ? rest : `/${rest}`,
    prefix: originForm.slice(0, end),
  };
}

function endOfSegment(path: string, start: number): number {
  for (let i = start; i < path.length; i++) {
    const character = path.charCodeAt(i);
    if (character === 0x2f || character === 0x3f) return i;
  }
  return path.length;
}

/** `http://host/path?query` → `/path?query`. */
function originFormOf(target: string): string | undefined {
  const match = /^https?:\/\/[^/?#]*(.*)$/i.exec(target);
  if (match === null) return undefined;
  const rest = match[1] ?? '';
  return rest.startsWith('/') ? rest : `/${rest}`;
}
