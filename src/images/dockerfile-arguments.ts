const CA_ARGUMENTS = [
  ...['SSL_CERT_FILE', 'NODE_EXTRA_CA_CERTS', 'PIP_CERT', 'REQUESTS_CA_BUNDLE'],
  ...['CURL_CA_BUNDLE', 'GIT_SSL_CAINFO'],
];

/**
 * A Dockerfile whose RUN steps find the host's certificates: an ARG after each FROM, because an
 * ARG is in the environment of RUN but, unlike ENV, not in that of the image.
 */
export function withCaArguments(dockerfile: string, caPath: string): string {
  const argument = `ARG ${CA_ARGUMENTS.map((name) => `${name}=${caPath}`).join(' ')}`;
  const written: string[] = [];
  let continued = false;
  let hereDocument: string | undefined;
  for (const line of dockerfile.split('\n')) {
    written.push(line);
    if (hereDocument !== undefined) {
      if (line.trim() === hereDocument) hereDocument = undefined;
      continue;
    }
    const isFrom = !continued && /^\s*FROM\s/i.test(line);
    const comment = /^\s*#/.test(line);
    hereDocument = comment ? undefined : /<<-?["']?(\w+)["']?/.exec(line)?.[1];
    // A comment between continued lines does not end them.
    if (!comment) continued = /\\\s*$/.test(line);
    if (isFrom && !continued) written.push(argument);
  }
  return written.join('\n');
}
