import { Document, isMap, isSeq, type Node } from 'yaml';
import type { EgressRule } from '../../contracts/egress-policy.ts';

export interface DescribedRule {
  readonly rule: EgressRule;
  readonly seen: number;
  readonly refused: number;
  readonly needsRanges: boolean;
}

/** `egress:` as it stands below `spec:` in agent.yaml, with how often each rule was needed. */
export function policyYaml(rules: readonly DescribedRule[]): string {
  const document = new Document({ egress: { mode: 'enforce', allow: [] as unknown[] } });
  const nodes = rules.map((described) => {
    const node = document.createNode(shortest(described.rule)) as Node;
    node.commentBefore = ` ${comment(described)}`;
    if (isMap(node)) for (const { value } of node.items) if (isSeq(value)) value.flow = true;
    return node;
  });
  document.setIn(['egress', 'allow'], nodes);
  return document.toString({ lineWidth: 100, flowCollectionPadding: false });
}

function comment({ seen, refused, needsRanges }: DescribedRule): string {
  const times = `seen ${seen} ${seen === 1 ? 'time' : 'times'}`;
  const says = refused === 0 ? times : `${times}, ${refused === seen ? 'all' : refused} refused`;
  return needsRanges ? `${says}; leads to a private address: add its range under ranges` : says;
}

/** What the schema fills in is left out. */
function shortest({ host, ports, methods, paths, ranges, intercept }: EgressRule): unknown {
  const [port] = ports;
  if (ports.length === 1 && intercept && !methods && !paths && !ranges)
    return port === 443 ? host : `${host}:${port}`;
  const isDefaultPort = ports.length === 1 && port === 443;
  return {
    host,
    ...(!isDefaultPort && { ports }),
    ...(methods && { methods }),
    ...(paths && { paths }),
    ...(ranges && { ranges }),
    ...(!intercept && { intercept }),
  };
}
