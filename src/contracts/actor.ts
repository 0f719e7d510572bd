/** Who acts: stands in every record of a change. */
export interface Actor {
  readonly workspaceId: string;
  readonly principalId: string;
  readonly kind: 'human' | 'agent' | 'coach' | 'service';
  /** As shown: `root`. */
  readonly name: string;
}

/** The only workspace until workspaces are built. */
export const DEFAULT_WORKSPACE = 'default';

/** Background work of ours names itself. */
export function serviceActor(name: string): Actor {
  return { workspaceId: DEFAULT_WORKSPACE, principalId: `service:${name}`, kind: 'service', name };
}
