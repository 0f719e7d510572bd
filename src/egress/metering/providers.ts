/**
 * Names of providers by the hosts at which they answer, as LiteLLM's price table writes them, so that
 * imported prices are found; where a host is none of these, the host.
 */
const PROVIDERS: readonly (readonly [host: string, provider: string])[] = [
  ['api.openai.com', 'openai'],
  ['api.anthropic.com', 'anthropic'],
  ['openai.azure.com', 'azure'],
  ['cognitiveservices.azure.com', 'azure'],
  ['services.ai.azure.com', 'azure'],
  ['models.ai.azure.com', 'azure'],
  ['generativelanguage.googleapis.com', 'gemini'],
  ['api.mistral.ai', 'mistral'],
  ['codestral.mistral.ai', 'mistral'],
  ['api.groq.com', 'groq'],
  ['openrouter.ai', 'openrouter'],
  ['api.together.xyz', 'together_ai'],
  ['api.together.ai', 'together_ai'],
  ['api.deepseek.com', 'deepseek'],
  ['api.x.ai', 'xai'],
  ['api.fireworks.ai', 'fireworks_ai'],
  ['api.perplexity.ai', 'perplexity'],
  ['api.cerebras.ai', 'cerebras'],
  ['api.cohere.com', 'cohere'],
  ['api.cohere.ai', 'cohere'],
  ['api.deepinfra.com', 'deepinfra'],
  ['integrate.api.nvidia.com', 'nvidia_nim'],
  ['api.moonshot.ai', 'moonshot'],
  ['api.moonshot.cn', 'moonshot'],
  ['router.huggingface.co', 'huggingface'],
  ['api.sambanova.ai', 'sambanova'],
  ['models.github.ai', 'github'],
];

/** Where a region is part of the name. */
const REGIONAL: readonly (readonly [host: RegExp, provider: string])[] = [
  [/^(?:[a-z0-9-]+-)?aiplatform\.googleapis\.com$/, 'vertex_ai'],
  [/^bedrock-runtime(?:-fips)?\.[a-z0-9-]+\.amazonaws\.com(?:\.cn)?$/, 'bedrock'],
];

const MAX_PROVIDER_LENGTH = 100;

const BY_HOST: ReadonlyMap<string, string> = new Map(PROVIDERS);

/** `eu.api.openai.com` and `name.openai.azure.com` count as what they lie below. */
export function knownProvider(host: string): string | undefined {
  const lower = host.toLowerCase();
  const name = lower.endsWith('.') ? lower.slice(0, -1) : lower;
  for (let from = 0; ; ) {
    const provider = BY_HOST.get(name.slice(from));
    if (provider !== undefined) return provider;
    const dot = name.indexOf('.', from);
    if (dot === -1) break;
    from = dot + 1;
  }
  return REGIONAL.find(([pattern]) => pattern.test(name))?.[1];
}

export function providerName(host: string): string {
  return knownProvider(host) ?? host.slice(0, MAX_PROVIDER_LENGTH);
}
