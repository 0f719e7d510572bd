/**
 * Which of several spans that describe the same model call is counted. Instrumentations nest: a
 * framework's span of a chat holds the client library's span of the same chat, and both tell tokens.
 *
 * The rule: of model operations that tell usage and lie on one line of ancestors, without a tool, an
 * agent or a workflow between them, the innermost is counted, or whichever was seen first when they
 * come in different batches. Children end before their parents, so the innermost mostly comes first.
 * What is remembered is bounded and ends with the process.
 */

/** boundary: a tool, an agent, a workflow: calls inside it are other calls. */
export type SpanRole = 'model' | 'boundary' | 'transport' | 'plain';

export interface SeenSpan {
  readonly traceId: string;
  readonly spanId: string;
  /** Undefined: a root. */
  readonly parentId: string | undefined;
  readonly role: SpanRole;
  /** A model operation that tells tokens or cost. */
  readonly hasUsage: boolean;
}

interface Node {
  parent: string | undefined;
  /** Undefined: only heard of, as a parent. */
  role: SpanRole | undefined;
  counted: boolean;
  /** The counted span below it that describes the same call. */
  coveredBy: string | undefined;
  judged: boolean;
  /** Of a judged node. */
  sameAs: string | undefined;
}

const MAX_NODES = 50_000;
const MAX_CHAIN = 64;

export class SpanMemory {
  readonly #nodes = new Map<string, Node>();

  /**
   * For each span, the id of the span that is counted instead of it, or undefined: it counts
   * itself, or there is nothing to count. The same span gets the same answer when it comes again.
   */
  judge(spans: readonly SeenSpan[]): (string | undefined)[] {
    for (const span of spans) this.#learn(span);
    const order = spans.map((span, index) => ({ span, index, depth: this.#depth(span) }));
    order.sort((a, b) => b.depth - a.depth || a.index - b.index);
    const answers: (string | undefined)[] = new Array(spans.length).fill(undefined);
    // Counted ones first: a transport span asks whether a model operation lies above it.
    for (const { span, index } of order) answers[index] = this.#judgeOne(span);
    this.#trim();
    return answers;
  }

  #learn(span: SeenSpan): void {
    const key = keyOf(span.traceId, span.spanId);
    const parent = span.parentId === undefined ? undefined : keyOf(span.traceId, span.parentId);
    const known = this.#nodes.get(key);
    if (known?.role !== undefined) return;
    const node = known ?? newNode();
    node.parent = parent;
    node.role = span.role;
    if (known === undefined) this.#nodes.set(key, node);
    else if (node.coveredBy !== undefined && span.role !== 'boundary')
      this.#cover(parent, node.coveredBy);
  }

  #judgeOne(span: SeenSpan): string | undefined {
    const node = this.#nodes.get(keyOf(span.traceId, span.spanId));
    if (node === undefined) return undefined;
    if (node.judged) return node.sameAs;
    node.judged = true;
    if (span.role === 'transport') node.sameAs = this.#above(node, (one) => one.role === 'model');
    else if (span.role === 'model' && span.hasUsage) {
      node.sameAs = node.coveredBy ?? this.#above(node, (one) => one.counted);
      node.counted = node.sameAs === undefined;
      if (node.counted) this.#cover(node.parent, span.spanId);
    }
    return node.sameAs;
  }

  /** The nearest ancestor of that sort, up to a boundary: its span id. */
  #above(node: Node, wanted: (node: Node) => boolean): string | undefined {
    let key = node.parent;
    for (let i = 0; i < MAX_CHAIN && key !== undefined; i++) {
      const one = this.#nodes.get(key);
      if (one === undefined || one.role === 'boundary') return undefined;
      if (wanted(one)) return key.slice(32);
      key = one.parent;
    }
    return undefined;
  }

  #cover(from: string | undefined, by: string): void {
    let key = from;
    for (let i = 0; i < MAX_CHAIN && key !== undefined; i++) {
      let node = this.#nodes.get(key);
      if (node === undefined) {
        node = newNode();
        this.#nodes.set(key, node);
      }
      if (node.role === 'boundary' || node.coveredBy !== undefined) return;
      node.coveredBy = by;
      key = node.parent;
    }
  }

  #depth(span: SeenSpan): number {
    let key: string | undefined = keyOf(span.traceId, span.spanId);
    let depth = 0;
    for (; depth < MAX_CHAIN && key !== undefined; depth++) key = this.#nodes.get(key)?.parent;
    return depth;
  }

  #trim(): void {
    for (const key of this.#nodes.keys()) {
      if (this.#nodes.size <= MAX_NODES) return;
      this.#nodes.delete(key);
    }
  }
}

function newNode(): Node {
  return {
    ...{ parent: undefined, role: undefined, counted: false },
    ...{ coveredBy: undefined, judged: false, sameAs: undefined },
  };
}

function keyOf(traceId: string, spanId: string): string {
  return traceId + spanId;
}
